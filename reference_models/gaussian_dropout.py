"""Gaussian dropout: each activation is multiplied by a normal random number of mean 1.

The noise has the variance that the Bernoulli gate of inverted dropout has, rate / (1 - rate). The
expected activation stays as it is, so no weights need scaling at test time.

Source: document 5, "Dropout Layers Regularisation in Deep Learning" ("replace the Bernoulli gate
with a Gaussian gate").
"""

import math

import jax
from jaxtyping import Array, Float, PRNGKeyArray

Values = Float[Array, "..."]


def standard_deviation(rate: float) -> float:
    """sqrt(rate / (1 - rate)).

    Args:
        rate: the share that ordinary dropout would drop.
    Returns:
        Standard deviation of the noise.
    Raises:
        ValueError: rate is not from 0 to below 1.
    Source: keras.layers.GaussianDropout; Srivastava et al. 2014, "Dropout", section 10.
    """
    if not 0 <= rate < 1:
        raise ValueError(f"rate must be at least 0 and below 1; got {rate}.")
    return math.sqrt(rate / (1 - rate))


def noise(key: PRNGKeyArray, rate: float, shape: tuple[int, ...], dtype=float) -> Values:
    """1 + sqrt(rate / (1 - rate)) N(0, 1); equal keys give the noise of Keras on JAX.

    Args:
        key: random key.
        rate: the share that ordinary dropout would drop.
        shape: shape of the activations.
        dtype: their float type.
    Returns:
        The factors.
    Raises:
        ValueError: rate is not from 0 to below 1.
    Source: document 5, "Gaussian gate"; keras.layers.GaussianDropout.
    """
    return jax.random.normal(key, shape, dtype) * standard_deviation(rate) + 1


def gaussian_dropout(key: PRNGKeyArray, x: Values, rate: float) -> Values:
    """While training: x times noise; at test time x itself.

    Args:
        key: random key.
        x: activations.
        rate: the share that ordinary dropout would drop.
    Returns:
        Activations, shape of x, of expectation x.
    Raises:
        ValueError: rate is not from 0 to below 1.
    Source: document 5, "Gaussian-Based Dropout"; keras.layers.GaussianDropout.
    """
    return x * noise(key, rate, x.shape, x.dtype)


def gaussian_dropout_derivative(
    key: PRNGKeyArray, x: Values, rate: float, d_output: Values
) -> Values:
    """dL/dx = dL/doutput times the same noise.

    Args:
        key: the key of the forward pass, so that the noise is the same.
        x: activations.
        rate: the share that ordinary dropout would drop.
        d_output: derivative of the loss with respect to the output.
    Returns:
        Derivative with respect to x.
    Raises:
        ValueError: rate is not from 0 to below 1.
    Source: document 5, "Gaussian-Based Dropout".
    """
    return d_output * noise(key, rate, x.shape, x.dtype)
