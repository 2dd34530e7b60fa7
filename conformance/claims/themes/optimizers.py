"""What optimisers do to a step: momentum, Adagrad, RMSprop, Adam."""

import jax.numpy as jnp
import numpy as np

from conformance.claims.claim import Claim
from conformance.claims.keras_models import fitted
from conformance.claims.pictures import curves
from reference_models import optimizer_comparison
from reference_models import optimizers as plain


def path(optimizer, gradient, start, steps):
    """Weights after every step of a Keras optimiser.

    Args:
        optimizer: the optimiser.
        gradient: function of the weights and the step, counted from 0.
        start: first weights.
        steps: how many.

    Returns:
        Array, one row for each step, the start first.
    """
    import keras

    variable = keras.Variable(np.asarray(start, "float32"))
    optimizer.build([variable])
    found = [np.array(variable)]
    for step in range(steps):
        slope = np.asarray(gradient(found[-1], step), "float32")
        optimizer.apply([keras.ops.convert_to_tensor(slope)], [variable])
        found.append(np.array(variable))
    return np.array(found)


def plain_path(optimizer, gradient, start, steps):
    """As `path`, by an optimiser of `reference_models`."""
    weights = jnp.asarray(start, "float32")
    state, found = optimizer.init(weights), [np.asarray(start, "float32")]
    for step in range(steps):
        slope = jnp.asarray(gradient(found[-1], step), "float32")
        weights, state = optimizer.update(slope, state, weights)
        found.append(np.array(weights))
    return np.array(found)


STEEP, RAVINE_STEPS, RAVINE_RATE = 50.0, 100, 0.0395


def ravine(momentum=0.9):
    """(x^2 + 50 y^2) / 2, descended with and without momentum, at nearly the largest rate.

    Args:
        momentum: gamma.

    Returns:
        Heights by step, and how far the last 20 steps swing across the ravine.
    """
    import keras

    def slope(weights, _step):
        return weights * np.array([1, STEEP], "float32")

    found = {}
    for name, gamma in [("without", 0.0), ("with", momentum)]:
        optimizer = keras.optimizers.SGD(RAVINE_RATE, momentum=gamma)
        weights = path(optimizer, slope, [10, 1], RAVINE_STEPS)
        found[f"{name} momentum: height"] = (weights**2 @ np.array([0.5, STEEP / 2]))[1:]
        found[f"{name} momentum: swing"] = np.ptp(weights[-20:, 1])
    by_hand = plain_path(plain.momentum(RAVINE_RATE, momentum), slope, [10, 1], RAVINE_STEPS)
    found["plain JAX apart"] = np.abs(by_hand[-1] - weights[-1]).max()
    return found


def _dampened(numbers):
    return {
        "with momentum the bottom is nearer after as many steps": (
            numbers["with momentum: height"][-1] < numbers["without momentum: height"][-1] / 2
        ),
        "and the swings across the ravine are dampened": (
            numbers["with momentum: swing"] < numbers["without momentum: swing"] / 2
        ),
        # A hundred steps of three float32 operations on numbers of size 10.
        "plain JAX takes the same steps": numbers["plain JAX apart"] < 300 * 10 * 2**-24,
    }


def _draw_ravine(numbers):
    lines = {name: numbers[f"{name} momentum: height"] for name in ("without", "with")}
    return curves("A ravine with and without momentum", "step", "height", lines, scale="log")


STEPS, RATE = 200, 0.01


def shrinking_steps(first="Adagrad"):
    """How long a step is under a gradient that is always 1.

    Args:
        first: the optimiser in Adagrad's place.

    Returns:
        Lengths of the steps of both, in Keras and in plain JAX.
    """
    import keras

    def one(_weights, _step):
        return [1.0]

    adagrad = getattr(keras.optimizers, first)(RATE)
    steps = {
        "Adagrad": path(adagrad, one, [0], STEPS),
        "RMSprop": path(keras.optimizers.RMSprop(RATE), one, [0], STEPS),
        "Adagrad in plain JAX": plain_path(plain.adagrad(RATE), one, [0], STEPS),
        "RMSprop in plain JAX": plain_path(plain.rmsprop(RATE), one, [0], STEPS),
    }
    return {name: -np.diff(weights[:, 0]) for name, weights in steps.items()}


def _shrink(numbers):
    adagrad, rmsprop = np.array(numbers["Adagrad"]), np.array(numbers["RMSprop"])
    # A difference of weights of size 2, rounded to float32, beside steps of 0.0007 or more.
    rounding = 2 * 2**-23
    same = [
        np.abs(np.array(numbers[name]) - np.array(numbers[f"{name} in plain JAX"])).max()
        for name in ("Adagrad", "RMSprop")
    ]
    return {
        "Adagrad's step is the rate / sqrt(0.1 + number of steps)": bool(
            np.all(np.abs(adagrad - RATE / np.sqrt(0.1 + np.arange(1, STEPS + 1))) < 2 * rounding)
        ),
        "so that it shrinks to a tenth and on": adagrad[-1] < adagrad[0] / 10,
        "RMSprop's comes to the rate, and stays": bool(
            np.all(np.abs(rmsprop[-50:] / RATE - 1) < 0.01)
        ),
        "plain JAX takes the same steps": max(same) < 2 * rounding,
    }


def _draw_shrink(numbers):
    lines = {name: numbers[name] for name in ("Adagrad", "RMSprop")}
    return curves("A gradient of 1, again and again", "step", "length of the step", lines)


def adam_without_momentum(beta_1=0.0):
    """Adam with beta_1 = 0 beside RMSprop with rho = beta_2, on the same random gradients.

    Args:
        beta_1: Adam's.

    Returns:
        Ratios of Adam's steps to RMSprop's, and sqrt(1 - beta_2^t), Adam's correction.
    """
    import keras

    drawn = np.random.default_rng(0).normal(size=(20, 5)).astype("float32")
    # Of size 1 or more, beside which the epsilons, added in different places, are nothing.
    drawn += np.sign(drawn)

    def given(_weights, step):
        return drawn[step]

    start = np.zeros(5)
    adam = keras.optimizers.Adam(RATE, beta_1=beta_1, beta_2=0.999)
    rmsprop = keras.optimizers.RMSprop(RATE, rho=0.999)
    steps = [np.diff(path(each, given, start, 20), axis=0) for each in (adam, rmsprop)]
    return {
        "ratio": np.median(steps[0] / steps[1], axis=1),
        "correction": np.sqrt(1 - 0.999 ** np.arange(1, 21)),
    }


def _is_rmsprop(numbers):
    ratio, correction = np.array(numbers["ratio"]), np.array(numbers["correction"])
    return {
        # Steps are differences of weights below 4, rounded to float32, and 0.001 or more;
        # 1 - beta_2 is the difference of 1 and a float32 near it, off by 2^-24 / 0.001.
        "Adam's step is RMSprop's, times sqrt(1 - beta_2^t)": bool(
            np.all(np.abs(ratio / correction - 1) < 1e-3)
        )
    }


def _draw_adam(numbers):
    title = "Adam with beta_1 = 0, beside RMSprop"
    return curves(title, "step", "ratio of the steps", numbers)


def costs(epochs=5, images=512):
    """The cost of five optimisers on 784-100-100-10 with dropout, in Keras and in plain JAX.

    Args:
        epochs: passes.
        images: how many.

    Returns:
        Mean cost of every epoch, for each optimiser, on both sides.
    """
    import keras

    x, y = (np.asarray(part)[:images] for part in optimizer_comparison.data().train)
    makers = {
        "SGD": keras.optimizers.SGD(0.01),
        "SGD with momentum": keras.optimizers.SGD(0.01, momentum=0.9),
        "Adagrad": keras.optimizers.Adagrad(0.01),
        "RMSprop": keras.optimizers.RMSprop(0.001),
        "Adam": keras.optimizers.Adam(0.001),
    }
    found = {}
    for name, optimizer in makers.items():
        keras.utils.set_random_seed(0)
        layers = [
            part
            for seed in (1, 2)
            for part in (
                keras.layers.Dense(100, "relu"),
                keras.layers.Dropout(optimizer_comparison.RATE, seed=seed),
            )
        ]
        model = keras.Sequential([keras.Input((784,)), *layers, keras.layers.Dense(10, "softmax")])
        found[name] = fitted(
            model, x, y, "categorical_crossentropy", optimizer, epochs, batch_size=128
        )["loss"]
    by_hand = optimizer_comparison.costs(epochs=epochs, x=jnp.asarray(x), y=jnp.asarray(y))
    return {"Keras": found, "plain JAX": by_hand}


def _costs_fall(numbers):
    ours, by_hand = numbers["Keras"], numbers["plain JAX"]
    return {
        "every optimiser lowers the cost": all(c[-1] < c[0] for c in ours.values()),
        "plain gradient descent has the highest at the end, in Keras and in plain JAX": all(
            max(side, key=lambda name: side[name][-1]) == "SGD" and side["SGD"][-1] > 0
            for side in (ours, by_hand)
        ),
        # Other initial weights, orders and masks.
        "plain JAX comes to the same costs, within a quarter": all(
            abs(by_hand[name][-1] / ours[name][-1] - 1) < 0.25 for name in ours
        ),
    }


def _draw_costs(numbers):
    title = "784-100-100-10 with dropout, in Keras"
    return curves(title, "epoch", "mean training cost", numbers["Keras"], scale="log")


CLAIMS = (
    Claim(
        name="momentum_in_a_ravine",
        document=5,
        section="SGD with Momentum",
        says="Momentum accelerates SGD in the relevant direction and dampens oscillations.",
        measure=ravine,
        holds=_dampened,
        draw=_draw_ravine,
        otherwise={"momentum": 0.0},
    ),
    Claim(
        name="shrinking_steps",
        document=5,
        section="Adagrad Optimiser; RMS Optimiser",
        says="Adagrad's learning rate becomes infinitesimally small; RMSprop's does not shrink so.",
        measure=shrinking_steps,
        holds=_shrink,
        draw=_draw_shrink,
        otherwise={"first": "SGD"},
    ),
    Claim(
        name="adam_without_momentum",
        document=5,
        section="ADAM Optimiser",
        says="Adam is a combination of RMSprop and momentum: without its momentum it is RMSprop.",
        measure=adam_without_momentum,
        holds=_is_rmsprop,
        draw=_draw_adam,
        otherwise={"beta_1": 0.9},
    ),
    Claim(
        name="optimizer_costs",
        document=5,
        section="ADAM Optimiser (the comparison on MNIST with dropout)",
        says="The optimisers' training costs on a multilayer network with dropout, compared.",
        measure=costs,
        holds=_costs_fall,
        draw=_draw_costs,
        otherwise={"images": 128, "epochs": 1},
    ),
)
