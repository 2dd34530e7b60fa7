"""Document 4: ten digits from 784 pixels, 784-512-10."""

import numpy as np

from conformance.case import Case, Data
from conformance.weights import dense
from reference_models.data import images
from reference_models.networks import mnist_mlp

# 50 batches an epoch are enough to see two runs part; all 60,000 images would take half an hour.
INSTANCES = 50 * 128


def data():
    """Training images in one row of pixels each, one-hot digits; scikit-learn's where MNIST is
    not at hand."""
    (pixels, digits), _, notice = images.load("MNIST")
    pixels, digits = pixels[:INSTANCES], digits[:INSTANCES]
    if notice is None:
        notice = f"the first {INSTANCES} training images of MNIST, out of 60000"
    return Data(pixels.reshape(len(pixels), 784), np.eye(10, dtype=np.float32)[digits], notice)


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a1, _, probabilities = mnist_mlp.forward(parameters, x)
    return a1, probabilities


CASES = (
    Case(
        name="mnist_mlp",
        document=4,
        shapes=dense(784, 512, 10),  # 401,920 and 5,130 parameters
        data=data,
        activations=activations,
        batch_size=128,
        keras=("Dense", "RMSprop", "categorical_crossentropy"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "nn.relu",
            "nn.softmax",
            "nn.categorical_crossentropy",
        ),
    ),
)
