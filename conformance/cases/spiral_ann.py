"""Document 1: three arms of a spiral, 2-64-32-16-3."""

from conformance.case import Case, documents_data
from conformance.weights import dense
from reference_models.networks import spiral_ann


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a1, _, a2, _, a3, _, probabilities = spiral_ann.forward(parameters, x)
    return a1, a2, a3, probabilities


CASES = (
    Case(
        name="spiral_ann",
        document=1,
        shapes=dense(2, 64, 32, 16, 3),  # 192, 2080, 528 and 51 parameters
        data=documents_data("spiral_ann", 160),
        activations=activations,
        keras=("Dense", "Adam", "categorical_crossentropy"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "numpy.tanh",
            "nn.softmax",
            "nn.categorical_crossentropy",
        ),
    ),
)
