"""Relu units: inactive at the start, and dead."""

import jax.numpy as jnp
import numpy as np

from conformance.claims.claim import Claim
from conformance.claims.keras_models import dense, fitted
from conformance.claims.pictures import bars
from reference_models import activations as plain

UNITS = 1000


def inactive_units(activation="relu"):
    """How many outputs of an untrained layer are 0, on inputs centred about 0.

    Args:
        activation: of the layer.

    Returns:
        The share over all inputs, and of units that are 0 on all of them.
    """
    import keras

    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(500, 100)).astype("float32")
    layer = dense(100, (UNITS, activation))
    z = x @ np.asarray(layer.layers[0].kernel)
    return {
        "share of outputs that are 0": np.mean(layer.predict(x, verbose=0) == 0),
        "in plain JAX": np.mean(np.asarray(plain.relu(jnp.asarray(z))) == 0),
        "share of units that are always 0": np.mean(plain.dying(jnp.asarray(z))),
    }


def _half(numbers):
    # The sign of a weighted sum is a fair coin; 1000 units, so 1.6 % standard error, or less.
    return {
        "half of the units are off for an input": (
            abs(numbers["share of outputs that are 0"] - 0.5) < 0.05
        ),
        "in plain JAX too": abs(numbers["in plain JAX"] - 0.5) < 0.05,
        "but none is off for all inputs": numbers["share of units that are always 0"] == 0,
    }


def _draw_half(numbers):
    shown = {name.replace(" that", "\nthat"): value for name, value in numbers.items()}
    return bars("1000 untrained relu units, 500 inputs", "share", shown, line=0.5)


def dead_units(bias=-5.0):
    """Units that start with a bias of -5, below 0 for every input, and are then trained.

    Args:
        bias: of every hidden unit at the start.

    Returns:
        How far the hidden kernel moves and how the loss falls, with relu and with leaky relu.
    """
    import keras

    x = np.linspace(-1, 1, 200, dtype="float32")[:, None]
    found = {}
    for name in ("relu", "leaky_relu"):
        keras.utils.set_random_seed(0)
        model = dense(1, (20, name), (1, None))
        kernel, _, *rest = model.get_weights()
        model.set_weights([kernel, np.full(20, bias, "float32"), *rest])
        losses = fitted(model, x, x**2, "mse", keras.optimizers.SGD(0.05), 20)["loss"]
        found[f"{name}: kernel moved by"] = np.abs(model.get_weights()[0] - kernel).max()
        found[f"{name}: loss"] = losses
    return found


def _dead(numbers):
    return {
        "dead relu units do not move at all": numbers["relu: kernel moved by"] == 0,
        "leaky relu units move": numbers["leaky_relu: kernel moved by"] > 0,
    }


def _draw_dead(numbers):
    shown = {name: numbers[f"{name}: kernel moved by"] for name in ("relu", "leaky_relu")}
    return bars("Units that start below 0 for every input", "largest change of a weight", shown)


CLAIMS = (
    Claim(
        name="inactive_units",
        document=5,
        section="ReLu Function",
        says="With relu almost 50% of the units are deactivated.",
        measure=inactive_units,
        holds=_half,
        draw=_draw_half,
        otherwise={"activation": "tanh"},
    ),
    Claim(
        name="dead_units",
        document=5,
        section="ReLu Function; Leaky ReLu function",
        says="Relu units whose input is always negative stop responding; a leaky relu helps.",
        measure=dead_units,
        holds=_dead,
        draw=_draw_dead,
        otherwise={"bias": 0.0},
    ),
)
