"""``keras_edu_backend.ops.linalg``: what it promises about matrices, and against its twin."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
import twins

from keras_edu_backend.ops import linalg as ops

RANDOM = np.random.default_rng(0)

# LAPACK in float32 on matrices of condition below 100: some hundreds of roundings of 6e-8.
CLOSE = {"rtol": 1e-4, "atol": 1e-4}


def normal(*shape):
    return RANDOM.normal(size=shape).astype("float32")


def positive_definite(*shape):
    a = normal(*shape)
    return a @ np.swapaxes(a, -2, -1) + 3 * np.eye(shape[-1], dtype="float32")


def transposed(a):
    return np.swapaxes(np.array(a), -2, -1)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 3, 3)])
def test_cholesky_factors_multiply_to_the_matrix_and_give_its_inverse(shape, upper):
    a = positive_definite(*shape)
    factor = np.array(ops.cholesky(a, upper=upper))
    triangle = np.triu if upper else np.tril
    np.testing.assert_array_equal(factor, triangle(factor))
    product = transposed(factor) @ factor if upper else factor @ transposed(factor)
    np.testing.assert_allclose(product, a, **CLOSE)
    inverse = np.array(ops.cholesky_inverse(factor, upper=upper))
    np.testing.assert_allclose(inverse @ a, np.broadcast_to(np.eye(3), shape), **CLOSE)


def test_cholesky_of_an_indefinite_matrix_raises_or_gives_nan_inside_a_program():
    a = np.diag([1.0, -1.0]).astype("float32")
    with pytest.raises(ValueError, match="positive definite"):
        ops.cholesky(a)
    assert np.isnan(jax.jit(ops.cholesky)(a)).any()


def test_decompositions_multiply_to_the_matrix():
    a = normal(2, 4, 3)
    for mode, columns in (("reduced", 3), ("complete", 4)):
        q, r = map(np.array, ops.qr(a, mode=mode))
        assert q.shape == (2, 4, columns)
        np.testing.assert_allclose(q @ r, a, **CLOSE)
        np.testing.assert_allclose(transposed(q) @ q, np.stack([np.eye(columns)] * 2), **CLOSE)
    u, s, v = map(np.array, ops.svd(a, full_matrices=False))
    np.testing.assert_allclose((u * s[:, None, :]) @ v, a, **CLOSE)
    np.testing.assert_allclose(ops.svd(a, compute_uv=False), s, **CLOSE)
    with pytest.raises(ValueError, match="reduced"):
        ops.qr(a, mode="raw")


def test_triangular_factors_multiply_to_the_permuted_matrix():
    a = normal(3, 3)
    both, exchanges = map(np.array, ops.lu_factor(a))
    permuted = a.copy()
    for row, other in enumerate(exchanges):
        permuted[[row, other]] = permuted[[other, row]]
    lower, upper = np.tril(both, -1) + np.eye(3), np.triu(both)
    np.testing.assert_allclose(lower @ upper, permuted, **CLOSE)
    stack, _ = ops.lu_factor(np.stack([a, a]))
    np.testing.assert_array_equal(stack[1], both)


def test_eigenvectors_are_stretched_by_their_eigenvalues():
    symmetric = positive_definite(4, 4)
    values, vectors = map(np.array, ops.eigh(symmetric))
    assert (np.diff(values) >= 0).all()
    np.testing.assert_allclose(symmetric @ vectors, vectors * values, **CLOSE)
    a = normal(4, 4)
    values, vectors = map(np.array, ops.eig(a))
    assert values.dtype == vectors.dtype == "complex64"
    np.testing.assert_allclose(a @ vectors, vectors * values, **CLOSE)


def test_systems_are_solved():
    a, b = positive_definite(4, 4), normal(4, 2)
    np.testing.assert_allclose(a @ np.array(ops.solve(a, b)), b, **CLOSE)
    np.testing.assert_allclose(a @ np.array(ops.solve(a, b[:, 0])), b[:, 0], **CLOSE)
    np.testing.assert_allclose(a @ np.array(ops.inv(a)), np.eye(4), **CLOSE)
    np.testing.assert_allclose(np.triu(a) @ np.array(ops.solve_triangular(a, b)), b, **CLOSE)
    lower = ops.solve_triangular(a, b, lower=True)
    np.testing.assert_allclose(np.tril(a) @ np.array(lower), b, **CLOSE)


def test_too_many_or_too_few_equations_have_their_best_solution():
    for shape in ((6, 3), (3, 6)):
        a, b = normal(*shape), normal(shape[0], 2)
        expected = np.linalg.lstsq(a.astype("float64"), b.astype("float64"))[0]
        np.testing.assert_allclose(ops.lstsq(a, b), expected, **CLOSE)
        np.testing.assert_allclose(np.array(ops.pinv(a)) @ b, expected, **CLOSE)


def test_rank_counts_the_singular_values_above_the_tolerance():
    a = np.diag([5.0, 1.0, 0.0]).astype("float32")
    ranks = ops.matrix_rank(np.stack([a, np.eye(3, dtype="float32")]))
    assert ranks.tolist() == [2, 3]
    assert ranks.dtype == "int32"
    assert ops.matrix_rank(a, tol=2.0) == 1


@pytest.mark.parametrize("name", ["matrix_rank", "pinv"])
def test_a_vector_is_no_matrix(name):
    with pytest.raises(ValueError, match=name):
        getattr(ops, name)(np.ones(3, "float32"))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    ("ord", "axis"),
    [
        *((ord, 1) for ord in (None, 0, 1, 2, 3, np.inf, -np.inf)),
        *((ord, (0, 1)) for ord in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)),
        (None, None),
    ],
)
def test_norms_are_those_of_numpy(ord, axis, keepdims):
    x = normal(3, 5)
    expected = np.linalg.norm(x.astype("float64"), ord, axis, keepdims)
    np.testing.assert_allclose(ops.norm(x, ord, axis, keepdims), expected, rtol=1e-5)


def test_norm_of_whole_numbers_is_floating():
    norm = ops.norm(np.array([3, 4], "int8"))
    assert norm == 5.0
    assert norm.dtype == "float32"
    with pytest.raises(ValueError, match="bad"):
        ops.norm(np.ones((2, 2), "float32"), ord="bad", axis=(0, 1))


def test_determinant_of_a_product():
    a, b = normal(3, 3), normal(3, 3)
    expected = np.linalg.det(a.astype("float64")) * np.linalg.det(b.astype("float64"))
    np.testing.assert_allclose(ops.det(a @ b), expected, **CLOSE)
    np.testing.assert_allclose(keras.ops.logdet(a @ b), np.log(abs(expected)), **CLOSE)


def test_derivative_along_a_direction():
    value, slope, extra = keras.ops.jvp(
        lambda x: (x**3, "passed through"), (jnp.array(2.0),), (jnp.array(0.5),), has_aux=True
    )
    assert (value, slope, extra) == (8.0, 6.0, "passed through")


CASES = twins.Cases()
SQUARE, TALL, POSITIVE = normal(4, 4), normal(5, 3), positive_definite(3, 3)
for name, function, array in (
    ("det", lambda m, x: m.det(x), SQUARE),
    ("inv", lambda m, x: m.inv(x), SQUARE),
    ("pinv", lambda m, x: m.pinv(x, rcond=0.1), TALL),
    ("cholesky", lambda m, x: m.cholesky(x), POSITIVE),
    ("cholesky_inverse", lambda m, x: m.cholesky_inverse(x), POSITIVE),
    ("cholesky_inverse, upper", lambda m, x: m.cholesky_inverse(x, upper=True), POSITIVE),
    ("eigh", lambda m, x: m.eigh(x), POSITIVE),
    ("qr", lambda m, x: m.qr(x), TALL),
    ("svd", lambda m, x: m.svd(x, compute_uv=False), TALL),
    ("solve", lambda m, x: m.solve(x, x[0]), SQUARE),
    ("solve_triangular", lambda m, x: m.solve_triangular(x, x), SQUARE),
    ("lstsq", lambda m, x: m.lstsq(x, x[:, 0]), TALL),
    ("norm", lambda m, x: m.norm(x), TALL),
    ("norm at 0", lambda m, x: m.norm(x), np.zeros(3, "float32")),
    ("norm of bfloat16", lambda m, x: m.norm(x, ord=1, axis=0), (TALL, "bfloat16")),
):
    CASES.add(name, function, array)
for name, function, array in (
    ("eig", lambda m, x: m.eig(x), SQUARE),
    ("lu_factor", lambda m, x: m.lu_factor(x), np.stack([SQUARE] * 2)),
    ("matrix_rank", lambda m, x: m.matrix_rank(x, tol=1.0), TALL),
    ("norm of int32", lambda m, x: m.norm(x), np.arange(4)),
    ("norm of bool", lambda m, x: m.norm(x), np.array([True, False])),
    ("cholesky of an indefinite matrix", lambda m, x: m.cholesky(x), -POSITIVE),
    ("qr of float16", lambda m, x: m.qr(x), (TALL, "float16")),
):
    CASES.add(name, function, array, gradient=(), eager_ulp=0)


@pytest.fixture(scope="module")
def found():
    return twins.differences(__file__)


@pytest.mark.parametrize("name", list(CASES))
def test_equals_stock_keras(found, name):
    assert found[name] == []


if __name__ == "__main__":
    from keras.src.backend.jax import linalg as twin

    CASES.report(ops, twin)
