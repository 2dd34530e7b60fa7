"""The figures of a run, and when they count as the document's."""

import keras
import numpy as np
import pytest

from conformance.results import measures
from conformance.results.goal import ABOUT, MOST, Goal
from conformance.results.run import perceptron_rule


@pytest.mark.parametrize(
    ("goal", "enough", "too_little"),
    [
        (Goal("accuracy", 0.997, digits=3), 0.9965, 0.996),
        (Goal("accuracy", 0.86, digits=2), 0.855, 0.854),
        (Goal("accuracy", 1, digits=2), 0.995, 0.994),
        (Goal("accuracy", 0.5, ABOUT, 2), 0.55, 0.56),
        (Goal("accuracy", 0.5, ABOUT, 2), 0.45, 0.44),
        (Goal("missed", 14, MOST), 14, 15),
        (Goal("missed", 5, MOST), 0, 6),
    ],
)
def test_what_would_be_printed_the_same_reaches_a_figure(goal, enough, too_little):
    assert goal.reached(enough)
    assert not goal.reached(too_little)


def test_no_figure_and_nan_reach_nothing():
    goal = Goal("accuracy", 0.5, digits=2)
    assert not goal.reached(None)
    assert not goal.reached(float("nan"))


def test_missed_is_a_whole_number():
    # 2397 of 2400, as float32 has it.
    assert measures.missed(float(np.float32(2397 / 2400)), 2400) == 3


def test_inside_counts_the_ends_and_not_nan():
    assert measures.inside((np.array([0.0, 1.0]), np.array([[0.5, 1.01]])), 0, 1) == 0.75
    assert measures.inside(np.array([np.nan, 0.5]), 0, 1) == 0.5


@pytest.mark.parametrize(
    ("curve", "bends"),
    [
        (lambda x: 3 * x + 1, 0),
        (np.abs, 1),
        (lambda x: np.maximum(x - 1, 0) - np.maximum(x + 0.505, 0), 2),
        (lambda x: np.zeros_like(x), 0),
    ],
)
def test_bends_of_a_straight_curve(curve, bends):
    assert measures.bends(curve) == bends


def test_the_perceptron_rule_through_keras():
    """Two instances by hand: W = W + x (y - y'), b = b + (y - y')."""
    layer = keras.layers.Dense(1, activation=lambda z: keras.ops.cast(z >= 0, z.dtype))
    model = keras.Sequential([keras.Input((2,)), layer])
    layer.set_weights([np.zeros((2, 1)), np.zeros(1)])
    x, y = np.array([[1.0, 2.0], [1.0, 2.0]], np.float32), np.zeros((2, 1), np.float32)
    # z = 0 fires: both weights and the bias are lowered once; then z = -6 is right.
    shown = perceptron_rule(model, (x, y), epochs=5, seed=0)
    np.testing.assert_array_equal(layer.kernel, [[-1], [-2]])
    np.testing.assert_array_equal(layer.bias, [-1])
    # One epoch with a mistake and one without, after which it stops.
    assert shown == 4
