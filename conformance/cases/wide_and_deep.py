"""Document 3: 8 features, deep through 30-30 and straight to the output."""

from conformance.case import Case, documents_data
from conformance.weights import layers
from reference_models.networks import wide_and_deep


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a1, _, concat, prediction = wide_and_deep.forward(parameters, x)
    return a1, concat[:, 8:], prediction


CASES = (
    Case(
        name="wide_and_deep",
        document=3,
        shapes=layers((8, 30), (30, 30), (8 + 30, 1)),  # 270, 930 and 39 parameters
        data=documents_data("wide_and_deep", 160),
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
