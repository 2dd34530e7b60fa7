"""The numbers that a seed gives do not depend on how often a shape was drawn before."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from keras_edu_backend import random

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
