"""Dropout: units are switched off at random while training, so that none relies on another.

Document 5 calls p the number by which weights are multiplied at test time, so p is the probability
that a unit is *kept*. Keras asks for the rate at which units are *dropped*, 1 - p, and divides by p
while training, so that nothing is left to do at test time (the inverted form).

Source: document 5, "Dropout Layers Regularisation in Deep Learning".
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

Values = Float[Array, "..."]
Weights = Float[Array, " inputs"]
Scalar = Float[Array, ""]


def mask(key: PRNGKeyArray, p: float, shape: tuple[int, ...]) -> Bool[Array, "..."]:
    """delta ~ Bernoulli(p): True for each unit that is kept.

    Args:
        key: random key.
        p: probability that a unit is kept.
        shape: shape of the activations.
    Returns:
        The mask.
    Raises:
        ValueError: p is no probability.
    Source: document 5, "Dropout Layers Regularisation".
    """
    _check(p)
    return jax.random.bernoulli(key, p, shape)


def dropout(x: Values, kept: Bool[Array, "..."]) -> Values:
    """While training: x where the unit is kept, else 0.

    Args:
        x: activations.
        kept: mask of x's shape.
    Returns:
        Activations with the dropped units at 0.
    Source: document 5, "In Training Data, ... we randomly drop out some neurons".
    """
    return jnp.where(kept, x, 0)


def scale_weights(w: Values, p: float) -> Values:
    """At test time: w' = p w, for now every unit is there.

    Args:
        w: weights on the units that were dropped out while training.
        p: probability with which they were kept.
    Returns:
        The weights to predict with.
    Raises:
        ValueError: p is no probability.
    Source: document 5, "every weight will be multiplied by value p".
    """
    _check(p)
    return p * w


def inverted_dropout(key: PRNGKeyArray, x: Values, rate: float) -> Values:
    """While training: x / (1 - rate) where the unit is kept, else 0; at test time x itself.

    The expectation over masks is x, so predicting needs no scaling. Equal keys give the masks of
    Keras on JAX.

    Args:
        key: random key.
        x: activations.
        rate: probability that a unit is dropped, 1 - p.
    Returns:
        Activations, shape of x.
    Raises:
        ValueError: rate is not from 0 to below 1.
    Source: keras.layers.Dropout, the same regularisation as document 5's.
    """
    if not 0 <= rate < 1:
        raise ValueError(f"rate must be at least 0 and below 1, the share dropped; got {rate}.")
    p = 1 - rate
    return jnp.where(mask(key, p, x.shape), x / p, 0)


def inverted_dropout_derivative(
    key: PRNGKeyArray, x: Values, rate: float, d_output: Values
) -> Values:
    """dL/dx: dL/doutput / (1 - rate) where the unit was kept, else 0.

    Args:
        key: the key of the forward pass, so that the mask is the same.
        x: activations.
        rate: probability that a unit is dropped.
        d_output: derivative of the loss with respect to the output.
    Returns:
        Derivative with respect to x.
    Raises:
        ValueError: rate is not from 0 to below 1.
    Source: document 5, "removing it ... along with all its incoming and outgoing connections".
    """
    return inverted_dropout(key, d_output, rate)


def dropout_error(w: Weights, kept: Weights, x: Weights, t: float) -> Scalar:
    """E_D = (t - sum_i delta_i w_i x_i)^2 / 2: a linear unit with dropout.

    Args:
        w: weights.
        kept: delta, 1 for each input that is kept and 0 for the others.
        x: inputs.
        t: target.
    Returns:
        The error under this mask.
    Source: document 5, "If we find the Expectation E[ ] of gradients of dropout network".
    """
    return (t - jnp.sum(kept * w * x)) ** 2 / 2


def dropout_error_derivative(w: Weights, kept: Weights, x: Weights, t: float) -> Weights:
    """dE_D/dw_i = -(t - sum_j delta_j w_j x_j) delta_i x_i.

    Args:
        w: weights.
        kept: delta, 1 for each input that is kept and 0 for the others.
        x: inputs.
        t: target.
    Returns:
        The gradient under this mask.
    Source: document 5, "If we find the Expectation E[ ] of gradients of dropout network".
    """
    return -(t - jnp.sum(kept * w * x)) * kept * x


def regularised_error(w: Weights, x: Weights, t: float, p: float) -> Scalar:
    """E_R = (t - sum_i p w_i x_i)^2 / 2 + p (1 - p) / 2 sum_i w_i^2 x_i^2.

    The first part is the network without dropout whose weights are w' = p w; the second punishes
    large weights. Its gradient is what dropout's gradient is on average.

    Args:
        w: weights.
        x: inputs.
        t: target.
        p: probability that an input is kept.
    Returns:
        The error.
    Raises:
        ValueError: p is no probability.
    Source: document 5, "equal to the gradient of Regularised regular network".
    """
    _check(p)
    return (t - jnp.sum(p * w * x)) ** 2 / 2 + p * (1 - p) / 2 * jnp.sum((w * x) ** 2)


def regularised_error_derivative(w: Weights, x: Weights, t: float, p: float) -> Weights:
    """dE_R/dw_i = -(t - sum_j p w_j x_j) p x_i + p (1 - p) w_i x_i^2.

    Args:
        w: weights.
        x: inputs.
        t: target.
        p: probability that an input is kept.
    Returns:
        The gradient.
    Raises:
        ValueError: p is no probability.
    Source: document 5, "equal to the gradient of Regularised regular network".
    """
    _check(p)
    return -(t - jnp.sum(p * w * x)) * p * x + p * (1 - p) * w * x**2


def expected_gradient(w: Weights, x: Weights, t: float, p: float) -> Weights:
    """E[dE_D/dw], summed over all 2^n masks, each with its probability.

    Args:
        w: weights.
        x: inputs; few, for there are 2^n masks.
        t: target.
        p: probability that an input is kept.
    Returns:
        The expectation; it equals `regularised_error_derivative`.
    Raises:
        ValueError: p is no probability.
    Source: document 5, "If we find the Expectation E[ ] of gradients of dropout network".
    """
    _check(p)
    masks = np.array(list(itertools.product([0, 1], repeat=len(w))))
    kept = masks.sum(axis=1)
    probability = jnp.asarray(p**kept * (1 - p) ** (len(w) - kept), w.dtype)
    gradient = jax.vmap(dropout_error_derivative, in_axes=(None, 0, None, None))
    return probability @ gradient(w, jnp.asarray(masks, w.dtype), x, t)


def _check(p):
    if not 0 <= p <= 1:
        raise ValueError(f"p must be a probability, from 0 to 1; got {p}.")
