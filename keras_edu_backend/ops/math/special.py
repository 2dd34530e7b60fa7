"""Functions that calculus names, and two made of them: the log of a sum and a distance."""

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import operation

__all__ = ["cdist", "erf", "erfc", "erfinv", "logdet", "logsumexp", "rsqrt"]


@operation
def rsqrt(x):
    """1 / √x, elementwise, of a floating x. Source: ``keras.ops.rsqrt``."""
    return jax.lax.rsqrt(x)


@operation
def erf(x):
    """The error function, 2/√π ∫₀ˣ exp(-t²) dt, of a floating x. Source: ``keras.ops.erf``."""
    return jax.lax.erf(x)


@operation
def erfc(x):
    """1 - erf(x), without its loss of digits where erf(x) is close to 1.

    Source: ``keras.ops.erfc``.
    """
    return jax.scipy.special.erfc(x)


@operation
def erfinv(x):
    """The y with erf(y) = x, for x in (-1, 1). Source: ``keras.ops.erfinv``."""
    return jax.scipy.special.erfinv(x)


@operation
def logdet(x):
    """log |det x| of square matrices (..., n, n), by way of their triangular factors.

    The product of n numbers overflows where the sum of their logarithms does not.
    Source: ``keras.ops.logdet``.
    """
    return jnp.linalg.slogdet(x)[1]


@operation(static=("axis", "keepdims"))
def logsumexp(x, axis=None, keepdims=False):
    """log Σ exp(x) without overflow: m + log Σ exp(x - m), m = max(x).

    The m cancels out, so the derivative need not look at it: it is exp(x) / Σ exp(x), the softmax.

    Args:
        x: array of any shape.
        axis: the axis or axes to sum over; None for all.
        keepdims: whether these axes stay, with size 1.
    Returns:
        Array of ``x``'s dtype, floating where ``x`` holds whole numbers. -inf where all of x is.
    Source: ``keras.ops.logsumexp``.
    """
    x = _floating(x)
    m = jnp.max(jnp.real(x), axis=axis, keepdims=True, initial=-jnp.inf)
    m = jax.lax.stop_gradient(jnp.where(jnp.isfinite(m), m, 0))
    log_of_sum = jnp.log(jnp.sum(jnp.exp(x - m), axis=axis, keepdims=keepdims))
    return log_of_sum + (m if keepdims else jnp.squeeze(m, axis=axis))


@operation(compiled=False)
def cdist(x, y):
    """Euclidean distances: d[i, j] = √ Σ_k (x[i, k] - y[j, k])².

    The derivative at d = 0 is NaN, that of the square root times 0.

    Args:
        x: array (..., m, n).
        y: array (..., l, n).
    Returns:
        Array (..., m, l), floating.
    Raises:
        ValueError: less than two dimensions, or vectors of different lengths.
    Source: ``keras.ops.cdist``.
    """
    if x.ndim < 2 or y.ndim < 2:
        raise ValueError(
            "`cdist` inputs must have rank >= 2: arrays of vectors; "
            f"got x.shape={x.shape}, y.shape={y.shape}"
        )
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(
            "Last dimension of inputs to `cdist` must match: the vectors' length; "
            f"got x.shape={x.shape}, y.shape={y.shape}"
        )
    difference = _floating(x)[..., :, None, :] - _floating(y)[..., None, :, :]
    return jnp.sqrt(jnp.sum(difference * difference, axis=-1))


def _floating(x):
    """``x``, in JAX's own floating dtype where it holds whole numbers."""
    return x.astype(jnp.result_type(x, float))
