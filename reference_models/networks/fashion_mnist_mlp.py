"""Clothes classifier of document 3, "Sequential API": Flatten, 300 relu, 100 relu, 10 softmax.

Images of 28 x 28 pixels are flattened to rows of 784 numbers. The labels are class numbers, so the
loss is the sparse categorical cross-entropy; the optimiser is plain gradient descent.
"""

from typing import TypedDict

from jaxtyping import Array, Float, Int, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import relu, relu_derivative, softmax, softmax_derivative
from reference_models.data import images
from reference_models.data.split import Data, floats, instances
from reference_models.losses import (
    sparse_categorical_crossentropy,
    sparse_categorical_crossentropy_derivative,
)
from reference_models.metrics import sparse_categorical_accuracy
from reference_models.network import Document, Network
from reference_models.optimizers import sgd

NAME = "fashion_mnist_mlp"


class Hidden1(TypedDict):
    """300 units on 784 pixels: 300 * (784 + 1) = 235,500 parameters."""

    kernel: Float[Array, "784 300"]
    bias: Float[Array, "300"]


class Hidden2(TypedDict):
    """100 units on 300 inputs: 100 * (300 + 1) = 30,100 parameters."""

    kernel: Float[Array, "300 100"]
    bias: Float[Array, "100"]


class Output(TypedDict):
    """10 units on 100 inputs: 10 * (100 + 1) = 1,010 parameters."""

    kernel: Float[Array, "100 10"]
    bias: Float[Array, "10"]


Parameters = list[Hidden1 | Hidden2 | Output]
Images = Float[Array, "batch 28 28"]
Classes = Int[Array, " batch"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    return dense.init_stack(key, 784, 300, 100, 10)


def flatten(x: Images) -> Float[Array, "batch 784"]:
    """The rows of each image one after the other."""
    return x.reshape(len(x), 784)


def forward(parameters: Parameters, x: Images):
    """Flat images, and every layer's weighted sums z and activations a."""
    x = flatten(checks.features(NAME, x, (28, 28), parameters))
    hidden1, hidden2, output = parameters
    z1 = dense.apply(hidden1, x)
    a1 = relu(z1)
    z2 = dense.apply(hidden2, a1)
    a2 = relu(z2)
    z3 = dense.apply(output, a2)
    probabilities = softmax(z3)
    return x, z1, a1, z2, a2, z3, probabilities


def apply(parameters: Parameters, x: Images) -> Float[Array, "batch 10"]:
    """Probabilities of the ten classes; each row sums to 1."""
    *_, probabilities = forward(parameters, x)
    return probabilities


def loss(parameters: Parameters, x: Images, y: Classes) -> Float[Array, ""]:
    """Sparse categorical cross-entropy of class numbers y."""
    probabilities = apply(parameters, x)
    y = checks.class_labels(NAME, y, probabilities)
    return sparse_categorical_crossentropy(y, probabilities)


def gradients(parameters: Parameters, x: Images, y: Classes) -> Parameters:
    """dL/dW and dL/db of every layer, by the chain rule from the last layer back to the first."""
    x, z1, a1, z2, a2, z3, probabilities = forward(parameters, x)
    y = checks.class_labels(NAME, y, probabilities)
    hidden1, hidden2, output = parameters
    dz3 = softmax_derivative(z3, sparse_categorical_crossentropy_derivative(y, probabilities))
    d_output, da2 = dense.backward(output, a2, dz3)
    dz2 = da2 * relu_derivative(z2)
    d_hidden2, da1 = dense.backward(hidden2, a1, dz2)
    dz1 = da1 * relu_derivative(z1)
    d_hidden1, _ = dense.backward(hidden1, x, dz1)
    return [d_hidden1, d_hidden2, d_output]


def sample(n: int, seed: int) -> tuple[Images, Classes]:
    """n images of random pixels in [0, 1], with random class numbers."""
    random = instances(n, seed)
    return floats(random.random((n, 28, 28))), random.integers(10, size=n)


def data() -> Data:
    """55,000 images to train on and 5,000 to validate, where the 60,000 are at hand."""
    (x, y), (x_test, y_test), notice = images.load("Fashion-MNIST")
    kept_apart = len(x) // 12
    return Data(
        train=(floats(x[kept_apart:]), y[kept_apart:]),
        validation=(floats(x[:kept_apart]), y[:kept_apart]),
        test=(floats(x_test), y_test),
        notice=notice,
    )


NETWORK = Network(
    name=NAME,
    document=Document(3, "Sequential API"),
    parameter_counts=(235_500, 30_100, 1_010),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=30,
    optimizer=sgd(),
    accuracy=sparse_categorical_accuracy,
)
