"""The smallest network, document 4, "Layers": one input, two hidden units, one output.

With a relu between the layers, the output as a function of the input is a line with a bend where
each hidden unit starts to fire. The document only varies the input; the mean squared error and
plain gradient descent are chosen here.
"""

from typing import TypedDict

import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import relu, relu_derivative
from reference_models.data.split import Data, floats, instances
from reference_models.losses import mean_squared_error, mean_squared_error_derivative
from reference_models.network import Document, Network
from reference_models.optimizers import sgd

NAME = "one_input_two_hidden"


class Hidden(TypedDict):
    """2 units on 1 input: 4 parameters."""

    kernel: Float[Array, "1 2"]
    bias: Float[Array, "2"]


class Output(TypedDict):
    """1 unit on 2 inputs: 3 parameters."""

    kernel: Float[Array, "2 1"]
    bias: Float[Array, "1"]


Parameters = list[Hidden | Output]
Numbers = Float[Array, "batch 1"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    return dense.init_stack(key, 1, 2, 1)


def forward(parameters: Parameters, x: Numbers):
    """The hidden units' z and a, and the output."""
    x = checks.features(NAME, x, (1,), parameters)
    hidden, output = parameters
    z = dense.apply(hidden, x)
    a = relu(z)
    prediction = dense.apply(output, a)
    return x, z, a, prediction


def apply(parameters: Parameters, x: Numbers) -> Numbers:
    """One number for every number x: w1 relu(w x + b) + w2 relu(w' x + b') + c."""
    *_, prediction = forward(parameters, x)
    return prediction


def loss(parameters: Parameters, x: Numbers, y: Numbers) -> Float[Array, ""]:
    """Mean squared error."""
    prediction = apply(parameters, x)
    return mean_squared_error(checks.targets(NAME, y, prediction), prediction)


def gradients(parameters: Parameters, x: Numbers, y: Numbers) -> Parameters:
    """dL/dW and dL/db of both layers, by the chain rule from the output back."""
    x, z, a, prediction = forward(parameters, x)
    y = checks.targets(NAME, y, prediction)
    hidden, output = parameters
    d_prediction = mean_squared_error_derivative(y, prediction)
    d_output, da = dense.backward(output, a, d_prediction)
    dz = da * relu_derivative(z)
    d_hidden, _ = dense.backward(hidden, x, dz)
    return [d_hidden, d_output]


def sample(n: int, seed: int) -> tuple[Numbers, Numbers]:
    """n numbers between -1 and 1, and their absolute values: a curve with one bend."""
    x = instances(n, seed).uniform(-1, 1, size=(n, 1))
    return floats(x), floats(np.abs(x))


def data() -> Data:
    """256 numbers and their absolute values."""
    return Data(train=sample(256, seed=0))


NETWORK = Network(
    name=NAME,
    document=Document(4, "Layers: the building blocks of deep learning"),
    parameter_counts=(4, 3),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=50,
    optimizer=sgd(),
)
