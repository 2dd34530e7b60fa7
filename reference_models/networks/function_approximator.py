"""Function approximator of document 4, "Anatomy of a neural network": 3 hidden layers, 1 output.

From scattered points of x^2, sin x, abs x or heaviside x the network learns the curve, which it
puts together as a weighted sum of the curves that its hidden units produce. The document gives no
sizes; 50 relu units a layer, Adam and the mean squared error are chosen here.
"""

from typing import TypedDict

import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import relu, relu_derivative
from reference_models.data.split import Data, choose, floats, instances
from reference_models.losses import mean_squared_error, mean_squared_error_derivative
from reference_models.network import Document, Network
from reference_models.optimizers import adam

NAME = "function_approximator"
FUNCTIONS = {
    "square": np.square,
    "sin": np.sin,
    "abs": np.abs,
    "heaviside": lambda x: np.heaviside(x, 1.0),
}


class Hidden1(TypedDict):
    """50 units on 1 input: 100 parameters."""

    kernel: Float[Array, "1 50"]
    bias: Float[Array, "50"]


class Hidden(TypedDict):
    """50 units on 50 inputs: 50 * (50 + 1) = 2550 parameters; there are two such layers."""

    kernel: Float[Array, "50 50"]
    bias: Float[Array, "50"]


class Output(TypedDict):
    """1 unit on 50 inputs: 51 parameters."""

    kernel: Float[Array, "50 1"]
    bias: Float[Array, "1"]


Parameters = list[Hidden1 | Hidden | Output]
Numbers = Float[Array, "batch 1"]
Features = Float[Array, "batch 50"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    return dense.init_stack(key, 1, 50, 50, 50, 1)


def forward(parameters: Parameters, x: Numbers):
    """Every layer's weighted sums z and activations a, which backpropagation needs again."""
    x = checks.features(NAME, x, (1,), parameters)
    hidden1, hidden2, hidden3, output = parameters
    z1 = dense.apply(hidden1, x)
    a1 = relu(z1)
    z2 = dense.apply(hidden2, a1)
    a2 = relu(z2)
    z3 = dense.apply(hidden3, a2)
    a3 = relu(z3)
    prediction = dense.apply(output, a3)
    return x, z1, a1, z2, a2, z3, a3, prediction


def apply(parameters: Parameters, x: Numbers) -> Numbers:
    """The curve's height at every x."""
    *_, prediction = forward(parameters, x)
    return prediction


def hidden_features(parameters: Parameters, x: Numbers) -> tuple[Features, Features, Features]:
    """The curves a1, a2 and a3 that the units of the three hidden layers produce."""
    _, _, a1, _, a2, _, a3, _ = forward(parameters, x)
    return a1, a2, a3


def contributions(parameters: Parameters, x: Numbers) -> Features:
    """The last hidden layer's curves times their weights: with the bias they sum to the output."""
    _, _, a3 = hidden_features(parameters, x)
    return a3 * parameters[-1]["kernel"][:, 0]


def loss(parameters: Parameters, x: Numbers, y: Numbers) -> Float[Array, ""]:
    """Mean squared error."""
    prediction = apply(parameters, x)
    return mean_squared_error(checks.targets(NAME, y, prediction), prediction)


def gradients(parameters: Parameters, x: Numbers, y: Numbers) -> Parameters:
    """dL/dW and dL/db of every layer, by the chain rule from the last layer back to the first."""
    x, z1, a1, z2, a2, z3, a3, prediction = forward(parameters, x)
    y = checks.targets(NAME, y, prediction)
    hidden1, hidden2, hidden3, output = parameters
    d_prediction = mean_squared_error_derivative(y, prediction)
    d_output, da3 = dense.backward(output, a3, d_prediction)
    dz3 = da3 * relu_derivative(z3)
    d_hidden3, da2 = dense.backward(hidden3, a2, dz3)
    dz2 = da2 * relu_derivative(z2)
    d_hidden2, da1 = dense.backward(hidden2, a1, dz2)
    dz1 = da1 * relu_derivative(z1)
    d_hidden1, _ = dense.backward(hidden1, x, dz1)
    return [d_hidden1, d_hidden2, d_hidden3, d_output]


def sample(n: int, seed: int, function: str = "sin") -> tuple[Numbers, Numbers]:
    """n points scattered along a curve, x between -3 and 3."""
    curve = choose("function", function, FUNCTIONS)
    x = instances(n, seed).uniform(-3, 3, size=(n, 1))
    return floats(x), floats(curve(x))


def data(function: str = "sin") -> Data:
    """1000 points of "square", "sin", "abs" or "heaviside", and 1000 others to test."""
    return Data(train=sample(1000, 0, function), test=sample(1000, 1, function))


NETWORK = Network(
    name=NAME,
    document=Document(4, "Anatomy of a neural network"),
    parameter_counts=(100, 2550, 2550, 51),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=100,
    optimizer=adam(),
)
