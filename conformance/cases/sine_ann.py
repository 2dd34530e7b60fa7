"""Document 1: quarter waves of a sine, two classes by turns, 2-64-64-64-1."""

from conformance.case import Case, documents_data
from conformance.weights import dense
from reference_models.networks import sine_ann


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a1, _, a2, _, a3, _, probability = sine_ann.forward(parameters, x)
    return a1, a2, a3, probability


CASES = (
    Case(
        name="sine_ann",
        document=1,
        shapes=dense(2, 64, 64, 64, 1),  # 192, 4160, 4160 and 65 parameters
        data=documents_data("sine_ann", 160),
        activations=activations,
        keras=("Dense", "Adam", "binary_crossentropy"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "numpy.tanh",
            "nn.sigmoid",
            "nn.binary_crossentropy",
        ),
    ),
)
