"""Exponentials, logarithms and their kin, elementwise."""

import jax.numpy as jnp
from keras.src.backend.common.dtypes import INT_TYPES

from keras_edu_backend import sparse
from keras_edu_backend.operation import operation
from keras_edu_backend.ops.numpy.whole_numbers import int64_to_floating, to_floating

__all__ = [
    "exp",
    "exp2",
    "expm1",
    "i0",
    "ldexp",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logaddexp2",
]


@operation(settings=("floatx",), sparse=sparse.densified)
def exp(x, *, floatx):
    """e**x. Source: ``keras.ops.exp``."""
    return jnp.exp(to_floating(x, floatx))


@operation(settings=("floatx",), sparse=sparse.densified)
def exp2(x, *, floatx):
    """2**x. Source: ``keras.ops.exp2``."""
    return jnp.exp2(to_floating(x, floatx))


@operation(settings=("floatx",), sparse=sparse.zero_preserving)
def expm1(x, *, floatx):
    """e**x - 1, exact for small x too. Source: ``keras.ops.expm1``."""
    return jnp.expm1(to_floating(x, floatx))


@operation(settings=("floatx",), sparse=sparse.densified)
def log(x, *, floatx):
    """The y with e**y = x; -inf at 0, NaN below. Source: ``keras.ops.log``."""
    return jnp.log(int64_to_floating(x, floatx))


@operation(settings=("floatx",), sparse=sparse.densified)
def log2(x, *, floatx):
    """The y with 2**y = x. Source: ``keras.ops.log2``."""
    return jnp.log2(int64_to_floating(x, floatx))


@operation(settings=("floatx",), sparse=sparse.densified)
def log10(x, *, floatx):
    """The y with 10**y = x. Source: ``keras.ops.log10``."""
    return jnp.log10(int64_to_floating(x, floatx))


@operation(settings=("floatx",), sparse=sparse.zero_preserving)
def log1p(x, *, floatx):
    """log(1 + x), exact for small x too. Source: ``keras.ops.log1p``."""
    return jnp.log1p(int64_to_floating(x, floatx))


@operation(promote=("x1", "x2"), at_least=float)
def logaddexp(x1, x2):
    """log(exp(x1) + exp(x2)) without overflow: m + log1p(exp(-|x1 - x2|)), m = max(x1, x2).

    The slopes are exp(x1 - y) and exp(x2 - y) for the result y, also where x1 or x2 is infinite,
    for which the formula would give infinity less infinity. Source: ``keras.ops.logaddexp``.
    """
    return jnp.logaddexp(x1, x2)


@operation(promote=("x1", "x2"), at_least=float)
def logaddexp2(x1, x2):
    """log2(2**x1 + 2**x2) without overflow, as ``logaddexp``. Source: ``keras.ops.logaddexp2``."""
    return jnp.logaddexp2(x1, x2)


@operation
def ldexp(x1, x2):
    """x1 * 2**x2 for whole x2.

    Raises:
        TypeError: x2 does not hold whole numbers.
    Source: ``keras.ops.ldexp``.
    """
    if x2.dtype.name not in INT_TYPES:
        raise TypeError(f"ldexp: the exponent `x2` must hold whole numbers, but it is {x2.dtype}.")
    return jnp.ldexp(x1, x2)


@operation(settings=("floatx",))
def i0(x, *, floatx):
    """The modified Bessel function I_0(x) = sum over k of (x / 2)**(2k) / (k!)**2.

    Computed in ``floatx``, except that half precisions stay as they are and 64-bit numbers are
    computed in float64. Source: ``keras.ops.i0``.
    """
    if x.dtype.name in ("int64", "float64"):
        return jnp.i0(x.astype(jnp.float64))
    return jnp.i0(x if x.dtype.name in ("bfloat16", "float16") else x.astype(floatx))
