"""Gradient descent in its three variants: the whole data, one example, or a mini-batch at a time.

All three are the same loop; they differ in how many examples a step looks at.

Source: document 5, "Gradient Descent Variants".
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import jax
from jax import lax
from jaxtyping import Array, PRNGKeyArray, PyTree

Parameters: TypeAlias = PyTree[Array]
Gradients = Callable[[PyTree, PyTree, PyTree], PyTree]

MINI_BATCH = 50


def batch(gradients: Gradients, parameters, x, y, learning_rate: float, epochs: int):
    """params = params - learning_rate gradient(all data), once per epoch.

    Args:
        gradients: gradients(parameters, x, y) -> derivatives shaped like the parameters.
        parameters: where to start.
        x: all inputs.
        y: all labels.
        learning_rate: length of a step, as a multiple of the gradient.
        epochs: number of steps.
    Returns:
        The parameters after the last step.
    Raises:
        ValueError: epochs is below 1.
    Source: document 5, "Batch Gradient Descent".
    """
    # With one batch there is nothing to shuffle, but for the order of the terms of a sum.
    return mini_batch(
        gradients, parameters, x, y, learning_rate, epochs, jax.random.key(0), _count(x)
    )


def stochastic(
    gradients: Gradients, parameters, x, y, learning_rate: float, epochs: int, key: PRNGKeyArray
):
    """params = params - learning_rate gradient(one example), for every example, shuffled.

    Args:
        gradients: gradients(parameters, x, y) -> derivatives shaped like the parameters.
        parameters: where to start.
        x: all inputs.
        y: all labels.
        learning_rate: length of a step, as a multiple of the gradient.
        epochs: passes through the data.
        key: random key that shuffles.
    Returns:
        The parameters after the last step.
    Raises:
        ValueError: epochs is below 1.
    Source: document 5, "Stochastic Gradient Descent".
    """
    return mini_batch(gradients, parameters, x, y, learning_rate, epochs, key, batch_size=1)


def mini_batch(
    gradients: Gradients,
    parameters,
    x,
    y,
    learning_rate: float,
    epochs: int,
    key: PRNGKeyArray,
    batch_size: int = MINI_BATCH,
):
    """params = params - learning_rate gradient(k examples), for every mini-batch, shuffled.

    Args:
        gradients: gradients(parameters, x, y) -> derivatives shaped like the parameters.
        parameters: where to start.
        x: all inputs.
        y: all labels.
        learning_rate: length of a step, as a multiple of the gradient.
        epochs: passes through the data.
        key: random key that shuffles.
        batch_size: k, 50 in the document; the last batch takes what is left.
    Returns:
        The parameters after the last step.
    Raises:
        ValueError: epochs or batch_size is below 1.
    Source: document 5, "Mini-Batch Stochastic Gradient Descent".
    """
    if epochs < 1 or batch_size < 1:
        raise ValueError(
            f"epochs and batch_size must be at least 1; got {epochs} and {batch_size}."
        )
    batch_size = min(batch_size, _count(x))
    return _descend(gradients, epochs, batch_size, parameters, x, y, learning_rate, key)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _descend(gradients, epochs, batch_size, parameters, x, y, learning_rate, key):
    full, rest = divmod(_count(x), batch_size)

    def step(parameters, rows):
        examples = jax.tree.map(lambda array: array[rows], (x, y))
        params_grad = gradients(parameters, *examples)
        return jax.tree.map(lambda p, g: p - learning_rate * g, parameters, params_grad), None

    def epoch(parameters, epoch_key):
        order = jax.random.permutation(epoch_key, _count(x))
        batches = order[: full * batch_size].reshape(full, batch_size)
        parameters, _ = lax.scan(step, parameters, batches)
        if rest:
            parameters, _ = step(parameters, order[full * batch_size :])
        return parameters, None

    parameters, _ = lax.scan(epoch, parameters, jax.random.split(key, epochs))
    return parameters


def _count(x):
    return len(jax.tree.leaves(x)[0])
