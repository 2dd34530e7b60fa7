"""The numbers that a seed gives do not depend on how often a shape was drawn before."""

import platform

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_edu_backend import processor, random
from keras_edu_backend.startup import few_programs, threefry

KEY = jnp.array([1, 2], "uint32")
DRAWS = {
    "normal": lambda key, shape: jax.random.normal(key, shape) * 2.0 + 0.5,
    "uniform": lambda key, shape: jax.random.uniform(key, shape, minval=0.5, maxval=2.0),
    "truncated_normal": lambda key, shape: (
        jax.random.truncated_normal(key, -2.0, 2.0, shape) * 2.0 + 0.5
    ),
}


@pytest.mark.parametrize("shape", [(), (3,), [2, 3], (70, 90), (0, 2), (np.int64(4), 2)])
@pytest.mark.parametrize("name", DRAWS)
def test_the_first_draw_and_the_hundredth_are_jax_random(name, shape):
    few_programs.drawn_before.clear()
    expected = DRAWS[name](KEY, tuple(shape))
    given = (0.5, 2.0)
    for _ in range(3 if 0 in shape else few_programs.DETOURS + 2):
        drawn = getattr(random, name)(shape, *given, seed=KEY)
        assert drawn.shape == tuple(shape) and drawn.dtype == "float32"
        np.testing.assert_array_equal(drawn, expected)


def test_a_shape_that_comes_back_often_gets_a_program_of_its_own(monkeypatch):
    few_programs.drawn_before.clear()
    monkeypatch.setattr(few_programs, "DETOURS", 2)
    shapes = []

    def draw(key, shape, dtype):
        shapes.append(shape)
        return jnp.zeros(shape, dtype)

    for _ in range(4):
        few_programs.drawn(draw, KEY, (3, 2), "float32")
    assert shapes == [(few_programs.SMALLEST_DRAW,)] * 2 + [(3, 2)] * 2


@pytest.mark.parametrize("words", [(0, 0), (1, 2), (2**32 - 1, 2**32 - 1), (0x1BD11BDA, 0)])
@pytest.mark.parametrize("size", [1, 2, 4095, 70_000])
def test_threefry_in_numpy_gives_the_bits_of_jax(words, size):
    key = jnp.array(words, "uint32")
    np.testing.assert_array_equal(threefry.bits(words, size), jax.random.bits(key, (size,)))
    expected = jax.random.uniform(key, (size,))
    np.testing.assert_array_equal(threefry.unit_interval(words, size), expected)


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    low=st.floats(-100, 100, width=32),
    span=st.floats(2.0**-10, 1000, width=32),
    size=st.integers(1, 3000),
)
def test_uniform_numbers_are_those_of_jax_whatever_the_limits(seed, low, span, size):
    key = jnp.array([seed, 0], "uint32")
    expected = jax.random.uniform(key, (size,), minval=low, maxval=low + span)
    few_programs.drawn_before.clear()
    drawn = random.uniform((size,), low, low + span, seed=seed)
    np.testing.assert_array_equal(drawn, expected)


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1), low=st.floats(-4, 4, width=32), exponent=st.integers(-62, 62)
)
def test_uniform_numbers_in_numpy_are_those_of_jax(seed, low, exponent):
    if not processor.rounds_products_and_sums_once():
        pytest.skip("XLA's rounding is not known on this processor; NumPy does not draw there")
    low = low * 2.0**exponent
    high = low + 2.0**exponent
    key = jax.random.PRNGKey(seed)
    expected = jax.random.uniform(key, (999,), minval=low, maxval=high)
    drawn = threefry.uniform(np.asarray(key), 999, low, high)
    np.testing.assert_array_equal(drawn, expected, strict=True)


def test_a_sum_is_rounded_once_where_twice_goes_wrong():
    low, tiny = np.float32(1 + 2**-23), np.float32(2**-23)
    a, b = np.float32(2**-12) * (1 + tiny), np.float32(2**-12) * (1 - tiny)
    product = np.array([a], np.float64) * b
    # 2^-24 · (1 - 2^-46) more than `low`: just less than half of the way to the next number.
    assert threefry.sum_in_float32(product, np.float64(low)) == low
    assert (product + np.float64(low)).astype(np.float32) == low + tiny


def test_numpy_finishes_a_draw_only_where_its_rounding_is_known(monkeypatch):
    known = processor.rounds_products_and_sums_once()
    assert threefry.rounds_like_xla(-1.0, np.float32(1)) == known
    assert not threefry.rounds_like_xla(-1e-30, 1e-30)
    assert not threefry.rounds_like_xla(0.0, np.inf)
    assert not threefry.rounds_like_xla(jnp.zeros(()), 1.0)
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_max_isa=AVX")
    assert not threefry.rounds_like_xla(-1.0, 1.0)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the option is for x86")
def test_where_xla_rounds_twice_its_numbers_are_drawn_all_the_same(run_python):
    program = """
        import jax, keras, numpy
        from keras_edu_backend import random
        from keras_edu_backend.startup import threefry
        key = jax.random.PRNGKey(4)
        expected = numpy.asarray(jax.random.uniform(key, (999,), minval=-0.3, maxval=0.4))
        print((random.uniform((999,), -0.3, 0.4, seed=key) != expected).sum())
        print((threefry.uniform(numpy.asarray(key), 999, -0.3, 0.4) != expected).sum())
    """
    # Without an instruction for both, XLA multiplies and adds in two.
    ours, rounded_once = run_python(
        program, KERAS_BACKEND="edu", XLA_FLAGS="--xla_cpu_max_isa=AVX"
    ).lines()
    assert int(ours) == 0 < int(rounded_once)


@pytest.mark.parametrize("generator", ["threefry2x32", "rbg"])
def test_a_key_of_jax_own_type_is_a_seed_as_well(generator):
    key = jax.random.key(3, impl=generator)
    np.testing.assert_array_equal(
        random.uniform((5,), seed=key), jax.random.uniform(key, (5,)), strict=True
    )
