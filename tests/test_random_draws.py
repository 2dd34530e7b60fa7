"""The numbers that a seed gives do not depend on how often a shape was drawn before."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_edu_backend import random, threefry

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
    random._drawn_before.clear()
    expected = DRAWS[name](KEY, tuple(shape))
    given = (0.5, 2.0)
    for _ in range(3 if 0 in shape else random._DETOURS + 2):
        drawn = getattr(random, name)(shape, *given, seed=KEY)
        assert drawn.shape == tuple(shape) and drawn.dtype == "float32"
        np.testing.assert_array_equal(drawn, expected)


def test_a_shape_that_comes_back_often_gets_a_program_of_its_own(monkeypatch):
    random._drawn_before.clear()
    monkeypatch.setattr(random, "_DETOURS", 2)
    shapes = []

    def draw(key, shape, dtype):
        shapes.append(shape)
        return jnp.zeros(shape, dtype)

    for _ in range(4):
        random._drawn(draw, KEY, (3, 2), "float32")
    assert shapes == [(random._SMALLEST_DRAW,)] * 2 + [(3, 2)] * 2


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
    random._drawn_before.clear()
    drawn = random.uniform((size,), low, low + span, seed=seed)
    np.testing.assert_array_equal(drawn, expected)


@pytest.mark.parametrize("generator", ["threefry2x32", "rbg"])
def test_a_key_of_jax_own_type_is_a_seed_as_well(generator):
    key = jax.random.key(3, impl=generator)
    np.testing.assert_array_equal(
        random.uniform((5,), seed=key), jax.random.uniform(key, (5,)), strict=True
    )
