"""Document 2: two classes from 10 features, 10-64-32-1."""

from conformance.case import Case, documents_data
from conformance.weights import dense
from reference_models.networks import take_home


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a1, _, a2, _, probability = take_home.forward(parameters, x)
    return a1, a2, probability


CASES = (
    Case(
        name="take_home",
        document=2,
        shapes=dense(10, 64, 32, 1),  # 704, 2080 and 33 parameters
        data=documents_data("take_home", 160),
        activations=activations,
        keras=("Dense", "Adam", "binary_crossentropy"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "nn.relu",
            "nn.sigmoid",
            "nn.binary_crossentropy",
        ),
    ),
)
