"""Document 1: two classes of points, 2-1."""

from conformance.case import Case, documents_data
from conformance.weights import dense

CASES = (
    Case(
        name="logistic_regression",
        document=1,
        shapes=dense(2, 1),  # 3 parameters
        data=documents_data("logistic_regression", 160),
        keras=("Dense", "Adam", "binary_crossentropy"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "nn.sigmoid",
            "nn.binary_crossentropy",
        ),
    ),
)
