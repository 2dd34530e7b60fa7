"""The ops of keras_edu_backend.ops.numpy that reduce, move, pick, count or sort.

Run as a program on stock Keras, this file sets each op beside its production twin: same bits,
dtypes, weak types and exceptions, and in float32 and bfloat16 the same gradients. Every case in
every dtype takes minutes:
``KERAS_BACKEND=jax PYTHONPATH=. python tests/ops/test_numpy_arrays.py all``.
"""

import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import sparse as jax_sparse

ROOT = Path(__file__).parents[2]
REDUCTIONS = ["sum", "prod", "mean", "max", "min", "amax", "amin", "ptp", "all", "any"]
REDUCTIONS += ["var", "std", "median", "nansum", "nanprod", "nanmax", "nanmin", "nanmean"]
REDUCTIONS += ["nanvar", "nanstd", "nanmedian"]


def table(a):
    """Each op with arguments: (name, args, kwargs). ``a(*shape)`` makes an array."""
    m, v, cube, one = a(4, 5), a(7), a(2, 3, 4), a(1, 3, 1)
    reduced = [{}, {"axis": 1}, {"axis": (0, -1)}, {"axis": -1, "keepdims": True}]
    for name in REDUCTIONS:
        for kwargs in reduced:
            yield name, (cube,), kwargs
        yield name, (cube, 5), {}  # there is no axis 5
        yield name, (a(0, 3), 0), {}
    for name in ("max", "min"):
        yield name, (m,), {"axis": 0, "initial": 1.0}
        yield name, (m, 0, True, 0), {}
    yield "prod", (m,), {"axis": 0, "dtype": "int32"}
    for axis in (None, 0, (0, 1)):
        yield "count_nonzero", (cube, axis), {}
    yield "average", (cube,), {}
    yield "average", (cube, 1), {}
    yield "average", (m,), {"axis": 1, "weights": a(5)}
    yield "average", (m,), {"weights": a(4, 5)}
    yield "average", (m,), {"weights": a(5)}  # weights of another shape need an axis
    for name in ("quantile", "nanquantile", "percentile", "nanpercentile"):
        q = 100 if "percentile" in name else 1
        yield name, (m, 0.3 * q), {}
        yield name, (m, 0.3 * q), {"axis": 0, "keepdims": True}
        yield name, (m, np.float32([0.1, 0.5]) * q), {"axis": -1}
        for method in ("lower", "higher", "midpoint", "nearest", "unheard of"):
            yield name, (m, 0.3 * q, 0, method), {}
    yield "corrcoef", (m,), {}
    for mode in ("valid", "same", "full"):
        yield "correlate", (v, a(3)), {"mode": mode}

    for name in ("cumsum", "cumprod", "nancumsum", "nancumprod"):
        yield name, (m,), {}
        yield name, (m,), {"axis": 1}
        yield name, (m,), {"axis": 0, "dtype": "float32"}
    yield "diff", (m,), {}
    yield "diff", (m, 2, 0), {}
    yield "trapezoid", (m,), {}
    yield "trapezoid", (m,), {"dx": 0.3, "axis": 0}
    yield "trapezoid", (m, a(5)), {}

    yield "histogram", (v,), {}
    yield "histogram", (v,), {"bins": 4, "range": (-1, 3)}
    yield "digitize", (m, np.float32([-1, 0, 0.5])), {}
    for kwargs in ({}, {"weights": np.float32([1, 2, 3, 4])}, {"minlength": 9}):
        yield "bincount", (np.array([1, 3, 3, 0]),), kwargs
    yield "bincount", (a(4),), {}
    yield "bincount", (np.array([[1, 3, 3], [3, 1, 0]]),), {"weights": a(2, 3)}

    yield "reshape", (m, (2, -1)), {}
    yield "reshape", (m, (3, 5)), {}
    yield "ravel", (m,), {}
    yield "expand_dims", (m, (0, -1)), {}
    yield "squeeze", (one,), {}
    yield "squeeze", (one, 0), {}
    yield "squeeze", (one, 1), {}
    yield "broadcast_to", (one, (2, 3, 4)), {}
    yield "broadcast_to", (one, (2, 2, 4)), {}
    yield "transpose", (cube,), {}
    yield "transpose", (cube, (1, 2, 0)), {}
    yield "swapaxes", (cube, 0, -1), {}
    yield "moveaxis", (cube, (0, 1), (-1, 0)), {}
    for name in ("flip", "fliplr", "flipud", "ravel", "rot90"):
        yield name, (cube,), {}
        yield name, (v,), {}
    yield "flip", (cube, (0, 2)), {}
    yield "rot90", (cube, -1, (2, 0)), {}
    yield "rot90", (cube, 1, (1, 1)), {}
    yield "roll", (m, 3), {}
    yield "roll", (m, -1, 1), {}
    yield "roll", (m, (1, 2), (0, 1)), {}
    yield "tile", (m, 2), {}
    yield "tile", (m, (2, 1, 3)), {}
    yield "repeat", (m, 2), {}
    yield "repeat", (m, np.array([1, 2, 0, 1])), {"axis": 0}
    yield "view", (a(2, 8), "int32"), {}
    yield "view", (m, "uint8"), {}
    yield "ndim", (m,), {}
    yield "size", (m,), {}

    for name in ("concatenate", "stack", "vstack", "hstack", "dstack"):
        yield name, ([m, a(4, 5), np.float16(np.ones((4, 5)))],), {}
        yield name, ([v, a(7)],), {}
        yield name, (cube,), {}
        yield name, ([m, v],), {}
    yield "concatenate", ([m, a(4, 2)], -1), {}
    yield "stack", ([m, a(4, 5)], 1), {}
    yield "append", (m, v), {}
    yield "append", (m, a(2, 5)), {"axis": 0}
    for name in ("split", "array_split", "vsplit", "hsplit", "dsplit"):
        yield name, (a(4, 4, 4), 2), {}
        yield name, (a(4, 4, 4), 3), {}
        yield name, (a(4, 4, 4), [1, 3]), {}
    yield "array_split", (v, 3), {}
    for mode in ("constant", "edge", "reflect", "symmetric", "wrap", "mean", "unheard of"):
        yield "pad", (m, ((1, 2), (0, 3)), mode), {}
    yield "pad", (m, 1), {"constant_values": 1}
    yield "pad", (m, 1), {"mode": "edge", "constant_values": 1}

    indices = np.array([[0, -1], [2, 9]])
    yield "take", (m, indices), {}
    yield "take", (m, indices, 0), {}
    yield "take", (m, [0, 1], -1), {}
    yield "take", (m, 1.5, 0), {}
    yield "take_along_axis", (m, np.array([[0, -1, 2, 3, 9]]), 0), {}
    yield "take_along_axis", (m, indices), {}
    yield "nonzero", (m,), {}
    yield "unravel_index", (np.array([3, 17]), (4, 5)), {}
    yield "select", ([m == 0, m == 1], [m, a(4, 5)], 7), {}
    yield "select", ([m == 0, m == 1], [m]), {}
    for name in ("diag", "diagflat", "tril", "triu", "trace", "diagonal"):
        yield name, (m,), {}
        yield name, (m, -1), {}
        yield name, (v, 1), {}
        yield name, (cube,), {}
    yield "diagonal", (cube, 0, 0, 2), {}
    yield "trace", (cube, 1, 1, 2), {}
    yield "slogdet", (a(2, 3, 3),), {}

    for name in ("sort", "argsort", "argmax", "argmin", "nanargmax", "nanargmin"):
        for axis in (None, 0, -1):
            yield name, (m, axis), {}
        yield name, (m.flat[0],), {}
    for name in ("argmax", "argmin", "nanargmax", "nanargmin"):
        yield name, (m,), {"axis": 1, "keepdims": True}
        yield name, (a(0),), {}
    yield "argpartition", (m, 2), {}
    yield "argpartition", (m, 2, 0), {}
    yield "argpartition", (m, 2, None), {}
    yield "searchsorted", (np.sort(v), a(2, 2)), {}
    yield "searchsorted", (np.sort(v), a(2, 2)), {"side": "right"}
    yield "searchsorted", (m, v), {}
    yield "unique", (m,), {}
    yield "unique", (m, True, True, True, True), {}
    yield "unique", (m,), {"axis": 0, "size": 6, "fill_value": 0}


def samples(dtype, seed):
    """A function that makes arrays of few distinct values, with zeros of both signs and NaN."""
    generator = np.random.default_rng(seed)

    def sample(*shape):
        if jnp.dtype(dtype).kind in "biu":
            return generator.integers(0, 4, shape).astype(jnp.dtype(dtype))
        x = np.round(generator.normal(size=shape) * 4) / 3
        special = generator.choice([0.0, -0.0, np.nan], shape)
        x = np.where(generator.random(shape) < 0.1, special, x)
        return x.astype(jnp.dtype(dtype))

    return sample


def outcome(op, args, kwargs):
    """What an op gives: every array's shape, dtype, weakness and bytes, or its exception."""
    try:
        leaves, tree = jax.tree.flatten(op(*args, **kwargs))
    except Exception as error:
        return type(error)
    return [str(tree)] + [described(leaf) for leaf in leaves]


def described(x):
    if not isinstance(x, jax.Array):
        return x
    return x.shape, str(x.dtype), x.weak_type, np.asarray(x).tobytes()


def gradient(op, args, kwargs):
    """The gradient by the first array of a sum of the results, each with another weight."""

    def weighted(x):
        return sum(
            (y * np.cos(np.arange(y.size)).reshape(y.shape).astype(y.dtype)).sum()
            for y in jax.tree.leaves(op(x, *args[1:], **kwargs))
        )

    return lambda: jax.grad(weighted)(jnp.asarray(args[0]))


def is_differentiable(found):
    """Whether what was found is arrays of real numbers only."""
    return isinstance(found, list) and all(
        isinstance(leaf, tuple) and "float" in leaf[1] for leaf in found[1:]
    )


DTYPES = ["float32", "int32", "bfloat16", "bool", "float16", "uint8", "float64", "int64"]


def compare_with_twins(dtypes):
    """Prints every difference, for each of the dtypes or for "all".

    "a few" is for a test that must not take minutes: the first case of each op and every third
    of the others, the first of them in the first dtype, the second in the next, and so on.
    """
    from keras.src.backend.jax import numpy as stock

    import keras_edu_backend.ops.numpy as edu

    assert "keras_edu_backend" not in stock.__file__
    few = dtypes == ["a few"]
    dtypes = DTYPES if dtypes in (["a few"], ["all"]) else dtypes
    count = 0
    for turn, dtype in enumerate(dtypes):
        seen = set()
        for number, (name, args, kwargs) in enumerate(table(samples(dtype, seed=1))):
            chosen = name not in seen or number % 3 == 0
            seen.add(name)
            if few and not (chosen and number % len(dtypes) == turn):
                continue
            count += 1
            label = f"{dtype} {name}{[getattr(a, 'shape', a) for a in args]} {kwargs}"
            ours, twin = getattr(edu, name), getattr(stock, name)
            with jax.enable_x64("64" in dtype):
                found = outcome(ours, args, kwargs)
                report(label, found, outcome(twin, args, kwargs))
                if dtype in ("float32", "bfloat16") and is_differentiable(found):
                    ours, twin = gradient(ours, args, kwargs), gradient(twin, args, kwargs)
                    report("gradient of " + label, outcome(ours, (), {}), outcome(twin, (), {}))
    print(count, "compared")


def report(label, ours, twins):
    if ours != twins:
        print(f"DIFFERENT {label}: {ours} instead of {twins}", flush=True)


@pytest.fixture(scope="module")
def ops():
    import keras_edu_backend.ops.numpy

    return keras_edu_backend.ops.numpy


@pytest.mark.timeout(600)  # half a minute of work, on a machine that may have other work to do
def test_every_op_gives_what_its_twin_in_stock_keras_gives():
    finished = subprocess.run(
        [sys.executable, __file__, "a few"],
        env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert finished.returncode == 0, finished.stderr
    *differences, summary = finished.stdout.splitlines()
    assert differences == []
    count, _ = summary.split()
    assert int(count) > 150


# Both sides round: NumPy sums in pairs, XLA in an order of its own. 24 terms of magnitude 1 to 10
# may differ by that many roundings of the sum, 24 * 2**-24 < 2e-6 of it; products and powers alike.
ROUNDING = {"rtol": 1e-5, "atol": 1e-5}


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("sum", [1]),
        ("prod", [0]),
        ("mean", [(0, 2)]),
        ("var", [1]),
        ("std", []),
        ("median", [2]),
        ("quantile", [0.3, 1]),
        ("percentile", [[10, 90], 0]),
        ("ptp", [2]),
        ("cumsum", [1]),
        ("cumprod", [2]),
        ("diff", [1, 2]),
        ("trapezoid", []),
        ("count_nonzero", [1]),
        ("argsort", [1]),
        ("sort", [0]),
        ("flip", [(0, 2)]),
        ("roll", [2, 2]),
        ("rot90", [3, (1, 2)]),
        ("moveaxis", [0, 2]),
        ("tile", [(2, 1, 2)]),
        ("repeat", [2, 1]),
        ("take", [[3, 0], 2]),
        ("diagonal", [1, 0, 2]),
        ("trace", [-1, 1, 2]),
        ("tril", [1]),
        ("triu", [-1]),
        ("pad", [((0, 1), (2, 0), (1, 1)), "reflect"]),
        ("digitize", [[-1.0, 0.0, 2.0]]),
    ],
)
def test_ops_give_what_numpy_gives(ops, name, arguments):
    x = np.random.default_rng(0).normal(scale=3, size=(2, 3, 4)).astype("float32")
    np.testing.assert_allclose(
        getattr(ops, name)(x, *arguments), getattr(np, name)(x, *arguments), **ROUNDING
    )


def test_a_mean_in_float16_may_pass_through_sums_that_float16_cannot_hold(ops):
    x = np.full((1000,), 1000, "float16")  # the sum, a million, is far above 65,504
    assert ops.mean(x) == 1000
    assert ops.mean(x).dtype == "float16"
    x[::2] = 0
    assert ops.var(x) == np.inf  # 250,000 itself is too large


def test_ties_share_the_gradient_of_max_and_min(ops):
    x = jnp.array([3.0, 1.0, 3.0, 1.0])
    np.testing.assert_array_equal(jax.grad(lambda x: ops.max(x))(x), [0.5, 0, 0.5, 0])
    np.testing.assert_array_equal(jax.grad(lambda x: ops.min(x))(x), [0, 0.5, 0, 0.5])


def test_the_standard_deviation_of_equal_numbers_has_no_gradient(ops):
    # d√v/dv is infinite at v = 0, and the derivative of v is 0 there: their product is NaN.
    assert np.isnan(jax.grad(lambda x: ops.std(x))(jnp.ones(3))).all()
    np.testing.assert_array_equal(jax.grad(lambda x: ops.var(x))(jnp.ones(3)), np.zeros(3))


def test_nan_is_the_largest_and_the_smallest_unless_left_out(ops):
    x = np.array([1.0, np.nan, 3.0], "float32")
    assert np.isnan(ops.max(x)) and np.isnan(ops.min(x)) and np.isnan(ops.median(x))
    assert ops.argmax(x) == ops.argmin(x) == 1
    assert (ops.nanmax(x), ops.nanmin(x), ops.nanmedian(x), ops.nansum(x)) == (3, 1, 2, 4)
    assert (ops.nanargmax(x), ops.nanargmin(x)) == (2, 0)


def test_on_a_cpu_negative_zero_comes_before_zero(ops):
    assert ops.argmax(np.float32([-0.0, 0.0])) == 1
    assert ops.argmin(np.float32([0.0, -0.0])) == 1
    assert jax.jit(ops.argmax)(np.float32([-0.0, 0.0])) == 1


def test_a_constant_to_pad_with_keeps_its_sign(ops):
    # 0.0 == -0.0: a program kept for the one must not answer for the other.
    x = np.ones(1, "float32")
    signs = [np.signbit(ops.pad(x, 1, constant_values=zero)[0]) for zero in (0.0, -0.0, 0.0)]
    assert signs == [False, True, False]


def test_initial_takes_part_and_answers_for_no_elements(ops):
    assert ops.max(np.zeros((0,), "float32"), initial=2.5) == 2.5
    assert ops.min(np.float32([3, 4]), initial=2.5) == 2.5
    with pytest.raises(ValueError):
        ops.max(np.zeros((0,), "float32"))


def test_outside_of_an_array_there_is_nan_to_take(ops):
    x = np.arange(3, dtype="float32")
    np.testing.assert_array_equal(ops.take(x, [-1, 3]), [2, np.nan])
    assert ops.take(x.astype("int32"), 3) == np.iinfo("int32").min
    gradient = jax.grad(lambda x: ops.take(x, [1, 1, 7]).sum())(jnp.array(x))
    np.testing.assert_array_equal(gradient, [0, 2, 0])


def test_lists_numbers_and_variables_are_arrays_too(ops):
    import keras

    assert ops.sum([1, 2, 3]) == 6
    assert ops.all([1, 0]) == False  # noqa: E712 - an array
    variable = keras.Variable([[3.0, 1.0, 2.0]])
    np.testing.assert_array_equal(ops.sort(variable), [[1, 2, 3]])
    np.testing.assert_array_equal(ops.concatenate([variable, [[9.0]]], -1), [[3, 1, 2, 9]])
    assert (ops.ndim(variable), ops.size(variable), ops.ndim(2.0)) == (2, 3, 0)


def test_an_unknown_batch_size_stays_unknown(ops):
    import keras

    from keras_edu_backend.ops.core import compute_output_spec as spec

    x = keras.KerasTensor((None, 4, 1))
    assert spec(lambda x: ops.reshape(x, (-1, 2)), x).shape == (None, 2)
    assert spec(lambda x: ops.reshape(x, (x.shape[0], 2, 2)), x).shape == (None, 2, 2)
    assert spec(lambda x: ops.squeeze(x, -1), x).shape == (None, 4)
    assert spec(lambda x: ops.broadcast_to(x, (x.shape[0], 4, 3)), x).shape == (None, 4, 3)
    assert spec(lambda x: ops.concatenate([x, x], 1), x).shape == (None, 8, 1)
    assert spec(lambda x: ops.argmax(x, 1), x).shape == (None, 1)


def test_rows_of_different_sizes_are_counted_side_by_side(ops):
    counts = ops.bincount(np.array([[0, 0, 1], [3, 1, 1]]))
    np.testing.assert_array_equal(counts, [[2, 1, 0, 0], [0, 2, 0, 1]])
    assert ops.bincount(np.zeros(0, "int32"), minlength=2).tolist() == [0, 0]


@pytest.mark.parametrize(
    "name, arguments, error, words",
    [
        ("rot90", [np.ones(3)], ValueError, "`array`"),
        ("rot90", [np.ones((2, 2)), 1, (0, 0)], ValueError, "`axes`"),
        ("pad", [np.ones(3), 1, "edge", 0], ValueError, "constant_values"),
        ("searchsorted", [np.ones((2, 2)), 1.0], ValueError, "sorted_sequence"),
        ("reshape", [np.ones(3), (2, 2)], TypeError, "reshape"),
        ("sum", [np.ones(3), 1], ValueError, "axis"),
        ("concatenate", [[np.ones((2, 2)), np.ones(3)]], TypeError, "concatenate"),
        ("split", [np.ones(3), 2], ValueError, "split"),
    ],
)
def test_bad_arguments_are_named(ops, name, arguments, error, words):
    with pytest.raises(error, match=words):
        getattr(ops, name)(*arguments)


# Stored twice at one place, and a zero that is stored.
DENSE = np.array([[0, 3, 0], [5, 0, 0]], "float32")
SPARSE = ([1.0, 2.0, 5.0, 0.0], [[0, 1], [0, 1], [1, 0], [1, 2]])


@pytest.fixture
def sparse():
    values, places = SPARSE
    return jax_sparse.BCOO((jnp.array(values), jnp.array(places)), shape=(2, 3))


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("sum", []),
        ("sum", [1]),
        ("sum", [-1, True]),
        ("sum", [()]),
        ("sum", [(0, 1), True]),
        ("mean", []),
        ("mean", [0]),
        ("mean", [(-1, 0), True]),
        ("reshape", [(3, 2)]),
        ("reshape", [(1, -1)]),
        ("expand_dims", [1]),
        ("expand_dims", [(0, -1)]),
        ("squeeze", []),
        ("transpose", []),
        ("transpose", [(-1, 0)]),
        ("digitize", [[0.5, 4.0]]),
    ],
)
def test_sparse_arrays_stay_sparse(ops, sparse, name, arguments):
    result = getattr(ops, name)(sparse, *arguments)
    assert isinstance(result, jax_sparse.BCOO)
    expected = getattr(ops, name)(DENSE, *arguments)
    assert (result.shape, result.dtype) == (expected.shape, expected.dtype)
    # Sums of whole numbers are exact, and one division by one number is the same on both sides.
    np.testing.assert_array_equal(result.todense(), expected)


def test_a_sparse_dimension_of_size_1_is_squeezed(ops, sparse):
    row = ops.expand_dims(sparse, 1)
    np.testing.assert_array_equal(ops.squeeze(row).todense(), DENSE)
    np.testing.assert_array_equal(ops.squeeze(row, -2).todense(), DENSE)


def test_arrays_joined_are_sparse_where_all_are(ops, sparse):
    both = ops.concatenate([sparse, sparse], -1)
    assert isinstance(both, jax_sparse.BCOO)
    np.testing.assert_array_equal(both.todense(), np.concatenate([DENSE, DENSE], -1))
    mixed = ops.concatenate([sparse, DENSE], axis=0)
    np.testing.assert_array_equal(mixed, np.concatenate([DENSE, DENSE]))


def test_counting_sparse_arrays(ops):
    places = np.array([[1], [3], [4]])
    x = jax_sparse.BCOO((np.array([2, 0, 2]), places), shape=(6,))
    weights = jax_sparse.BCOO((np.array([1, 5, 3]), places), shape=(6,))
    assert ops.bincount(x).todense().tolist() == [1, 0, 2]
    assert ops.bincount(x, weights, minlength=4).todense().tolist() == [5, 0, 4, 0]
    assert ops.bincount(np.array([[2, 0]]), sparse=True).todense().tolist() == [[1, 0, 1]]
    elsewhere = jax_sparse.BCOO((np.array([1, 5, 3]), places + 1), shape=(6,))
    with pytest.raises(ValueError, match="same indices"):
        ops.bincount(x, elsewhere)
    with pytest.raises(ValueError, match="both be sparse"):
        ops.bincount(x, np.array([1, 5, 3]))


def test_sparse_indices_and_what_has_no_rule(ops, sparse):
    indices = jax_sparse.BCOO((np.array([2, 1]), np.array([[0], [1]])), shape=(3,))
    np.testing.assert_array_equal(ops.take(np.float32([7, 8, 9]), indices), [9, 8, 7])
    with pytest.raises(TypeError, match="take"):
        ops.take(sparse, 0)
    with pytest.raises(TypeError, match="sort"):
        ops.sort(sparse)
    with pytest.raises(ValueError, match="twice"):
        ops.sum(sparse, (1, -1))


if __name__ == "__main__":
    compare_with_twins(sys.argv[1:])
