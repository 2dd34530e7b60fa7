"""Document 1: moons in two classes, 2-4-2-1."""

from conformance.case import Case, documents_data
from conformance.weights import dense
from reference_models.networks import moons_circles_ann


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a1, _, a2, _, probability = moons_circles_ann.forward(parameters, x)
    return a1, a2, probability


CASES = (
    Case(
        name="moons_circles_ann",
        document=1,
        shapes=dense(2, 4, 2, 1),  # 12, 10 and 3 parameters
        data=documents_data("moons_circles_ann", 160),
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
