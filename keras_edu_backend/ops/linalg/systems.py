"""Linear equations A x = b, exactly, by substitution, or as nearly as there is a solution."""

import jax.numpy as jnp
import jax.scipy.linalg

from keras_edu_backend.operation import operation

__all__ = ["cholesky_inverse", "inv", "lstsq", "pinv", "solve", "solve_triangular"]


@operation
def solve(a, b):
    """The x with A x = b.

    Args:
        a: square matrices (..., n, n).
        b: a vector (n,), or matrices (..., n, k), one right-hand side in each column.
    Returns:
        x, of b's shape. Not finite where ``a`` is singular.
    Source: ``keras.ops.solve``.
    """
    return jnp.linalg.solve(a, b)


@operation(static=("lower",))
def solve_triangular(a, b, lower=False):
    """The x with A x = b for triangular A, one unknown after the other.

    Args:
        a: square matrices (..., n, n), of which only one triangle is read.
        b: a vector (n,), or matrices (..., n, k).
        lower: whether that is the lower triangle.
    Returns:
        x, of b's shape.
    Source: ``keras.ops.solve_triangular``.
    """
    return jax.scipy.linalg.solve_triangular(a, b, lower=lower)


@operation
def inv(a):
    """The matrix with A A⁻¹ = 1. Source: ``keras.ops.inv``."""
    return jnp.linalg.inv(a)


@operation(static=("upper",))
def cholesky_inverse(a, upper=False):
    """A⁻¹ = L⁻ᵀ L⁻¹ from the factor L with A = L Lᵀ; or U⁻¹ U⁻ᵀ from U with A = Uᵀ U.

    Args:
        a: the factors, (..., n, n).
        upper: whether they are upper triangular.
    Returns:
        A⁻¹, (..., n, n).
    Source: ``keras.ops.cholesky_inverse``.
    """
    identity = jnp.broadcast_to(jnp.eye(a.shape[-1], dtype=a.dtype), a.shape)
    inverse = jax.scipy.linalg.solve_triangular(a, identity, lower=not upper)
    transposed = jnp.swapaxes(inverse, -2, -1)
    return jnp.matmul(inverse, transposed) if upper else jnp.matmul(transposed, inverse)


@operation(static=("rcond",))
def pinv(x, rcond=None):
    """The pseudo-inverse V diag(1 / s) Uᵀ of A = U diag(s) Vᵀ, with 1 / 0 read as 0.

    Args:
        x: matrices (..., m, n).
        rcond: singular values up to rcond times the largest count as 0; by default 10 max(m, n)
            times the dtype's precision.
    Returns:
        Matrices (..., n, m).
    Raises:
        ValueError: less than two dimensions.
    Source: ``keras.ops.pinv``; Moore (1920), Penrose (1955).
    """
    if x.ndim < 2:
        raise ValueError(f"pinv: expected input of rank >= 2, matrices; got shape {x.shape}")
    return jnp.linalg.pinv(x, rcond=rcond)


@operation(static=("rcond",))
def lstsq(a, b, rcond=None):
    """The x with the least ‖A x - b‖, and of those the shortest.

    Args:
        a: a matrix (m, n).
        b: a vector (m,) or a matrix (m, k).
        rcond: singular values of A up to rcond times the largest count as 0; by default max(m, n)
            times the dtype's precision.
    Returns:
        x, (n,) or (n, k).
    Source: ``keras.ops.lstsq``.
    """
    return jnp.linalg.lstsq(a, b, rcond=rcond)[0]
