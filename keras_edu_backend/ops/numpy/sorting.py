"""Order: sorting, the places of the largest and smallest, searching, distinct values.

``axis=None`` takes the elements as if they stood in one row. Ties keep the order they come in,
and NaN counts as larger than every number.
"""

import jax
import jax.numpy as jnp
from keras.src.backend.common import dtypes

from keras_edu_backend.operation import operation

__all__ = [
    "argmax",
    "argmin",
    "argpartition",
    "argsort",
    "nanargmax",
    "nanargmin",
    "searchsorted",
    "sort",
    "unique",
]


@operation(static=("axis",))
def sort(x, axis=-1):
    """The elements in ascending order along ``axis``. Source: ``keras.ops.sort``."""
    return jnp.sort(x, axis)


@operation(static=("axis",))
def argsort(x, axis=-1):
    """The places from which to take the elements to have them in ascending order.

    Source: ``keras.ops.argsort``.
    """
    return jnp.argsort(x, None if x.ndim == 0 else axis)


@operation(static=("kth", "axis"))
def argpartition(x, kth, axis=-1):
    """Places of all elements, those of the ``kth`` smallest before it and the others after it.

    Source: ``keras.ops.argpartition``.
    """
    if axis is None:
        x, axis = jnp.ravel(x), 0
    return jnp.argpartition(x, kth, axis)


@operation(static=("axis", "keepdims"))
def argmax(x, axis=None, keepdims=False):
    """The place of the largest element, or of the first NaN; the first place of several.

    On a CPU -0.0 counts as less than 0.0, elsewhere as equal to it.

    Source: ``keras.ops.argmax``.
    """
    return jnp.argmax(_order_zeros(x), axis, keepdims=keepdims)


@operation(static=("axis", "keepdims"))
def argmin(x, axis=None, keepdims=False):
    """The place of the smallest element, with everything else as in ``argmax``.

    Source: ``keras.ops.argmin``.
    """
    return jnp.argmin(_order_zeros(x), axis, keepdims=keepdims)


def _order_zeros(x):
    """On a CPU, ``x`` with -0.0 replaced by the largest negative number that is not subnormal.

    XLA's CPU programs take a subnormal number for zero, and zeros for equal whatever their sign,
    so that the first of them would win (jax-ml/jax#24280).
    """
    if not jnp.issubdtype(x.dtype, jnp.floating) or x.ndim == 0:
        return x
    wide = x.astype(dtypes.result_type(x.dtype, "float32"))
    largest_negative = -jnp.finfo(wide.dtype).tiny

    def ordered(x):
        return jnp.where((x == 0) & jnp.signbit(x), largest_negative, x)

    return jax.lax.platform_dependent(wide, cpu=ordered, default=lambda x: x)


@operation(static=("axis", "keepdims"))
def nanargmax(x, axis=None, keepdims=False):
    """``argmax`` over what is not NaN; -1 where everything is. Source: ``keras.ops.nanargmax``."""
    return jnp.nanargmax(x, axis, keepdims=keepdims)


@operation(static=("axis", "keepdims"))
def nanargmin(x, axis=None, keepdims=False):
    """``argmin`` over what is not NaN; -1 where everything is. Source: ``keras.ops.nanargmin``."""
    return jnp.nanargmin(x, axis, keepdims=keepdims)


@operation(static=("side",))
def searchsorted(sorted_sequence, values, side="left"):
    """Where each value would go for the sequence to stay sorted.

    Args:
        sorted_sequence: ascending numbers, shape (n,).
        values: array of any shape.
        side: ``"left"`` goes before equal elements, ``"right"`` after them.
    Returns:
        Integers from 0 to n, of the shape of ``values``.
    Raises:
        ValueError: a sequence of another rank than 1.
    Source: ``keras.ops.searchsorted``.
    """
    if sorted_sequence.ndim != 1:
        raise ValueError(
            "searchsorted: `sorted_sequence` must have one dimension, its shape is "
            f"{sorted_sequence.shape}. `keras.ops.vectorized_map` extends it to more."
        )
    return jnp.searchsorted(sorted_sequence, values, side)


@operation(
    static=("sorted", "return_index", "return_inverse", "return_counts", "axis", "size"),
    compiled=False,
)
def unique(
    x,
    sorted=True,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    size=None,
    fill_value=None,
):
    """Each value of ``x`` once.

    Args:
        x: array of any shape.
        sorted: whether the values must come in ascending order; they do anyhow.
        return_index: whether to return where each value first stands, too.
        return_inverse: whether to return which value stands at each place of ``x``, too.
        return_counts: whether to return how often each value stands in ``x``, too.
        axis: the axis whose slices are compared as wholes; ``None`` compares elements.
        size: how many values to return, for use in a compiled function.
        fill_value: what fills up to ``size``; the smallest value unless given.
    Returns:
        The values; with any of the three options, a tuple of them and what was asked for.
        Every NaN counts as a value of its own.
    Source: ``keras.ops.unique``.
    """
    return jnp.unique(
        x,
        return_index=return_index,
        return_inverse=return_inverse,
        return_counts=return_counts,
        axis=axis,
        equal_nan=False,
        size=size,
        fill_value=fill_value,
        sorted=sorted,
    )
