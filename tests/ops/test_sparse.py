"""The rules by which ops take sparse arrays: the numbers are those of dense arrays.

The arrays below store some places twice, since a place's value is then the sum of both.
"""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from jax.experimental.sparse import BCOO, BCSR

from keras_edu_backend import sparse
from keras_edu_backend.ops import numpy as ops

SHAPE = (3, 4)


def bcoo(places, data, shape=SHAPE, **promises):
    return BCOO((jnp.asarray(data), jnp.asarray(places)), shape=shape, **promises)


def stored(x):
    """The places that a sparse array stores."""
    return {tuple(place) for place in x.indices.tolist()}


@pytest.fixture
def x():
    """1.5 at (0, 1), -2 at (1, 0), and 3 at (2, 3), which is stored as 1 and 2."""
    return bcoo([[2, 3], [0, 1], [1, 0], [2, 3]], [1.0, 1.5, -2.0, 2.0])


@pytest.fixture
def y():
    """4 at (0, 1), which is stored as 1 and 3, -1 at (1, 0) and 5 at (2, 2)."""
    return bcoo([[0, 1], [1, 0], [2, 2], [0, 1]], [1.0, -1.0, 5.0, 3.0])


@pytest.fixture
def dense():
    """Zeros and a NaN, both where `x` stores a value and where it does not."""
    return jnp.float32([[1, 0, 2, 3], [4, np.nan, 5, 0], [6, 7, 8, 0]])


def same(got, expected):
    """One program of XLA, or sums of two terms at most: the same bits, so no tolerance."""
    np.testing.assert_array_equal(got.todense() if sparse.is_bcoo(got) else got, expected)


@pytest.mark.parametrize("name", ["square", "sqrt", "sin", "abs", "sign", "expm1", "round"])
def test_zero_preserving_stores_each_place_of_x_once(name, x):
    op = getattr(ops, name)
    y = op(x)
    assert y.nse == 3 and y.unique_indices and stored(y) == {(0, 1), (1, 0), (2, 3)}
    same(y, op(x.todense()))


@pytest.mark.parametrize("name", ["negative", "copy", "real", "conj"])
def test_linear_leaves_repeated_places_as_they_are(name, x):
    op = getattr(ops, name)
    y = op(x)
    assert y.indices is x.indices
    same(y, op(x.todense()))


@pytest.mark.parametrize("name", ["cos", "exp", "log", "isfinite", "reciprocal"])
def test_densified_gives_a_dense_result(name, x):
    op = getattr(ops, name)
    assert isinstance(op(x), jax.Array)
    same(op(x), op(x.todense()))


def test_further_arguments_reach_the_op(x):
    same(ops.round(x, decimals=-1), ops.round(x.todense(), decimals=-1))
    same(ops.square(x=x), ops.square(x.todense()))


@pytest.mark.parametrize("name", ["add", "subtract", "maximum", "minimum", "multiply", "divide"])
def test_two_sparse_arrays(name, x, y):
    op = getattr(ops, name)
    result = op(x, y)
    same(result, op(x.todense(), y.todense()))
    if name == "divide":
        assert isinstance(result, jax.Array)
    elif name == "multiply":
        assert {(0, 1), (1, 0)} <= stored(result)
        assert np.count_nonzero(result.data) <= 3  # (0, 1) may be stored as 1.5 * 1 and 1.5 * 3
    else:
        assert stored(result) == {(0, 1), (1, 0), (2, 3), (2, 2)}


@pytest.mark.parametrize("name", ["add", "subtract", "maximum", "minimum", "multiply"])
def test_two_sparse_arrays_that_share_their_places(name, x):
    op = getattr(ops, name)
    other = sparse.with_data(x, jnp.float32([-7.0, 2.0, 0.5, 3.0]))
    result = op(x, other)
    assert stored(result) == stored(x)
    same(result, op(x.todense(), other.todense()))


def test_places_that_are_unique_but_not_in_order_do_not_count_as_sorted():
    x = bcoo([[2, 3], [0, 1]], [1.0, 2.0], unique_indices=True)
    assert not ops.multiply(x, x).indices_sorted
    same(ops.add(ops.multiply(x, x), x), ops.square(x.todense()) + x.todense())


@pytest.mark.parametrize("name", ["add", "subtract", "maximum", "minimum"])
def test_union_with_a_dense_array_is_dense(name, x, dense):
    op = getattr(ops, name)
    for pair in ((x, dense), (dense, x), (x, 2.0), (2, x)):
        result = op(*pair)
        assert isinstance(result, jax.Array)
        same(result, op(*[one.todense() if sparse.is_bcoo(one) else one for one in pair]))


def test_multiply_by_a_dense_array_keeps_the_places(x, dense):
    finite = jnp.nan_to_num(dense)
    for result in (ops.multiply(x, finite), ops.multiply(finite, x)):
        assert result.indices is x.indices
        same(result, x.todense() * finite)
    same(ops.multiply(x, 0.5), x.todense() * 0.5)
    whole = bcoo([[0, 1]], [3])
    assert ops.multiply(whole, 0.5).dtype == "float32"
    same(ops.multiply(whole, 0.5), whole.todense() * 0.5)


def test_a_variable_beside_a_sparse_array(x, dense):
    variable = keras.Variable(jnp.nan_to_num(dense))
    same(ops.multiply(x, variable), x.todense() * variable.value)
    same(ops.divide(x, variable), x.todense() / variable.value)
    same(ops.add(variable, x), x.todense() + variable.value)


def test_divide_stores_where_the_divisor_is_zero_or_nan(x, dense):
    result = ops.divide(x, dense)
    assert stored(result) == stored(x) | {(1, 1), (1, 3)}
    same(result, x.todense() / dense)


def test_divide_by_a_number_a_sparse_array_and_under_jit(x, y, dense):
    assert ops.divide(x, 2).indices is x.indices
    same(ops.divide(x, 2), x.todense() / 2)
    same(ops.true_divide(dense, y), dense / y.todense())
    traced = jax.jit(lambda divisor: ops.divide(x, divisor).todense())(dense)
    # Values are unknown there, so 0 / 0 and 0 / NaN outside of x's places count as 0.
    same(traced, np.where(x.todense() == 0, 0, x.todense() / dense))


def test_rules_work_while_jax_traces(x, y):
    for op in (ops.maximum, ops.add, ops.multiply):
        same(jax.jit(op)(x, y), op(x.todense(), y.todense()))
    same(jax.jit(ops.square)(x), ops.square(x.todense()))


def test_slopes_reach_the_stored_values(x, y):
    def total(data):
        return ops.maximum(sparse.with_data(x, data), y).todense().sum()

    # max(x, y) is x at (2, 3), the first and last entry, y at (0, 1) and (1, 0).
    same(jax.grad(total)(x.data), [1.0, 0.0, 0.0, 1.0])


@pytest.mark.parametrize("sparse_one", ["both", "left", "right"])
def test_matmul(sparse_one):
    left, right = np.arange(12.0).reshape(3, 4) % 5 // 3, np.arange(8.0).reshape(4, 2) % 3
    a = left if sparse_one == "right" else BCOO.fromdense(left)
    b = right if sparse_one == "left" else BCOO.fromdense(right)
    result = ops.matmul(a, b)
    assert sparse.is_bcoo(result) == (sparse_one == "both")
    same(result, left @ right)  # sums of small whole numbers are exact


def test_align_keeps_the_values_and_matches_the_places(x, y):
    a, b = sparse.align(x, y)
    same(a, x.todense())
    same(b, y.todense())
    np.testing.assert_array_equal(a.indices, b.indices)


@pytest.mark.parametrize("op", [ops.square, ops.negative])
def test_other_kinds_of_sparse_arrays_are_refused(op):
    with pytest.raises(TypeError, match=f"{op.__name__}.*BCOO.*not BCSR"):
        op(BCSR.fromdense(jnp.eye(2)))


def test_other_kinds_of_sparse_arrays_can_be_made_dense():
    same(ops.cos(BCSR.fromdense(jnp.eye(2))), ops.cos(jnp.eye(2)))
