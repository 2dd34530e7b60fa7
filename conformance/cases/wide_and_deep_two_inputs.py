"""Document 3: 5 features wide, 6 deep through 30-30."""

from conformance.case import Case, documents_data
from conformance.weights import layers
from reference_models.networks import wide_and_deep_two_inputs


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a1, _, concat, prediction = wide_and_deep_two_inputs.forward(parameters, x)
    return a1, concat[:, 5:], prediction


CASES = (
    Case(
        name="wide_and_deep_two_inputs",
        document=3,
        shapes=layers((6, 30), (30, 30), (5 + 30, 1)),  # 210, 930 and 36 parameters
        data=documents_data("wide_and_deep_two_inputs", 160),
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
