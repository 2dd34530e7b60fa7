"""Network of document 2, "Take-Home Exercise": 64 relu, 32 relu, 1 sigmoid on 10 features.

The document only builds it and prints its summary. Binary cross-entropy, Adam and the generated
data are chosen here, as fits its one sigmoid output.
"""

from typing import TypedDict

import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import relu, relu_derivative, sigmoid, sigmoid_derivative
from reference_models.data.split import Data, floats, instances
from reference_models.losses import binary_crossentropy, binary_crossentropy_derivative
from reference_models.metrics import binary_accuracy
from reference_models.network import Document, Network
from reference_models.optimizers import adam

NAME = "take_home"


class Layer1(TypedDict):
    """64 units on 10 features: 64 * (10 + 1) = 704 parameters."""

    kernel: Float[Array, "10 64"]
    bias: Float[Array, "64"]


class Layer2(TypedDict):
    """32 units on 64 inputs: 32 * (64 + 1) = 2080 parameters."""

    kernel: Float[Array, "64 32"]
    bias: Float[Array, "32"]


class Layer3(TypedDict):
    """1 unit on 32 inputs: 33 parameters."""

    kernel: Float[Array, "32 1"]
    bias: Float[Array, "1"]


Parameters = list[Layer1 | Layer2 | Layer3]
Features = Float[Array, "batch 10"]
Labels = Float[Array, "batch 1"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    return dense.init_stack(key, 10, 64, 32, 1)


def forward(parameters: Parameters, x: Features):
    """Every layer's weighted sums z and activations a, which backpropagation needs again."""
    x = checks.features(NAME, x, (10,), parameters)
    layer1, layer2, layer3 = parameters
    z1 = dense.apply(layer1, x)
    a1 = relu(z1)
    z2 = dense.apply(layer2, a1)
    a2 = relu(z2)
    z3 = dense.apply(layer3, a2)
    probability = sigmoid(z3)
    return x, z1, a1, z2, a2, z3, probability


def apply(parameters: Parameters, x: Features) -> Labels:
    """P(class = 1) of every instance."""
    *_, probability = forward(parameters, x)
    return probability


def loss(parameters: Parameters, x: Features, y: Labels) -> Float[Array, ""]:
    """Binary cross-entropy of labels 0 and 1."""
    probability = apply(parameters, x)
    return binary_crossentropy(checks.binary_labels(NAME, y, probability), probability)


def gradients(parameters: Parameters, x: Features, y: Labels) -> Parameters:
    """dL/dW and dL/db of every layer, by the chain rule from the last layer back to the first."""
    x, z1, a1, z2, a2, z3, probability = forward(parameters, x)
    y = checks.binary_labels(NAME, y, probability)
    layer1, layer2, layer3 = parameters
    dz3 = binary_crossentropy_derivative(y, probability) * sigmoid_derivative(z3)
    d_layer3, da2 = dense.backward(layer3, a2, dz3)
    dz2 = da2 * relu_derivative(z2)
    d_layer2, da1 = dense.backward(layer2, a1, dz2)
    dz1 = da1 * relu_derivative(z1)
    d_layer1, _ = dense.backward(layer1, x, dz1)
    return [d_layer1, d_layer2, d_layer3]


def sample(n: int, seed: int) -> tuple[Features, Labels]:
    """n random instances, class 1 where the features lie far from the origin."""
    x = instances(n, seed).normal(size=(n, 10))
    return floats(x), floats(np.square(x).sum(axis=1, keepdims=True) > 10)


def data() -> Data:
    """1000 random instances."""
    return Data(train=sample(1000, seed=0))


NETWORK = Network(
    name=NAME,
    document=Document(2, "Take-Home Exercise"),
    parameter_counts=(704, 2080, 33),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=50,
    optimizer=adam(),
    accuracy=binary_accuracy,
)
