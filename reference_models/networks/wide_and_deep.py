"""Wide & Deep network of document 3, "Functional API": the input also goes straight to the output.

The deep path, two layers of 30 relu units, learns patterns; the short path keeps simple rules. The
output sees both, side by side: concatenate(input, hidden2).
"""

from typing import TypedDict

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import relu, relu_derivative
from reference_models.data import regression
from reference_models.data.split import Data, floats, instances
from reference_models.losses import mean_squared_error, mean_squared_error_derivative
from reference_models.network import Document, Network
from reference_models.optimizers import sgd

NAME = "wide_and_deep"


class Hidden1(TypedDict):
    """30 units on 8 features: 30 * (8 + 1) = 270 parameters."""

    kernel: Float[Array, "8 30"]
    bias: Float[Array, "30"]


class Hidden2(TypedDict):
    """30 units on 30 inputs: 30 * (30 + 1) = 930 parameters."""

    kernel: Float[Array, "30 30"]
    bias: Float[Array, "30"]


class Output(TypedDict):
    """1 unit on 8 features and 30 activations: 38 + 1 = 39 parameters."""

    kernel: Float[Array, "38 1"]
    bias: Float[Array, "1"]


Parameters = list[Hidden1 | Hidden2 | Output]
Features = Float[Array, "batch 8"]
Targets = Float[Array, "batch 1"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    key1, key2, key3 = jax.random.split(key, 3)
    return [dense.init(key1, 8, 30), dense.init(key2, 30, 30), dense.init(key3, 8 + 30, 1)]


def forward(parameters: Parameters, x: Features):
    """Every layer's weighted sums z and activations a, and the two paths side by side."""
    x = checks.features(NAME, x, (8,), parameters)
    hidden1, hidden2, output = parameters
    z1 = dense.apply(hidden1, x)
    a1 = relu(z1)
    z2 = dense.apply(hidden2, a1)
    a2 = relu(z2)
    concat = jnp.concatenate([x, a2], axis=1)
    prediction = dense.apply(output, concat)
    return x, z1, a1, z2, concat, prediction


def apply(parameters: Parameters, x: Features) -> Targets:
    """One number for every row of x."""
    *_, prediction = forward(parameters, x)
    return prediction


def loss(parameters: Parameters, x: Features, y: Targets) -> Float[Array, ""]:
    """Mean squared error."""
    prediction = apply(parameters, x)
    return mean_squared_error(checks.targets(NAME, y, prediction), prediction)


def gradients(parameters: Parameters, x: Features, y: Targets) -> Parameters:
    """dL/dW and dL/db of every layer; of the concatenation, only hidden2's part goes on back."""
    x, z1, a1, z2, concat, prediction = forward(parameters, x)
    y = checks.targets(NAME, y, prediction)
    hidden1, hidden2, output = parameters
    d_prediction = mean_squared_error_derivative(y, prediction)
    d_output, d_concat = dense.backward(output, concat, d_prediction)
    da2 = d_concat[:, 8:]
    dz2 = da2 * relu_derivative(z2)
    d_hidden2, da1 = dense.backward(hidden2, a1, dz2)
    dz1 = da1 * relu_derivative(z1)
    d_hidden1, _ = dense.backward(hidden1, x, dz1)
    return [d_hidden1, d_hidden2, d_output]


def sample(n: int, seed: int) -> tuple[Features, Targets]:
    """n random instances with random targets."""
    random = instances(n, seed)
    return floats(random.normal(size=(n, 8))), floats(random.normal(size=(n, 1)))


def data() -> Data:
    """Training, validation and test data with 8 features."""
    *parts, notice = regression.load()
    train, validation, test = [(floats(x), floats(y)) for x, y in parts]
    return Data(train, validation, test, notice)


NETWORK = Network(
    name=NAME,
    document=Document(3, "Functional API"),
    parameter_counts=(270, 930, 39),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=10,
    optimizer=sgd(),
)
