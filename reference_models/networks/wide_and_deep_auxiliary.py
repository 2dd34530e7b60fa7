"""Wide & Deep with an auxiliary output, document 3, "Functional API" and `WideAndDeepModel`.

A second output hangs on hidden2 alone, so that the deep path learns something useful on its own.
The document weighs neither loss; 0.9 for the main output and 0.1 for the other are chosen here.
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
from reference_models.networks.wide_and_deep_two_inputs import Inputs, split_features
from reference_models.optimizers import sgd

NAME = "wide_and_deep_auxiliary"
MAIN_WEIGHT, AUXILIARY_WEIGHT = 0.9, 0.1


class Hidden1(TypedDict):
    """30 units on 6 features: 30 * (6 + 1) = 210 parameters."""

    kernel: Float[Array, "6 30"]
    bias: Float[Array, "30"]


class Hidden2(TypedDict):
    """30 units on 30 inputs: 30 * (30 + 1) = 930 parameters."""

    kernel: Float[Array, "30 30"]
    bias: Float[Array, "30"]


class MainOutput(TypedDict):
    """1 unit on 5 features and 30 activations: 35 + 1 = 36 parameters."""

    kernel: Float[Array, "35 1"]
    bias: Float[Array, "1"]


class AuxiliaryOutput(TypedDict):
    """1 unit on 30 activations: 31 parameters."""

    kernel: Float[Array, "30 1"]
    bias: Float[Array, "1"]


Parameters = list[Hidden1 | Hidden2 | MainOutput | AuxiliaryOutput]
Targets = tuple[Float[Array, "batch 1"], Float[Array, "batch 1"]]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    keys = jax.random.split(key, 4)
    sizes = (6, 30), (30, 30), (5 + 30, 1), (30, 1)
    return [dense.init(each, *size) for each, size in zip(keys, sizes, strict=True)]


def forward(parameters: Parameters, x: Inputs):
    """Every layer's weighted sums z and activations a, and both outputs."""
    wide, deep = checks.items(NAME, "x", x, ("wide input", "deep input"))
    wide = checks.features(f"{NAME}, wide input", wide, (5,), parameters)
    deep = checks.features(f"{NAME}, deep input", deep, (6,), parameters)
    checks.same_batch(NAME, wide, deep)
    hidden1, hidden2, main_output, aux_output = parameters
    z1 = dense.apply(hidden1, deep)
    a1 = relu(z1)
    z2 = dense.apply(hidden2, a1)
    a2 = relu(z2)
    concat = jnp.concatenate([wide, a2], axis=1)
    main = dense.apply(main_output, concat)
    aux = dense.apply(aux_output, a2)
    return deep, z1, a1, z2, a2, concat, (main, aux)


def apply(parameters: Parameters, x: Inputs) -> Targets:
    """The main output and the auxiliary one."""
    *_, outputs = forward(parameters, x)
    return outputs


def loss(parameters: Parameters, x: Inputs, y: Targets) -> Float[Array, ""]:
    """0.9 times the main output's mean squared error plus 0.1 times the auxiliary one's."""
    main, aux = apply(parameters, x)
    y_main, y_aux = check_targets(y, (main, aux))
    main_loss = MAIN_WEIGHT * mean_squared_error(y_main, main)
    return main_loss + AUXILIARY_WEIGHT * mean_squared_error(y_aux, aux)


def gradients(parameters: Parameters, x: Inputs, y: Targets) -> Parameters:
    """dL/dW and dL/db of every layer; hidden2 hears from both outputs, and adds what it hears."""
    deep, z1, a1, z2, a2, concat, (main, aux) = forward(parameters, x)
    y_main, y_aux = check_targets(y, (main, aux))
    hidden1, hidden2, main_output, aux_output = parameters
    d_main = MAIN_WEIGHT * mean_squared_error_derivative(y_main, main)
    d_aux = AUXILIARY_WEIGHT * mean_squared_error_derivative(y_aux, aux)
    d_main_output, d_concat = dense.backward(main_output, concat, d_main)
    d_aux_output, da2_from_aux = dense.backward(aux_output, a2, d_aux)
    da2 = d_concat[:, 5:] + da2_from_aux
    dz2 = da2 * relu_derivative(z2)
    d_hidden2, da1 = dense.backward(hidden2, a1, dz2)
    dz1 = da1 * relu_derivative(z1)
    d_hidden1, _ = dense.backward(hidden1, deep, dz1)
    return [d_hidden1, d_hidden2, d_main_output, d_aux_output]


def check_targets(y: Targets, outputs: Targets) -> Targets:
    """The targets of both outputs, or an error that says what is wrong with them."""
    y_main, y_aux = checks.items(NAME, "y", y, ("main target", "auxiliary target"))
    return (
        checks.targets(f"{NAME}, main output", y_main, outputs[0]),
        checks.targets(f"{NAME}, auxiliary output", y_aux, outputs[1]),
    )


def sample(n: int, seed: int) -> tuple[Inputs, Targets]:
    """n random instances with random targets."""
    random = instances(n, seed)
    x = floats(random.normal(size=(n, 8)))
    y_main, y_aux = floats(random.normal(size=(2, n, 1)))
    return split_features(x), (y_main, y_aux)


def data() -> Data:
    """The two-input network's data; both outputs are to predict the same target."""
    *parts, notice = regression.load()
    train, validation, test = [
        (split_features(floats(x)), (floats(y), floats(y))) for x, y in parts
    ]
    return Data(train, validation, test, notice)


NETWORK = Network(
    name=NAME,
    document=Document(3, "Functional API"),
    parameter_counts=(210, 930, 36, 31),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=10,
    optimizer=sgd(),
)
