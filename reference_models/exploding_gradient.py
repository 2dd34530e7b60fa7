"""The exploding gradient: the same layers with large weights, where each factor exceeds 1.

A factor is w sigmoid'(z). Near z = 0, where sigmoid' is 0.25, a weight above 4 makes it larger
than 1; the biases b = -w / 2 hold z there, for sigmoid(0) = 1 / 2. The gradient then grows with
every layer, and gradient descent jumps instead of converging.

Source: document 5, "Exploding Gradient Problem".
"""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from reference_models import vanishing_gradient

Weights = Float[Array, " layers"]


def large_weights(layers: int = vanishing_gradient.LAYERS, weight: float = 100.0):
    """Weights and biases with z = 0 in every layer, for the input 1/2.

    Args:
        layers: number of layers of one sigmoid unit.
        weight: every weight; 100 makes every factor 25.
    Returns:
        w and b, one number per layer each.
    Raises:
        ValueError: layers is below 1.
    Source: document 5, "we initialize neurons with high values of weights".
    """
    if layers < 1:
        raise ValueError(f"layers must be at least 1; got {layers}.")
    w = jnp.full(layers, weight, float)
    return w, -w / 2


def by_depth(depths: int = vanishing_gradient.LAYERS, weight: float = 100.0) -> Weights:
    """The first weight's gradient in networks of 1, 2, ..., depths layers, for the input 1/2.

    Args:
        depths: largest number of layers.
        weight: every weight.
    Returns:
        One gradient per depth; each is weight / 4 times the one before.
    Raises:
        ValueError: depths is below 1.
    Source: document 5, "Exploding Gradient Problem".
    """
    w, b = large_weights(depths, weight)
    return jnp.cumprod(vanishing_gradient.factors(w, b, 0.5))


def jumping_descent(
    learning_rate: float, steps: int = 10, start: float = 1.0, curvature: float = 1.0
) -> Float[Array, " steps"]:
    """Gradient descent on curvature w^2 / 2: w = w - learning_rate curvature w.

    A gradient larger than 2 / learning_rate per unit of w throws w farther to the other side at
    every step: "rather than converging to minimum value of curve, the gradient jumps".

    Args:
        learning_rate: length of a step, as a multiple of the gradient.
        steps: number of steps.
        start: w at first.
        curvature: how fast the gradient grows with w.
    Returns:
        w after each step.
    Source: document 5, "Exploding Gradient Problem".
    """

    def step(w, _):
        w = w - learning_rate * curvature * w
        return w, w

    _, path = lax.scan(step, jnp.asarray(start, float), length=steps)
    return path
