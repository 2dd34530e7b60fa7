"""Document 3: a layer of step units, fitted by the perceptron rule one instance at a time, 2-2."""

from conformance.case import Case, documents_data
from conformance.weights import dense

CASES = (
    Case(
        name="perceptron",
        document=3,
        shapes=dense(2, 2),  # 6 parameters
        data=documents_data("perceptron", 30),
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
