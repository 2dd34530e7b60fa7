"""Activations equal the formulas of the field, bit for bit those of stock JAX, kinks included."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reference_models import activations as f

# Far out, near and exactly at the kinks; 89 and -104 overflow exp in float32.
Z = np.array([-1e4, -104, -30, -3, -1e-3, -1e-30, 0, 1e-30, 1e-3, 0.5, 3, 17, 30, 89, 1e4])

STOCK = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "leaky_relu": jax.nn.leaky_relu,
    "softplus": jax.nn.softplus,
}


@pytest.mark.parametrize("name", STOCK)
def test_values_equal_stock_jax_bit_for_bit(name):
    z = jnp.asarray(Z, jnp.float32)
    np.testing.assert_array_equal(f.ACTIVATIONS[name].value(z), STOCK[name](z))


@pytest.mark.parametrize("name", STOCK)
def test_derivatives_equal_stock_jax_at_kinks_and_far_out(name, float64):
    z = jnp.asarray(Z)
    expected = jax.vmap(jax.grad(STOCK[name]))(z)
    derivative = f.ACTIVATIONS[name].backward(z, jnp.ones_like(z))
    # A few roundings of each element by itself, z of exp(z) included: |z| of 30 spoils 30 of them.
    np.testing.assert_allclose(derivative, expected, rtol=1e-13, atol=1e-300)


def test_softmax_equals_stock_jax_bit_for_bit_and_in_its_derivative(float64):
    random = np.random.default_rng(0)
    for scale in (1, 30, 1000):
        z = jnp.asarray(scale * random.normal(size=(20, 5))).at[0].set(3.0)
        dp = jnp.asarray(random.normal(size=(20, 5)))
        np.testing.assert_array_equal(
            f.softmax(z.astype(jnp.float32)), jax.nn.softmax(z.astype(jnp.float32))
        )
        _, pullback = jax.vjp(jax.nn.softmax, z)
        (expected,) = pullback(dp)
        # One quotient rule in one order of operations: nothing but fused roundings may differ.
        np.testing.assert_allclose(f.softmax_derivative(z, dp), expected, rtol=0, atol=1e-15)


def test_softmax_derivative_is_the_jacobian_of_the_textbook(float64):
    z = jnp.asarray([0.3, -1.2, 2.0])
    p = np.exp(z) / np.exp(z).sum()
    jacobian = p[:, None] * (np.eye(3) - p)
    dp = np.array([0.7, -0.2, 1.1])
    # Four operations on numbers of size 1 in float64.
    np.testing.assert_allclose(f.softmax_derivative(z, dp), jacobian @ dp, atol=1e-15)


def test_softmax_sums_over_each_row_and_not_over_the_batch():
    # Document 5's listing sums over axis 0: its rows would not sum to 1.
    rows = f.softmax(jnp.asarray([[0.0, 1.0], [5.0, 5.0], [-3.0, 1000.0]]))
    # A pair of quotients, each off by half a spacing at most.
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=2**-23)
    np.testing.assert_array_equal(rows[1], [0.5, 0.5])


def test_relu_keeps_positive_elements():
    # Document 5's listing gives 0 for all of them.
    np.testing.assert_array_equal(f.relu(jnp.asarray([-2.0, 0.0, 3.0])), [0, 0, 3])
    assert jnp.isnan(f.relu(jnp.asarray(jnp.nan)))


def test_relu_has_slope_0_at_0_and_leaky_relu_slope_1():
    assert f.relu_derivative(jnp.asarray(0.0)) == 0
    assert f.leaky_relu_derivative(jnp.asarray(0.0)) == 1


def test_step_is_1_from_0_on_and_flat():
    z = jnp.asarray([-1.0, -0.0, 0.0, 2.0])
    np.testing.assert_array_equal(f.step(z), [0, 1, 1, 1])
    np.testing.assert_array_equal(f.step_derivative(z), 0)


def test_linear_is_a_line():
    z = jnp.asarray([-2.0, 0.0, 3.0])
    np.testing.assert_array_equal(f.linear(z, 3.0), [-6, 0, 9])
    np.testing.assert_array_equal(f.linear_derivative(z, 3.0), 3)


def test_tanh_is_a_scaled_sigmoid(float64):
    z = jnp.linspace(-8, 8, 101)
    # 2 sigmoid(2z) - 1 loses up to a rounding of 1 to its subtraction.
    np.testing.assert_allclose(f.tanh_from_sigmoid(z), f.tanh(z), atol=4e-16)


def test_sigmoid_slope_is_a_quarter_at_most():
    slopes = f.sigmoid_derivative(jnp.linspace(-20, 20, 401))
    assert slopes.max() == 0.25 == f.sigmoid_derivative(jnp.asarray(0.0))


def test_leaky_relu_takes_arrays_and_a_slope_for_each():
    z = jnp.asarray([[-1.0, -2.0], [3.0, -4.0]])
    # 0.01 in float32 times powers of two: exact up to 0.01's own rounding.
    np.testing.assert_allclose(f.leaky_relu(z), [[-0.01, -0.02], [3, -0.04]], rtol=1e-7)
    slopes = f.random_slopes(jax.random.key(0), z)
    assert ((slopes >= 1 / 8) & (slopes <= 1 / 3)).all() and np.unique(slopes).size == 4
    randomised = f.leaky_relu(z, slopes)
    np.testing.assert_array_equal(randomised, jnp.where(z >= 0, z, slopes * z))
    np.testing.assert_array_equal(f.leaky_relu_derivative(z, slopes), jnp.where(z >= 0, 1, slopes))


def test_dying_relu_is_found():
    z = jnp.asarray([[-1.0, 2.0, 0.0], [-3.0, -1.0, -2.0]])
    np.testing.assert_array_equal(f.dying(z), [True, False, True])
