"""Handwritten digits of document 4, "A Simple Example": 512 relu, 10 softmax units.

The first layer compares an image with 512 filter images and gives 512 scores; the second weighs
those scores into the probabilities of the ten digits. The document reaches 0.979 on MNIST's test
images after five epochs, 2345 updates.
"""

from typing import TypedDict

from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import relu, relu_derivative, softmax, softmax_derivative
from reference_models.data import images
from reference_models.data.split import Data, floats, instances, one_hot
from reference_models.losses import categorical_crossentropy, categorical_crossentropy_derivative
from reference_models.metrics import categorical_accuracy
from reference_models.network import Document, Network
from reference_models.optimizers import rmsprop

NAME = "mnist_mlp"


class Layer1(TypedDict):
    """512 units on 28 * 28 pixels: 512 * (784 + 1) = 401,920 parameters."""

    kernel: Float[Array, "784 512"]
    bias: Float[Array, "512"]


class Layer2(TypedDict):
    """10 units on 512 scores: 10 * (512 + 1) = 5,130 parameters."""

    kernel: Float[Array, "512 10"]
    bias: Float[Array, "10"]


Parameters = list[Layer1 | Layer2]
Pixels = Float[Array, "batch 784"]
Digits = Float[Array, "batch 10"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    return dense.init_stack(key, 784, 512, 10)


def forward(parameters: Parameters, x: Pixels):
    """Both layers' weighted sums z and activations, which backpropagation needs again."""
    x = checks.features(NAME, x, (784,), parameters)
    layer1, layer2 = parameters
    z1 = dense.apply(layer1, x)
    a1 = relu(z1)
    z2 = dense.apply(layer2, a1)
    probabilities = softmax(z2)
    return x, z1, a1, z2, probabilities


def apply(parameters: Parameters, x: Pixels) -> Digits:
    """Probabilities of the digits 0 to 9; each row sums to 1."""
    *_, probabilities = forward(parameters, x)
    return probabilities


def loss(parameters: Parameters, x: Pixels, y: Digits) -> Float[Array, ""]:
    """Categorical cross-entropy of one-hot labels y."""
    probabilities = apply(parameters, x)
    y = checks.one_hot_labels(NAME, y, probabilities)
    return categorical_crossentropy(y, probabilities)


def gradients(parameters: Parameters, x: Pixels, y: Digits) -> Parameters:
    """dL/dW and dL/db of both layers, by the chain rule from the last layer back to the first."""
    x, z1, a1, z2, probabilities = forward(parameters, x)
    y = checks.one_hot_labels(NAME, y, probabilities)
    layer1, layer2 = parameters
    dz2 = softmax_derivative(z2, categorical_crossentropy_derivative(y, probabilities))
    d_layer2, da1 = dense.backward(layer2, a1, dz2)
    dz1 = da1 * relu_derivative(z1)
    d_layer1, _ = dense.backward(layer1, x, dz1)
    return [d_layer1, d_layer2]


def first_layer_images(parameters: Parameters) -> Float[Array, "512 28 28"]:
    """The first layer's weights as the 512 filter images that it compares a digit with."""
    return parameters[0]["kernel"].T.reshape(512, 28, 28)


def aggregated_images(parameters: Parameters) -> Float[Array, "10 28 28"]:
    """W1 W2: how each pixel counts for each digit, activations and biases left out."""
    layer1, layer2 = parameters
    return (layer1["kernel"] @ layer2["kernel"]).T.reshape(10, 28, 28)


def sample(n: int, seed: int) -> tuple[Pixels, Digits]:
    """n images of random pixels in [0, 1], with random one-hot labels."""
    random = instances(n, seed)
    return floats(random.random((n, 784))), one_hot(random.integers(10, size=n), 10)


def data() -> Data:
    """The images as rows of 784 pixels, with one-hot labels; split as they come."""
    (x_train, y_train), (x_test, y_test), notice = images.load("MNIST")
    return Data(
        train=(floats(x_train.reshape(-1, 784)), one_hot(y_train, 10)),
        test=(floats(x_test.reshape(-1, 784)), one_hot(y_test, 10)),
        notice=notice,
    )


NETWORK = Network(
    name=NAME,
    document=Document(4, "A Simple Example"),
    parameter_counts=(401_920, 5_130),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=5,
    batch_size=128,
    optimizer=rmsprop(),
    accuracy=categorical_accuracy,
)
