"""Losses and their derivatives, at clips, tips and ties too; and what they say to wrong input."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reference_models import losses
from tests.reference_models.conftest import relative_difference

ONE_HOT = np.eye(3)[[0, 2, 1, 1]]
CLASSES = np.array([0, 2, 1, 1])
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.2, 0.5, 0.3], [0.9, 0.05, 0.05]])
LOGITS = np.array([[2.0, 0, -1], [0.5, 0.5, 0.5], [-3, 2, 0], [40.0, -40, 0]])


def test_errors_by_hand():
    y, outputs = jnp.asarray([[0.0], [1.0], [2.0]]), jnp.asarray([[0.5], [1.0], [5.0]])
    # Sums of a few binary fractions, divided by 3 once.
    assert losses.mean_squared_error(y, outputs) == pytest.approx((0.25 + 0 + 9) / 3)
    assert losses.mean_absolute_error(y, outputs) == pytest.approx((0.5 + 0 + 3) / 3)
    assert losses.huber(y, outputs) == pytest.approx((0.125 + 0 + 2.5) / 3)
    assert losses.huber(y, outputs, delta=2.0) == pytest.approx((0.125 + 0 + 4) / 3)


def test_crossentropies_by_hand(float64):
    y, p = jnp.asarray(ONE_HOT), jnp.asarray(PROBABILITIES)
    expected = -np.mean(np.log([0.7, 0.8, 0.5, 0.05]))
    assert losses.categorical_crossentropy(y, p) == pytest.approx(expected, rel=1e-14)
    assert losses.sparse_categorical_crossentropy(CLASSES, p) == pytest.approx(expected, rel=1e-14)
    binary = -np.mean(ONE_HOT * np.log(PROBABILITIES) + (1 - ONE_HOT) * np.log(1 - PROBABILITIES))
    assert losses.binary_crossentropy(y, p) == pytest.approx(binary, rel=1e-14)
    # Outputs that do not sum to 1 count by their share.
    assert losses.categorical_crossentropy(y, p / 2) == pytest.approx(expected, rel=1e-14)


def test_logits_give_the_loss_of_their_probabilities(float64):
    z = jnp.asarray(LOGITS[:3])
    y, classes = ONE_HOT[:3], CLASSES[:3]
    expected = float(losses.categorical_crossentropy(y, jax.nn.softmax(z)))
    assert losses.categorical_crossentropy_from_logits(y, z) == pytest.approx(expected, rel=1e-14)
    assert losses.sparse_categorical_crossentropy_from_logits(classes, z) == pytest.approx(
        expected, rel=1e-14
    )
    expected = float(losses.binary_crossentropy(y, jax.nn.sigmoid(z)))
    assert losses.binary_crossentropy_from_logits(y, z) == pytest.approx(expected, rel=1e-14)


def test_a_wrong_certainty_costs_what_the_clip_allows():
    cost = losses.categorical_crossentropy(jnp.asarray([[0.0, 1.0]]), jnp.asarray([[1.0, 0.0]]))
    # log of 1e-7 in float32.
    assert cost == pytest.approx(-np.log(1e-7), rel=1e-6)


EDGES = [0, 1e-9, 1e-7, 2e-7, 0.3, 0.5, 1 - 2e-7, 1 - 1e-7, 1 - 1e-9, 1]


@pytest.mark.parametrize("soft", [0.0, 0.25, 1.0])
def test_binary_derivative_at_and_beyond_the_clip(soft, float64):
    p = jnp.asarray(EDGES)[:, None]
    y = jnp.full_like(p, soft)
    expected = jax.grad(losses.binary_crossentropy, argnums=1)(y, p)
    derivative = losses.binary_crossentropy_derivative(y, p)
    assert relative_difference(derivative, expected) <= 1e-12
    assert (derivative[jnp.asarray([0, 1, -2, -1])] == 0).all()
    assert (derivative[4:6] != 0).all() or soft in (0.5,)


def test_categorical_derivative_at_and_beyond_the_clip(float64):
    p = jnp.asarray([[1 - e, e / 2, e / 2] for e in (0, 1e-9, 1e-7, 2e-7, 1e-3, 0.5)])
    for column in range(3):
        y = jnp.zeros_like(p).at[:, column].set(1)
        expected = jax.grad(losses.categorical_crossentropy, argnums=1)(y, p)
        derivative = losses.categorical_crossentropy_derivative(y, p)
        assert relative_difference(derivative, expected) <= 1e-12
        classes = jnp.full(len(p), column)
        sparse = losses.sparse_categorical_crossentropy_derivative(classes, p)
        np.testing.assert_array_equal(sparse, derivative)


@pytest.mark.parametrize("name", ["mean_squared_error", "mean_absolute_error", "huber"])
def test_error_derivatives_with_targets_met_exactly(name, float64):
    y = jnp.asarray([[0.0, 1.0], [2.0, -1.0], [3.0, 3.0]])
    outputs = jnp.asarray([[0.0, 2.0], [2.5, -1.0], [3.0 - 1e-9, 0.5]])
    loss, derivative = getattr(losses, name), getattr(losses, f"{name}_derivative")
    expected = jax.grad(loss, argnums=1)(y, outputs)
    # The same products in float64, in another order.
    assert relative_difference(derivative(y, outputs), expected) <= 1e-15


@pytest.mark.parametrize("name", ["binary", "categorical", "sparse_categorical"])
def test_logit_derivatives_far_out(name, float64):
    y = CLASSES if name == "sparse_categorical" else ONE_HOT
    loss = getattr(losses, f"{name}_crossentropy_from_logits")
    derivative = getattr(losses, f"{name}_crossentropy_from_logits_derivative")
    for scale in (1, 10, 100):
        z = scale * jnp.asarray(LOGITS)
        expected = jax.grad(loss, argnums=1)(y, z)
        # Element by element: a confident unit that is right keeps the digits of its small slope.
        # exp(z) of |z| = 4000 at most that does not underflow has |z| < 745, so 745 roundings.
        np.testing.assert_allclose(derivative(y, z), expected, rtol=2e-13, atol=1e-300)


def test_derivatives_of_confident_right_answers_are_small_but_not_lost(float64):
    derivative = losses.binary_crossentropy_from_logits_derivative(
        jnp.asarray([[1.0]]), jnp.asarray([[50.0]])
    )
    assert derivative[0, 0] == pytest.approx(-np.exp(-50), rel=1e-14)


BAD = {
    "labels out of range": (
        "sparse_categorical_crossentropy", [0, 1, 3, 2], PROBABILITIES, ValueError, "from 0 to 2"
    ),
    "negative labels": (
        "sparse_categorical_crossentropy", [0, 1, -1, 2], PROBABILITIES, ValueError, "from -1 to 2"
    ),
    "one-hot where class numbers are expected": (
        "sparse_categorical_crossentropy", ONE_HOT, PROBABILITIES, ValueError, "class numbers"
    ),
    "fractional class numbers": (
        "sparse_categorical_crossentropy", [0.5, 1, 1, 2], PROBABILITIES, TypeError, "integers"
    ),
    "class numbers where one-hot is expected": (
        "categorical_crossentropy", CLASSES, PROBABILITIES, ValueError, "shape"
    ),
    "several classes at once": (
        "categorical_crossentropy", np.ones((4, 3)), PROBABILITIES, ValueError, "sum to 1"
    ),
    "labels of 2": (
        "binary_crossentropy", 2 * ONE_HOT, PROBABILITIES, ValueError, "between 0 and 1"
    ),
    "NaN labels": (
        "binary_crossentropy", np.nan * ONE_HOT, PROBABILITIES, ValueError, "between 0 and 1"
    ),
    "NaN targets": ("mean_squared_error", np.nan * ONE_HOT, LOGITS, ValueError, "finite"),
    "logits where probabilities are expected": (
        "categorical_crossentropy", ONE_HOT, LOGITS, ValueError, "_from_logits"
    ),
    "logits where sigmoid outputs are expected": (
        "binary_crossentropy", ONE_HOT, LOGITS, ValueError, "_from_logits"
    ),
    "probabilities where logits are expected": (
        "categorical_crossentropy_from_logits", ONE_HOT, PROBABILITIES, ValueError,
        "these logits are probabilities",
    ),
    "probabilities where logits are expected, class numbers": (
        "sparse_categorical_crossentropy_from_logits", CLASSES, PROBABILITIES, ValueError,
        "these logits are probabilities",
    ),
    "an empty batch": (
        "mean_squared_error", np.ones((0, 1)), np.ones((0, 1)), ValueError, "empty"
    ),
    "an empty batch of classes": (
        "sparse_categorical_crossentropy", np.ones(0, int), np.ones((0, 3)), ValueError, "empty"
    ),
    "a label too few": (
        "mean_absolute_error", ONE_HOT[:3], PROBABILITIES, ValueError, r"\(4, 3\); got \(3, 3\)"
    ),
    "a missing axis": ("huber", np.ones(4), np.ones((4, 1)), ValueError, r"\(4, 1\); got \(4,\)"),
    "text": ("mean_squared_error", [["a"] * 3] * 4, LOGITS, TypeError, "numbers"),
    "complex numbers": ("mean_squared_error", ONE_HOT * 1j, LOGITS, TypeError, "real"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("suffix", ["", "_derivative"])
def test_wrong_input_is_told(case, suffix):
    name, y, outputs, error, message = BAD[case]
    if isinstance(y, list) and not isinstance(y[0], list):
        y = np.array(y)
    with pytest.raises(error, match=message) as told:
        getattr(losses, name + suffix)(y, jnp.asarray(outputs))
    assert name in str(told.value)


def test_probabilities_by_the_name_of_logits_are_refused():
    with pytest.raises(TypeError, match="probabilities"):
        losses.categorical_crossentropy_from_logits(ONE_HOT, probabilities=PROBABILITIES)


def test_shapes_are_checked_while_compiling_and_values_are_let_through():
    compiled = jax.jit(losses.sparse_categorical_crossentropy)
    with pytest.raises(ValueError, match="class numbers"):
        compiled(jnp.asarray([0, 1]), jnp.asarray(PROBABILITIES))
    assert compiled(jnp.asarray([0, 1, 2, 9]), jnp.asarray(PROBABILITIES)).shape == ()
