"""Weight initialisation: small, different numbers whose variance suits the layer's size.

fan_in is a unit's number of inputs, fan_out its number of outputs. Weights that are too large or
too small make the signals of deep layers explode or vanish; the rules below choose the variance
so that they do neither. Numbers from the same key equal those of Keras on JAX bit for bit.

Source: document 5, "Weight initialization techniques in Neural Network".
"""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

Shape = tuple[int, int]
Kernel = Float[Array, "fan_in fan_out"]

# Standard deviation of a standard normal cut off at two standard deviations.
TRUNCATED_DEVIATION = 0.87962566103423978


def uniform(key: PRNGKeyArray, shape: Shape, dtype=float) -> Kernel:
    """W ~ U(-1 / sqrt(fan_in), 1 / sqrt(fan_in)).

    Args:
        key: random key.
        shape: (fan_in, fan_out).
        dtype: float type of the result.
    Returns:
        The kernel.
    Source: document 5, "Basic weight initialization techniques", 1. Uniform Distribution.
    """
    fan_in, _ = shape
    return _uniform(key, shape, dtype, limit=1 / math.sqrt(fan_in))


def glorot_uniform(key: PRNGKeyArray, shape: Shape, dtype=float) -> Kernel:
    """W ~ U(-limit, limit), limit = sqrt(6 / (fan_in + fan_out)): Xavier uniform.

    Args:
        key: random key.
        shape: (fan_in, fan_out).
        dtype: float type of the result.
    Returns:
        The kernel, of variance 2 / (fan_in + fan_out).
    Source: document 5, 2.2 Xavier Uniform; keras.initializers.GlorotUniform.
    """
    # A uniform number between -limit and limit has variance limit^2 / 3.
    return _uniform(key, shape, dtype, limit=math.sqrt(3 * _glorot_variance(shape)))


def glorot_normal(key: PRNGKeyArray, shape: Shape, dtype=float) -> Kernel:
    """W ~ N(0, 2 / (fan_in + fan_out)), cut off at two standard deviations: Xavier normal.

    Args:
        key: random key.
        shape: (fan_in, fan_out).
        dtype: float type of the result.
    Returns:
        The kernel, of variance 2 / (fan_in + fan_out).
    Source: document 5, 2.1 Xavier Normal; keras.initializers.GlorotNormal, which cuts off.
    """
    return _truncated_normal(key, shape, dtype, _glorot_variance(shape))


def he_uniform(key: PRNGKeyArray, shape: Shape, dtype=float) -> Kernel:
    """W ~ U(-limit, limit), limit = sqrt(6 / fan_in), for relu units.

    Args:
        key: random key.
        shape: (fan_in, fan_out).
        dtype: float type of the result.
    Returns:
        The kernel, of variance 2 / fan_in.
    Source: document 5, 3.1 He Uniform; keras.initializers.HeUniform.
    """
    return _uniform(key, shape, dtype, limit=math.sqrt(3 * _he_variance(shape)))


def he_normal(key: PRNGKeyArray, shape: Shape, dtype=float) -> Kernel:
    """W ~ N(0, 2 / fan_in), cut off at two standard deviations, for relu units.

    Args:
        key: random key.
        shape: (fan_in, fan_out).
        dtype: float type of the result.
    Returns:
        The kernel, of variance 2 / fan_in.
    Source: document 5, 3.2 He Normal; keras.initializers.HeNormal, which cuts off.
    """
    return _truncated_normal(key, shape, dtype, _he_variance(shape))


def _glorot_variance(shape):
    fan_in, fan_out = shape
    return 1 / ((fan_in + fan_out) / 2)


def _he_variance(shape):
    fan_in, _ = shape
    return 2 / fan_in


def _uniform(key, shape, dtype, limit):
    return jax.random.uniform(key, shape, dtype, -limit, limit)


def _truncated_normal(key, shape, dtype, variance):
    # Cutting the tails off lowers the deviation; dividing by what remains restores it.
    deviation = math.sqrt(variance) / TRUNCATED_DEVIATION
    dtype = jnp.result_type(dtype)
    return jax.random.truncated_normal(key, -2.0, 2.0, shape, dtype) * deviation
