"""Document 4: a curve from scattered points, 1-50-50-50-1."""

from conformance.case import Case, documents_data
from conformance.weights import dense
from reference_models.networks import function_approximator


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a1, _, a2, _, a3, prediction = function_approximator.forward(parameters, x)
    return a1, a2, a3, prediction


CASES = (
    Case(
        name="function_approximator",
        document=4,
        shapes=dense(1, 50, 50, 50, 1),  # 100, 2550, 2550 and 51 parameters
        data=documents_data("function_approximator", 160),
        activations=activations,
        keras=("Dense", "Adam", "mean_squared_error"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "nn.relu",
            "numpy.mean",
        ),
    ),
)
