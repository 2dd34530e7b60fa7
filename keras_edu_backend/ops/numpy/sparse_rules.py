"""Rules for sparse arrays: sums, means, new shapes, joining.

Each is a rule for ``@operation(sparse=…)``: it takes the op and the arguments the op was called
with, and gives a sparse array back. The ops have the same names, and say what they compute.
"""

import math

from jax.experimental import sparse as jax_sparse
from keras.src.backend.common.backend_utils import canonicalize_axis, to_tuple_or_list

from keras_edu_backend.operation import is_sparse
from keras_edu_backend.sparse import with_data

__all__ = []


def sum(op, x, axis=None, keepdims=False):
    """The stored elements summed over ``axis``; the places left over stay sparse."""
    axes = _distinct_axes(op, axis, x.ndim)
    total = jax_sparse.bcoo_reduce_sum(x, axes=axes)
    return expand_dims(op, total, axes) if keepdims else total


def mean(op, x, axis=None, keepdims=False):
    """The sum over ``axis`` divided by the number of elements, stored or not."""
    count = math.prod(x.shape[a] for a in _distinct_axes(op, axis, x.ndim))
    total = sum(op, x, axis, keepdims)
    return with_data(total, total.data.astype(mean_dtype(x.dtype)) / count)


def mean_dtype(dtype):
    """The dtype of a mean: float32 for whole numbers and booleans, otherwise the array's own."""
    return "float32" if dtype == "bool" or "int" in str(dtype) else dtype


def reshape(op, x, newshape):
    """The same elements in the same order under other sizes, of which one may be -1."""
    sizes = to_tuple_or_list(newshape)
    known = math.prod(size for size in sizes if size != -1)
    whole = math.prod(x.shape)
    return jax_sparse.bcoo_reshape(
        x, new_sizes=tuple(whole // known if size == -1 else size for size in sizes)
    )


def expand_dims(op, x, axis):
    """New dimensions of size 1, which stand at ``axis`` in the result."""
    rank = x.ndim + len(to_tuple_or_list(axis))
    new = _distinct_axes(op, axis, rank)
    old = [a for a in range(rank) if a not in new]
    sizes = dict(zip(old, x.shape, strict=True))
    return jax_sparse.bcoo_broadcast_in_dim(
        x, shape=[sizes.get(a, 1) for a in range(rank)], broadcast_dimensions=old
    )


def squeeze(op, x, axis=None):
    """Without the dimensions at ``axis``, or without all that have size 1."""
    if axis is None:
        axis = [a for a, size in enumerate(x.shape) if size == 1]
    return jax_sparse.bcoo_squeeze(x, dimensions=tuple(_distinct_axes(op, axis, x.ndim)))


def transpose(op, x, axes=None):
    """Dimension ``axes[i]`` becomes the i-th."""
    order = reversed(range(x.ndim)) if axes is None else axes
    return jax_sparse.bcoo_transpose(x, permutation=[canonicalize_axis(a, x.ndim) for a in order])


def concatenate(op, xs, axis=0):
    """Sparse where all of ``xs`` are; one dense array makes the result dense."""
    if all(map(is_sparse, xs)):
        return jax_sparse.bcoo_concatenate(xs, dimension=canonicalize_axis(axis, xs[0].ndim))
    return op([x.todense() if is_sparse(x) else x for x in xs], axis)


def dense_indices(op, x, indices, axis=None):
    """Places to pick may be given as a sparse array; what is picked from must be dense."""
    if is_sparse(x):
        raise TypeError(
            f"{op.__name__} picks from a dense array only; `x` is sparse. Make it dense first: "
            "`keras.ops.convert_to_tensor(x, sparse=False)`."
        )
    return op(x, indices.todense(), axis)


def _distinct_axes(op, axis, rank):
    """``axis`` as a sorted list of axes counted from 0; ``None`` is all of them."""
    if axis is None:
        return list(range(rank))
    axes = sorted(canonicalize_axis(a, rank) for a in to_tuple_or_list(axis))
    if len(set(axes)) < len(axes):
        raise ValueError(f"{op.__name__}: `axis` names a dimension twice: {axis}")
    return axes
