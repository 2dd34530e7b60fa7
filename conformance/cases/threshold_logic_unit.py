"""Document 3: one step unit, fitted by the perceptron rule one instance at a time, 2-1."""

from conformance.case import Case, documents_data
from conformance.weights import dense

CASES = (
    Case(
        name="threshold_logic_unit",
        document=3,
        shapes=dense(2, 1),  # 3 parameters
        data=documents_data("threshold_logic_unit", 30),
        batch_size=1,
        keras=("Dense", "SGD", "mean_squared_error"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "core.stop_gradient",
            "numpy.mean",
        ),
    ),
)
