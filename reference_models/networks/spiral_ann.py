"""Spiral classifier of document 1, "4.2) Deep ANN": tanh hidden layers, 3 softmax units.

Softmax regression with hidden layers before it. The document gives no layer sizes; 64, 32 and 16
are chosen here, a triangular shape as it recommends. It reports 5 of the 1500 points misclassified.
"""

from typing import TypedDict

from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import softmax, softmax_derivative, tanh, tanh_derivative
from reference_models.data import points
from reference_models.data.split import Data, floats, instances, one_hot
from reference_models.losses import categorical_crossentropy, categorical_crossentropy_derivative
from reference_models.metrics import categorical_accuracy
from reference_models.network import Document, Network
from reference_models.optimizers import adam

NAME = "spiral_ann"


class Hidden1(TypedDict):
    """64 units on 2 features: 64 * (2 + 1) = 192 parameters."""

    kernel: Float[Array, "2 64"]
    bias: Float[Array, "64"]


class Hidden2(TypedDict):
    """32 units on 64 inputs: 32 * (64 + 1) = 2080 parameters."""

    kernel: Float[Array, "64 32"]
    bias: Float[Array, "32"]


class Hidden3(TypedDict):
    """16 units on 32 inputs: 16 * (32 + 1) = 528 parameters."""

    kernel: Float[Array, "32 16"]
    bias: Float[Array, "16"]


class Output(TypedDict):
    """3 units on 16 inputs: 3 * (16 + 1) = 51 parameters."""

    kernel: Float[Array, "16 3"]
    bias: Float[Array, "3"]


Parameters = list[Hidden1 | Hidden2 | Hidden3 | Output]
Points = Float[Array, "batch 2"]
Classes = Float[Array, "batch 3"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    return dense.init_stack(key, 2, 64, 32, 16, 3)


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
    probabilities = softmax(z4)
    return x, z1, a1, z2, a2, z3, a3, z4, probabilities


def apply(parameters: Parameters, x: Points) -> Classes:
    """P(class = 0), P(class = 1) and P(class = 2), which sum to 1."""
    *_, probabilities = forward(parameters, x)
    return probabilities


def loss(parameters: Parameters, x: Points, y: Classes) -> Float[Array, ""]:
    """Categorical cross-entropy of one-hot labels."""
    probabilities = apply(parameters, x)
    return categorical_crossentropy(checks.one_hot_labels(NAME, y, probabilities), probabilities)


def gradients(parameters: Parameters, x: Points, y: Classes) -> Parameters:
    """dL/dW and dL/db of every layer, by the chain rule from the last layer back to the first."""
    x, z1, a1, z2, a2, z3, a3, z4, probabilities = forward(parameters, x)
    y = checks.one_hot_labels(NAME, y, probabilities)
    hidden1, hidden2, hidden3, output = parameters
    dz4 = softmax_derivative(z4, categorical_crossentropy_derivative(y, probabilities))
    d_output, da3 = dense.backward(output, a3, dz4)
    dz3 = tanh_derivative(z3, da3)
    d_hidden3, da2 = dense.backward(hidden3, a2, dz3)
    dz2 = tanh_derivative(z2, da2)
    d_hidden2, da1 = dense.backward(hidden2, a1, dz2)
    dz1 = tanh_derivative(z1, da1)
    d_hidden1, _ = dense.backward(hidden1, x, dz1)
    return [d_hidden1, d_hidden2, d_hidden3, d_output]


def sample(n: int, seed: int) -> tuple[Points, Classes]:
    """n points drawn from the spiral."""
    x, y = data().train
    rows = instances(n, seed).integers(len(x), size=n)
    return x[rows], y[rows]


def data() -> Data:
    """1500 points on the three arms of a spiral."""
    x, classes = points.spiral()
    return Data(train=(floats(x), one_hot(classes, 3)))


NETWORK = Network(
    name=NAME,
    document=Document(1, "4.2) Deep ANN"),
    parameter_counts=(192, 2080, 528, 51),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=400,  # our choice: as many as it takes to come to the document's result
    optimizer=adam(),
    accuracy=categorical_accuracy,
)
