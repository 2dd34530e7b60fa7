"""Reductions: many elements become one.

In all of them ``axis`` is one axis, several, or ``None`` for every axis, and ``keepdims`` leaves
the reduced axes in place with size 1. ``x`` is an array of any shape.
"""

import jax.numpy as jnp
from keras.src.backend.common import dtypes

from keras_edu_backend.operation import operation
from keras_edu_backend.ops.numpy import sparse_rules

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "count_nonzero",
    "max",
    "mean",
    "min",
    "prod",
    "ptp",
    "sum",
]

_reduction = operation(static=("axis", "keepdims"))


@operation(static=("axis", "keepdims"), sparse=sparse_rules.sum)
def sum(x, axis=None, keepdims=False):
    """x_1 + x_2 + … + x_n. Source: ``keras.ops.sum``."""
    return jnp.sum(x, axis, keepdims=keepdims)


@operation(static=("axis", "keepdims", "dtype"))
def prod(x, axis=None, keepdims=False, dtype=None):
    """x_1 · x_2 · … · x_n, in ``dtype`` where one is given. Source: ``keras.ops.prod``."""
    return jnp.prod(x, axis, dtype=dtype, keepdims=keepdims)


@operation(static=("axis", "keepdims"), sparse=sparse_rules.mean)
def mean(x, axis=None, keepdims=False):
    """(x_1 + … + x_n) / n.

    The sum is taken in at least float32, since in float16 it would soon pass the largest number
    there is; only the mean is rounded to x's dtype (float32 for whole numbers).

    Source: ``keras.ops.mean``.
    """
    compute_dtype = dtypes.result_type(x.dtype, "float32")
    result = jnp.mean(x, axis, dtype=compute_dtype, keepdims=keepdims)
    return result.astype(sparse_rules.mean_dtype(x.dtype))


@operation(static=("axis", "keepdims"))
def max(x, axis=None, keepdims=False, initial=None):
    """The largest element; NaN where there is one.

    Elements that tie for it share its gradient equally.

    Args:
        x: array of any shape.
        axis: what to reduce.
        keepdims: whether the reduced axes stay, with size 1.
        initial: a number that takes part, and is the result where there are no elements.
    Returns:
        Array of x's dtype.
    Raises:
        ValueError: no elements and no ``initial``.
    Source: ``keras.ops.max``.
    """
    return jnp.max(x, axis, keepdims=keepdims, initial=initial)


@operation(static=("axis", "keepdims"))
def min(x, axis=None, keepdims=False, initial=None):
    """The smallest element, with everything else as in ``max``. Source: ``keras.ops.min``."""
    return jnp.min(x, axis, keepdims=keepdims, initial=initial)


@_reduction
def amax(x, axis=None, keepdims=False):
    """``max`` under NumPy's name for it. Source: ``keras.ops.amax``."""
    return jnp.max(x, axis, keepdims=keepdims)


@_reduction
def amin(x, axis=None, keepdims=False):
    """``min`` under NumPy's name for it. Source: ``keras.ops.amin``."""
    return jnp.min(x, axis, keepdims=keepdims)


@_reduction
def ptp(x, axis=None, keepdims=False):
    """max(x) - min(x), "peak to peak". Source: ``keras.ops.ptp``."""
    return jnp.ptp(x, axis, keepdims=keepdims)


@_reduction
def all(x, axis=None, keepdims=False):
    """Whether every element is nonzero; NaN counts as nonzero. Source: ``keras.ops.all``."""
    return jnp.all(x, axis, keepdims=keepdims)


@_reduction
def any(x, axis=None, keepdims=False):
    """Whether some element is nonzero; NaN counts as nonzero. Source: ``keras.ops.any``."""
    return jnp.any(x, axis, keepdims=keepdims)


@operation(static=("axis",))
def count_nonzero(x, axis=None):
    """How many elements are nonzero, as int32. Source: ``keras.ops.count_nonzero``."""
    return jnp.count_nonzero(x, axis).astype("int32")
