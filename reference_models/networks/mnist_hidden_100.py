"""Digits with a hidden layer, document 5, "Implementation of NN": 100 relu, 10 sigmoid units.

The hidden layer lifts the document's accuracy from 0.92 to 0.97 in five epochs. It also shows the
network with a Flatten layer in front: images of 28 x 28 pixels are taken here just as rows of 784.
As before, Keras and this divide the ten scores by their sum in the loss.
"""

from typing import TypedDict

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import relu, relu_derivative, sigmoid, sigmoid_derivative
from reference_models.data.split import floats, instances
from reference_models.losses import (
    sparse_categorical_crossentropy,
    sparse_categorical_crossentropy_derivative,
)
from reference_models.metrics import confusion_matrix, sparse_categorical_accuracy
from reference_models.network import Document, Network
from reference_models.networks.mnist_softmax_free import data
from reference_models.optimizers import adam

NAME = "mnist_hidden_100"


class Hidden(TypedDict):
    """100 units on 784 pixels: 100 * (784 + 1) = 78,500 parameters."""

    kernel: Float[Array, "784 100"]
    bias: Float[Array, "100"]


class Output(TypedDict):
    """10 units on 100 inputs: 10 * (100 + 1) = 1,010 parameters."""

    kernel: Float[Array, "100 10"]
    bias: Float[Array, "10"]


Parameters = list[Hidden | Output]
Images = Float[Array, "batch 784"] | Float[Array, "batch 28 28"]
Scores = Float[Array, "batch 10"]
Digits = Int[Array, " batch"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    return dense.init_stack(key, 784, 100, 10)


def flatten(x: Images) -> Float[Array, "batch 784"]:
    """The rows of each image one after the other; flat images stay as they are."""
    x = checks.numbers(NAME, "x", x)
    return x.reshape(len(x), 784) if x.shape[1:] == (28, 28) else x


def forward(parameters: Parameters, x: Images):
    """Both layers' weighted sums z and activations, which backpropagation needs again."""
    x = checks.features(NAME, flatten(x), (784,), parameters)
    hidden, output = parameters
    z1 = dense.apply(hidden, x)
    a1 = relu(z1)
    z2 = dense.apply(output, a1)
    scores = sigmoid(z2)
    return x, z1, a1, z2, scores


def apply(parameters: Parameters, x: Images) -> Scores:
    """A score between 0 and 1 for each digit; they need not sum to 1."""
    *_, scores = forward(parameters, x)
    return scores


def loss(parameters: Parameters, x: Images, y: Digits) -> Float[Array, ""]:
    """Sparse categorical cross-entropy of the digits y, after the scores are divided by their sum.

    The division, and the clip that keeps the logarithm finite, are those of the loss.
    """
    scores = apply(parameters, x)
    return sparse_categorical_crossentropy(checks.class_labels(NAME, y, scores), scores)


def gradients(parameters: Parameters, x: Images, y: Digits) -> Parameters:
    """dL/dW and dL/db of both layers, by the chain rule from the last layer back to the first."""
    x, z1, a1, z2, scores = forward(parameters, x)
    y = checks.class_labels(NAME, y, scores)
    hidden, output = parameters
    dz2 = sparse_categorical_crossentropy_derivative(y, scores) * sigmoid_derivative(z2)
    d_output, da1 = dense.backward(output, a1, dz2)
    dz1 = da1 * relu_derivative(z1)
    d_hidden, _ = dense.backward(hidden, x, dz1)
    return [d_hidden, d_output]


def confusion(parameters: Parameters, x: Images, y: Digits) -> Int[Array, "10 10"]:
    """How many images of each digit (row) were taken for which (column)."""
    return confusion_matrix(y, jnp.argmax(apply(parameters, x), axis=1), 10)


def sample(n: int, seed: int) -> tuple[Float[Array, "batch 784"], Digits]:
    """n flat images of random pixels in [0, 1], with random digits."""
    random = instances(n, seed)
    return floats(random.random((n, 784))), random.integers(10, size=n)


NETWORK = Network(
    name=NAME,
    document=Document(5, "Implementation of NN to recognize hand-written digits"),
    parameter_counts=(78_500, 1_010),
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
