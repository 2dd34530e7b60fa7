"""The noise floor is as large as rounding is: measured against float32 itself, and against
formulas."""

import sys

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from jax import lax

from keras_edu_backend.rounding import FACTOR, floor, noise, sums, units
from keras_edu_backend.rounding.of_models import of_training

RANDOM = np.random.default_rng(0)
U = 2.0**-24


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def test_a_disturbance_is_uniform_between_minus_and_plus_its_amplitude():
    values, salts = RANDOM.normal(size=(1, 10_000)), np.arange(1, 17, dtype=np.uint64)
    found = noise.disturbed(values, 1e-3, salts, np.arange(16) % 2 == 0) - values
    assert np.abs(found).max() <= 1e-3
    # Of 160,000 uniform numbers a quantile has a standard error of 0.0013 of the range.
    quantiles = np.quantile(found, [0.1, 0.25, 0.5, 0.75, 0.9])
    np.testing.assert_allclose(quantiles, [-8e-4, -5e-4, 0, 5e-4, 8e-4], atol=1.3e-5)
    # And neither draws nor neighbours go together: correlations of 10,000 pairs are below 0.05.
    together = np.corrcoef(found) - np.eye(16)
    assert np.abs(together).max() < 0.05
    assert abs(np.corrcoef(found[:, 1:].ravel(), found[:, :-1].ravel())[0, 1]) < 0.02


def test_cancellation_leaves_the_floor_of_what_was_large():
    found = floor(lambda x: (x + 1e8) - 1e8, jnp.float32(3.0))
    assert float(found.exact) == 3.0
    assert found.noise == pytest.approx(U * 1e8 / 3**0.5, rel=0.5)  # 16 draws of one number


def test_roundings_of_a_chain_add_up_as_their_root():
    x = jnp.asarray(np.exp(normal(2000)))
    found = floor(lambda x: lax.fori_loop(0, 100, lambda _, z: z * jnp.float32(1.01), x), x)
    relative = np.sqrt(((found.noise / found.exact) ** 2).mean())
    assert relative == pytest.approx(10 * U / 3**0.5, rel=0.02)


@pytest.mark.parametrize("terms", [3, 40, 784])
@pytest.mark.parametrize("kind", ["both signs", "one sign", "sorted"])
def test_the_model_of_sums_is_that_of_adding_one_by_one(terms, kind):
    rows = normal(500, terms)
    if kind == "one sign":
        rows = abs(rows)
    if kind == "sorted":
        rows = np.sort(rows, axis=1)
    amplitude = sums.reduce_sum(rows.astype(np.float64), (1,))
    exact = rows.sum(1, dtype=np.float64)
    off = np.cumsum(rows, axis=1, dtype=np.float32)[:, -1] - exact
    relative = np.sqrt((off**2).mean() / ((U * amplitude) ** 2).mean()) * 3**0.5
    # Up to the model's three causes together; no less than a third of them.
    assert 1 / 3 < relative < 1.1


@pytest.mark.parametrize("order", ["as drawn", "sorted"])
def test_a_matrix_product_has_the_amplitude_of_its_sums(order):
    left, right = np.float64(normal(1, 5, 200)), np.float64(normal(1, 200, 7))
    if order == "sorted":
        left = np.sort(left, axis=-1)
        right = np.abs(right)
    terms = left[0, :, None, :] * right[0].T[None]
    wanted = sums.reduce_sum(terms, (2,))
    np.testing.assert_allclose(sums.dot(left, right)[0], wanted, rtol=1e-9)


def test_scattered_sums_count_what_meets_at_a_place():
    rows = np.zeros(1000, int)
    rows[-1] = 1
    updates = np.abs(normal(1000))
    found = floor(lambda u: jnp.zeros(2).at[rows].add(u), updates)
    assert found.noise[0] / found.exact[0] > 5 * U  # about √(1000 / 3) roundings
    assert found.noise[1] / found.exact[1] < 2 * U


FUNCTIONS = {
    "dense": lambda x, w: jnp.tanh(x @ w),
    "softmax": lambda x, w: jax.nn.softmax(x @ w),
    "normalised": lambda x, w: (x - x.mean(0)) * lax.rsqrt(x.var(0) + 1e-3) @ w,
    "gradient": lambda x, w: jax.grad(lambda w: jnp.mean(jax.nn.gelu(x @ w) ** 2))(w),
    "saturated": lambda x, w: jax.grad(lambda w: jnp.sum(jnp.tanh(9 * x @ w)))(w),
    "recurrent": lambda x, w: lax.scan(
        lambda h, r: (jnp.tanh(0.25 * h @ w[:16, :16] + r[:16]), h), jnp.zeros(16), x
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_xla_computes_in_float32_is_within_a_few_floors(name):
    x, w = normal(64, 32), normal(32, 16)
    for leaf, value in zip(
        jax.tree.leaves(floor(FUNCTIONS[name], x, w), is_leaf=lambda f: hasattr(f, "noise")),
        jax.tree.leaves(jax.jit(FUNCTIONS[name])(x, w)),
        strict=True,
    ):
        off = leaf.floors(np.asarray(value))
        assert off.max() < FACTOR
        # And the floor is no wild overestimate: rounding is seen. √(mean of squares) is 1 where
        # sums are added one by one, and less where XLA adds in lanes.
        assert np.sqrt((off**2).mean()) > 0.05


def test_in_float64_the_floor_is_2_to_the_29_times_smaller():
    x, w = normal(64, 32), normal(32, 16)
    function = FUNCTIONS["dense"]
    with jax.enable_x64(True):
        double = floor(function, x.astype(np.float64), w.astype(np.float64))
    single = floor(function, x, w)
    ratio = np.median(single.noise / double.noise) / 2**29
    # tanh is measured as 3.0 units in float64 and 2.6 in float32.
    assert 0.7 < ratio < 1.3


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_in_half_precision_the_floor_is_that_of_the_dtype(dtype):
    x = normal(1000)
    single = floor(lambda x: x * x + x, x)
    half = floor(lambda x: x * x + x, x, precision={"float32": dtype})
    unit = units.UNIT_ROUNDOFF[np.dtype(getattr(jnp, dtype))]
    assert np.median(half.noise / single.noise) == pytest.approx(unit / U, rel=0.1)


def test_overflow_and_flushing_happen_where_the_dtype_has_them():
    found = floor(lambda x: x * x, np.float16([300.0, 1e-6, 2.0]))
    assert np.isinf(found.exact[0]) and found.exact[1] == 0 and found.exact[2] == 4
    assert found.floors(np.array([np.inf, 0.0, 4.0])).max() == 0
    assert np.isinf(found.floors(np.array([65504.0, 0.0, 4.0]))[0])


def test_float16_keeps_its_denormal_numbers():
    x = np.float16(np.geomspace(1e-3, 7e-3, 400))  # the squares: from 17 to 800 of their distances

    def squares(x):
        return (x * x).astype("float32")

    found = floor(squares, x)
    half_a_distance = 2.0**-25
    assert np.median(found.noise) == pytest.approx(half_a_distance / 3**0.5, rel=0.2)
    assert found.floors(jax.jit(squares)(x)).max() < 4
    # A third of a distance becomes 0, or a whole one if something was rounded before.
    near_zero = floor(squares, np.float16([1.4e-4]))
    assert near_zero.exact[0] > 0 and near_zero.floors(np.float32([0.0, 2.0**-24])).max() < 4


def test_a_relu_of_a_sum_that_cancels_is_at_a_kink():
    x = np.float32([[0.1, 0.2, -0.3]])  # 0.1 + 0.2 - 0.3: nothing but rounding

    def slope(w):
        return jax.grad(lambda w: jnp.sum(jnp.maximum(x @ w, 0)))(w)

    found = floor(slope, np.ones((3, 1), np.float32))
    assert (found.jump > 0).all()
    for side in (np.float32([[0.1], [0.2], [-0.3]]), np.zeros((3, 1), np.float32)):
        judged = (found.floors(side) <= FACTOR) | found.at_kink(side)
        assert judged.all()
    assert not found.at_kink(np.float32([[0.5], [0.5], [0.5]])).any()


def test_a_relu_at_exactly_zero_is_no_kink_because_nothing_rounds_there():
    def slope(x):
        return jax.grad(lambda x: jnp.sum(jax.nn.relu(x @ np.ones((3, 2), np.float32))))(x)

    found = floor(slope, np.zeros((4, 3), np.float32))
    assert (found.jump == 0).all()
    # So another slope at 0 is a difference.
    assert (found.floors(np.ones((4, 3), np.float32)) > FACTOR).all()


def test_two_sides_may_be_as_far_apart_as_the_branches_on_either_side_of_the_exact_one():
    # Rounded, 0.3 + 100 - 100 is a little more or less than 0.3.
    found = floor(lambda x: jnp.sign((x + 100) - 100 - x), np.float32([0.3, 0.7]))
    assert (found.exact == 0).all()
    assert found.at_kink(np.float32([1, -1]), np.float32([-1, 1])).all()


def test_steps_that_rounding_decides_add_up_along_a_run():
    """No key has an influence on what all keys' logits share: the gradient of their bias is
    rounding alone, of which Lion takes the sign. Two signs may take back a step, or double it."""
    steps, rate = 4, 1 / 1024
    sequence = keras.Input((4, 3))
    attended = keras.layers.MultiHeadAttention(2, 3)(sequence, sequence)
    model = keras.Model(sequence, keras.layers.Flatten()(attended))
    keys = [weight.path.endswith("key/bias") for weight in model.weights]
    normals = [normal(*weight.shape) for weight in model.weights]
    model.set_weights([w * (not key) for key, w in zip(keys, normals, strict=True)])
    model.compile(keras.optimizers.Lion(rate), "mse")
    batch = *map(jnp.asarray, (normal(5, 4, 3), normal(5, 12))), None
    _, found = of_training(model, [batch] * steps, range(1, steps + 1))
    for step, weights in found.items():
        (bias,) = (floor for floor, key in zip(weights, keys, strict=True) if key)
        # From step · rate below to as much above, and what the jump is uncertain by.
        np.testing.assert_allclose(bias.jump, 2 * rate * step, rtol=1e-2)


def test_away_from_kinks_nothing_jumps():
    found = floor(lambda x: jax.grad(lambda x: jnp.sum(jnp.maximum(x, 0) ** 2))(x), normal(100))
    assert (found.jump == 0).all()


def test_a_tie_of_two_sums_in_a_maximum_is_at_a_kink_and_one_of_inputs_is_not():
    inputs = np.float32([[0.3, 0.3]])

    def which(x):
        return jnp.argmax(x, axis=1)

    assert floor(which, inputs).jump.max() == 0
    sums_of = floor(lambda x: which(x @ np.full((3, 2), 0.1, np.float32)), normal(1, 3))
    assert sums_of.jump.max() == 1


def test_equal_values_stay_equal_in_draws_by_value_and_part_in_draws_by_position():
    values = np.full((1, 1000), 0.3)
    salts = np.arange(1, 3, dtype=np.uint64)
    by_value, by_position = noise.disturbed(values, 1e-3, salts, np.array([False, True]))
    assert len(np.unique(by_value)) == 1
    assert len(np.unique(by_position)) == 1000


def test_large_arrays_are_disturbed_as_small_ones_are(monkeypatch):
    values = RANDOM.normal(size=(1, 2 * noise.CHUNK + 5))
    salts, by_position = np.arange(1, 4, dtype=np.uint64), np.array([False, True, False])
    compiled = noise.disturbed(values, 1e-3, salts, by_position)
    monkeypatch.setattr(noise, "CHUNK", 1 << 30)
    # One multiplication and one addition, fused by XLA where the processor can.
    plain = noise.disturbed(values, 1e-3, salts, by_position)
    np.testing.assert_allclose(compiled, plain, rtol=1e-15, atol=1e-18)


def test_draws_in_groups_give_the_floor_of_all_at_once(monkeypatch):
    x, w = normal(64, 32), normal(32, 16)
    together = floor(FUNCTIONS["gradient"], x, w)
    monkeypatch.setattr(sys.modules["keras_edu_backend.rounding.monte_carlo"], "MEMORY", 1)
    alone = floor(FUNCTIONS["gradient"], x, w)
    # The same draws, summed in another order.
    np.testing.assert_allclose(alone.noise, together.noise, rtol=1e-9)


def test_the_same_call_gives_the_same_floor():
    x, w = normal(8, 4), normal(4, 3)
    one, two = floor(FUNCTIONS["dense"], x, w), floor(FUNCTIONS["dense"], x, w)
    assert (one.noise == two.noise).all()


def test_a_run_that_is_chaotic_has_a_floor_that_grows():
    def logistic_map(steps):
        return floor(
            lambda x: lax.fori_loop(0, steps, lambda _, z: 4 * z * (1 - z), x), jnp.float32(0.3)
        )

    # Each step doubles a disturbance: after 10 about 2^10 roundings, after 60 nothing is left.
    assert 2**7 < logistic_map(10).noise / U < 2**13
    assert logistic_map(60).noise > 0.05
