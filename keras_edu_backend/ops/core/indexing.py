"""Reading and writing parts of an array. JAX arrays never change: writing makes a new one."""

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import as_array, operation
from keras_edu_backend.wrong_calls import named

# How an update meets what stands there already, and the method of `array.at[...]` that does it.
_REDUCTIONS = {None: "set", "add": "add", "max": "max", "min": "min", "mul": "multiply"}


@operation(static=("shape",))
def scatter(indices, values, shape):
    """Zeros of the given shape with ``values[k]`` added at ``indices[k]``.

    Args:
        indices: integers, shape (..., n): each the first n coordinates of a place.
        values: what to add, shape indices.shape[:-1] + shape[n:].
        shape: the shape of the result.
    Source: ``keras.ops.scatter``.
    """
    places = tuple(jnp.moveaxis(indices, -1, 0))
    return jnp.zeros(shape, values.dtype).at[places].add(values)


@operation(static=("reduction",))
def scatter_update(inputs, indices, updates, reduction=None):
    """``inputs`` with ``updates[k]`` written at ``indices[k]``.

    Args:
        inputs: the array to start from.
        indices: integers, shape (k, n): each the first n coordinates of a place.
        updates: what to write, shape (k,) + inputs.shape[n:].
        reduction: None replaces what is there; "add", "max", "min" and "mul" combine with it.
    Raises:
        ValueError: an unknown reduction.
    Source: ``keras.ops.scatter_update``.
    """
    if reduction not in _REDUCTIONS:
        raise ValueError(
            f"scatter_update: unknown reduction {reduction!r}; expected one of {list(_REDUCTIONS)}"
        )
    places = inputs.at[tuple(jnp.transpose(indices))]
    return getattr(places, _REDUCTIONS[reduction])(updates)


@named
def slice(inputs, start_indices, shape):
    """The block of ``inputs`` of the given shape that begins at ``start_indices``.

    Where ``shape`` says -1, the block goes on to the end of that dimension.
    Source: ``keras.ops.slice``.
    """
    inputs = as_array(inputs)
    sizes = tuple(
        inputs.shape[axis] - start_indices[axis] if size == -1 else size
        for axis, size in enumerate(shape)
    )
    return jax.lax.dynamic_slice(inputs, start_indices, sizes)


@named
def slice_update(inputs, start_indices, updates):
    """``inputs`` with the block that begins at ``start_indices`` replaced by ``updates``.

    Source: ``keras.ops.slice_update``.
    """
    return jax.lax.dynamic_update_slice(as_array(inputs), as_array(updates), start_indices)


@operation(static=("num", "axis"))
def unstack(x, num=None, axis=0):
    """``x`` cut along ``axis`` into a list of arrays without that axis.

    Args:
        x: an array of rank at least 1.
        num: how many there will be; the shape of ``x`` tells, so it is not needed.
        axis: the axis to cut along.
    Source: ``keras.ops.unstack``.
    """
    return [jax.lax.index_in_dim(x, i, axis, keepdims=False) for i in range(x.shape[axis])]
