"""Gradients beside finite differences: wrong ones are found, right ones are within a measured
error."""

import numpy as np
import pytest

from keras_edu_backend.compare import slopes

NAMES = ("star", "other")
WEIGHT = np.linspace(-1, 1, 12).reshape(3, 4)


def loss(w):
    return float(np.mean(np.tanh(w) ** 2 + np.exp(0.3 * w)))


GRADIENT = (2 * np.tanh(WEIGHT) / np.cosh(WEIGHT) ** 2 + 0.3 * np.exp(0.3 * WEIGHT)) / WEIGHT.size


def judge(gradient, place="biases: dense/kernel"):
    found = {"biases: dense/kernel": slopes.quotients(loss, WEIGHT)}
    return slopes.judge_slopes({place: gradient}, found, {}, NAMES)


def test_a_right_gradient_is_within_the_error_of_the_quotients_and_that_error_is_small():
    judged = judge(GRADIENT)
    assert judged.verdict == "rounding"
    # Ten roundings of a loss of about 1 over a step of 1e-6 are 2e-9.
    assert judged.max_abs < 3e-9


@pytest.mark.parametrize("factor", [1 + 1e-6, 1 - 1e-6, -1, 0, np.nan])
def test_a_gradient_off_by_a_millionth_is_found(factor):
    judged = judge(GRADIENT * factor)
    assert (judged.verdict, judged.where) == ("different", "biases: dense/kernel")


def test_one_wrong_element_is_found():
    wrong = GRADIENT.copy()
    wrong[1, 2] *= 1.001
    assert judge(wrong).verdict == "different"


def test_a_transposed_gradient_is_found():
    square = np.arange(9.0).reshape(3, 3) / 9
    found = {"w": slopes.quotients(lambda w: float(np.sum(w * square)), square)}
    assert slopes.judge_slopes({"w": square}, found, {}, NAMES).verdict == "rounding"
    assert slopes.judge_slopes({"w": square.T}, found, {}, NAMES).verdict == "different"


def test_missing_gradients_and_missing_quotients_are_named():
    assert judge(GRADIENT, place="biases: dense/bias").note == "only other has it"
    assert slopes.judge_slopes({"w": GRADIENT}, {}, {}, NAMES).verdict == "different"


def test_directions_have_length_one_and_do_not_change():
    directions = slopes.directions((5, 7))
    np.testing.assert_allclose((directions**2).sum(axis=(1, 2)), 1, rtol=1e-12)
    np.testing.assert_array_equal(directions, slopes.directions((5, 7)))
