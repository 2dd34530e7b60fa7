"""Wide & Deep with two inputs, document 3, "Functional API" ("multiple input").

Five features take the short path to the output, six the deep one through two layers of 30 relu
units. Of the eight features in all, three take both paths.
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

NAME = "wide_and_deep_two_inputs"


class Hidden1(TypedDict):
    """30 units on 6 features: 30 * (6 + 1) = 210 parameters."""

    kernel: Float[Array, "6 30"]
    bias: Float[Array, "30"]


class Hidden2(TypedDict):
    """30 units on 30 inputs: 30 * (30 + 1) = 930 parameters."""

    kernel: Float[Array, "30 30"]
    bias: Float[Array, "30"]


class Output(TypedDict):
    """1 unit on 5 features and 30 activations: 35 + 1 = 36 parameters."""

    kernel: Float[Array, "35 1"]
    bias: Float[Array, "1"]


Parameters = list[Hidden1 | Hidden2 | Output]
Inputs = tuple[Float[Array, "batch 5"], Float[Array, "batch 6"]]
Targets = Float[Array, "batch 1"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    key1, key2, key3 = jax.random.split(key, 3)
    return [dense.init(key1, 6, 30), dense.init(key2, 30, 30), dense.init(key3, 5 + 30, 1)]


def forward(parameters: Parameters, x: Inputs):
    """Every layer's weighted sums z and activations a, and the two paths side by side."""
    wide, deep = checks.items(NAME, "x", x, ("wide input", "deep input"))
    wide = checks.features(f"{NAME}, wide input", wide, (5,), parameters)
    deep = checks.features(f"{NAME}, deep input", deep, (6,), parameters)
    checks.same_batch(NAME, wide, deep)
    hidden1, hidden2, output = parameters
    z1 = dense.apply(hidden1, deep)
    a1 = relu(z1)
    z2 = dense.apply(hidden2, a1)
    a2 = relu(z2)
    concat = jnp.concatenate([wide, a2], axis=1)
    prediction = dense.apply(output, concat)
    return deep, z1, a1, z2, concat, prediction


def apply(parameters: Parameters, x: Inputs) -> Targets:
    """One number for every instance."""
    *_, prediction = forward(parameters, x)
    return prediction


def loss(parameters: Parameters, x: Inputs, y: Targets) -> Float[Array, ""]:
    """Mean squared error."""
    prediction = apply(parameters, x)
    return mean_squared_error(checks.targets(NAME, y, prediction), prediction)


def gradients(parameters: Parameters, x: Inputs, y: Targets) -> Parameters:
    """dL/dW and dL/db of every layer; of the concatenation, only hidden2's part goes on back."""
    deep, z1, a1, z2, concat, prediction = forward(parameters, x)
    y = checks.targets(NAME, y, prediction)
    hidden1, hidden2, output = parameters
    d_prediction = mean_squared_error_derivative(y, prediction)
    d_output, d_concat = dense.backward(output, concat, d_prediction)
    da2 = d_concat[:, 5:]
    dz2 = da2 * relu_derivative(z2)
    d_hidden2, da1 = dense.backward(hidden2, a1, dz2)
    dz1 = da1 * relu_derivative(z1)
    d_hidden1, _ = dense.backward(hidden1, deep, dz1)
    return [d_hidden1, d_hidden2, d_output]


def split_features(x: Float[Array, "batch 8"]) -> Inputs:
    """Features 0 to 4 for the wide input and 2 to 7 for the deep one: 2, 3 and 4 go to both."""
    return x[:, :5], x[:, 2:]


def sample(n: int, seed: int) -> tuple[Inputs, Targets]:
    """n random instances with random targets."""
    random = instances(n, seed)
    x = floats(random.normal(size=(n, 8)))
    return split_features(x), floats(random.normal(size=(n, 1)))


def data() -> Data:
    """Training, validation and test data, the 8 features handed to the two inputs."""
    *parts, notice = regression.load()
    train, validation, test = [(split_features(floats(x)), floats(y)) for x, y in parts]
    return Data(train, validation, test, notice)


NETWORK = Network(
    name=NAME,
    document=Document(3, "Functional API"),
    parameter_counts=(210, 930, 36),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=10,
    optimizer=sgd(),
)
