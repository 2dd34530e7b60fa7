"""Document 3: ten kinds of clothes from 28 × 28 pixels, 784-300-100-10."""

from conformance.case import Case, documents_data
from conformance.weights import dense
from reference_models.networks import fashion_mnist_mlp


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a1, _, a2, _, probabilities = fashion_mnist_mlp.forward(parameters, x)
    return a1, a2, probabilities


CASES = (
    Case(
        name="fashion_mnist_mlp",
        document=3,
        shapes=dense(784, 300, 100, 10),  # 235,500, 30,100 and 1,010 parameters
        data=documents_data("fashion_mnist_mlp", 320),
        activations=activations,
        keras=("Dense", "Flatten", "SGD", "sparse_categorical_crossentropy"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "nn.relu",
            "nn.softmax",
            "nn.sparse_categorical_crossentropy",
        ),
    ),
)
