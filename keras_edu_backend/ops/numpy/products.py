"""Products of vectors, matrices and arrays of more dimensions.

Whole numbers of 8 bits are multiplied and summed in 32 bits by ``matmul`` and ``einsum``, which is
what hardware for quantised networks does, and where the sum does not overflow.
"""

import inspect

import jax.numpy as jnp

from keras_edu_backend import sparse
from keras_edu_backend.jax_versions import CROSSES_TWO
from keras_edu_backend.operation import operation

__all__ = ["cross", "dot", "einsum", "inner", "kron", "matmul", "outer", "tensordot", "vdot"]


def _sum_dtype(arrays):
    """The dtype to sum the products of these arrays in; None for their own."""
    return "int32" if all(x.dtype == "int8" for x in arrays) else None


@operation(sparse=sparse.contraction)
def matmul(x1, x2):
    """y[..., i, j] = sum over k of x1[..., i, k] * x2[..., k, j].

    Args:
        x1: array, shape (..., n, m); a vector (m,) counts as one row.
        x2: array, shape (..., m, p); a vector (m,) counts as one column.
    Returns:
        Array, shape (..., n, p), without the axis of a vector; leading dimensions broadcast.
        Sparse if both are.
    Raises:
        TypeError: an array of rank 0, or shapes that do not fit.
    Source: ``keras.ops.matmul``; document 2, "Dense layers".
    """
    return jnp.matmul(x1, x2, preferred_element_type=_sum_dtype([x1, x2]))


@operation
def dot(x1, x2):
    """The sum of products over x1's last axis and x2's last but one, or only, axis.

    Args:
        x1: array, shape (..., m), or a number.
        x2: array, shape (m,) or (..., m, p), or a number.
    Returns:
        Array, shape x1.shape[:-1] + x2.shape without the axis m; for a number, the multiple.
    Source: ``keras.ops.dot``.
    """
    return jnp.dot(x1, x2)


@operation
def vdot(x1, x2):
    """sum of conj(x1) * x2 over all elements: both count as vectors. Source: ``keras.ops.vdot``."""
    return jnp.vdot(x1, x2)


@operation
def inner(x1, x2):
    """The sum of products over the last axes of both.

    Args:
        x1: array, shape (..., m), or a number.
        x2: array, shape (..., m), or a number.
    Returns:
        Array, shape x1.shape[:-1] + x2.shape[:-1].
    Source: ``keras.ops.inner``.
    """
    return jnp.inner(x1, x2)


@operation
def outer(x1, x2):
    """y[i, j] = x1[i] * x2[j], for both laid out as vectors. Source: ``keras.ops.outer``."""
    return jnp.outer(x1, x2)


@operation(static=("axes",))
def tensordot(x1, x2, axes=2):
    """The sum of products over pairs of axes, all other axes kept.

    Args:
        x1: array.
        x2: array.
        axes: how many: the last ones of x1 with the first of x2; or a pair of lists, x1's axes and
            the axes of x2 that go with them.
    Returns:
        Array: x1's other axes, then x2's.
    Source: ``keras.ops.tensordot``.
    """
    return jnp.tensordot(x1, x2, axes=axes)


@operation(static=("subscripts", "optimize", "precision", "preferred_element_type", "out_sharding"))
def einsum(
    subscripts,
    *operands,
    optimize="auto",
    precision=None,
    preferred_element_type=None,
    out_sharding=None,
):
    """Einstein's sum: products of elements, summed over the letters that the result does not name.

    ``"ij,jk->ik"`` is the matrix product, ``"ii->i"`` the diagonal, ``"...ij->...ji"`` transposes.

    Args:
        subscripts: for each operand a letter per axis, "..." for any further ones, separated by
            commas; behind "->" the letters of the result.
        *operands: arrays.
        optimize: in which order to multiply three and more, as ``jax.numpy.einsum`` takes it.
        precision: of the multiplication, likewise.
        preferred_element_type: taken and not heeded, as in Keras.
        out_sharding: where the result lies, likewise.
    Source: ``keras.ops.einsum``.
    """
    return jnp.einsum(
        subscripts,
        *operands,
        optimize=optimize,
        precision=precision,
        preferred_element_type=_sum_dtype(operands),
        out_sharding=out_sharding,
    )


# Keras asks of each backend that the options have no names.
einsum.__signature__ = inspect.signature(lambda subscripts, *operands, **kwargs: None)


@operation(static=("axisa", "axisb", "axisc", "axis"))
def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """(a2 b3 - a3 b2, a3 b1 - a1 b3, a1 b2 - a2 b1) for vectors a in x1 and b in x2.

    Args:
        x1: array of vectors, of length 3, or 2 for a third coordinate that is 0.
        x2: array of vectors likewise; the other axes broadcast with x1's.
        axisa: where the vectors lie in x1.
        axisb: where they lie in x2.
        axisc: where they go in the result.
        axis: all three at once.
    Returns:
        Array of vectors; of their third coordinates alone where both lengths are 2.
    Raises:
        ValueError: a length that is neither 2 nor 3.
    Source: ``keras.ops.cross``.
    """
    lengths = x1.shape[axisa if axis is None else axis], x2.shape[axisb if axis is None else axis]
    if not set(lengths) <= {2, 3}:
        raise ValueError(f"cross: vectors have 2 or 3 coordinates, these have {lengths}")
    if lengths == (3, 3) or CROSSES_TWO:
        return jnp.cross(x1, x2, axisa=axisa, axisb=axisb, axisc=axisc, axis=axis)
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = jnp.moveaxis(x1, axisa, -1), jnp.moveaxis(x2, axisb, -1)
    if lengths == (2, 2):
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return jnp.cross(_three_coordinates(a), _three_coordinates(b), axisc=axisc)


def _three_coordinates(vectors):
    """Vectors along the last axis, with 0 for a third coordinate where they have two."""
    if vectors.shape[-1] == 3:
        return vectors
    return jnp.concatenate([vectors, jnp.zeros_like(vectors[..., :1])], axis=-1)


@operation
def kron(x1, x2):
    """Kronecker's product: x2 laid out once for every element of x1, times that element.

    Source: ``keras.ops.kron``.
    """
    return jnp.kron(x1, x2)
