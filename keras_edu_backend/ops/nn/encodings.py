"""Class numbers as vectors."""

import jax.numpy as jnp
from jax.experimental import sparse as jax_sparse

from keras_edu_backend.operation import operation

__all__ = ["multi_hot", "one_hot"]


@operation(static=("num_classes", "axis", "dtype", "sparse"))
def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    """1 at the class's place and 0 elsewhere: class 2 of 4 becomes (0, 0, 1, 0).

    Args:
        x: class numbers, integers from 0 to num_classes - 1; any other gives zeros only.
        num_classes: how many classes there are.
        axis: where the new axis of size num_classes goes, counted in the result.
        dtype: the result's dtype; by default JAX's own, float32.
        sparse: whether to return a sparse array, which stores one number for each class number.
    Returns:
        An array with one axis more than x.
    Raises:
        ValueError: the result has no such axis.
        TypeError: num_classes is negative.
    Source: document 2, "One-hot encoding"; ``keras.ops.one_hot``.
    """
    dtype = dtype or jnp.result_type(float)
    if not -x.ndim - 1 <= axis <= x.ndim:
        raise ValueError(f"one_hot: axis {axis} does not exist in a result of rank {x.ndim + 1}")
    if num_classes < 0:
        raise TypeError(f"one_hot: `num_classes` must not be negative, got {num_classes}")
    axis = axis % (x.ndim + 1)
    if sparse:
        return _sparse_one_hot(x, num_classes, axis, dtype)
    classes = jnp.arange(num_classes, dtype=x.dtype)
    classes = jnp.expand_dims(classes, [other for other in range(x.ndim + 1) if other != axis])
    return (jnp.expand_dims(x, axis) == classes).astype(dtype)


def _sparse_one_hot(x, num_classes, axis, dtype):
    """The same, as the coordinates of the ones. A negative class number stores a 0 at class 0,
    so that how many numbers are stored does not depend on their values."""
    coordinates = list(jnp.indices(x.shape))
    coordinates.insert(axis, jnp.maximum(x, 0))
    return jax_sparse.BCOO(
        (
            jnp.ravel(x >= 0).astype(dtype),
            jnp.stack([jnp.ravel(one).astype("int32") for one in coordinates], axis=1),
        ),
        shape=(*x.shape[:axis], num_classes, *x.shape[axis:]),
        indices_sorted=True,
        unique_indices=True,
    )


@operation(static=("num_classes", "axis", "dtype", "sparse"), compiled=False)
def multi_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    """1 at the place of each class that occurs: classes 0 and 2 of 4 become (1, 0, 1, 0).

    Args:
        x: class numbers of shape (classes,) or (batch, classes, …).
        num_classes: how many classes there are.
        axis: where the new axis of size num_classes goes before the classes are merged.
        dtype: the result's dtype; by default JAX's own, float32.
        sparse: whether to return a sparse array.
    Returns:
        An array of shape (num_classes,) or (batch, …, num_classes).
    Source: ``keras.ops.multi_hot``.
    """
    merged_axis = 1 if x.ndim > 1 else 0
    if not sparse:
        each = one_hot(x.astype("int32"), num_classes, axis=axis, dtype=dtype)
        return jnp.max(each, axis=merged_axis)
    each = one_hot(x, num_classes, axis=axis, dtype="int32", sparse=True)
    # Sparse arrays have no maximum: add the ones of a place up, then write 1 for any sum. How many
    # places there are depends on the values, so this part cannot be compiled.
    sums = jax_sparse.bcoo_sum_duplicates(jax_sparse.bcoo_reduce_sum(each, axes=(merged_axis,)))
    return jax_sparse.BCOO(
        (jnp.greater_equal(sums.data, 0).astype(dtype or jnp.result_type(float)), sums.indices),
        shape=sums.shape,
        indices_sorted=True,
        unique_indices=True,
    )
