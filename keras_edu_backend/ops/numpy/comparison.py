"""Questions asked of numbers, elementwise, and the choices that follow from the answers."""

import jax.numpy as jnp

from keras_edu_backend import sparse
from keras_edu_backend.operation import as_array, operation
from keras_edu_backend.wrong_calls import named

__all__ = [
    "allclose",
    "equal",
    "greater",
    "greater_equal",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "signbit",
    "where",
]


@operation
def equal(x1, x2):
    """Whether x1 = x2. NaN equals nothing. Source: ``keras.ops.equal``."""
    return jnp.equal(x1, x2)


@operation
def not_equal(x1, x2):
    """Whether x1 and x2 differ. Source: ``keras.ops.not_equal``."""
    return jnp.not_equal(x1, x2)


@operation
def greater(x1, x2):
    """Whether x1 > x2. Source: ``keras.ops.greater``."""
    return jnp.greater(x1, x2)


@operation
def greater_equal(x1, x2):
    """Whether x1 >= x2. Source: ``keras.ops.greater_equal``."""
    return jnp.greater_equal(x1, x2)


@operation
def less(x1, x2):
    """Whether x1 < x2. Source: ``keras.ops.less``."""
    return jnp.less(x1, x2)


@operation
def less_equal(x1, x2):
    """Whether x1 <= x2. Source: ``keras.ops.less_equal``."""
    return jnp.less_equal(x1, x2)


@operation
def logical_and(x1, x2):
    """Whether x1 and x2 both hold, that is, are not 0. Source: ``keras.ops.logical_and``."""
    return jnp.logical_and(x1, x2)


@operation
def logical_or(x1, x2):
    """Whether x1 or x2 or both hold. Source: ``keras.ops.logical_or``."""
    return jnp.logical_or(x1, x2)


@operation
def logical_xor(x1, x2):
    """Whether exactly one of x1 and x2 holds. Source: ``keras.ops.logical_xor``."""
    return jnp.logical_xor(x1, x2)


@operation
def logical_not(x):
    """Whether x does not hold, which is x = 0. Source: ``keras.ops.logical_not``."""
    return jnp.logical_not(x)


@named
def where(condition, x1=None, x2=None):
    """x1 where the condition holds, x2 elsewhere.

    Only the chosen one gets a gradient; beware that a NaN or infinite slope of the other still
    turns 0 * inf into NaN.

    Args:
        condition: array; what is not 0 holds.
        x1: array to choose from where it holds.
        x2: array to choose from elsewhere. The three shapes broadcast together.
    Returns:
        Array of x1's and x2's common dtype. Without x1 and x2, the places where the condition
        holds, as one array of coordinates for each dimension; their number depends on the values.
    Raises:
        TypeError: only one of x1 and x2 is given.
    Source: ``keras.ops.where``.
    """
    if x1 is None and x2 is None:
        # How many places there are depends on the values, so that this cannot be compiled.
        return jnp.nonzero(as_array(condition))
    return _where(condition, x1, x2)


@operation
def _where(condition, x1, x2):
    """x1 where the condition holds, x2 elsewhere."""
    return jnp.where(condition, x1, x2)


@operation(static=("equal_nan",))
def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether |x1 - x2| <= atol + rtol * |x2|.

    Args:
        x1: array; infinities are close to themselves only.
        x2: array, of a shape that broadcasts with x1's.
        rtol: tolerance as a fraction of |x2|.
        atol: tolerance in the units of x1 and x2.
        equal_nan: whether NaN counts as close to NaN.
    Source: ``keras.ops.isclose``.
    """
    return jnp.isclose(x1, x2, rtol, atol, equal_nan)


@operation(static=("equal_nan",))
def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether ``isclose`` holds everywhere, as one truth value. Source: ``numpy.allclose``."""
    return jnp.allclose(x1, x2, rtol, atol, equal_nan)


@operation(static=("assume_unique", "invert"))
def isin(x1, x2, assume_unique=False, invert=False):
    """Whether each element of x1 is among the elements of x2.

    Args:
        x1: array of any shape.
        x2: array of any shape.
        assume_unique: a promise that neither repeats an element; changes nothing in the result.
        invert: ask whether it is not among them.
    Returns:
        Truth values, shape of x1.
    Source: ``keras.ops.isin``.
    """
    return jnp.isin(x1, x2, assume_unique=assume_unique, invert=invert)


@operation(sparse=sparse.densified)
def isfinite(x):
    """Whether x is neither infinite nor NaN. Source: ``keras.ops.isfinite``."""
    return jnp.isfinite(x)


@operation(sparse=sparse.zero_preserving)
def isinf(x):
    """Whether x is infinite, with either sign. Source: ``keras.ops.isinf``."""
    return jnp.isinf(x)


@operation(sparse=sparse.zero_preserving)
def isnan(x):
    """Whether x is NaN. Source: ``keras.ops.isnan``."""
    return jnp.isnan(x)


@operation
def isneginf(x):
    """Whether x is -infinity. Source: ``keras.ops.isneginf``."""
    return jnp.isneginf(x)


@operation
def isposinf(x):
    """Whether x is +infinity. Source: ``keras.ops.isposinf``."""
    return jnp.isposinf(x)


@operation
def isreal(x):
    """Whether x has no imaginary part. Source: ``keras.ops.isreal``."""
    return jnp.isreal(x)


@operation(sparse=sparse.zero_preserving)
def signbit(x):
    """Whether x is written with a minus sign, as -0.0 is. Source: ``keras.ops.signbit``."""
    return jnp.signbit(x)
