"""The distance of two arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from keras_edu_backend.compare.measure import distance

finite32 = arrays_of.arrays(
    np.float32,
    arrays_of.array_shapes(max_dims=2, max_side=4),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)


def test_one_number_apart_by_one_unit_in_the_last_place():
    left = np.array([1.0, 0.5], np.float32)
    right = np.nextafter(left, np.float32(2))
    apart = distance(left, right, "float32")
    assert apart.max_abs == 2.0**-23
    # The largest number is right's, one unit above 1; relative to it, a hair below 2⁻²³.
    assert apart.max_rel == pytest.approx(2.0**-23, rel=1e-6)
    assert apart.max_ulp == 1
    assert not apart.same_bits


def test_small_elements_count_on_the_scale_of_the_largest():
    left = np.array([1.0, 1e-9])
    apart = distance(left, left + np.array([0, 1e-9]), "float64")
    assert apart.max_rel == pytest.approx(1e-9, rel=1e-6)


@given(finite32)
def test_an_array_is_at_no_distance_from_itself(array):
    assert distance(array, array.copy(), "float32") == distance(array, array, "float32")
    assert not distance(array, array, "float32")


@given(finite32, st.integers(0, 3))
def test_distance_is_symmetric_and_sees_every_changed_element(array, index):
    other = array.copy()
    place = np.unravel_index(index % array.size, array.shape)
    other[place] = 1 if array[place] != 1 else 2
    forth, back = distance(array, other, "float32"), distance(other, array, "float32")
    assert forth == back
    assert forth.max_abs == abs(float(array[place]) - float(other[place]))
    assert forth


def test_the_largest_number_has_a_unit_in_the_last_place_too():
    largest = np.array([np.finfo(np.float32).max])
    below = np.nextafter(largest, np.float32(0))
    assert distance(largest, below, "float32").max_ulp == 1


def test_signs_of_zero_are_different_bits_at_no_distance():
    apart = distance(np.array([0.0]), np.array([-0.0]), "float64")
    assert apart.max_abs == 0 and apart.max_rel == 0 and apart.max_ulp == 0
    assert not apart.same_bits


def test_nan_on_both_sides_is_the_same_number():
    left = np.array([np.nan, 1.0])
    assert not distance(left, left.copy(), "float64")
    assert distance(left, np.array([np.nan, 1.5]), "float64").max_abs == 0.5


def test_the_same_infinity_is_no_difference():
    assert not distance(np.array([np.inf, 1]), np.array([np.inf, 1]), "float64")


@pytest.mark.parametrize(
    ("left", "right", "problem"),
    [
        ([1.0, np.nan], [1.0, 2.0], "star has NaN at [1]"),
        ([1.0, 2.0], [np.inf, 2.0], "other has infinity at [0]"),
        ([np.inf], [-np.inf], "infinities of opposite sign"),
        ([[1.0, 2.0]], [[1.0], [2.0]], "star has shape (1, 2), other has shape (2, 1)"),
    ],
)
def test_problems_are_named_and_are_infinitely_far(left, right, problem):
    apart = distance(np.array(left), np.array(right), "float64", names=("star", "other"))
    assert problem in apart.problem
    assert apart.max_abs == apart.max_rel == apart.max_ulp == np.inf


def test_a_result_in_another_precision_is_a_problem():
    left, right = np.ones(2, np.float64), np.ones(2, np.float32)
    apart = distance(left, right, "float64", names=("star", "other"))
    assert apart.problem == "other has dtype float32, float64 was asked for"


def test_empty_arrays_are_equal():
    assert not distance(np.empty((0, 3)), np.empty((0, 3)), "float64")
