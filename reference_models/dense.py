"""The fully connected layer: z = x W + b, and its derivatives.

Every row of x is one instance. W, which Keras calls the kernel, has one row per input and one
column per unit, so document 5's W x + b, with x as a column, is the same numbers transposed.

Source: document 1, "1.2) Intuition"; document 3, "The Perceptron" (h(X) = phi(X W + b)).
"""

from typing import TypedDict

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from reference_models.initializers import glorot_uniform


class Dense(TypedDict):
    """Weights of one layer: fan_in * units in the kernel and one bias per unit."""

    kernel: Float[Array, "fan_in units"]
    bias: Float[Array, " units"]


def init(key: PRNGKeyArray, fan_in: int, units: int) -> Dense:
    """Glorot-uniform kernel and zero biases, the defaults of Keras.

    Args:
        key: random key.
        fan_in: number of inputs.
        units: number of units.
    Returns:
        The layer's weights, in JAX's default float type.
    Source: document 5, "Xavier Uniform"; keras.layers.Dense.
    """
    kernel = glorot_uniform(key, (fan_in, units))
    return {"kernel": kernel, "bias": jnp.zeros(units, kernel.dtype)}


def init_stack(key: PRNGKeyArray, *sizes: int) -> list[Dense]:
    """One layer between each two sizes: `init_stack(key, 4, 128, 3)` has two.

    Args:
        key: random key, split into one per layer.
        sizes: number of inputs, then the units of each layer.
    Returns:
        The layers' weights, first layer first.
    Source: document 1, "1.2) Intuition" (a chain of matrices).
    """
    keys = jax.random.split(key, len(sizes) - 1)
    return [
        init(layer_key, fan_in, units)
        for layer_key, fan_in, units in zip(keys, sizes[:-1], sizes[1:], strict=True)
    ]


def apply(layer: Dense, x: Float[Array, "batch fan_in"]) -> Float[Array, "batch units"]:
    """z = x W + b.

    Args:
        layer: the layer's weights.
        x: inputs, one row per instance.
    Returns:
        Weighted sums, before any activation.
    Source: document 1, "1.1) Introduction" (the equation of a node, with bias).
    """
    return x @ layer["kernel"] + layer["bias"]


def backward(
    layer: Dense, x: Float[Array, "batch fan_in"], dz: Float[Array, "batch units"]
) -> tuple[Dense, Float[Array, "batch fan_in"]]:
    """dL/dW = x^T dL/dz, dL/db = the sum of dL/dz over the batch, dL/dx = dL/dz W^T.

    Args:
        layer: the layer's weights.
        x: the inputs that it had.
        dz: derivative of the loss with respect to the layer's z.
    Returns:
        Derivatives with respect to the weights, and with respect to x, which are handed to the
        layer before.
    Source: document 2, "Supplement: Feed-Forward Networks and Backpropagation"; document 5,
        "Training the Neural Network".
    """
    # (dz^T x)^T is x^T dz, summed in the order in which JAX's own derivative sums it.
    return {"kernel": (dz.T @ x).T, "bias": jnp.sum(dz, axis=0)}, dz @ layer["kernel"].T
