"""Matrices as products of simpler ones. Arrays (..., n, n) are read as stacks of matrices."""

import contextlib

import jax
import jax.numpy as jnp
import jax.scipy.linalg

from keras_edu_backend.operation import operation

__all__ = ["cholesky", "eig", "eigh", "lu_factor", "qr", "svd"]


@operation(static=("upper",), compiled=False)
def cholesky(a, upper=False):
    """A = L Lᵀ with L lower triangular, or A = Uᵀ U with U upper triangular.

    Args:
        a: symmetric positive definite matrices (..., n, n).
        upper: return U rather than L.
    Returns:
        L or U, (..., n, n). In a compiled program, NaN where there is none.
    Raises:
        ValueError: outside compiled programs, ``a`` is not positive definite.
    Source: ``keras.ops.cholesky``.
    """
    factor = jnp.linalg.cholesky(a, upper=upper)
    # While a program is being traced its values are not known, so it cannot stop at them.
    with contextlib.suppress(jax.errors.TracerBoolConversionError):
        if jnp.any(jnp.isnan(factor)):
            raise ValueError(
                "cholesky: the decomposition failed; `a` must be positive definite (symmetric, "
                "with eigenvalues above 0)"
            )
    return factor


@operation
def eig(x):
    """x v = λ v for any square matrices: eigenvalues λ (..., n), eigenvectors v in columns.

    Both are complex. JAX has it on the CPU only. Source: ``keras.ops.eig``.
    """
    return jnp.linalg.eig(x)


@operation
def eigh(x):
    """x v = λ v for symmetric (Hermitian) matrices: λ (..., n) ascending, v in columns.

    Source: ``keras.ops.eigh``.
    """
    return jnp.linalg.eigh(x)


@operation
def lu_factor(x):
    """P A = L U: a permutation of rows, ones-diagonal lower and upper triangular factors.

    Args:
        x: matrices (..., m, n).
    Returns:
        U with L below its diagonal, (..., m, n); and for each row the one it was exchanged with,
        (..., min(m, n)), int32.
    Source: ``keras.ops.lu_factor``.
    """
    return jax.scipy.linalg.lu_factor(x)


@operation(static=("mode",))
def qr(x, mode="reduced"):
    """A = Q R: orthonormal columns times an upper triangular matrix.

    Args:
        x: matrices (..., m, n).
        mode: "reduced" for k = min(m, n) columns in Q, "complete" for k = m.
    Returns:
        Q (..., m, k) and R (..., k, n).
    Raises:
        ValueError: an unknown mode.
    Source: ``keras.ops.qr``.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: unknown `mode` {mode!r}. Expected one of {{'reduced', 'complete'}}.")
    return jnp.linalg.qr(x, mode=mode)


@operation(static=("full_matrices", "compute_uv"))
def svd(x, full_matrices=True, compute_uv=True):
    """A = U diag(s) Vᵀ with orthogonal U and V: singular value decomposition.

    Args:
        x: matrices (..., m, n).
        full_matrices: whether U and V are square, or have min(m, n) columns only.
        compute_uv: False for s alone.
    Returns:
        U, s (..., min(m, n)) descending, and Vᵀ; or s.
    Source: ``keras.ops.svd``.
    """
    return jnp.linalg.svd(x, full_matrices=full_matrices, compute_uv=compute_uv)
