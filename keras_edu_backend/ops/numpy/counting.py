"""How many elements have which value, or lie in which range."""

import builtins

import jax
import jax.numpy as jnp
from jax.experimental import sparse as jax_sparse

from keras_edu_backend.operation import is_sparse, operation
from keras_edu_backend.sparse import sum_repeated, zero_preserving

__all__ = ["bincount", "digitize", "histogram"]


@operation(static=("bins", "range"))
def histogram(x, bins=10, range=None):
    """How many elements lie in each of ``bins`` ranges of equal width.

    Args:
        x: array of any shape.
        bins: how many ranges, or all their edges.
        range: (lowest, highest) edge; those of the elements unless given.
    Returns:
        (counts, edges), shapes (bins,) and (bins + 1,). A range holds its lower edge; the last
        one holds both.
    Source: ``keras.ops.histogram``.
    """
    return jnp.histogram(x, bins, range)


@operation(sparse=zero_preserving)
def digitize(x, bins):
    """The number i of the range that holds x: bins_{i-1} ≤ x < bins_i.

    Args:
        x: array of any shape.
        bins: the edges, ascending or descending, shape (n,).
    Returns:
        Whole numbers of x's shape: 0 for what lies before the first edge, n for what lies behind
        the last.
    Source: ``keras.ops.digitize``.
    """
    return jnp.digitize(x, bins)


def _count_stored(op, x, weights=None, minlength=0, sparse=True):
    """The rule for sparse arguments: counts what is stored and not the zeros around it."""
    del sparse
    if weights is not None:
        if not is_sparse(x) or not is_sparse(weights):
            raise ValueError("bincount: `x` and `weights` must both be sparse, or neither.")
        same = x.indices is weights.indices or jnp.array_equal(x.indices, weights.indices)
        if not same:
            raise ValueError("bincount: sparse `x` and `weights` must have the same indices.")
        weights = weights.data
    return op(x.data, weights, minlength, sparse=True)


@operation(static=("minlength", "sparse"), sparse=_count_stored, compiled=False)
def bincount(x, weights=None, minlength=0, sparse=False):
    """y_v = how many elements of x are v, or the sum of their weights.

    The length of the result depends on the values, so compiled functions cannot use this op.

    Args:
        x: whole numbers ≥ 0, shape (n,), or (rows, n) to count in each row by itself.
        weights: array of x's shape.
        minlength: the least length of the result.
        sparse: whether the result shall be a sparse array.
    Returns:
        The counts of 0, 1, …, max(x), or up to ``minlength``: shape (length,) or (rows, length).
        They have the dtype of the weights, or int32; sparse ones are at least float32.
    Raises:
        ValueError: ``x`` and ``weights`` are sparse, with elements at different places.
    Source: ``keras.ops.bincount``.
    """
    length = builtins.max(minlength, int(x.max()) + 1) if x.size else minlength
    if sparse:
        return _sparse_bincount(x, weights, length)
    if x.ndim == 2:
        count = lambda x, weights: jnp.bincount(x, weights, length=length)  # noqa: E731
        return jax.vmap(count, in_axes=(0, None if weights is None else 0))(x, weights)
    return jnp.bincount(x, weights, length=length)


def _sparse_bincount(x, weights, length):
    """Stores one weight for each element of ``x``, at the place that its value names."""
    counted = (x >= 0).astype("float32")
    data = counted if weights is None else counted * weights
    rows = jnp.indices(x.shape)[:-1]
    places = jnp.stack([*rows, jnp.maximum(x, 0)], axis=-1).reshape(x.size, x.ndim)
    return sum_repeated(
        jax_sparse.BCOO((data.ravel(), places.astype("int32")), shape=(*x.shape[:-1], length))
    )
