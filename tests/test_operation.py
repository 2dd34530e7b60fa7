"""What ``@operation`` promises every op, on ops made for the purpose."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from jax.experimental import sparse as jax_sparse

from keras_edu_backend.operation import operation, result_type
from keras_edu_backend.watching import watching


@operation
def scaled(x, factor=2):
    """x · factor."""
    return x * factor


@operation(static=("axis",))
def total(x, axis=None):
    """Σ x along axis."""
    return jnp.sum(x, axis=axis)


@operation(promote=("x1", "x2"), at_least=float)
def quotient(x1, x2):
    """x1 / x2."""
    return x1 / x2


@operation(settings=("epsilon",))
def shifted(x, *, epsilon):
    """x + ε."""
    return x + epsilon


@operation(lists=("xs",), promote=("xs",), static=("axis",))
def joined(xs, axis=0):
    """The arrays one after the other."""
    return jnp.concatenate(xs, axis)


@pytest.mark.parametrize(
    "given",
    [
        [1.0, 2.0],
        (1.0, 2.0),
        np.array([1.0, 2.0], "float32"),
        jnp.array([1.0, 2.0]),
        pytest.param(lambda: keras.Variable([1.0, 2.0]), id="variable"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_takes_whatever_holds_numbers(given):
    given = given() if callable(given) else given
    for result in (scaled(given), scaled(x=given), jax.jit(scaled)(jnp.asarray([1.0, 2.0]))):
        assert isinstance(result, jax.Array)
        assert result.tolist() == [2.0, 4.0]


def test_stays_one_program_inside_another_and_can_be_differentiated():
    jaxpr = jax.make_jaxpr(scaled)(jnp.ones(3)).jaxpr
    assert [equation.primitive.name for equation in jaxpr.eqns] == ["mul"], "not written inline"
    assert jax.grad(lambda x: total(scaled(x, 3.0)))(jnp.ones(2)).tolist() == [3.0, 3.0]


def test_an_eager_call_is_a_single_compiled_program():
    traces = []

    @operation
    def counted(x):
        traces.append(x.shape)
        return jnp.exp(x) + 1

    for _ in range(3):
        counted(jnp.ones(3))
    counted(jnp.ones(4))
    assert traces == [(3,), (4,)]


@pytest.mark.parametrize("axis", [(0, 1), [0, 1], (np.int64(0), np.int64(1))])
def test_constants_may_be_lists_and_numpy_integers(axis):
    assert total(jnp.ones((2, 3)), axis).tolist() == 6.0
    assert total(jnp.ones((2, 3)), axis=axis).tolist() == 6.0


@pytest.mark.parametrize("place", [lambda value: (value,), lambda value: (None, value)])
@pytest.mark.parametrize("pack", [lambda value: value, lambda value: (2, value), lambda v: [v]])
def test_constants_that_compare_equal_but_are_written_differently_stay_apart(pack, place):
    traced = []

    @operation(static=("first", "value"))
    def told(x, first=None, value=None):
        traced.append(repr((first, value)))
        return x

    # A NaN is unlike itself: each new one would be compiled again.
    for _ in range(3):
        for value in (0.0, -0.0, 0, False, 1, True, 1.0, 0j, np.float32(0), float("nan")):
            told(1.0, *place(pack(value)))
    for value in (0.0, -0.0, float("nan")):
        told(np.ones(2), value=pack(value))
        told(np.ones(2), value=pack(value))
    packed = [pack(value) for value in (0.0, -0.0, 0, False, 1, True, 1.0, 0j, np.float32(0))]
    packed = [tuple(one) if isinstance(one, list) else one for one in [*packed, pack(np.nan)]]
    expected = [repr((*place(one), None)[:2]) for one in packed]
    assert traced[: len(expected)] == expected
    assert traced[len(expected) :] == [repr((None, packed[i])) for i in (0, 1, 9)]


def test_a_constant_may_be_an_array_whose_op_is_then_not_compiled():
    @operation(static=("shape",))
    def zeros(x, shape):
        return jnp.zeros([int(n) for n in shape], x.dtype)

    assert zeros(jnp.ones(1), (jnp.int32(2), 3)).shape == (2, 3)


@pytest.mark.parametrize(
    ("x1", "x2", "expected"),
    [
        (jnp.ones(2, "bfloat16"), 2.0, "bfloat16"),
        (jnp.ones(2, "int32"), 2, "float32"),
        (jnp.ones(2, "bfloat16"), jnp.ones(2, "float16"), "float32"),
        (jnp.ones(2, "bool"), jnp.ones(2, "bool"), "float32"),
        (jnp.ones(2, "int8"), 2.0, "float32"),
        (3, 2, "float32"),
    ],
)
def test_promotes_by_keras_rules(x1, x2, expected):
    assert quotient(x1, x2).dtype == expected
    assert keras.backend.standardize_dtype(quotient(x1, x2).dtype) == expected


def test_promotion_follows_a_changed_floatx():
    assert quotient(jnp.ones(2, "int32"), 2).dtype == "float32"
    keras.config.set_floatx("float16")
    try:
        assert quotient(jnp.ones(2, "int32"), 2).dtype == "float16"
    finally:
        keras.config.set_floatx("float32")


def test_promotes_lists():
    parts = [jnp.ones(1, "int32"), np.ones(1, "float32"), keras.Variable([1.0])]
    assert joined(parts).dtype == "float32"
    assert joined(parts, axis=-1).shape == (3,)


def test_a_changed_setting_counts_at_once_and_stays_out_of_sight():
    assert float(shifted(0.0)) == pytest.approx(1e-7)
    keras.config.set_epsilon(0.5)
    try:
        assert float(shifted(0.0)) == 0.5
    finally:
        keras.config.set_epsilon(1e-7)
    with pytest.raises(TypeError):
        shifted(0.0, epsilon=1.0)


def test_sparse_arrays_need_a_rule():
    x = jax_sparse.BCOO.fromdense(jnp.array([0.0, 1.0]))
    with pytest.raises(TypeError, match="scaled does not take sparse arrays"):
        scaled(x)

    @operation(sparse=lambda op, x: op(x.todense()))
    def dense(x):
        return x + 1

    assert dense(x).tolist() == [1.0, 2.0]


def test_none_is_passed_on():
    @operation(promote=("x", "weights"))
    def weighted(x, weights=None):
        return x if weights is None else x * weights

    assert weighted(jnp.ones(1)).tolist() == [1.0]
    assert weighted(jnp.ones(1), None).tolist() == [1.0]
    assert weighted(jnp.ones(1), weights=[2.0]).tolist() == [2.0]


def test_watchers_see_each_call_while_they_watch():
    seen = []
    with watching(lambda op, args, kwargs: seen.append((op.__name__, args, kwargs))):
        scaled(1.0, factor=3)
        jax.jit(lambda x: total(x, axis=0))(jnp.ones(2))
    scaled(1.0)
    assert [name for name, _, _ in seen] == ["scaled", "total"]
    assert seen[0] == ("scaled", (1.0,), {"factor": 3})


def test_wrong_calls_are_type_errors_of_the_op():
    with pytest.raises(TypeError):
        scaled()
    with pytest.raises(TypeError):
        total(jnp.ones(2), axes=0)


def message_of(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def test_errors_say_which_op_was_called_and_with_what():
    @operation(static=("axis",))
    def outer(x, y, axis=None):
        return total(joined([x, y], axis=axis))

    x, variable = jnp.ones((2, 3)), keras.Variable(jnp.ones(4))
    said = message_of(ValueError, lambda: outer(x, y=[1.0], axis=7))
    assert said.count("\nIn ") == 1, "once, though ops call each other"
    assert said.endswith("\nIn outer(x: float32[2,3], y=[1.0], axis=7).")
    said = message_of(ValueError, lambda: joined([x, variable] + 9 * [2.0], axis=7))
    assert said.endswith("joined(xs: [float32[2,3], float32[4], 2.0, 2.0, 2.0, 2.0, …], axis=7).")
    said = message_of(TypeError, lambda: scaled(np.ones(2), np.ones(3), 1, colour="red"))
    assert said.endswith("argument 2: float64[3], argument 3=1, colour='red').")
    said = message_of(ValueError, lambda: jax.jit(scaled)(x, jnp.ones(4)))
    assert said.endswith("In scaled(x: float32[2,3], factor: float32[4]).")


@pytest.mark.parametrize(
    "error",
    [
        KeyError("axis"),
        UnicodeDecodeError("utf-8", b"", 0, 1, "reason"),
        ValueError(),
        ValueError(1, 2),
    ],
)
def test_errors_that_are_not_made_of_a_message_get_a_note(error):
    before = str(error)

    @operation
    def failing(x):
        raise error

    @operation
    def outer(x):
        return failing(x)

    with pytest.raises(type(error)) as caught:
        outer(2)
    assert caught.value is error and str(error) == before
    assert [note for note in error.__notes__ if "In " in note] == ["In outer(x=2)."]


def test_errors_of_tracing_keep_their_words():
    @operation
    def as_number(x):
        return int(x)

    before = message_of(TypeError, lambda: jax.jit(int)(jnp.int32(1)))
    with pytest.raises(jax.errors.ConcretizationTypeError) as caught:
        as_number(1)
    assert str(caught.value).startswith(before.splitlines()[0])
    assert "In as_number" not in str(caught.value)
    assert "In as_number(x=1)." in caught.value.__notes__


def test_an_op_that_takes_functions_leaves_the_op_that_failed_in_the_message():
    said = message_of(
        TypeError, lambda: keras.ops.map(lambda x: scaled(x, np.ones(7)), np.ones((2, 3)))
    )
    assert said.count("\nIn ") == 1 and "In scaled(x: float32[3], factor: float64[7])." in said


def test_symbolic_tensors_are_refused_with_keras_own_words():
    with pytest.raises(ValueError, match="KerasTensor cannot be used as input"):
        scaled(keras.Input((2,)))


def test_result_type_takes_weak_arrays_for_the_python_numbers_they_were():
    assert result_type(jnp.ones(1, "bfloat16"), jnp.asarray(1.0)) == "bfloat16"
    assert result_type(jnp.ones(1, "bfloat16"), jnp.ones(1)) == "float32"
