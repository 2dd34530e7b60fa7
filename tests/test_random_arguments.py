"""Every argument of every random function, as a number, an array, traced: as on stock Keras.

Both sides draw the same bits from the same key, so compiled results are the same to the bit.
Called eagerly, stock scales what it drew in programs of one primitive each, where ours may round a
product and a sum together: one unit in the last place of each result, and of the largest element
therefore at most one.
"""

import jax.numpy as jnp
import numpy as np
import pytest
import twins

KEY = np.array([1, 2], "uint32")
THREE = np.array([0.5, 1.0, 2.0], "float32")
COLUMN = np.array([[0.25], [1.0], [2.0], [3.0]], "float32")
cases = twins.Cases()


def add(name, function, *arrays, eager_ulp=1, **options):
    options = {"gradient": (), **options}

    def call(module, key, *arrays):
        # A NumPy array is no key, and called eagerly it would stay one.
        return function(module, jnp.asarray(key), *arrays)

    cases.add(name, call, KEY, *arrays, eager_ulp=eager_ulp, **options)


for _draw in ("normal", "truncated_normal"):

    def draw(module, key, *limits, _draw=_draw, shape=(4, 3), **keywords):
        return getattr(module, _draw)(shape, *limits, seed=key, **keywords)

    add(f"{_draw}: stddev a row", lambda m, key, s, d=draw: d(m, key, 0.0, s), THREE, gradient=(1,))
    add(f"{_draw}: mean a column", lambda m, key, mean, d=draw: d(m, key, mean), COLUMN)
    add(f"{_draw}: both", draw, COLUMN, THREE, gradient=(1, 2))
    add(
        f"{_draw}: larger than the shape",
        lambda m, k, s, d=draw: d(m, k, 0.0, s, shape=(4, 1)),
        THREE,
    )
    add(f"{_draw}: one number as an array", draw, np.float32(1.5), np.array(0.5, "float32"))
    for dtype in ("bfloat16", "float16", "float32"):
        add(
            f"{_draw}: {dtype}, a row of it",
            lambda m, key, s, d=draw, dtype=dtype: d(m, key, 1.0, s, dtype=dtype),
            (THREE, dtype),
            # In half precision XLA may keep an intermediate result in float32.
            eager_ulp=None if dtype != "float32" else 1,
        )
    add(
        f"{_draw}: bfloat16, a row of float32",
        lambda m, key, s, d=draw: d(m, key, 1.0, s, dtype="bfloat16"),
        THREE,
    )
    add(f"{_draw}: whole numbers", draw, np.array([1, 2, 3]), 2)
    add(f"{_draw}: does not fit", draw, np.ones(5, "float32"))


def uniform(module, key, *limits, shape=(4, 3), **keywords):
    return module.uniform(shape, *limits, seed=key, **keywords)


add("uniform: both", uniform, -COLUMN, THREE)
add("uniform: minval a row", uniform, -THREE)
add("uniform: maxval a row", lambda m, key, high: uniform(m, key, 0.0, high), THREE)
add("uniform: one number as an array", uniform, np.float32(-1.5), np.array(0.5, "float32"))
add("uniform: float16", lambda m, k, high: uniform(m, k, 0.0, high, dtype="float16"), THREE)
add("uniform: does not fit", uniform, np.ones(5, "float32"))
add("randint: rows", lambda m, k, low, high: m.randint((4, 3), low, high, seed=k),
    np.array([0, 5, 9]), np.array([[10], [20], [30], [40]]))  # fmt: skip
add("gamma: a row", lambda m, key, alpha: m.gamma((4, 3), alpha, seed=key), THREE)
add("beta: rows", lambda m, key, a, b: m.beta((4, 3), a, b, seed=key), THREE, COLUMN)
add("binomial: rows", lambda m, key, n, p: m.binomial((4, 3), n, p, seed=key),
    np.array([3.0, 10.0, 20.0], "float32"), COLUMN / 4)  # fmt: skip
add(
    "categorical",
    lambda m, key, logits: m.categorical(logits, 5, seed=key),
    np.log(COLUMN @ [THREE]),
)
add("shuffle", lambda m, key, x: m.shuffle(x, 1, seed=key), COLUMN @ [THREE])
add("dropout", lambda m, key, x: m.dropout(x, 0.4, seed=key), COLUMN @ [THREE], gradient=(1,))
add(
    "dropout: noise_shape",
    lambda m, key, x: m.dropout(x, 0.4, (None, 1), seed=key),
    COLUMN @ [THREE],
)


@pytest.fixture(scope="module")
def differences():
    return twins.differences(__file__)


@pytest.mark.parametrize("name", list(cases))
def test_equals_stock_keras(differences, name):
    assert differences[name] == []


@pytest.mark.parametrize("kind", [list, np.asarray, jnp.asarray, "variable"])
def test_whatever_can_be_an_array_is_one(kind):
    """Stock takes arrays and variables; lists are a TypeError there in some of these."""
    from keras_edu_backend import random

    if kind == "variable":
        import keras

        kind = keras.Variable
    drawn = random.normal((4, 3), stddev=kind([1.0, 2.0, 3.0]), seed=jnp.asarray(KEY))
    expected = random.normal((4, 3), seed=jnp.asarray(KEY)) * jnp.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(drawn, expected, strict=True)
    for draw in (
        lambda row: random.uniform((4, 3), 0.0, row, seed=1),
        lambda row: random.randint((4, 3), 0, row, seed=1),
        lambda row: random.gamma((4, 3), row, seed=1),
        lambda row: random.beta((4, 3), row, 2.0, seed=1),
        lambda row: random.binomial((4, 3), row, 0.5, seed=1),
    ):
        row = [1.0, 2.0, 3.0]
        np.testing.assert_array_equal(draw(kind(row)), draw(jnp.array(row)), strict=True)


def test_counting_of_draws_does_not_grow_without_end(monkeypatch):
    from keras_edu_backend import random
    from keras_edu_backend.startup import few_programs

    monkeypatch.setattr(few_programs, "MOST_COUNTED", 10)
    for size in range(1, 40):
        random.uniform((size,), seed=1)
    assert len(few_programs.drawn_before) <= 10


if __name__ == "__main__":
    from keras.src.backend.jax import random as stock

    from keras_edu_backend import random as ours

    cases.report(ours, stock)
