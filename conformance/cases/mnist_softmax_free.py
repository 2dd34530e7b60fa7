"""Document 5: ten digits from 784 pixels, no hidden layer, 784-10."""

from conformance.case import Case, documents_data
from conformance.weights import dense

CASES = (
    Case(
        name="mnist_softmax_free",
        document=5,
        shapes=dense(784, 10),  # 7,850 parameters
        data=documents_data("mnist_softmax_free", 320),
        keras=("Dense", "Adam", "sparse_categorical_crossentropy"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "nn.sigmoid",
            "nn.sparse_categorical_crossentropy",
        ),
    ),
)
