"""Sine-wave classifier of document 1, "Complex Data - Sine Wave": 3 hidden layers, 1 sigmoid.

Every quarter of a sine wave is of the other class than the one before, so one boundary is not
enough. The document gives no layer sizes; 64 tanh units each are chosen here. It reports 14 of the
2400 points misclassified.
"""

from typing import TypedDict

from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import sigmoid, sigmoid_derivative, tanh, tanh_derivative
from reference_models.data import points
from reference_models.data.split import Data, floats, instances
from reference_models.losses import binary_crossentropy, binary_crossentropy_derivative
from reference_models.metrics import binary_accuracy
from reference_models.network import Document, Network
from reference_models.optimizers import adam

NAME = "sine_ann"


class Hidden1(TypedDict):
    """64 units on 2 features: 64 * (2 + 1) = 192 parameters."""

    kernel: Float[Array, "2 64"]
    bias: Float[Array, "64"]


class Hidden(TypedDict):
    """64 units on 64 inputs: 64 * (64 + 1) = 4160 parameters; there are two such layers."""

    kernel: Float[Array, "64 64"]
    bias: Float[Array, "64"]


class Output(TypedDict):
    """1 unit on 64 inputs: 65 parameters."""

    kernel: Float[Array, "64 1"]
    bias: Float[Array, "1"]


Parameters = list[Hidden1 | Hidden | Output]
Points = Float[Array, "batch 2"]
Labels = Float[Array, "batch 1"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    return dense.init_stack(key, 2, 64, 64, 64, 1)


def forward(parameters: Parameters, x: Points):
    """Every layer's weighted sums z and activations a, which backpropagation needs again."""
    x = checks.features(NAME, x, (2,), parameters)
    hidden1, hidden2, hidden3, output = parameters
    z1 = dense.apply(hidden1, x)
    a1 = tanh(z1)
    z2 = dense.apply(hidden2, a1)
    a2 = tanh(z2)
    z3 = dense.apply(hidden3, a2)
    a3 = tanh(z3)
    z4 = dense.apply(output, a3)
    probability = sigmoid(z4)
    return x, z1, a1, z2, a2, z3, a3, z4, probability


def apply(parameters: Parameters, x: Points) -> Labels:
    """P(class = 1) of every point."""
    *_, probability = forward(parameters, x)
    return probability


def loss(parameters: Parameters, x: Points, y: Labels) -> Float[Array, ""]:
    """Binary cross-entropy of labels 0 and 1."""
    probability = apply(parameters, x)
    return binary_crossentropy(checks.binary_labels(NAME, y, probability), probability)


def gradients(parameters: Parameters, x: Points, y: Labels) -> Parameters:
    """dL/dW and dL/db of every layer, by the chain rule from the last layer back to the first."""
    x, z1, a1, z2, a2, z3, a3, z4, probability = forward(parameters, x)
    y = checks.binary_labels(NAME, y, probability)
    hidden1, hidden2, hidden3, output = parameters
    dz4 = binary_crossentropy_derivative(y, probability) * sigmoid_derivative(z4)
    d_output, da3 = dense.backward(output, a3, dz4)
    dz3 = tanh_derivative(z3, da3)
    d_hidden3, da2 = dense.backward(hidden3, a2, dz3)
    dz2 = tanh_derivative(z2, da2)
    d_hidden2, da1 = dense.backward(hidden2, a1, dz2)
    dz1 = tanh_derivative(z1, da1)
    d_hidden1, _ = dense.backward(hidden1, x, dz1)
    return [d_hidden1, d_hidden2, d_hidden3, d_output]


def sample(n: int, seed: int) -> tuple[Points, Labels]:
    """n points drawn from the sine wave."""
    x, y = data().train
    rows = instances(n, seed).integers(len(x), size=n)
    return x[rows], y[rows]


def data() -> Data:
    """2400 points along three periods of a sine."""
    x, classes = points.sine_wave()
    return Data(train=(floats(x), floats(classes[:, None])))


NETWORK = Network(
    name=NAME,
    document=Document(1, "Complex Data - Sine Wave"),
    parameter_counts=(192, 4160, 4160, 65),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=200,  # our choice: as many as it takes to come to the document's result
    optimizer=adam(),
    accuracy=binary_accuracy,
)
