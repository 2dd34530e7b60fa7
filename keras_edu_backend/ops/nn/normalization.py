"""Means and variances, and arrays brought to mean 0 and variance 1."""

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import operation

__all__ = ["batch_normalization", "moments"]


@operation(static=("axes", "keepdims", "synchronized"), compiled=False)
def moments(x, axes, keepdims=False, synchronized=False):
    """μ = mean x and σ² = mean (x - μ)².

    Args:
        x: an array.
        axes: the axes to average over.
        keepdims: whether they stay, with size 1.
        synchronized: must be false. Across devices, JAX averages whole arrays as it is.
    Returns:
        The mean and the variance. Those of float16 and bfloat16 are computed in float32, and held
        within float16's range.
    Raises:
        NotImplementedError: ``synchronized=True``, which Keras has on TensorFlow only.
    Source: ``keras.ops.moments``.
    """
    if synchronized:
        raise NotImplementedError("moments: `synchronized=True` is not supported with JAX")
    half_precision = x.dtype if x.dtype in ("float16", "bfloat16") else None
    if half_precision:
        x = x.astype("float32")

    mean = jnp.mean(x, axes, keepdims=True)
    variance = jnp.var(x, axes, keepdims=True)

    if not keepdims:
        mean, variance = jnp.squeeze(mean, axes), jnp.squeeze(variance, axes)
    if half_precision:
        range_ = jnp.finfo("float16")
        mean = jnp.clip(mean, range_.min, range_.max).astype(half_precision)
        variance = jnp.clip(variance, range_.min, range_.max).astype(half_precision)
    return mean, variance


@operation(static=("axis",), compiled=False)
def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """γ (x - μ) / √(σ² + ε) + β, with one μ, σ², γ and β for each place along ``axis``.

    Computed as x · w + (β - μ w) with w = γ / √(σ² + ε): one multiplication and one addition for
    each element of x.

    Args:
        x: an array.
        mean: μ, shape (features,).
        variance: σ², shape (features,).
        axis: the axis of x with the features.
        offset: β, shape (features,), or None for 0.
        scale: γ, shape (features,), or None for 1.
        epsilon: ε, which keeps the quotient finite where σ² is 0.
    Returns:
        An array of x's shape.
    Source: Ioffe & Szegedy 2015, "Batch Normalization"; ``keras.ops.batch_normalization``.
    """
    shape = [1] * x.ndim
    shape[axis] = mean.shape[0]

    mean, variance = mean.reshape(shape), variance.reshape(shape)
    weight = jax.lax.rsqrt(variance + epsilon)
    if scale is not None:
        weight = weight * scale.reshape(shape)
    shift = -mean * weight
    if offset is not None:
        shift = shift + offset.reshape(shape)
    return x * weight + shift
