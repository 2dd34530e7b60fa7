"""What describes a sample: averages, spread, quantiles, correlation.

``axis`` and ``keepdims`` mean what they mean in ``reductions``.
"""

import functools

import jax.numpy as jnp
from keras.src.backend.common import dtypes

from keras_edu_backend.operation import operation

__all__ = [
    "average",
    "corrcoef",
    "correlate",
    "median",
    "percentile",
    "quantile",
    "std",
    "var",
]


@operation(promote=("x", "weights"), at_least=float, static=("axis",))
def average(x, axis=None, weights=None):
    """(w_1 x_1 + … + w_n x_n) / (w_1 + … + w_n); without weights, the mean.

    Args:
        x: array of any shape.
        axis: what to average over.
        weights: array of x's shape, or of shape (x.shape[axis],).
    Returns:
        Array of the floating dtype that holds both.
    Raises:
        ValueError: weights of another shape.
    Source: ``keras.ops.average``.
    """
    return jnp.average(x, axis, weights)


# var and std are left to `jnp.var`, which is a program of its own that divides by n as by any
# number. Within a larger program n is a constant, by whose reciprocal XLA multiplies: the last bit
# would depend on whether the op stood alone.
_spread = operation(static=("axis", "keepdims"), settings=("floatx",), compiled=False)


@_spread
def var(x, axis=None, keepdims=False, *, floatx):
    """((x_1 - m)² + … + (x_n - m)²) / n, where m is the mean.

    Computed in at least float32, since in float16 squares soon pass the largest number there is;
    only the variance is rounded to x's dtype (``floatx`` for whole numbers).

    Source: ``keras.ops.var``.
    """
    compute_dtype, result_dtype = _dtypes_of_a_variance(x.dtype, floatx)
    result = jnp.var(x, axis, dtype=compute_dtype, keepdims=keepdims)
    return result if result.dtype == result_dtype else result.astype(result_dtype)


@functools.cache
def _dtypes_of_a_variance(dtype, floatx):
    del floatx  # `result_type` reads it, to tell what a Python float beside whole numbers makes.
    return dtypes.result_type(dtype, "float32"), dtypes.result_type(dtype, float)


@_spread
def std(x, axis=None, keepdims=False, *, floatx):
    """√var(x). Source: ``keras.ops.std``."""
    return jnp.std(_int64_as(floatx, x), axis, keepdims=keepdims)


@operation(static=("axis", "keepdims"), settings=("floatx",))
def median(x, axis=None, keepdims=False, *, floatx):
    """The middle of the elements in order, or the mean of the two in the middle.

    Source: ``keras.ops.median``.
    """
    return jnp.median(_int64_as(floatx, x), axis, keepdims=keepdims)


@operation(static=("axis", "method", "keepdims"), settings=("floatx",))
def quantile(x, q, axis=None, method="linear", keepdims=False, *, floatx):
    """The value that a share q of the elements lies below.

    With the elements in order, x_0 to x_{n-1}, it stands at place q·(n - 1).

    Args:
        x: array of any shape.
        q: shares, each 0 ≤ q ≤ 1; one or a vector of them.
        axis: what to reduce.
        method: what to take between two places: ``"linear"``, on the line from one to the other;
            ``"lower"``, ``"higher"`` or ``"nearest"`` of them; ``"midpoint"``, their mean.
        keepdims: whether the reduced axes stay, with size 1.
        floatx: what int64 is turned into.
    Returns:
        Array of a floating dtype; its first axis is q's, where q is a vector.
    Raises:
        ValueError: an unknown method.
    Source: ``keras.ops.quantile``.
    """
    return jnp.quantile(_int64_as(floatx, x), q, axis, method=method, keepdims=keepdims)


@operation(static=("axis", "method", "keepdims"))
def percentile(x, q, axis=None, method="linear", keepdims=False):
    """The q/100-``quantile``. Source: ``keras.ops.percentile``."""
    return jnp.percentile(x, q, axis, method=method, keepdims=keepdims)


@operation
def corrcoef(x):
    """Correlation of each two rows i and j: c_ij / √(c_ii c_jj), c being their covariance.

    Source: ``keras.ops.corrcoef``.
    """
    return jnp.corrcoef(x)


@operation(static=("mode",))
def correlate(x1, x2, mode="valid"):
    """y_k = Σ_i x1_{i+k} x2_i: how alike two vectors are when one is shifted by k.

    Args:
        x1: vector.
        x2: vector.
        mode: the shifts: ``"valid"``, where the shorter lies within the longer; ``"same"``, as
            many as the longer has elements; ``"full"``, all where they meet.
    Source: ``keras.ops.correlate``.
    """
    return jnp.correlate(x1, x2, mode)


def _int64_as(floatx, x):
    """``x``, as ``floatx`` where it is int64, which JAX would make float64."""
    return x.astype(floatx) if x.dtype == "int64" else x
