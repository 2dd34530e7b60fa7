"""Document 3: 5 features wide, 6 deep, and a second output on the deep path."""

from conformance.case import Case, documents_data
from conformance.weights import layers
from reference_models.networks import wide_and_deep_auxiliary


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a1, _, a2, _, (main, auxiliary) = wide_and_deep_auxiliary.forward(parameters, x)
    return a1, a2, main, auxiliary


CASES = (
    Case(
        name="wide_and_deep_auxiliary",
        document=3,
        shapes=layers((6, 30), (30, 30), (5 + 30, 1), (30, 1)),  # 210, 930, 36 and 31 parameters
        data=documents_data("wide_and_deep_auxiliary", 160),
        styles=("functional", "subclassed"),
        activations=activations,
        keras=("Dense", "Concatenate", "SGD", "mean_squared_error"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "nn.relu",
            "numpy.concatenate",
            "numpy.mean",
        ),
    ),
)
