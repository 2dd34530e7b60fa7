"""At kinks and poles several results and slopes are defensible: ours are stock Keras's, bit by bit.

Ties, zeros under a root, logarithms of 0, probabilities of exactly 0 or 1, saturated logits, and
infinities, in each of the three floating dtypes that networks are trained in.

Results and gradients are compared as a training step has them, in one program. Where JAX traces
both sides to one and the same program once nested functions are written out, that is proof enough;
the others are compiled.

In half precision, functions of several steps are also called by themselves. There stock runs one
step at a time and rounds each of them to the dtype; ours is compiled as a whole, and XLA may keep
what lies between in float32. Where that makes a difference, ours must be the one nearer to stock's
result in float32.

Run as a program on stock Keras, this file prints the differences.
"""

import json
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from twins import differences

HALF = ("bfloat16", "float16")
DTYPES = ("float32", *HALF)

# Kinks of the activations, saturation on both sides, and what is no number.
FAR = [0.0, 1e-4, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 6.0, 10.0, 20.0, 90.0, 104.0, 1e4, np.inf]
FAR = [sign * value for value in FAR for sign in (1, -1)] + [np.nan]
ENDS = [0.0, -0.0, 1.0, -1.0, 2.0, np.inf, -np.inf, np.nan]
# Every number of ENDS meets every other.
LEFT, RIGHT = (list(side) for side in zip(*((a, b) for a in ENDS for b in ENDS), strict=True))
TIES = [[1.0, 3.0, 3.0, -2.0, 3.0], [0.0, -0.0, 0.0, -0.0, 0.0], [5.0, 5.0, 5.0, 5.0, 5.0]]
WITHOUT = [[-np.inf, 1.0, 1.0, -np.inf, 2.0], [-np.inf] * 5, [np.inf, 0.0, np.inf, 1.0, -np.inf]]
ZEROS = [[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [0.0, 0.0, 0.0], [-0.0, 1.0, -1.0]]
CERTAIN = [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.5, 0.5, 0.0]]
SATURATED = [[1e4, -1e4, 0.0], [90.0, 90.0, 90.0], [-1e4, -1e4, -1e4], [20.0, -20.0, -104.0]]
TARGETS = [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.25, 0.5, 0.25]]
IMAGE = [[[[1.0], [1.0], [0.0]], [[1.0], [1.0], [-0.0]], [[2.0], [-np.inf], [2.0]]]]
REDUCTIONS = "max min sum prod mean var std logsumexp softmax log_softmax median sort"
# What stock computes in several steps.
SEVERAL_STEPS = """
    sigmoid softplus softsign silu log_sigmoid hard_silu elu selu gelu celu squareplus sparse_plus
    tanh_shrink soft_shrink mish
"""

# name: (a function of the ops and of arrays, the arrays).
CASES = {}


def case(name, function, *arrays):
    CASES[name] = (function, arrays)


def each(names, *arrays, **keywords):
    """One case for each op of these names, all with the same arguments."""
    told = "".join(f", {key} {value}" for key, value in keywords.items())
    for name in names.split():
        case(
            f"{name}{told}", lambda ops, *x, name=name: getattr(ops, name)(*x, **keywords), *arrays
        )


each("relu relu6 sigmoid tanh softplus softsign silu log_sigmoid hard_sigmoid hard_silu elu", FAR)
each("selu gelu celu leaky_relu squareplus sparse_plus sparse_sigmoid tanh_shrink hard_tanh", FAR)
each("hard_shrink soft_shrink abs sign sqrt rsqrt log log1p log2 exp expm1 reciprocal square", FAR)
each("logaddexp maximum minimum divide divide_no_nan power hypot arctan2 add multiply", LEFT, RIGHT)
case("gelu, exact", lambda ops, x: ops.gelu(x, approximate=False), FAR)
case("threshold", lambda ops, x: ops.threshold(x, 0.5, 0.25), FAR)
# As keras.activations writes it.
case("mish", lambda ops, x: ops.multiply(x, ops.tanh(ops.softplus(x))), FAR)
case("clip at its bounds", lambda ops, x: ops.clip(x, -1.0, 2.5), FAR)
case("clip between equal bounds", lambda ops, x: ops.clip(x, 1.0, 1.0), FAR)
for power in (0, 0.5, 1, 2, 3, -1):
    case(f"x to the power {power}", lambda ops, x, p=power: ops.power(x, p), FAR)
    case(f"{power} to the power x", lambda ops, x, b=power: ops.power(float(b), x), FAR)
case(
    "where, with a slope of nan in the branch not taken",
    lambda ops, x: ops.where(ops.greater(x, 0.0), ops.sqrt(x), 0.0),
    FAR,
)
case(
    "where, with the double where",
    lambda ops, x: ops.where(
        ops.greater(x, 0.0), ops.sqrt(ops.where(ops.greater(x, 0.0), x, 1.0)), 0.0
    ),
    FAR,
)

for told, rows in (("ties", TIES), ("infinities", WITHOUT), ("zeros", ZEROS)):
    for name in REDUCTIONS.split():
        case(
            f"{name} of {told}",
            lambda ops, x, name=name: getattr(ops, name)(x, axis=-1),
            rows,
        )
    case(f"sparsemax of {told}", lambda ops, x: ops.sparsemax(x), rows)
    case(f"quantiles of {told}", lambda ops, x: ops.quantile(x, [0.0, 0.3, 0.5, 1.0], -1), rows)
    case(f"top 2 of {told}", lambda ops, x: ops.top_k(x, 2), rows)
    case(f"argmax of {told}", lambda ops, x: ops.argmax(x, axis=-1), rows)
    case(f"cumprod of {told}", lambda ops, x: ops.cumprod(x, axis=-1), rows)
    for order in (None, 1, 2, np.inf, 3):
        case(
            f"norm of {told}, order {order}",
            lambda ops, x, order=order: ops.norm(x, ord=order, axis=-1),
            rows,
        )
    case(f"moments of {told}", lambda ops, x: ops.moments(x, axes=[1]), rows)

each("max_pool average_pool", IMAGE, pool_size=2, strides=1, data_format="channels_last")
for told, outputs in (("probabilities", CERTAIN), ("logits", SATURATED)):
    for name in ("categorical_crossentropy", "binary_crossentropy"):
        case(
            f"{name} of {told}",
            lambda ops, y, x, name=name, told=told: getattr(ops, name)(
                y, x, from_logits=told == "logits"
            ),
            TARGETS,
            outputs,
        )
    case(
        f"sparse_categorical_crossentropy of {told}",
        lambda ops, x, told=told: ops.sparse_categorical_crossentropy(
            np.array([1, 1, 0, 2]), x, from_logits=told == "logits"
        ),
        outputs,
    )


ALONE = SEVERAL_STEPS.split()
ALONE += ["gelu, exact"]
ALONE += [f"{name} of infinities" for name in ("softmax", "log_softmax", "logsumexp", "std")]
ALONE += [name for name in CASES if "crossentropy" in name]


def both_parts(ops, function, arrays):
    """What a case gives, and its gradient by every array."""
    results, pull_back = jax.vjp(lambda *arrays: function(ops, *arrays), *arrays)
    return results, pull_back(jax.tree.map(weights, results))


def weights(array):
    """What a result is weighed by: another number at each place."""
    if not jnp.issubdtype(array.dtype, jnp.inexact):
        return np.zeros(array.shape, jax.dtypes.float0)
    return jnp.cos(jnp.arange(array.size)).reshape(array.shape).astype(array.dtype)


def difference(ours, theirs, exact=None):
    """In words, what differs between two structures of arrays; nothing where nothing does.

    Every nan is one; a zero's sign counts. Where there is an exact result as well, ours may differ
    from theirs at places where it is nearer to the exact one.
    """
    ours, theirs, exact = (
        [np.asarray(leaf) for leaf in jax.tree.leaves(side)] for side in (ours, theirs, exact)
    )
    kinds = [[(one.dtype.name, one.shape) for one in side] for side in (ours, theirs)]
    if kinds[0] != kinds[1]:
        return f"{kinds[0]}, stock {kinds[1]}"
    for place, (mine, stock) in enumerate(zip(ours, theirs, strict=True)):
        if mine.tobytes() == stock.tobytes():
            continue
        differ = (mine != stock) | (np.signbit(mine) != np.signbit(stock))
        differ &= ~((mine != mine) & (stock != stock))
        if exact:
            far, as_far = (np.abs(one.astype("float64") - exact[place]) for one in (mine, stock))
            differ &= ~(far < as_far)
        if differ.any():
            where = np.argwhere(differ)[:4].tolist()
            return f"at {where} of {mine.shape}: {mine[differ][:4]}, stock {stock[differ][:4]}"
    return ""


def filled(name, dtype):
    """The arrays of a case."""
    return [jnp.asarray(np.array(one, "float32")).astype(dtype) for one in CASES[name][1]]


def compare(ours, theirs, written_out, dtype):
    """All differences in one dtype, by name of the case and how it was run."""
    sides = (ours, theirs)
    arrays = {name: filled(name, dtype) for name in CASES}

    def together(ops, arrays):
        return {name: both_parts(ops, CASES[name][0], given) for name, given in arrays.items()}

    def traced(ops, name):
        program = jax.make_jaxpr(lambda *x: both_parts(ops, CASES[name][0], x))(*arrays[name])
        return str(jax.make_jaxpr(lambda *x: written_out(program, x))(*arrays[name]))

    apart = {name: x for name, x in arrays.items() if len({traced(ops, name) for ops in sides}) > 1}
    mine, stock = (jax.jit(lambda x, ops=ops: together(ops, x))(apart) for ops in sides)
    found = {f"{name}, {dtype}": "" for name in CASES}
    for name in apart:
        said = [
            f"{part}: {line}"
            for part, *pair in zip(("value", "gradient"), mine[name], stock[name], strict=True)
            if (line := difference(*pair))
        ]
        found[f"{name}, {dtype}"] = "; ".join(said)
    for name in ALONE if dtype in HALF else ():
        function, given = CASES[name][0], arrays[name]
        exact = function(theirs, *[array.astype("float32") for array in given])
        found[f"{name}, {dtype}, by itself"] = difference(
            *(function(ops, *given) for ops in sides), exact
        )
    return found


def main():
    from keras.src.backend import jax as stock
    from test_nn_twin import _evaluate

    from keras_edu_backend.ops import linalg, math, nn, numpy

    def merged(*modules):
        return SimpleNamespace(
            **{key: getattr(module, key) for module in modules for key in dir(module)}
        )

    sides = (
        merged(linalg, math, numpy, nn),
        merged(stock.linalg, stock.math, stock.numpy, stock.nn),
    )

    def written_out(program, arrays):
        return _evaluate(program.jaxpr, program.consts, arrays)

    found = {}
    for dtype in DTYPES:
        found |= compare(*sides, written_out, dtype)
    print(json.dumps(found))


@pytest.fixture(scope="module")
def found():
    return differences(__file__)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_results_and_slopes_are_stock_keras_own(found, name, dtype):
    assert found[f"{name}, {dtype}"] == ""


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("name", ALONE)
def test_results_of_an_op_by_itself(found, name, dtype):
    assert found[f"{name}, {dtype}, by itself"] == ""


def test_the_comparison_sees_another_slope_at_a_kink_and_a_zero_of_the_other_sign():
    def with_(**ops):
        return SimpleNamespace(relu=lambda x: jnp.where(x > 0, x, 0), **ops)

    def program(ops, x):
        return both_parts(ops, lambda ops, x: ops.relu(x), [x])

    x = jnp.bfloat16([-1.0, 0.0, 2.0])
    usual = program(with_(), x)
    halved = program(SimpleNamespace(relu=lambda x: jnp.maximum(x, 0)), x)
    assert not difference(usual, usual)
    assert not difference(usual[0], halved[0])
    assert "at [[1]]" in difference(usual[1], halved[1])
    assert difference(x, x.at[1].set(-0.0))
    assert difference(x, x.astype("float32"))
    assert not difference(x.at[0].set(np.nan), x.at[0].set(-np.nan))
    assert difference(x, x + 0.5, exact=x + 0.375)
    assert not difference(x + 0.5, x, exact=x + 0.375)


if __name__ == "__main__":
    main()
