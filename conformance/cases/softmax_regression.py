"""Document 1: three arms of a spiral, 2-3."""

from conformance.case import Case, documents_data
from conformance.weights import dense

CASES = (
    Case(
        name="softmax_regression",
        document=1,
        shapes=dense(2, 3),  # 9 parameters
        data=documents_data("softmax_regression", 160),
        keras=("Dense", "Adam", "categorical_crossentropy"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "nn.softmax",
            "nn.categorical_crossentropy",
        ),
    ),
)
