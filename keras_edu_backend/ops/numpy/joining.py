"""Several arrays become one, and one becomes several.

``indices_or_sections`` is a number of equal parts, or the places at which a new part begins.
"""

import jax.numpy as jnp

from keras_edu_backend.operation import operation
from keras_edu_backend.ops.numpy import sparse_rules

__all__ = [
    "append",
    "array_split",
    "concatenate",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "pad",
    "split",
    "stack",
    "vsplit",
    "vstack",
]


@operation(lists=("xs",), static=("axis",), sparse=sparse_rules.concatenate)
def concatenate(xs, axis=0):
    """One array after the other along ``axis``; their other sizes agree.

    Raises:
        IndexError: there are none.
    Source: ``keras.ops.concatenate``.
    """
    if not xs:
        raise IndexError("concatenate: `xs` must hold one array or more, it is empty")
    return jnp.concatenate(xs, axis)


@operation(lists=("x",), static=("axis",))
def stack(x, axis=0):
    """Arrays of one shape along a new axis. Source: ``keras.ops.stack``."""
    return jnp.stack(x, axis)


@operation(lists=("xs",))
def vstack(xs):
    """One below the other: along axis 0, a vector being a row. Source: ``keras.ops.vstack``."""
    return jnp.vstack(xs)


@operation(lists=("xs",))
def hstack(xs):
    """Side by side: along axis 1, or 0 for vectors. Source: ``keras.ops.hstack``."""
    return jnp.hstack(xs)


@operation(lists=("xs",))
def dstack(xs):
    """One behind the other: along axis 2. Source: ``keras.ops.dstack``."""
    return jnp.dstack(xs)


@operation(static=("axis",))
def append(x1, x2, axis=None):
    """``x2`` after ``x1`` along ``axis``; without one, both in one row.

    Source: ``keras.ops.append``.
    """
    return jnp.append(x1, x2, axis)


@operation(static=("indices_or_sections", "axis"))
def split(x, indices_or_sections, axis=0):
    """A list of parts of ``x`` along ``axis``.

    Raises:
        ValueError: the number of parts does not divide the size of the axis.
    Source: ``keras.ops.split``.
    """
    return jnp.split(x, indices_or_sections, axis)


@operation(static=("indices_or_sections", "axis"))
def array_split(x, indices_or_sections, axis=0):
    """As ``split``; where the parts cannot be equal, the first ones are longer by one.

    Source: ``keras.ops.array_split``.
    """
    return jnp.array_split(x, indices_or_sections, axis)


@operation(static=("indices_or_sections",))
def vsplit(x, indices_or_sections):
    """``split`` along axis 0. Source: ``keras.ops.vsplit``."""
    return jnp.vsplit(x, indices_or_sections)


@operation(static=("indices_or_sections",))
def hsplit(x, indices_or_sections):
    """``split`` along axis 1, or 0 for vectors. Source: ``keras.ops.hsplit``."""
    return jnp.hsplit(x, indices_or_sections)


@operation(static=("indices_or_sections",))
def dsplit(x, indices_or_sections):
    """``split`` along axis 2. Source: ``keras.ops.dsplit``."""
    return jnp.dsplit(x, indices_or_sections)


@operation(static=("pad_width", "mode"))
def pad(x, pad_width, mode="constant", constant_values=None):
    """``x`` with a margin around it.

    Args:
        x: array of any shape.
        pad_width: (before, after) for each axis, or one for all of them.
        mode: what fills the margin: ``"constant"``; ``"edge"``, the nearest element;
            ``"reflect"`` and ``"symmetric"``, the mirror image without and with the edge;
            ``"wrap"``, the other side; or another mode of ``jax.numpy.pad``.
        constant_values: the constant, 0 unless given.
    Raises:
        ValueError: ``constant_values`` in a mode without constant.
        NotImplementedError: an unknown mode.
    Source: ``keras.ops.pad``.
    """
    if constant_values is None:
        return jnp.pad(x, pad_width, mode)
    if mode != "constant":
        raise ValueError(
            "pad: Argument `constant_values` can only be provided when `mode == 'constant'`, "
            f"got mode={mode!r}."
        )
    return jnp.pad(x, pad_width, mode, constant_values=constant_values)
