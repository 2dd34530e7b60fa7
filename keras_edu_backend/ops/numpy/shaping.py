"""The same elements in another shape or order.

Axes may be counted from the end: -1 is the last one.
"""

import jax.numpy as jnp
import numpy as np

from keras_edu_backend.operation import as_array, operation
from keras_edu_backend.ops.numpy import sparse_rules

__all__ = [
    "broadcast_to",
    "expand_dims",
    "flip",
    "fliplr",
    "flipud",
    "moveaxis",
    "ndim",
    "ravel",
    "repeat",
    "reshape",
    "roll",
    "rot90",
    "size",
    "squeeze",
    "swapaxes",
    "tile",
    "transpose",
    "view",
]


def ndim(x):
    """How many dimensions ``x`` has, a Python integer. Source: ``keras.ops.ndim``."""
    return as_array(x).ndim


def size(x):
    """How many elements ``x`` has, a Python integer. Source: ``keras.ops.size``."""
    return as_array(x).size


@operation(static=("newshape",), sparse=sparse_rules.reshape)
def reshape(x, newshape):
    """The same elements, in row-major order, under other sizes.

    Args:
        x: array of any shape.
        newshape: the sizes. One of them may be -1: whatever is left.
    Raises:
        TypeError: the sizes do not make up the number of elements.
    Source: ``keras.ops.reshape``.
    """
    return jnp.reshape(x, newshape)


@operation
def ravel(x):
    """All elements in one row, in row-major order. Source: ``keras.ops.ravel``."""
    return jnp.ravel(x)


@operation(static=("axis",), sparse=sparse_rules.expand_dims)
def expand_dims(x, axis):
    """New dimensions of size 1, which stand at ``axis`` in the result.

    Source: ``keras.ops.expand_dims``.
    """
    return jnp.expand_dims(x, axis)


@operation(static=("axis",), sparse=sparse_rules.squeeze)
def squeeze(x, axis=None):
    """Without the dimensions at ``axis``, which have size 1, or without all that have.

    Source: ``keras.ops.squeeze``.
    """
    return jnp.squeeze(x, axis)


@operation(static=("shape",))
def broadcast_to(x, shape):
    """``x`` repeated along dimensions that it lacks, or has with size 1, up to ``shape``.

    Source: ``keras.ops.broadcast_to``.
    """
    return jnp.broadcast_to(x, shape)


@operation(static=("axes",), sparse=sparse_rules.transpose)
def transpose(x, axes=None):
    """Dimension ``axes[i]`` becomes the i-th; without ``axes`` their order is reversed.

    Source: ``keras.ops.transpose``.
    """
    return jnp.transpose(x, axes)


@operation(static=("axis1", "axis2"))
def swapaxes(x, axis1, axis2):
    """Two dimensions change places. Source: ``keras.ops.swapaxes``."""
    return jnp.swapaxes(x, axis1, axis2)


@operation(static=("source", "destination"))
def moveaxis(x, source, destination):
    """Dimensions ``source`` become dimensions ``destination``; the others keep their order.

    Source: ``keras.ops.moveaxis``.
    """
    return jnp.moveaxis(x, source, destination)


@operation(static=("axis",))
def flip(x, axis=None):
    """The elements backwards along ``axis``, or along every axis. Source: ``keras.ops.flip``."""
    return jnp.flip(x, axis)


@operation
def fliplr(x):
    """Left and right exchanged: backwards along axis 1. Source: ``keras.ops.fliplr``."""
    return jnp.fliplr(x)


@operation
def flipud(x):
    """Up and down exchanged: backwards along axis 0. Source: ``keras.ops.flipud``."""
    return jnp.flipud(x)


@operation(static=("k", "axes"))
def rot90(array, k=1, axes=(0, 1)):
    """``k`` quarter turns in the plane of two axes, from the first axis towards the second.

    Args:
        array: at least two dimensions.
        k: how many quarter turns; negative ones turn the other way.
        axes: two different axes.
    Raises:
        ValueError: fewer than two dimensions, or ``axes`` are not two different ones.
    Source: ``keras.ops.rot90``.
    """
    if array.ndim < 2:
        raise ValueError(f"rot90: `array` needs two dimensions or more, its shape is {array.shape}")
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ValueError(f"rot90: `axes` must be two different axes, got {axes}")
    return jnp.rot90(array, k, axes)


@operation(static=("shift", "axis"))
def roll(x, shift, axis=None):
    """Element i moves to place i + shift; what falls off one end comes in at the other.

    Args:
        x: array of any shape.
        shift: by how much, for every axis or for each.
        axis: along which; ``None`` rolls the elements as if they stood in one row.
    Source: ``keras.ops.roll``.
    """
    return jnp.roll(x, shift, axis)


@operation(static=("repeats",))
def tile(x, repeats):
    """``x`` laid side by side ``repeats[i]`` times along axis i. Source: ``keras.ops.tile``."""
    return jnp.tile(x, repeats)


@operation(static=("repeats", "axis"))
def repeat(x, repeats, axis=None):
    """Each element ``repeats`` times in a row.

    Args:
        x: array of any shape.
        repeats: how often, for every element along ``axis`` or for each.
        axis: along which; ``None`` takes the elements as if they stood in one row.
    Source: ``keras.ops.repeat``.
    """
    if isinstance(repeats, tuple):
        repeats = np.array(repeats)
    return jnp.repeat(x, repeats, axis)


@operation(static=("dtype",))
def view(x, dtype=None):
    """The same bytes read as numbers of another dtype.

    Where its numbers are wider or narrower than x's, the last dimension shrinks or grows.

    Source: ``keras.ops.view``.
    """
    return x.view(dtype)
