"""Rounding, limiting and replacing numbers, elementwise."""

import jax.numpy as jnp

from keras_edu_backend import sparse
from keras_edu_backend.operation import operation

__all__ = ["ceil", "clip", "floor", "nan_to_num", "nextafter", "round", "trunc"]


@operation(promote=("x",), at_least=float, sparse=sparse.zero_preserving)
def ceil(x):
    """The least whole number not below x, in floating point. Source: ``keras.ops.ceil``."""
    return jnp.ceil(x)


@operation(promote=("x",), at_least=float, sparse=sparse.zero_preserving)
def floor(x):
    """The greatest whole number not above x, in floating point. Source: ``keras.ops.floor``."""
    return jnp.floor(x)


@operation
def trunc(x):
    """x without its fraction; whole numbers keep their dtype. Source: ``keras.ops.trunc``."""
    whole = x.dtype == bool or jnp.issubdtype(x.dtype, jnp.integer)
    return x if whole else jnp.trunc(x)


@operation(static=("decimals",), settings=("floatx",), sparse=sparse.zero_preserving)
def round(x, decimals=0, *, floatx):
    """x to so many decimals, -2 being hundreds. Halves go to the even neighbour: 0.5 to 0.

    Source: ``keras.ops.round``.
    """
    if decimals < 0 and jnp.issubdtype(x.dtype, jnp.integer):
        unit = jnp.asarray(10.0**decimals, floatx)
        return (jnp.round(x.astype(floatx) * unit) / unit).astype(x.dtype)
    return jnp.round(x, decimals=decimals)


@operation
def clip(x, x_min, x_max):
    """min(max(x, x_min), x_max).

    Args:
        x: array; truth values count as the integers 0 and 1.
        x_min: lower limit, of a shape that broadcasts with x's; None for no limit.
        x_max: upper limit likewise. Where x_min > x_max the result is x_max.
    Source: ``keras.ops.clip``.
    """
    return jnp.clip(x.astype("int32") if x.dtype == bool else x, x_min, x_max)


@operation
def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """x with NaN and the infinities replaced by numbers.

    Args:
        x: array.
        nan: what to put for NaN.
        posinf: what to put for +infinity; None means the greatest number of x's dtype.
        neginf: what to put for -infinity; None means the least number of x's dtype.
    Source: ``keras.ops.nan_to_num``.
    """
    return jnp.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@operation
def nextafter(x1, x2):
    """The floating number next to x1 on the way to x2. Source: ``keras.ops.nextafter``."""
    return jnp.nextafter(x1, x2)
