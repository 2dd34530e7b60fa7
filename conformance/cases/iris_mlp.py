"""Document 2: three species of iris from four measurements, 4-4-128-3."""

import numpy as np

from conformance.case import Case, Data
from conformance.weights import dense
from reference_models.data import iris
from reference_models.networks import iris_mlp


def data():
    """The document's training part: 108 flowers, one-hot species."""
    x, y = iris.document_split().train
    return Data(np.asarray(x, np.float32), np.asarray(y, np.float32))


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a1, _, a2, _, probabilities = iris_mlp.forward(parameters, x)
    return a1, a2, probabilities


CASES = (
    Case(
        name="iris_mlp",
        document=2,
        shapes=dense(4, 4, 128, 3),  # 20, 640 and 387 parameters
        data=data,
        activations=activations,
        batch_size=32,
        keras=("Dense", "Adam", "categorical_crossentropy"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "nn.relu",
            "nn.softmax",
            "nn.categorical_crossentropy",
        ),
    ),
)
