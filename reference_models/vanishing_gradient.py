"""The vanishing gradient: layers of one sigmoid unit each, and what reaches the first weight.

With a[0] = x, z[l] = w[l] a[l-1] + b[l] and a[l] = sigmoid(z[l]), the chain rule gives

    da[L]/dw[1] = a[0] sigmoid'(z[1])  w[2] sigmoid'(z[2])  ...  w[L] sigmoid'(z[L])

Each sigmoid' is at most 0.25, so with weights of size 1 every layer divides the gradient by four
or more, and the first layers all but stop learning.

Source: document 5, "Vanishing Gradient Problem".
"""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from reference_models.activations import sigmoid, sigmoid_derivative

Weights = Float[Array, " layers"]
Scalar = Float[Array, ""] | float

#: The document's network has four hidden layers with a single unit each.
LAYERS = 4
LARGEST_SLOPE = 0.25


def forward(w: Weights, b: Weights, x: Scalar) -> tuple[Weights, Weights]:
    """z[l] = w[l] a[l-1] + b[l] and a[l] = sigmoid(z[l]), layer after layer.

    Args:
        w: one weight per layer.
        b: one bias per layer.
        x: the input a[0].
    Returns:
        z and a of every layer.
    Source: document 5, "Vanishing Gradient Problem".
    """

    def layer(a, weights):
        w, b = weights
        z = w * a + b
        return sigmoid(z), (z, sigmoid(z))

    _, (z, a) = lax.scan(layer, jnp.asarray(x, w.dtype), (w, b))
    return z, a


def factors(w: Weights, b: Weights, x: Scalar) -> Weights:
    """What each layer multiplies the gradient by: w[l] sigmoid'(z[l]); the first, x sigmoid'(z[1]).

    Args:
        w: one weight per layer.
        b: one bias per layer.
        x: the input.
    Returns:
        One factor per layer, first layer first.
    Source: document 5, "Vanishing Gradient Problem".
    """
    z, _ = forward(w, b, x)
    incoming = w.at[0].set(x)
    return incoming * sigmoid_derivative(z)


def first_weight_gradient(w: Weights, b: Weights, x: Scalar) -> Scalar:
    """da[L]/dw[1]: the product of all factors.

    Args:
        w: one weight per layer.
        b: one bias per layer.
        x: the input.
    Returns:
        How much the output changes with the first weight.
    Source: document 5, "the gradient of Loss Function with respect to the weight parameter W1".
    """
    return jnp.prod(factors(w, b, x))


def by_depth(depths: int = LAYERS, weight: float = 1.0, x: float = 1.0) -> Weights:
    """The first weight's gradient in networks of 1, 2, ..., depths layers.

    Args:
        depths: largest number of layers.
        weight: every weight; the biases are 0.
        x: the input.
    Returns:
        One gradient per depth; with a weight of 1 each is at most 0.25 of the one before.
    Raises:
        ValueError: depths is below 1.
    Source: document 5, "Vanishing Gradient Problem".
    """
    if depths < 1:
        raise ValueError(f"depths must be at least 1; got {depths}.")
    w = jnp.full(depths, weight, float)
    # A deeper network begins with the same layers, so one forward pass serves every depth.
    return jnp.cumprod(factors(w, jnp.zeros_like(w), x))
