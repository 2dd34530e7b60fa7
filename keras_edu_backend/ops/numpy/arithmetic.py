"""Sums, products, quotients, remainders, powers and roots, elementwise.

Where two arrays meet, their shapes broadcast, and their dtypes meet on JAX's promotion lattice,
which is Keras's: a Python number bends to the array beside it.
"""

import jax
import jax.numpy as jnp

from keras_edu_backend import sparse
from keras_edu_backend.jax_versions import INLINE
from keras_edu_backend.operation import operation
from keras_edu_backend.ops.numpy.whole_numbers import int64_to_floating

__all__ = [
    "abs",
    "absolute",
    "add",
    "cbrt",
    "conj",
    "conjugate",
    "copy",
    "divide",
    "divide_no_nan",
    "fabs",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "gcd",
    "heaviside",
    "hypot",
    "imag",
    "lcm",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "power",
    "real",
    "reciprocal",
    "sign",
    "sqrt",
    "square",
    "subtract",
    "true_divide",
]


@operation(sparse=sparse.linear_union)
def add(x1, x2):
    """x1 + x2. Source: ``keras.ops.add``."""
    return jnp.add(x1, x2)


@operation(sparse=sparse.linear_union)
def subtract(x1, x2):
    """x1 - x2. Source: ``keras.ops.subtract``."""
    return jnp.subtract(x1, x2)


@operation(sparse=sparse.intersection)
def multiply(x1, x2):
    """x1 * x2. Source: ``keras.ops.multiply``."""
    return jnp.multiply(x1, x2)


@operation(sparse=sparse.division)
def divide(x1, x2):
    """x1 / x2; whole numbers have a floating quotient. Source: ``keras.ops.divide``."""
    return jnp.divide(x1, x2)


@operation(sparse=sparse.division)
def true_divide(x1, x2):
    """x1 / x2, the same as ``divide``. Source: ``keras.ops.true_divide``."""
    return jnp.divide(x1, x2)


@operation
def divide_no_nan(x1, x2):
    """x1 / x2, and 0 where x2 = 0.

    The division itself is by 1 there, so that its derivative is 0 too and not NaN.
    Source: ``keras.ops.divide_no_nan``.
    """
    divisor = jnp.where(x2 == 0, 1, x2)
    return jnp.where(x2 == 0, 0, jnp.divide(x1, divisor))


@operation
def floor_divide(x1, x2):
    """The greatest whole number not above x1 / x2. Source: ``keras.ops.floor_divide``."""
    return jnp.floor_divide(x1, x2)


@operation
def mod(x1, x2):
    """x1 - x2 * floor(x1 / x2): the remainder with the sign of x2. Source: ``keras.ops.mod``."""
    return jnp.mod(x1, x2)


@operation
def fmod(x1, x2):
    """x1 - x2 * trunc(x1 / x2): the remainder with the sign of x1. Source: ``keras.ops.fmod``."""
    return jnp.fmod(x1, x2)


@operation
def gcd(x1, x2):
    """The greatest whole number that divides x1 and x2. Source: ``keras.ops.gcd``."""
    return jnp.gcd(x1, x2)


@operation
def lcm(x1, x2):
    """|x1 * x2| / gcd(x1, x2), the least common multiple. Source: ``keras.ops.lcm``."""
    return jnp.lcm(x1, x2)


@operation(sparse=sparse.linear)
def negative(x):
    """-x. Source: ``keras.ops.negative``."""
    return jnp.negative(x)


@operation(sparse=sparse.densified)
def reciprocal(x):
    """1 / x. Source: ``keras.ops.reciprocal``."""
    return jnp.reciprocal(x)


@operation(sparse=sparse.zero_preserving)
def absolute(x):
    """|x|. Its slope at 0 is 1, as JAX has it. Source: ``keras.ops.absolute``."""
    return jnp.absolute(x)


@operation(sparse=sparse.zero_preserving)
def abs(x):
    """|x|, the same as ``absolute``. Source: ``keras.ops.abs``."""
    return jnp.absolute(x)


@operation
def fabs(x):
    """|x| in floating point, for whole numbers too. Source: ``keras.ops.fabs``."""
    return jnp.fabs(x)


@operation(sparse=sparse.zero_preserving)
def sign(x):
    """-1, 0 or 1 as x is below, at or above 0; x / |x| if complex. Source: ``keras.ops.sign``."""
    return jnp.sign(x)


@operation
def heaviside(x1, x2):
    """0 where x1 < 0, x2 where x1 = 0, 1 where x1 > 0. Source: ``keras.ops.heaviside``."""
    return jnp.heaviside(x1, x2)


@operation(sparse=sparse.union)
def maximum(x1, x2):
    """The greater of x1 and x2; NaN where either is.

    Where they are equal, each has half of the slope. Source: ``keras.ops.maximum``.
    """
    return jnp.maximum(x1, x2)


@operation(sparse=sparse.union)
def minimum(x1, x2):
    """The lesser of x1 and x2; NaN where either is.

    Where they are equal, each has half of the slope. Source: ``keras.ops.minimum``.
    """
    return jnp.minimum(x1, x2)


@operation
def fmax(x1, x2):
    """The greater of x1 and x2; the other where one is NaN. Source: ``keras.ops.fmax``."""
    return jnp.fmax(x1, x2)


@operation
def fmin(x1, x2):
    """The lesser of x1 and x2; the other where one is NaN. Source: ``keras.ops.fmin``."""
    return jnp.fmin(x1, x2)


@operation(sparse=sparse.zero_preserving)
def square(x):
    """x * x. Source: ``keras.ops.square``."""
    return jnp.square(x)


@operation(settings=("floatx",), sparse=sparse.zero_preserving)
def sqrt(x, *, floatx):
    """The y >= 0 with y * y = x; its slope at 0 is infinite. Source: ``keras.ops.sqrt``."""
    return jnp.sqrt(int64_to_floating(x, floatx))


@operation
def cbrt(x):
    """The real number whose third power is x. Source: ``keras.ops.cbrt``."""
    return jnp.cbrt(x)


@operation(compiled=False)
def power(x1, x2):
    """x1 ** x2. Source: ``keras.ops.power``.

    Where x2 is one whole number that is known, x1 is multiplied with itself, which is more exact
    than exp(x2 log(x1)). (While a program is being traced, no number is known.)
    """
    if x2.ndim == 0 and not isinstance(x2, jax.core.Tracer) and x2.dtype.kind in "iu":
        return _known_power(x1, int(x2))
    return _power(x1, x2)


_power = jax.jit(jnp.power, inline=INLINE)
_known_power = jax.jit(jnp.power, static_argnums=1, inline=INLINE)


@operation
def hypot(x1, x2):
    """sqrt(x1**2 + x2**2) without overflow. Source: ``keras.ops.hypot``."""
    return jnp.hypot(x1, x2)


@operation(sparse=sparse.linear)
def real(x):
    """a, where x = a + bi. Source: ``keras.ops.real``."""
    return jnp.real(x)


@operation(sparse=sparse.linear)
def imag(x):
    """b, where x = a + bi. Source: ``keras.ops.imag``."""
    return jnp.imag(x)


@operation(sparse=sparse.linear)
def conjugate(x):
    """a - bi, where x = a + bi. Source: ``keras.ops.conjugate``."""
    return jnp.conjugate(x)


@operation(sparse=sparse.linear)
def conj(x):
    """a - bi, the same as ``conjugate``. Source: ``keras.ops.conj``."""
    return jnp.conjugate(x)


@operation(sparse=sparse.linear)
def copy(x):
    """x, in memory of its own. Source: ``keras.ops.copy``."""
    return jnp.copy(x)
