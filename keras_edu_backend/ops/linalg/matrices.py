"""One number for each matrix or vector: its size, its rank, its determinant."""

import jax.numpy as jnp

from keras_edu_backend.operation import operation

__all__ = ["det", "matrix_rank", "norm", "slogdet"]


@operation
def det(a):
    """The determinants (...,) of square matrices (..., n, n). Source: ``keras.ops.det``."""
    return jnp.linalg.det(a)


@operation(promote=("x",), at_least=float, static=("ord", "axis", "keepdims"))
def norm(x, ord=None, axis=None, keepdims=False):
    """‖x‖: √ Σ x², or another norm of vectors or matrices.

    At 0 the derivative of the first is NaN, that of the square root times 0.

    Args:
        x: array of any shape.
        ord: None for the root of the sum of squares. For vectors any p, (Σ |x|ᵖ)^(1/p), with
            inf, -inf and 0 for the largest, the smallest and the number of those not 0. For
            matrices "fro", "nuc" (the sum of singular values), inf, 1, 2 (the largest of row sums,
            column sums, singular values) and -inf, -1, -2 (the smallest).
        axis: one axis for vectors, two for matrices; None for all of x.
        keepdims: whether these axes stay, with size 1.
    Returns:
        An array without those axes; floating where ``x`` holds whole numbers.
    Raises:
        ValueError: ``ord`` does not go with the number of axes.
    Source: ``keras.ops.norm``.
    """
    return jnp.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)


@operation(static=("tol",))
def matrix_rank(x, tol=None):
    """How many singular values are above ``tol``.

    Args:
        x: matrices (..., m, n).
        tol: the limit; by default the largest singular value times max(m, n) times the dtype's
            precision.
    Returns:
        Integers (...,), int32.
    Raises:
        ValueError: less than two dimensions.
    Source: ``keras.ops.matrix_rank``.
    """
    if x.ndim < 2:
        raise ValueError(f"matrix_rank: expected input of rank >= 2, matrices; got shape {x.shape}")
    return jnp.linalg.matrix_rank(x, tol=tol).astype("int32")


@operation
def slogdet(x):
    """sign(det x) and log |det x| of square matrices, shape (…, n, n).

    Returns:
        A tuple of two arrays of shape (…): a product of that many factors would over- or underflow.
    Source: ``keras.ops.slogdet``.
    """
    return tuple(jnp.linalg.slogdet(x))
