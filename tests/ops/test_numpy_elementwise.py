"""The ops of keras_edu_backend.ops.numpy that work elementwise, create or multiply arrays.

Run as a program in a process on stock Keras, this file sets each op beside its production twin, for
every dtype. What JAX traces both to must be the same program, forwards and backwards: then their
results and gradients are the same on any input. Those of several steps are run as well, in float32,
and must give the same bits. Exceptions must be of the same type.
"""

import importlib
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from jax.experimental.sparse import BCOO

from keras_edu_backend.ops import numpy as ops

ROOT = Path(__file__).resolve().parents[2]


def _words(text):
    return text.split()


MODULES = _words("""
    arithmetic bitwise comparison creation exponentials products rounding trigonometry windows
""")
UNARY = _words("""
    abs absolute angle arccos arccosh arcsin arcsinh arctan arctanh bitwise_invert bitwise_not
    cbrt ceil conj conjugate copy cos cosh deg2rad empty_like exp exp2 expm1 fabs floor i0 imag
    isfinite isinf isnan isneginf isposinf isreal log log10 log1p log2 logical_not nan_to_num
    negative ones_like rad2deg real reciprocal round sign signbit sin sinc sinh sqrt square tan
    tanh trunc vander zeros_like
""")
BINARY = _words("""
    add allclose arctan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift
    bitwise_xor divide divide_no_nan dot equal floor_divide fmax fmin fmod full_like gcd greater
    greater_equal heaviside hypot inner isclose isin kron lcm ldexp left_shift less less_equal
    linspace logaddexp logaddexp2 logical_and logical_or logical_xor logspace matmul maximum
    minimum mod multiply nextafter not_equal outer power right_shift subtract true_divide vdot
""")
# What several primitives make up, which stock runs one by one outside of a program.
SEVERAL_STEPS = _words("""
    angle clip cross divide_no_nan einsum fmod geomspace heaviside hypot i0 inner isclose isin kron
    lcm linspace logaddexp logaddexp2 logspace meshgrid mod nan_to_num round sinc tensordot vander
""")
# These meet `float` on the promotion lattice by the dtypes that arrays have.
MEET_FLOAT = ("arctan2", "logaddexp", "logaddexp2")

# 0 and its neighbours, kinks and poles, what is rounded, what overflows, what is no number.
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, 1e-30, -1e-30, 0.1, 7.3, -19.0]
SPECIAL += [88.0, -88.0, 100.0, 3e38, -3e38, np.inf, -np.inf, np.nan, 180.0]
WHOLE = [0, 1, 2, 3, 5, 7, 12, 31, 100, 127]
DTYPES = ["bool", "uint8", "int8", "int32", "bfloat16", "float32", "complex64"]


def values(dtype):
    """Two lists of numbers of a dtype, so arranged that every number meets several others."""
    numbers = np.array(SPECIAL if dtype[:3] in ("bfl", "flo", "com") else WHOLE)
    with np.errstate(over="ignore"):
        first = jnp.asarray(numbers).astype(dtype)
    return first, jnp.concatenate([first[3:], first[:3]])


def same_shape_cases(dtype):
    """(name, positional arguments, keyword arguments), with arrays of one dtype."""
    first, second = values(dtype)
    for name in UNARY:
        yield name, (first,), {}
    for name in BINARY:
        yield name, (first, second), {}
    yield "where", (first > 1, first, second), {}
    yield "clip", (first, second, first), {}
    yield "clip", (first,), {"x_min": 1, "x_max": 2.5}
    yield "clip", (first,), {"x_min": None, "x_max": 2}
    for decimals in (1, -1, -2):
        yield "round", (first,), {"decimals": decimals}
    yield "nan_to_num", (first,), {"nan": 7.0, "posinf": 2.0, "neginf": -3}
    yield "isclose", (first, second), {"rtol": 0.5, "atol": 1.0, "equal_nan": True}
    yield "isin", (first, second[:2]), {"invert": True}
    for name in ("zeros_like", "ones_like", "empty_like"):
        yield name, (first,), {"dtype": "float16"}
    yield "full_like", (first, 3), {"dtype": "int8"}
    yield "linspace", (first[3], first[5]), {"num": 7, "endpoint": False, "retstep": True}
    yield "logspace", (first[:2], first[5]), {"num": 3, "base": 2, "axis": 1}
    yield "geomspace", (first[2] + 2, first[5] + 3), {"num": 5}
    yield "vander", (first,), {"N": 3, "increasing": True}
    yield "meshgrid", (first[:3], second[:2]), {"indexing": "ij"}
    yield "meshgrid", (first[:3], second[:2], first[:1]), {}
    square, wide = first[:4].reshape(2, 2), second[:6].reshape(2, 3)
    yield "matmul", (square, wide), {}
    yield "matmul", (square[None], wide[:, 0]), {}
    yield "matmul", (square, wide.T), {}  # the shapes do not fit
    yield "dot", (square, wide), {}
    yield "inner", (square, wide.T), {}
    yield "tensordot", (square, wide), {"axes": 1}
    yield "tensordot", (square, wide), {"axes": [[0], [0]]}
    yield "einsum", ("ij,jk->ki", square, wide), {}
    yield "einsum", ("...i->...", wide), {}
    yield "einsum", ("ij,jk,kl", square, square, wide), {"optimize": "greedy"}
    yield "kron", (square, wide), {}
    yield "cross", (wide, wide[::-1]), {}
    yield "cross", (square, wide), {"axisa": 0}
    yield "cross", (square, square[::-1]), {"axis": 0}
    yield "cross", (first[:4], first[:4]), {}  # vectors of 4 dimensions


def mixed_cases(dtypes):
    """Arrays of two dtypes, and arrays beside Python numbers."""
    for one in dtypes:
        first, _ = values(one)
        for name in BINARY:
            if name in MEET_FLOAT:
                continue
            yield name, (first, 2), {}
            yield name, (0.5, first), {}
        for number in (2, 0.5):
            yield "where", (first > 1, first, number), {}
        for other in set(dtypes) - {one}:
            _, second = values(other)
            for name in ("add", "divide", "maximum", "matmul", *MEET_FLOAT):
                yield name, (first[:4], second[:4]), {}


def creation_cases(windows=True):
    for shape in ((2, 0), 3, [2, 3]):
        for name in ("zeros", "ones", "empty"):
            yield name, (shape,), {}
            yield name, (shape,), {"dtype": "int32"}
        yield "full", (shape, 7), {}
        yield "full", (shape, 7.5), {"dtype": "bfloat16"}
    yield "full", ((2, 3), jnp.arange(3)), {}
    yield "full", ((2, 3), jnp.arange(4)), {}  # does not broadcast
    for numbers in ((5,), (2, 5), (5, 2, -1), (0, 1, 0.25), (2.5,), (np.int8(3),), (0, 5, 0)):
        yield "arange", numbers, {}
        yield "arange", numbers, {"dtype": "bfloat16"}
    yield "arange", (jnp.int32(1), np.int16(6)), {}
    for name in ("eye", "tri"):
        for arguments in ((3,), (2, 4), (4, 2, -1), (3, None, 1, "int32")):
            yield name, arguments, {}
    yield "identity", (3,), {}
    yield "identity", (3, "bool"), {}
    if windows:  # stock's have to be called outside of a program
        for name in ("bartlett", "blackman", "hamming", "hanning", "kaiser"):
            for size in (1, np.int32(2), jnp.int32(5)):
                yield name, (size, 14.0) if name == "kaiser" else (size,), {}
    for start, stop in ((0, 1), (2.5, np.float32([3, 4]))):
        for name in ("linspace", "logspace", "geomspace"):
            yield name, (start + 1, stop), {}
            yield name, (start + 1, stop, 5, False), {}
            yield name, (start + 1, stop), {"num": 5, "dtype": "float16"}
    yield "array", ([[1, 2.5], [3, 4]],), {}
    yield "array", ([1, 2],), {"dtype": "float16"}
    yield "array", (2.5,), {}
    yield "sin", (0,), {}
    for name in ("exp", "sqrt", "negative", "floor"):
        for number in (2, [2, 3], np.float64(2.0)):
            yield name, (number,), {}


def outcome(call):
    """What a call gives: ("raised", the exception) or ("gave", its result)."""
    try:
        return "gave", call()
    except Exception as exception:
        return "raised", exception


def split(args):
    """A function of the arrays among the arguments, and those arrays."""
    places = [i for i, arg in enumerate(args) if isinstance(arg, jax.Array)]

    def place(op, kwargs):
        def on_arrays(*arrays):
            complete = list(args)
            for i, one in zip(places, arrays, strict=True):
                complete[i] = one
            return op(*complete, **kwargs)

        return on_arrays

    return place, [args[i] for i in places]


def programs(op, args, kwargs):
    """What JAX traces the op and its derivative to, as text, with dtypes and weak types."""
    place, arrays = split(args)
    on_arrays = place(op, kwargs)
    forward = jax.make_jaxpr(on_arrays)(*arrays)
    texts = [str(forward), str([(one.dtype.name, one.weak_type) for one in forward.out_avals])]
    if all(jnp.issubdtype(one.dtype, jnp.inexact) for one in [*arrays, *forward.out_avals]):

        def backward(*arrays):
            result, pull_back = jax.vjp(on_arrays, *arrays)
            return pull_back(jax.tree.map(jnp.ones_like, result))

        texts.append(str(jax.make_jaxpr(backward)(*arrays)))
    return texts


def results(op, args, kwargs):
    """The bits that the op gives when it is called, with their dtype, shape and weak type."""
    return [
        (one.dtype.name, one.shape, one.weak_type, np.asarray(one).tobytes())
        for one in jax.tree.leaves(op(*args, **kwargs))
    ]


def difference(look, ours, theirs, args, kwargs):
    """What differs between two ops on these arguments, in words; None where nothing does.

    `look` is what to compare: the `programs` or the `results`.
    """
    kind, expected = outcome(lambda: look(theirs, args, kwargs))
    our_kind, got = outcome(lambda: look(ours, args, kwargs))
    if kind == our_kind == "raised" and type(got) is type(expected):
        return None
    if kind == our_kind == "gave" and got == expected:
        return None
    return f"ours {our_kind} {got!r:.1000}; stock {kind} {expected!r:.1000}"


def compare():
    """All differences from the production twin, as {name and arguments: what differs}."""
    from keras.src.backend.jax import numpy as stock

    differences, count = {}, 0

    def check(look, cases, setting="float32"):
        nonlocal count
        for name, args, kwargs in cases:
            count += 1
            found = difference(look, getattr(ops, name), getattr(stock, name), args, kwargs)
            if found:
                shown = [
                    f"{a.dtype}{list(a.shape)}" if isinstance(a, jax.Array) else a for a in args
                ]
                differences[f"{setting} {name} {shown} {kwargs}"] = found

    for dtype in DTYPES:
        check(programs, same_shape_cases(dtype))
    check(results, (case for case in same_shape_cases("float32") if case[0] in SEVERAL_STEPS))
    check(results, creation_cases())
    check(programs, mixed_cases(["int32", "bfloat16", "float32"]))
    # Not with creation_cases: with bfloat16 as floatx, stock's conversion of numbers and lists to
    # arrays, which is no concern of these ops, gives float32 whatever they hold.
    keras.config.set_floatx("bfloat16")
    check(programs, same_shape_cases("int32"), "bfloat16")
    keras.config.set_floatx("float16")
    check(programs, creation_cases(windows=False), "float16")
    keras.config.set_floatx("float32")
    jax.config.update("jax_enable_x64", True)
    for dtype in ("int32", "int64", "uint32", "float64"):
        check(programs, same_shape_cases(dtype), "x64")
    check(programs, mixed_cases(["int64", "float32"]), "x64")
    check(programs, creation_cases(windows=False), "x64")
    return {"count": count, "differences": differences}


@pytest.fixture(scope="module")
def comparison():
    """What `compare` finds in a process on stock Keras."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", __file__],
        env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=560,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def since_jax_0_11(case, found):
    """What stock Keras cannot do any more: 0 in empty arrays, products of vectors of length 2."""
    empty = case.split()[1] in ("empty", "empty_like")
    crossed = "stock raised ValueError('Dimension must be 3" in found
    version = jax.__version_info__
    return (empty and version >= (0, 11)) or (crossed and version >= (0, 12))


@pytest.mark.timeout(600)
def test_each_op_is_the_program_that_stock_keras_runs(comparison):
    assert comparison["count"] > 2000
    shown = [
        f"{case}: {found}"
        for case, found in comparison["differences"].items()
        if not since_jax_0_11(case, found)
    ]
    assert not shown, "\n".join(shown[:20])


def test_every_op_is_compared():
    ours = set()
    for module in MODULES:
        ours.update(importlib.import_module(f"keras_edu_backend.ops.numpy.{module}").__all__)
    cases = [*same_shape_cases("float32"), *mixed_cases(["float32"]), *creation_cases()]
    assert ours == {name for name, _, _ in cases}


def difference_of(ours, theirs, *args):
    return difference(programs, ours, theirs, args, {})


def test_the_comparison_sees_another_value_slope_dtype_weakness_and_error():
    x = jnp.float32([0.0, 1.0])
    assert difference_of(jnp.sin, jnp.sin, x) is None
    assert difference_of(jnp.sin, jnp.cos, x)
    assert difference_of(jnp.abs, lambda x: jnp.abs(jax.lax.stop_gradient(x)), x)
    assert difference_of(jnp.sin, lambda x: jnp.sin(x).astype("float16"), x)
    assert difference_of(jnp.multiply, lambda x, y: x * jnp.float32(y), x.astype(int), 2.0)
    assert difference_of(jnp.array, lambda x: 1 / 0, x)
    assert difference_of(lambda x: jnp.sin(x, x), lambda x: 1 / 0, x)


def slope(op, x, *others):
    """The derivative of op(x, *others) by x, a number."""
    return float(jax.grad(lambda x: op(x, *others))(jnp.float32(x)))


def test_slopes_at_kinks_and_poles():
    assert slope(ops.abs, 0.0) == 1.0
    assert slope(ops.maximum, 2.0, 2.0) == 0.5
    assert slope(ops.minimum, 2.0, 2.0) == 0.5
    assert slope(ops.sqrt, 0.0) == np.inf
    assert slope(ops.square, 0.0) == 0.0
    assert slope(ops.log, 0.0) == np.inf
    assert slope(ops.round, 0.5) == 0.0
    assert slope(ops.clip, 3.0, 0.0, 2.0) == 0.0
    assert slope(ops.divide_no_nan, 1.0, 0.0) == 0.0
    assert float(jax.grad(ops.divide_no_nan, 1)(1.0, 0.0)) == 0.0
    assert slope(ops.logaddexp, -np.inf, 3.0) == 0.0
    assert slope(ops.logaddexp, 3.0, -np.inf) == 1.0
    assert np.isnan(slope(lambda x: ops.where(x > 0, ops.sqrt(x), 0.0), 0.0))


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("logaddexp", (1000.0, 1000.0), 1000.0 + math.log(2)),
        ("logaddexp2", (-2000.0, -2000.0), -1999.0),
        ("hypot", (3e30, 4e30), 5e30),
        ("expm1", (1e-10,), 1e-10 + 0.5e-20),
        ("log1p", (1e-10,), 1e-10 - 0.5e-20),
        ("sinc", (0.5,), 2 / math.pi),
        ("sinc", (0.0,), 1.0),
        ("angle", (1 + 1j,), math.pi / 4),
        ("arctan2", (-1.0, -1.0), -3 * math.pi / 4),
        ("cbrt", (-27.0,), -3.0),
        ("i0", (1.0,), sum((0.5**k / math.factorial(k)) ** 2 for k in range(20))),
        ("mod", (-7, 3), 2),
        ("fmod", (-7, 3), -1),
        ("floor_divide", (-7, 3), -3),
        ("round", (2.5,), 2.0),
        ("round", (1250, -2), 1200),
        ("ldexp", (0.75, 4), 12.0),
        ("gcd", (12, -18), 6),
        ("lcm", (4, 6), 12),
        ("bitwise_not", (5,), -6),
        ("divide_no_nan", (5.0, 0.0), 0.0),
        ("nan_to_num", (math.nan, 7.0), 7.0),
        ("heaviside", (0.0, 0.25), 0.25),
        ("vdot", (jnp.array([1j, 2.0]), jnp.array([1j, 1.0])), 3.0),
        ("clip", (5, 7, 3), 3),
    ],
)
def test_known_values(name, args, expected):
    # A float32 has 24 bits; two units in the last place are 2.4e-7.
    np.testing.assert_allclose(getattr(ops, name)(*args), expected, rtol=2.4e-7)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("einsum", ("bij,bjk->bk", (2, 3, 4), (2, 4, 5))),
        ("tensordot", ((2, 3, 4), (4, 3, 5), ((1, 2), (1, 0)))),
        ("matmul", ((2, 1, 3, 4), (5, 4, 2))),
        ("kron", ((2, 3), (3, 2))),
        ("cross", ((4, 3), (4, 3))),
        ("inner", ((2, 3), (4, 3))),
        ("outer", ((2, 3), (4,))),
    ],
)
def test_products_against_numpy_in_float64(name, args):
    draw = np.random.default_rng(0).uniform
    shapes = {i: arg for i, arg in enumerate(args) if isinstance(arg, tuple) and i < 3}
    shapes = {i: shape for i, shape in shapes.items() if isinstance(shape[0], int)}
    args = [draw(-1, 1, shapes[i]) if i in shapes else arg for i, arg in enumerate(args)]
    expected = getattr(np, name)(*args)
    args = [arg.astype("float32") if i in shapes else arg for i, arg in enumerate(args)]
    # Sums of up to 12 products of numbers below 1, each rounded to 24 bits (6e-8), on inputs
    # rounded likewise: at most 12 * 3 * 6e-8.
    np.testing.assert_allclose(getattr(ops, name)(*args), expected, rtol=0, atol=2.2e-6)


@pytest.mark.parametrize("size", [1, 2, 12])
@pytest.mark.parametrize("name", ["bartlett", "blackman", "hamming", "hanning"])
def test_windows_against_numpy(name, size):
    # Weights up to 1, from three terms and a cosine in float32.
    np.testing.assert_allclose(getattr(ops, name)(size), getattr(np, name)(size), atol=5e-7)


def test_products_of_int8_are_summed_in_32_bits():
    x = np.full((1, 300), 127, "int8")
    for product in (ops.matmul(x, x.T), ops.einsum("ij,kj->ik", x, x)):
        assert product.dtype == "int32"
        assert int(product[0, 0]) == 300 * 127**2


def test_created_arrays_have_floatx_unless_told_otherwise():
    assert ops.zeros((2,)).dtype == ops.full((2,), 3).dtype == ops.eye(2).dtype == "float32"
    assert ops.ones((2,), "int8").dtype == "int8"
    assert ops.arange(3).dtype == "int32"
    assert ops.arange(0, 1, 0.5).dtype == "float32"
    assert ops.zeros_like(np.ones(2, "float16")).dtype == "float16"
    keras.config.set_floatx("float16")
    try:
        assert ops.zeros((2,)).dtype == ops.eye(2).dtype == ops.exp(np.int32(1)).dtype == "float16"
    finally:
        keras.config.set_floatx("float32")


def test_where_alone_tells_the_places():
    rows, columns = ops.where(np.array([[0, 1], [1, 0]]))
    assert rows.tolist() == [0, 1] and columns.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("error", "words", "call"),
    [
        (TypeError, "ldexp.*exponent.*float32", lambda: ops.ldexp(1.0, 2.0)),
        (TypeError, "fabs does not take sparse", lambda: ops.fabs(BCOO.fromdense(jnp.eye(2)))),
        (TypeError, "contract", lambda: ops.matmul(np.ones((2, 3)), np.ones((2, 3)))),
        (TypeError, "add.*shape", lambda: ops.add(np.ones(2), np.ones(3))),
        (TypeError, "where.*NoneType", lambda: ops.where(True, 1.0)),
        (ValueError, "2 or 3", lambda: ops.cross(np.ones(4), np.ones(4))),
        (TypeError, "float32", lambda: ops.bitwise_and(1.5, 2)),
    ],
)
def test_errors(error, words, call):
    with pytest.raises(error, match=f"(?s){words}"):
        call()


if __name__ == "__main__":
    json.dump(compare(), sys.stdout)
