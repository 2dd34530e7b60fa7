"""Document 5: backpropagation by the book, 4-4-4-1."""

from conformance.case import Case, documents_data
from conformance.weights import dense
from reference_models.networks import two_hidden_sigmoid


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a2, _, a3, _, prediction = two_hidden_sigmoid.forward(parameters, x)
    return a2, a3, prediction


CASES = (
    Case(
        name="two_hidden_sigmoid",
        document=5,
        shapes=dense(4, 4, 4, 1),  # 20, 20 and 5 parameters
        data=documents_data("two_hidden_sigmoid", 160),
        activations=activations,
        keras=("Dense", "SGD", "mean_squared_error"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "nn.sigmoid",
            "numpy.mean",
        ),
    ),
)
