"""Arrays made from a shape, a range or a rule.

Where no dtype is given and the arguments do not settle it, it is ``keras.config.floatx()``.
"""

import functools

import jax
import jax.numpy as jnp
from jax import export as jax_export
from keras.src.backend.common import dtypes, standardize_dtype

from keras_edu_backend.jax_versions import INLINE
from keras_edu_backend.operation import operation
from keras_edu_backend.wrong_calls import explain, named

__all__ = [
    "arange",
    "array",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "geomspace",
    "identity",
    "linspace",
    "logspace",
    "meshgrid",
    "ones",
    "ones_like",
    "tri",
    "vander",
    "zeros",
    "zeros_like",
]


@named
def array(x, dtype=None):
    """A new array of what ``jax.numpy.array`` takes: numbers, lists of them, arrays.

    Source: ``keras.ops.array``.
    """
    return jnp.array(x, dtype=dtype)


@operation(static=("shape", "dtype"), settings=("floatx",))
def zeros(shape, dtype=None, *, floatx):
    """0 everywhere. Source: ``keras.ops.zeros``."""
    return jnp.zeros(shape, dtype or floatx)


@operation(static=("shape", "dtype"), settings=("floatx",))
def ones(shape, dtype=None, *, floatx):
    """1 everywhere. Source: ``keras.ops.ones``."""
    return jnp.ones(shape, dtype or floatx)


@operation(static=("shape", "dtype"), settings=("floatx",))
def full(shape, fill_value, dtype=None, *, floatx):
    """``fill_value`` everywhere; it broadcasts to the shape. Source: ``keras.ops.full``."""
    return jnp.full(shape, fill_value, dtype or floatx)


@operation(static=("shape", "dtype"), settings=("floatx",))
def empty(shape, dtype=None, *, floatx):
    """An array whose values do not matter: 0 everywhere. Source: ``keras.ops.empty``."""
    return jnp.zeros(shape, dtype or floatx)  # from JAX 0.11 on, jnp.empty holds what lay there


@operation(static=("dtype",))
def zeros_like(x, dtype=None):
    """0 everywhere, in x's shape, and in its dtype if none is given.

    Source: ``keras.ops.zeros_like``.
    """
    return jnp.zeros_like(x, dtype=dtype)


@operation(static=("dtype",))
def ones_like(x, dtype=None):
    """1 everywhere, in x's shape, and in its dtype if none is given.

    Source: ``keras.ops.ones_like``.
    """
    return jnp.ones_like(x, dtype=dtype)


@operation(static=("dtype",))
def full_like(x, fill_value, dtype=None):
    """``fill_value`` everywhere, in x's shape, and in its dtype if none is given.

    Source: ``keras.ops.full_like``.
    """
    return jnp.full_like(x, fill_value, dtype=dtype)


@operation(static=("dtype",))
def empty_like(x, dtype=None):
    """An array like x whose values do not matter: 0 everywhere.

    Source: ``keras.ops.empty_like``.
    """
    return jnp.zeros_like(x, dtype=dtype)


def arange(start, stop=None, step=None, dtype=None):
    """start + k * step for k = 0, 1, 2, … as long as it has not reached ``stop``.

    Args:
        start: the first number; given alone it is ``stop``, and ``start`` is 0. The values of all
            three must be known: under ``jit`` they cannot be computed ones.
        stop: where to end, not included.
        step: the distance, 1 if not given; may be negative.
        dtype: by default the least that holds the numbers given.
    Source: ``keras.ops.arange``.
    """
    try:
        if dtype is None:
            dtype = dtypes.result_type(
                *(_dtype_or_type(number) for number in (start, stop, step) if number is not None)
            )
        dtype = standardize_dtype(dtype)
        if step is None and type(start) is int and (stop is None or start == 0):
            end = start if stop is None else stop
            if type(end) is int:
                return _first_whole_numbers(end, dtype)
        return jnp.arange(start, stop, step=step, dtype=dtype)
    except Exception as error:
        explain(error, "arange", {"start": start, "stop": stop, "step": step, "dtype": dtype})
        raise


@functools.partial(jax.jit, static_argnames=("count", "dtype"), inline=INLINE)
def _first_whole_numbers(count, dtype):
    """0, 1, …, count - 1. A program for each count, as JAX would make; but found at once again."""
    return jnp.arange(count, dtype=dtype)


def _dtype_or_type(number):
    if jax_export.is_symbolic_dim(number):
        return int
    return getattr(number, "dtype", type(number))


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """start + k * step for k = 0 … num - 1: evenly spaced numbers.

    Args:
        start: the first number, or an array of first numbers.
        stop: where to end, of a shape that broadcasts with start's.
        num: how many.
        endpoint: whether ``stop`` is the last of them. step is (stop - start) / (num - 1), or
            (stop - start) / num without it.
        retstep: whether to return step as well.
        dtype: by default the floating dtype of start and stop.
        axis: where the new axis goes in the result.
    Returns:
        Array of rank one more than start's; with ``retstep`` the pair of it and step.
    Source: ``keras.ops.linspace``.
    """
    # No `@operation`: JAX has it compiled as a whole, and takes Python numbers as they are.
    try:
        return jnp.linspace(start, stop, num, endpoint, retstep, dtype, axis)
    except Exception as error:
        explain(error, "linspace", {"start": start, "stop": stop, "num": num, "axis": axis})
        raise


@operation(static=("num", "endpoint", "dtype", "axis"))
def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """base ** linspace(start, stop): numbers at equal ratios, whose exponents are given.

    Args and Returns as for ``linspace``; ``base`` is a number or an array.
    Source: ``keras.ops.logspace``.
    """
    return jnp.logspace(start, stop, num, endpoint, base, dtype, axis)


@operation(static=("num", "endpoint", "dtype", "axis"))
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """start * (stop / start) ** (k / (num - 1)): numbers at equal ratios, from start to stop.

    Args and Returns as for ``linspace``. Source: ``keras.ops.geomspace``.
    """
    return jnp.geomspace(start, stop, num, endpoint, dtype, axis)


@operation(static=("N", "M", "k", "dtype"), settings=("floatx",))
def eye(N, M=None, k=0, dtype=None, *, floatx):
    """1 where column - row = k, 0 elsewhere, in N rows and M columns (N if not given).

    Source: ``keras.ops.eye``.
    """
    return jnp.eye(N, M, k, dtype or floatx)


@operation(static=("n", "dtype"), settings=("floatx",))
def identity(n, dtype=None, *, floatx):
    """1 on the diagonal of n rows and columns, 0 elsewhere. Source: ``keras.ops.identity``."""
    return jnp.identity(n, dtype or floatx)


@operation(static=("N", "M", "k", "dtype"), settings=("floatx",))
def tri(N, M=None, k=0, dtype=None, *, floatx):
    """1 where column - row <= k, 0 elsewhere, in N rows and M columns (N if not given).

    Source: ``keras.ops.tri``.
    """
    return jnp.tri(N, M, k, dtype or floatx)


@operation(static=("N", "increasing"))
def vander(x, N=None, increasing=False):
    """The matrix of powers of x: x[i] ** (N - 1 - j), or x[i] ** j if ``increasing``.

    Args:
        x: array of rank 1.
        N: number of columns; x's length if not given.
        increasing: whether the powers grow from left to right.
    Source: ``keras.ops.vander``.
    """
    return jnp.vander(x, N, increasing)


@operation(static=("indexing",))
def meshgrid(*x, indexing="xy"):
    """The coordinates of the grid whose axes are given: one array for each axis.

    Args:
        *x: arrays of rank 1, lengths n1, n2, …
        indexing: "ij" for results of shape (n1, n2, …), "xy" for (n2, n1, …).
    Returns:
        List of arrays, as many as given.
    Source: ``keras.ops.meshgrid``.
    """
    return jnp.meshgrid(*x, indexing=indexing)
