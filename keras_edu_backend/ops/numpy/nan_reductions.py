"""The reductions of ``reductions`` and ``statistics`` over what is not NaN.

``axis`` and ``keepdims`` mean what they mean there. Where everything is NaN, a sum is 0, a product
is 1, and the others are NaN.
"""

import jax.numpy as jnp

from keras_edu_backend.operation import operation

__all__ = [
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanpercentile",
    "nanprod",
    "nanquantile",
    "nanstd",
    "nansum",
    "nanvar",
]

_reduction = operation(static=("axis", "keepdims"))


@_reduction
def nansum(x, axis=None, keepdims=False):
    """The sum. Source: ``keras.ops.nansum``."""
    return jnp.nansum(x, axis, keepdims=keepdims)


@_reduction
def nanprod(x, axis=None, keepdims=False):
    """The product. Source: ``keras.ops.nanprod``."""
    return jnp.nanprod(x, axis, keepdims=keepdims)


@_reduction
def nanmax(x, axis=None, keepdims=False):
    """The largest element. Source: ``keras.ops.nanmax``."""
    return jnp.nanmax(x, axis, keepdims=keepdims)


@_reduction
def nanmin(x, axis=None, keepdims=False):
    """The smallest element. Source: ``keras.ops.nanmin``."""
    return jnp.nanmin(x, axis, keepdims=keepdims)


@_reduction
def nanmean(x, axis=None, keepdims=False):
    """The mean. Source: ``keras.ops.nanmean``."""
    return jnp.nanmean(x, axis, keepdims=keepdims)


@_reduction
def nanvar(x, axis=None, keepdims=False):
    """The variance. Source: ``keras.ops.nanvar``."""
    return jnp.nanvar(x, axis, keepdims=keepdims)


@_reduction
def nanstd(x, axis=None, keepdims=False):
    """The standard deviation. Source: ``keras.ops.nanstd``."""
    return jnp.nanstd(x, axis, keepdims=keepdims)


@_reduction
def nanmedian(x, axis=None, keepdims=False):
    """The median. Source: ``keras.ops.nanmedian``."""
    return jnp.nanmedian(x, axis, keepdims=keepdims)


@operation(static=("axis", "method", "keepdims"))
def nanquantile(x, q, axis=None, method="linear", keepdims=False):
    """The q-quantile, 0 ≤ q ≤ 1, as ``quantile`` has it. Source: ``keras.ops.nanquantile``."""
    return jnp.nanquantile(x, q, axis, method=method, keepdims=keepdims)


@operation(static=("axis", "method", "keepdims"))
def nanpercentile(x, q, axis=None, method="linear", keepdims=False):
    """The q/100-quantile, as ``percentile`` has it. Source: ``keras.ops.nanpercentile``."""
    return jnp.nanpercentile(x, q, axis, method=method, keepdims=keepdims)
