"""Document 4: a line with a bend, 1-2-1."""

from conformance.case import Case, documents_data
from conformance.weights import dense
from reference_models.networks import one_input_two_hidden


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a, prediction = one_input_two_hidden.forward(parameters, x)
    return a, prediction


CASES = (
    Case(
        name="one_input_two_hidden",
        document=4,
        shapes=dense(1, 2, 1),  # 4 and 3 parameters
        data=documents_data("one_input_two_hidden", 160),
        activations=activations,
        keras=("Dense", "SGD", "mean_squared_error"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "nn.relu",
            "numpy.mean",
        ),
    ),
)
