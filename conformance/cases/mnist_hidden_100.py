"""Document 5: ten digits from 784 pixels or 28 × 28, 784-100-10."""

import dataclasses

import numpy as np

from conformance.case import Case, Data, documents_data
from conformance.weights import dense
from reference_models.networks import mnist_hidden_100


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a1, _, scores = mnist_hidden_100.forward(parameters, x)
    return a1, scores


rows_of_pixels = documents_data("mnist_hidden_100", 320)


def images():
    """The same data as images, for the network with Flatten in front."""
    x, y, notice = dataclasses.astuple(rows_of_pixels())
    return Data(np.reshape(x, (-1, 28, 28)), y, notice)


FLAT = Case(
    name="mnist_hidden_100",
    document=5,
    shapes=dense(784, 100, 10),  # 78,500 and 1,010 parameters
    data=rows_of_pixels,
    activations=activations,
    keras=("Dense", "Adam", "sparse_categorical_crossentropy"),
    operations=(
        "numpy.matmul",
        "numpy.add",
        "nn.relu",
        "nn.sigmoid",
        "nn.sparse_categorical_crossentropy",
    ),
)
WITH_FLATTEN = dataclasses.replace(
    FLAT,
    name="mnist_hidden_100_flatten",
    models="mnist_hidden_100_flatten",
    keras=("Dense", "Flatten", "Adam", "sparse_categorical_crossentropy"),
    styles=("sequential",),
    data=images,
    network=lambda: mnist_hidden_100.NETWORK,
)
CASES = (FLAT, WITH_FLATTEN)
