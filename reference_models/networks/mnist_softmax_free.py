"""Digits without a hidden layer, document 5, "Designing a simple dense Neural Network": 10 sigmoid.

Ten scores between 0 and 1, one per digit; the largest wins. Ten independent sigmoids are not a
distribution, which the sparse categorical cross-entropy needs: Keras divides them by their sum
before it takes the logarithm, and so does this. The document reaches 0.92 in five epochs.
"""

from typing import TypedDict

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import sigmoid, sigmoid_derivative
from reference_models.data import images
from reference_models.data.split import Data, floats, instances
from reference_models.losses import (
    sparse_categorical_crossentropy,
    sparse_categorical_crossentropy_derivative,
)
from reference_models.metrics import confusion_matrix, sparse_categorical_accuracy
from reference_models.network import Document, Network
from reference_models.optimizers import adam

NAME = "mnist_softmax_free"


class Output(TypedDict):
    """10 units on 784 pixels: 10 * (784 + 1) = 7,850 parameters."""

    kernel: Float[Array, "784 10"]
    bias: Float[Array, "10"]


Parameters = list[Output]
Pixels = Float[Array, "batch 784"]
Scores = Float[Array, "batch 10"]
Digits = Int[Array, " batch"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernel and zero biases."""
    return dense.init_stack(key, 784, 10)


def forward(parameters: Parameters, x: Pixels):
    """The weighted sums z and their sigmoids."""
    x = checks.features(NAME, x, (784,), parameters)
    (output,) = parameters
    z = dense.apply(output, x)
    scores = sigmoid(z)
    return x, z, scores


def apply(parameters: Parameters, x: Pixels) -> Scores:
    """A score between 0 and 1 for each digit; they need not sum to 1."""
    *_, scores = forward(parameters, x)
    return scores


def loss(parameters: Parameters, x: Pixels, y: Digits) -> Float[Array, ""]:
    """Sparse categorical cross-entropy of the digits y, after the scores are divided by their sum.

    The division, and the clip that keeps the logarithm finite, are those of the loss.
    """
    scores = apply(parameters, x)
    return sparse_categorical_crossentropy(checks.class_labels(NAME, y, scores), scores)


def gradients(parameters: Parameters, x: Pixels, y: Digits) -> Parameters:
    """dL/dW and dL/db, by the chain rule through loss and sigmoid."""
    x, z, scores = forward(parameters, x)
    y = checks.class_labels(NAME, y, scores)
    (output,) = parameters
    dz = sparse_categorical_crossentropy_derivative(y, scores) * sigmoid_derivative(z)
    d_output, _ = dense.backward(output, x, dz)
    return [d_output]


def confusion(parameters: Parameters, x: Pixels, y: Digits) -> Int[Array, "10 10"]:
    """How many images of each digit (row) were taken for which (column)."""
    return confusion_matrix(y, jnp.argmax(apply(parameters, x), axis=1), 10)


def sample(n: int, seed: int) -> tuple[Pixels, Digits]:
    """n images of random pixels in [0, 1], with random digits."""
    random = instances(n, seed)
    return floats(random.random((n, 784))), random.integers(10, size=n)


def data() -> Data:
    """The images as rows of 784 pixels, with the digits; split as they come."""
    (x_train, y_train), (x_test, y_test), notice = images.load("MNIST")
    return Data(
        train=(floats(x_train.reshape(-1, 784)), y_train),
        test=(floats(x_test.reshape(-1, 784)), y_test),
        notice=notice,
    )


NETWORK = Network(
    name=NAME,
    document=Document(5, "Designing a simple dense Neural Network with no hidden layers"),
    parameter_counts=(7_850,),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=5,
    optimizer=adam(),
    accuracy=sparse_categorical_accuracy,
)
