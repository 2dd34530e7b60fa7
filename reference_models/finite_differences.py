"""Gradients by finite differences: move one weight a little, and see how the loss changes.

It needs no calculus, so it checks the chain rule; it needs two losses for every weight, so nobody
trains with it.

Source: document 2, "Supplement: Feed-Forward Networks and Backpropagation" (the partial
derivative), taken at its definition.
"""

from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

Parameters: TypeAlias = PyTree[Float[Array, "..."]]
Loss = Callable[[PyTree], Float[Array, ""]]


def step_size(dtype) -> float:
    """cbrt(eps): small enough for the curve to look straight, large enough to see a change.

    The quotient is wrong by about step^2 for the curve and by about eps / step for rounding; the
    cube root of eps balances the two.

    Args:
        dtype: a float type; eps is the spacing of its numbers at 1.
    Returns:
        The step: 6e-6 in float64, 5e-3 in float32.
    Source: any numerical analysis text on central differences.
    """
    return float(jnp.finfo(dtype).eps) ** (1 / 3)


def gradient(loss: Loss, parameters: Parameters, step: float | None = None) -> Parameters:
    """dL/dw ~ (L(w + step) - L(w - step)) / (2 step), one weight after the other.

    Args:
        loss: a function of the parameters alone.
        parameters: where the gradient is wanted.
        step: how far each weight is moved; `step_size` unless given.
    Returns:
        The gradient, shaped like the parameters.
    Source: document 2, "Supplement" (partial derivatives).
    """
    flat, restore = ravel_pytree(parameters)
    step = step_size(flat.dtype) if step is None else step

    def partial(i):
        return _slope(loss, restore, flat, jnp.zeros_like(flat).at[i].set(1), step)

    return restore(jax.lax.map(partial, jnp.arange(flat.size)))


def directional(
    loss: Loss, parameters: Parameters, direction: Parameters, step: float | None = None
) -> Float[Array, ""]:
    """dL/ds ~ (L(w + step d) - L(w - step d)) / (2 step): all weights moved at once, along d.

    Two losses check a gradient g of any size: this must equal the sum of g d.

    Args:
        loss: a function of the parameters alone.
        parameters: where the slope is wanted.
        direction: shaped like the parameters.
        step: how far along the direction; `step_size` unless given.
    Returns:
        The slope.
    Source: document 2, "Supplement" (partial derivatives).
    """
    flat, restore = ravel_pytree(parameters)
    along, _ = ravel_pytree(direction)
    step = step_size(flat.dtype) if step is None else step
    return _slope(loss, restore, flat, along, step)


def _slope(loss, restore, flat, direction, step):
    ahead, behind = flat + step * direction, flat - step * direction
    return (loss(restore(ahead)) - loss(restore(behind))) / (2 * step)
