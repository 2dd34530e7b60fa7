"""Optimisers: how the weights move, given the gradient g of the loss.

Each is a pair of pure functions: init(parameters) makes what the rule remembers, and
update(gradients, state, parameters) gives the new parameters and the new state. Formulas and
hyperparameters are those of Keras, in Keras's order of operations.

Source: document 5, "Gradient Descent Optimisation Algorithms".
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

Parameters: TypeAlias = PyTree[Array]
State: TypeAlias = PyTree[Array]


class Optimizer(NamedTuple):
    """An update rule.

    `name` and `hyperparameters` are those of the Keras optimiser with the same formula.
    """

    name: str
    hyperparameters: Mapping[str, float]
    init: Callable[[Parameters], State]
    update: Callable[[Parameters, State, Parameters], tuple[Parameters, State]]


def sgd(learning_rate: float = 0.01) -> Optimizer:
    """Gradient descent: w = w - learning_rate g.

    Args:
        learning_rate: length of a step, as a multiple of the gradient.
    Returns:
        The optimiser; it remembers nothing.
    Source: document 5, "Gradient Descent Variants"; keras.optimizers.SGD.
    """

    def init(parameters):
        return {}

    def update(gradients, state, parameters):
        step = jax.tree.map(lambda g: g * learning_rate, gradients)
        return _subtract(parameters, step), state

    return Optimizer("sgd", {"learning_rate": learning_rate}, init, update)


def momentum(learning_rate: float = 0.01, gamma: float = 0.9) -> Optimizer:
    """SGD with momentum: v = gamma v - learning_rate g; w = w + v.

    A fraction of the last move is added to this one, which speeds up a direction that persists
    and dampens one that changes sign.

    Args:
        learning_rate: length of a step, as a multiple of the gradient.
        gamma: fraction of the last move that is kept.
    Returns:
        The optimiser; it remembers the last move of every weight.
    Source: document 5, "SGD with Momentum"; keras.optimizers.SGD(momentum=...).
    """

    def init(parameters):
        return {"velocity": _zeros(parameters)}

    def update(gradients, state, parameters):
        velocity = jax.tree.map(
            lambda v, g: v * gamma - g * learning_rate, state["velocity"], gradients
        )
        return jax.tree.map(jnp.add, parameters, velocity), {"velocity": velocity}

    return Optimizer("sgd", {"learning_rate": learning_rate, "momentum": gamma}, init, update)


def adagrad(
    learning_rate: float = 0.001,
    initial_accumulator_value: float = 0.1,
    epsilon: float = 1e-7,
) -> Optimizer:
    """Adagrad: s = s + g^2; w = w - learning_rate g / sqrt(s + epsilon).

    Each weight has a learning rate of its own, which only ever shrinks, for s only grows.

    Args:
        learning_rate: length of a step before it is scaled.
        initial_accumulator_value: s before the first step.
        epsilon: keeps the square root off 0.
    Returns:
        The optimiser; it remembers s for every weight.
    Source: document 5, "Adagrad Optimiser"; keras.optimizers.Adagrad.
    """

    def init(parameters):
        start = jax.tree.map(lambda w: jnp.full_like(w, initial_accumulator_value), parameters)
        return {"accumulator": start}

    def update(gradients, state, parameters):
        accumulator = jax.tree.map(lambda s, g: s + g**2, state["accumulator"], gradients)
        step = jax.tree.map(
            lambda g, s: learning_rate * g / jnp.sqrt(s + epsilon), gradients, accumulator
        )
        return _subtract(parameters, step), {"accumulator": accumulator}

    hyperparameters = {
        "learning_rate": learning_rate,
        "initial_accumulator_value": initial_accumulator_value,
        "epsilon": epsilon,
    }
    return Optimizer("adagrad", hyperparameters, init, update)


def rmsprop(learning_rate: float = 0.001, rho: float = 0.9, epsilon: float = 1e-7) -> Optimizer:
    """RMSprop: v = rho v + (1 - rho) g^2; w = w - learning_rate g / sqrt(v + epsilon).

    A moving average in place of Adagrad's sum: it forgets, so steps do not shrink to nothing.

    Args:
        learning_rate: length of a step before it is scaled.
        rho: how much of the average is kept at each step.
        epsilon: keeps the square root off 0.
    Returns:
        The optimiser; it remembers v for every weight.
    Source: document 5, "RMS Optimiser"; keras.optimizers.RMSprop.
    """

    def init(parameters):
        return {"velocity": _zeros(parameters)}

    def update(gradients, state, parameters):
        velocity = jax.tree.map(
            lambda v, g: rho * v + (1 - rho) * g**2, state["velocity"], gradients
        )
        step = jax.tree.map(
            lambda g, v: learning_rate * g / jnp.sqrt(v + epsilon), gradients, velocity
        )
        return _subtract(parameters, step), {"velocity": velocity}

    hyperparameters = {"learning_rate": learning_rate, "rho": rho, "epsilon": epsilon}
    return Optimizer("rmsprop", hyperparameters, init, update)


def adam(
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> Optimizer:
    """Adam: m and v average g and g^2; w = w - alpha m / (sqrt(v) + epsilon).

    m = m + (1 - beta_1) (g - m) and v = v + (1 - beta_2) (g^2 - v) both start at 0, which makes
    them too small at first; at step t, alpha corrects that:
    alpha = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t).

    Args:
        learning_rate: length of a step before it is scaled.
        beta_1: how much of m is kept at each step: the momentum.
        beta_2: how much of v is kept at each step: the scale, as in RMSprop.
        epsilon: keeps the quotient finite where v is 0.
    Returns:
        The optimiser; it remembers m, v and the number of steps.
    Source: document 5, "ADAM Optimiser"; keras.optimizers.Adam.
    """

    def init(parameters):
        m, v = _zeros(parameters), _zeros(parameters)
        return {"iterations": jnp.zeros((), jnp.int32), "momentum": m, "velocity": v}

    def update(gradients, state, parameters):
        iterations = state["iterations"] + 1
        m = jax.tree.map(lambda m, g: m + (g - m) * (1 - beta_1), state["momentum"], gradients)
        v = jax.tree.map(lambda v, g: v + (g**2 - v) * (1 - beta_2), state["velocity"], gradients)

        def move(w, m, v):
            t = iterations.astype(w.dtype)
            unbiased_1 = 1 - jnp.asarray(beta_1, w.dtype) ** t
            unbiased_2 = 1 - jnp.asarray(beta_2, w.dtype) ** t
            alpha = learning_rate * jnp.sqrt(unbiased_2) / unbiased_1
            return w - m * alpha / (jnp.sqrt(v) + epsilon)

        moved = jax.tree.map(move, parameters, m, v)
        return moved, {"iterations": iterations, "momentum": m, "velocity": v}

    hyperparameters = {
        "learning_rate": learning_rate,
        "beta_1": beta_1,
        "beta_2": beta_2,
        "epsilon": epsilon,
    }
    return Optimizer("adam", hyperparameters, init, update)


def _zeros(parameters):
    return jax.tree.map(jnp.zeros_like, parameters)


def _subtract(parameters, steps):
    return jax.tree.map(jnp.subtract, parameters, steps)
