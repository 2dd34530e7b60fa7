"""Picking elements: by place, by condition, by distance from a diagonal.

The k-th diagonal of a matrix runs from the place 0, k where k is positive, from -k, 0 where it is
negative; the main diagonal is number 0.
"""

import jax.numpy as jnp

from keras_edu_backend.operation import operation
from keras_edu_backend.ops.numpy import sparse_rules

__all__ = [
    "diag",
    "diagflat",
    "diagonal",
    "nonzero",
    "select",
    "take",
    "take_along_axis",
    "trace",
    "tril",
    "triu",
    "unravel_index",
]


@operation(static=("axis",), sparse=sparse_rules.dense_indices)
def take(x, indices, axis=None):
    """The slices of ``x`` at ``indices`` along ``axis``.

    Args:
        x: array of any shape.
        indices: integers, of any shape; negative ones count from the end.
        axis: along which; ``None`` takes the elements as if they stood in one row.
    Returns:
        Array of x's shape with the shape of ``indices`` in the place of ``axis``. Outside of ``x``
        there is NaN, or the least whole number.
    Source: ``keras.ops.take``.
    """
    return jnp.take(x, indices, axis)


@operation(static=("axis",), sparse=sparse_rules.dense_indices)
def take_along_axis(x, indices, axis=None):
    """``x[…, indices[…, i, …], …]``: along ``axis``, each row by places of its own.

    Args:
        x: array of any shape.
        indices: integers, of x's rank; sizes agree with x's apart from ``axis``.
        axis: along which; ``None`` takes the elements as if they stood in one row.
    Source: ``keras.ops.take_along_axis``.
    """
    return jnp.take_along_axis(x, indices, axis)


@operation(compiled=False)
def nonzero(x):
    """The places of the nonzero elements, as one array of coordinates for each axis.

    Source: ``keras.ops.nonzero``.
    """
    return jnp.nonzero(x)


@operation(static=("shape",))
def unravel_index(indices, shape):
    """The coordinates, in an array of that shape, of places in the row of all its elements.

    Source: ``keras.ops.unravel_index``.
    """
    return jnp.unravel_index(indices, shape)


@operation(lists=("condlist", "choicelist"))
def select(condlist, choicelist, default=0):
    """At each place, the first choice whose condition holds there, else ``default``.

    Args:
        condlist: boolean arrays.
        choicelist: as many arrays; all shapes broadcast.
        default: what stands where no condition holds.
    Source: ``keras.ops.select``.
    """
    return jnp.select(condlist, choicelist, default)


@operation(static=("k",))
def diag(x, k=0):
    """The k-th diagonal of a matrix, or the matrix of zeros around a vector on its k-th diagonal.

    Source: ``keras.ops.diag``.
    """
    return jnp.diag(x, k)


@operation(static=("k",))
def diagflat(x, k=0):
    """The matrix of zeros with all elements of ``x`` on its k-th diagonal.

    Source: ``keras.ops.diagflat``.
    """
    return jnp.diagflat(x, k)


@operation(static=("offset", "axis1", "axis2"))
def diagonal(x, offset=0, axis1=0, axis2=1):
    """The diagonals, by number ``offset``, of the matrices that two axes span, as the last axis.

    Source: ``keras.ops.diagonal``.
    """
    return jnp.diagonal(x, offset, axis1, axis2)


@operation(static=("k",))
def tril(x, k=0):
    """``x`` with zeros above the k-th diagonal: the lower triangle. Source: ``keras.ops.tril``."""
    return jnp.tril(x, k)


@operation(static=("k",))
def triu(x, k=0):
    """``x`` with zeros below the k-th diagonal: the upper triangle. Source: ``keras.ops.triu``."""
    return jnp.triu(x, k)


@operation(static=("offset", "axis1", "axis2"))
def trace(x, offset=0, axis1=0, axis2=1):
    """The sum of the diagonal number ``offset``. Source: ``keras.ops.trace``."""
    return jnp.trace(x, offset, axis1, axis2)
