"""Activation functions, each with its derivative directly under it.

A unit computes z, the weighted sum of its inputs plus its bias, and passes on a = f(z).
Backpropagation needs the slope f'(z) too, so the two stand together here. All functions work
elementwise on arrays of any shape, except softmax, which ties the units of a row together.

Source: document 5, "Types of Activation Function"; document 2, "The sigmoid Activation Function"
and the sections after it; document 3, "Activation functions".
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

Values = Float[Array, "..."]


def step(z: Values) -> Values:
    """Step function of a threshold logic unit: 1 if z >= 0, else 0.

    Args:
        z: weighted sums, any shape.
    Returns:
        Zeros and ones, shape and dtype of z.
    Source: document 3, "The Perceptron" (keras.ops.heaviside with 1 at zero).
    """
    return jnp.where(z >= 0, 1, 0).astype(z.dtype)


def step_derivative(z: Values) -> Values:
    """0 everywhere: flat on both sides of its jump, so gradient descent cannot train it.

    Args:
        z: weighted sums, any shape.
    Returns:
        Zeros, shape and dtype of z.
    Source: document 3, "The Perceptron"; it learns by the perceptron rule instead.
    """
    return jnp.zeros_like(z)


def linear(z: Values, a: float = 1.0) -> Values:
    """A straight line: a z, with a constant.

    Args:
        z: weighted sums, any shape.
        a: slope; 1 is "no activation function".
    Returns:
        Array of z's shape.
    Source: document 5, "Linear Activation Function".
    """
    return a * z


def linear_derivative(z: Values, a: float = 1.0) -> Values:
    """The slope a, everywhere.

    Args:
        z: weighted sums, any shape.
        a: slope of the line.
    Returns:
        Array of z's shape.
    Source: document 5, "Linear Activation Function".
    """
    return jnp.full_like(z, a)


def sigmoid(z: Values) -> Values:
    """1 / (1 + exp(-z)), between 0 and 1: it can be read as a probability.

    Args:
        z: weighted sums, any shape.
    Returns:
        Array of z's shape.
    Source: document 2, "The sigmoid Activation Function"; document 5, "Sigmoid".
    """
    # lax.logistic is this very quotient as one primitive. Written with exp, jax.grad, which the
    # tests compare with, meets inf * 0 where exp(-z) overflows.
    return lax.logistic(z)


def sigmoid_derivative(z: Values) -> Values:
    """sigmoid(z) (1 - sigmoid(z)): 0.25 at z = 0, its maximum, and near 0 far out.

    Args:
        z: weighted sums, any shape.
    Returns:
        Slopes, z's shape.
    Source: document 5, "Vanishing Gradient Problem".
    """
    a = sigmoid(z)
    return a * (1 - a)


def tanh(z: Values) -> Values:
    """Hyperbolic tangent, between -1 and 1: 2 sigmoid(2z) - 1.

    Args:
        z: weighted sums, any shape.
    Returns:
        Array of z's shape.
    Source: document 3, "Activation functions"; document 5, "Tanh Function".
    """
    # Same function as tanh_from_sigmoid, without the digits that its subtraction loses near 0.
    return jnp.tanh(z)


def tanh_derivative(z: Values, da: Values | float = 1.0) -> Values:
    """da (1 - tanh(z)^2), that is da (1 - a)(1 + a): the slope at z, times da.

    Args:
        z: weighted sums, any shape.
        da: derivative of the loss with respect to tanh(z); 1 gives the slope alone.
    Returns:
        Derivative of the loss with respect to z.
    Source: document 5, "Tanh Function".
    """
    # In this order of operations it rounds as Keras on JAX does; and 1 - a^2 would lose digits
    # where a is close to 1.
    a = tanh(z)
    rest = da * (1 - a)
    return rest + rest * a


def tanh_from_sigmoid(z: Values) -> Values:
    """The identity tanh(z) = 2 sigmoid(2z) - 1, computed by its right-hand side.

    Args:
        z: weighted sums, any shape.
    Returns:
        Array of z's shape.
    Source: document 3, "Activation functions"; document 5, "it is a scaled sigmoid function".
    """
    return 2 * sigmoid(2 * z) - 1


def relu(z: Values) -> Values:
    """Rectified linear unit: max(0, z).

    Document 5's listing appends 0 for every element (`if i in x` always holds); this is the
    function its text describes.

    Args:
        z: weighted sums, any shape.
    Returns:
        Array of z's shape.
    Source: document 2, "The ReLU activation function"; document 5, "ReLu Function".
    """
    return jnp.where(z <= 0, 0, z)  # in this order a NaN stays a NaN


def relu_derivative(z: Values) -> Values:
    """1 if z > 0, else 0; at exactly 0, where there is no slope, 0 as in Keras.

    Args:
        z: weighted sums, any shape.
    Returns:
        Slopes, z's shape.
    Source: document 3, "Activation functions" (not differentiable at z = 0).
    """
    return jnp.where(z > 0, 1, 0).astype(z.dtype)


def leaky_relu(z: Values, a: float | Values = 0.01) -> Values:
    """z if z > 0, else a z: a small slope keeps a unit with z < 0 alive.

    Document 5's listing takes one number; this takes an array.

    Args:
        z: weighted sums, any shape.
        a: slope for negative z: one number, or one per element.
    Returns:
        Array of z's shape.
    Source: document 5, "Leaky ReLu function".
    """
    return jnp.where(z >= 0, z, a * z)


def leaky_relu_derivative(z: Values, a: float | Values = 0.01) -> Values:
    """1 if z >= 0, else a; Keras, too, takes 1 at exactly 0.

    Args:
        z: weighted sums, any shape.
        a: slope for negative z: one number, or one per element.
    Returns:
        Slopes, z's shape.
    Source: document 5, "Leaky ReLu function".
    """
    return jnp.where(z >= 0, jnp.ones_like(z), a)


def random_slopes(
    key: PRNGKeyArray, z: Values, lower: float = 1 / 8, upper: float = 1 / 3
) -> Values:
    """Slopes of the randomised leaky ReLU: a ~ U(lower, upper), one per element.

    `leaky_relu(z, random_slopes(key, z))` is the randomised unit, and `leaky_relu_derivative` with
    the same slopes its derivative. When predicting, a is the mean, (lower + upper) / 2.

    Args:
        key: random key.
        z: weighted sums, any shape.
        lower: smallest slope.
        upper: largest slope.
    Returns:
        Slopes, shape and dtype of z.
    Source: document 5, "Leaky ReLu function"; the range is that of Xu et al. 2015, "Empirical
        Evaluation of Rectified Activations in Convolutional Network".
    """
    return jax.random.uniform(key, z.shape, z.dtype, lower, upper)


def softplus(z: Values) -> Values:
    """log(1 + exp(z)), a smooth relu.

    Args:
        z: weighted sums, any shape.
    Returns:
        Array of z's shape, positive.
    Source: document 3, "Regression MLP" ("a smooth variant of ReLU").
    """
    # log(exp(z) + exp(0)), computed as max(z, 0) + log(1 + exp(-|z|)), so that nothing overflows.
    return jnp.logaddexp(z, 0)


def softplus_derivative(z: Values) -> Values:
    """exp(z) / (1 + exp(z)), which is sigmoid(z).

    Args:
        z: weighted sums, any shape.
    Returns:
        Slopes, z's shape.
    Source: document 3, "Regression MLP".
    """
    return sigmoid(z)


def softmax(z: Float[Array, "... units"]) -> Float[Array, "... units"]:
    """exp(z_i) / sum_j exp(z_j) for each row: positive numbers that sum to 1.

    The row's largest z is subtracted first: it cancels in the quotient, and nothing overflows.
    Document 5's listing sums over axis 0, which mixes the rows of a batch; the sum here runs over
    the units of one row.

    Args:
        z: weighted sums, one row per instance.
    Returns:
        Probabilities, shape of z.
    Source: document 2, "The Softmax Activation Function"; document 5, "SoftMax".
    """
    e = _exponentials(z)
    return e / jnp.sum(e, axis=-1, keepdims=True)


def softmax_derivative(
    z: Float[Array, "... units"], dp: Float[Array, "... units"]
) -> Float[Array, "... units"]:
    """dz_i = e_i (dp_i / s - sum_j dp_j e_j / s^2), e = exp(z) and s = sum e, from p = e / s.

    Every probability depends on every z of its row, so this takes dp = dL/dp and gives dL/dz. It
    is the quotient rule; with p put in for e / s it reads p_i (dp_i - sum_j dp_j p_j).

    Args:
        z: weighted sums, one row per instance.
        dp: derivative of the loss with respect to the probabilities softmax(z).
    Returns:
        Derivative of the loss with respect to z.
    Source: document 2, "The Softmax Activation Function".
    """
    e = _exponentials(z)
    s = jnp.sum(e, axis=-1, keepdims=True)
    return e * (dp / s - jnp.sum(dp * s**-2 * e, axis=-1, keepdims=True))


def _exponentials(z):
    # The largest z cancels in the quotient, so jax.grad need not differentiate it.
    return jnp.exp(z - lax.stop_gradient(jnp.max(z, axis=-1, keepdims=True)))


def dying(z: Float[Array, "batch units"]) -> Bool[Array, " units"]:
    """Which relu units are dead on a batch: z <= 0 for every instance, so no weight can move.

    Args:
        z: weighted sums, one row per instance.
    Returns:
        True for each unit that stopped responding.
    Source: document 5, "ReLu Function" ("the dying ReLu problem").
    """
    return jnp.all(z <= 0, axis=0)


class Activation(NamedTuple):
    """An activation and the backward step through it: value(z) = a, backward(z, da) = dz."""

    value: Callable[[Values], Values]
    backward: Callable[[Values, Values], Values]


def _elementwise(value, derivative):
    """da/dz is one number per unit, so the chain rule is a product: dz = da f'(z)."""
    return Activation(value, lambda z, da: da * derivative(z))


#: Every activation that a layer may name.
ACTIVATIONS = {
    "step": _elementwise(step, step_derivative),
    "linear": _elementwise(linear, linear_derivative),
    "sigmoid": _elementwise(sigmoid, sigmoid_derivative),
    "tanh": Activation(tanh, tanh_derivative),
    "relu": _elementwise(relu, relu_derivative),
    "leaky_relu": _elementwise(leaky_relu, leaky_relu_derivative),
    "softplus": _elementwise(softplus, softplus_derivative),
    "softmax": Activation(softmax, softmax_derivative),
}
