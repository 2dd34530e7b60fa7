"""Gradients that vanish, gradients that explode, and rates that are too high."""

import jax.numpy as jnp
import numpy as np

from conformance.claims.claim import Claim
from conformance.claims.keras_models import dense, gradients, output
from conformance.claims.pictures import curves
from reference_models import activations as plain
from reference_models import exploding_gradient, vanishing_gradient

DEPTH = 8


def steepest_slopes(activation="sigmoid"):
    """The slope of an activation between -6 and 6, beside tanh's, as Keras differentiates them.

    Args:
        activation: the one that is to be flat.

    Returns:
        Slopes, and the largest of each.
    """
    z = np.linspace(-6, 6, 241, dtype="float32")
    found = {"z": z, "sigmoid in plain JAX": np.asarray(plain.sigmoid_derivative(jnp.asarray(z)))}
    for name, function in [("sigmoid", activation), ("tanh", "tanh")]:
        # One weight for each z, on an input of 1: the output's gradient is the slope there.
        model = dense(1, (len(z), function))
        model.set_weights([z[None], np.zeros_like(z)])
        one = np.ones((1, 1), "float32")
        found[name] = gradients(model, output, one, np.zeros((1, len(z)), "float32"))[1]
    return found


def _a_quarter(numbers):
    z, slopes = np.array(numbers["z"]), np.array(numbers["sigmoid"])
    by_hand = np.array(numbers["sigmoid in plain JAX"])
    return {
        "sigmoid's slope is 1/4 at 0 and less elsewhere": (
            slopes.max() == 0.25 and z[slopes.argmax()] == 0
        ),
        # Four float32 operations on numbers of size 1 or less.
        "plain JAX has the same slopes": bool(np.abs(slopes - by_hand).max() <= 4 * 2**-24),
        "tanh's is steeper, 1 at 0": max(numbers["tanh"]) == 1,
    }


def _draw_slopes(numbers):
    lines = {name: numbers[name] for name in ("sigmoid", "tanh")}
    return curves("Slopes of two activations", "z", "slope", lines, numbers["z"])


def vanishing(activation="sigmoid"):
    """The gradient of each weight in eight layers of one unit, all weights 1, biases 0, input 1.

    Args:
        activation: of the units.

    Returns:
        d output / d w by layer, and the first weight's in plain JAX.
    """
    import keras

    ones = keras.initializers.Ones()
    model = dense(1, *[(1, activation)] * DEPTH, kernel=ones)
    one = np.ones((1, 1), "float32")
    found = gradients(model, output, one, one)[::2]
    return {
        "by layer": [np.abs(g).item() for g in found],
        "first weight in plain JAX": vanishing_gradient.by_depth(DEPTH)[-1],
    }


def _vanishes(numbers):
    by_layer, by_hand = numbers["by layer"], numbers["first weight in plain JAX"]
    return {
        "the gradient of a layer is at most 1/4 to the power of the layers from there on": all(
            g <= 0.25 ** (DEPTH - layer) for layer, g in enumerate(by_layer)
        ),
        # Some six float32 operations in each of eight layers.
        "plain JAX comes to the same first gradient": (
            abs(by_layer[0] / by_hand - 1) < 6 * DEPTH * 2**-24
        ),
    }


def _draw_vanishing(numbers):
    bound = [0.25 ** (DEPTH - layer) for layer in range(DEPTH)]
    lines = {"measured": numbers["by layer"], "bound": bound}
    return curves("Eight layers of one sigmoid unit", "layer", "|gradient|", lines, scale="log")


def exploding(weight=100.0):
    """The gradient of each weight in four layers of one sigmoid unit with large weights.

    Args:
        weight: all weights; biases are minus its half, which holds the units where they are
            steepest, for the input 1/2.

    Returns:
        d output / d w by layer, and by depth in plain JAX.
    """
    import keras

    layers = vanishing_gradient.LAYERS
    weights = keras.initializers.Constant(weight)
    model = dense(
        1,
        *[(1, "sigmoid")] * layers,
        kernel=weights,
        bias=keras.initializers.Constant(-weight / 2),
    )
    half = np.full((1, 1), 0.5, "float32")
    found = gradients(model, output, half, half)[::2]
    return {
        "by layer": [np.abs(g).item() for g in found],
        "first weight in plain JAX": exploding_gradient.by_depth(layers, weight)[-1],
    }


def _explodes(numbers):
    by_layer, by_hand = numbers["by layer"], numbers["first weight in plain JAX"]
    return {
        "every layer multiplies the gradient by more than 20 on its way back": all(
            before > 20 * after for before, after in zip(by_layer, by_layer[1:], strict=False)
        ),
        # Some six float32 operations in each of four layers.
        "plain JAX comes to the same first gradient": abs(by_layer[0] / by_hand - 1) < 24 * 2**-24,
    }


def _draw_exploding(numbers):
    lines = {"weights of 100": numbers["by layer"]}
    title = "Four layers of one sigmoid unit with large weights"
    return curves(title, "layer", "|gradient|", lines, scale="log")


STEPS = 8


def learning_rates(largest=1.4):
    """One weight on the parabola w^2, by learning rate: the edge of divergence is at 1.

    Args:
        largest: the last of the learning rates.

    Returns:
        Weights after every step at the largest rate, |w| at the end by rate, and both in plain JAX.
    """
    import keras

    one, zero = np.ones((1, 1), "float32"), np.zeros((1, 1), "float32")
    rates = [0.1, 0.3, 0.5, 0.7, 0.9, largest]
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(rates[0]), "mse")  # (w - 0)^2, whose curvature is 2
    ends: list[float] = []
    path: list[float] = []
    for rate in rates:
        model.set_weights([one])
        model.optimizer.learning_rate.assign(rate)
        path = []
        for _ in range(STEPS):
            model.train_on_batch(one, zero)
            path.append(model.get_weights()[0].item())
        ends.append(abs(path[-1]))
    plain_path = exploding_gradient.jumping_descent(largest, steps=STEPS, curvature=2.0)
    return {"rates": rates, "|w| at the end": ends, "w": path, "w in plain JAX": plain_path}


def _jumps(numbers):
    path = np.array([1.0, *numbers["w"]])
    ends = dict(zip(numbers["rates"], numbers["|w| at the end"], strict=True))
    by_hand = np.array(numbers["w in plain JAX"])
    return {
        "above the largest useful rate the weight jumps to the other side at every step": bool(
            np.all(np.sign(path[1:]) == -np.sign(path[:-1]))
        ),
        "and farther every time": bool(np.all(np.abs(path[1:]) > np.abs(path[:-1]))),
        "half of the largest useful rate is the best": min(ends, key=lambda rate: ends[rate])
        == 0.5,
        # Three float32 operations a step.
        "plain JAX takes the same steps": bool(
            np.allclose(path[1:], by_hand, rtol=3 * STEPS * 2**-24)
        ),
    }


def _draw_rates(numbers):
    lines = {f"learning rate {numbers['rates'][-1]}": numbers["w"]}
    return curves("A learning rate that is too high, on w^2", "step", "w", lines, scale="symlog")


CLAIMS = (
    Claim(
        name="steepest_slopes",
        document=5,
        section="Vanishing Gradient Problem; Tanh Function",
        says="The derivative of the sigmoid reaches 0.25 at most; tanh's is steeper.",
        measure=steepest_slopes,
        holds=_a_quarter,
        draw=_draw_slopes,
        otherwise={"activation": "tanh"},
    ),
    Claim(
        name="vanishing_gradient",
        document=5,
        section="Vanishing Gradient Problem",
        says="Many small factors make the first layers' gradient so small that they stop learning.",
        measure=vanishing,
        holds=_vanishes,
        draw=_draw_vanishing,
        otherwise={"activation": "relu"},
    ),
    Claim(
        name="exploding_gradient",
        document=5,
        section="Exploding Gradient Problem",
        says="High initial weights result in large gradients.",
        measure=exploding,
        holds=_explodes,
        draw=_draw_exploding,
        otherwise={"weight": 1.0},
    ),
    Claim(
        name="learning_rates",
        document=3,
        section="Hyperparameter tuning",
        says="The best learning rate is about half of the largest that does not diverge; above "
        "that the weights jump (document 5, Exploding Gradient Problem).",
        measure=learning_rates,
        holds=_jumps,
        draw=_draw_rates,
        otherwise={"largest": 0.2},
    ),
)
