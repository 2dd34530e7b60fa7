"""The perceptron rule: how a layer of step-function units learns, one instance at a time.

A step has slope 0, so gradients cannot teach it. Instead each unit looks at its answer: when it is
right nothing changes; when it should have fired the inputs are added to its weights, and when it
should not have they are subtracted. If a line separates the classes, this comes to rest on one.

Source: document 3, "The Perceptron" ("learning rule").
"""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from reference_models import dense
from reference_models.activations import step
from reference_models.dense import Dense


def update(
    layer: Dense,
    x: Float[Array, " features"],
    y: Float[Array, " units"],
    learning_rate: float = 1.0,
) -> Dense:
    """W = W + learning_rate x (y - y'), b = b + learning_rate (y - y'), y' the layer's answer.

    Args:
        layer: the layer's weights.
        x: one instance.
        y: 0 or 1 for each unit, the right answers.
        learning_rate: how much of the instance is added or subtracted.
    Returns:
        The new weights.
    Source: document 3, "The Perceptron".
    """
    error = y - step(dense.apply(layer, x))
    return {
        "kernel": layer["kernel"] + learning_rate * jnp.outer(x, error),
        "bias": layer["bias"] + learning_rate * error,
    }


def learn(
    layer: Dense,
    x: Float[Array, "batch features"],
    y: Float[Array, "batch units"],
    learning_rate: float = 1.0,
) -> Dense:
    """The update for each instance of the batch in turn.

    Args:
        layer: the layer's weights.
        x: instances.
        y: 0 or 1 for each instance and unit.
        learning_rate: how much of an instance is added or subtracted.
    Returns:
        The weights after the last instance.
    Source: document 3, "The Perceptron" ("fed one training instance at a time").
    """

    def one_instance(layer, instance):
        one_x, one_y = instance
        return update(layer, one_x, one_y, learning_rate), None

    layer, _ = lax.scan(one_instance, layer, (x, y))
    return layer
