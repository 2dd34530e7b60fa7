"""From numbers to verdicts, for outputs, gradients and parameter counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_edu_backend.compare.verdict import (
    FLOAT64_LIMIT,
    OWN_ERROR_IN_FLOAT64,
    judge_parameters,
    judge_values,
)

NAMES = ("star", "other")
VALUES = np.array([1.0, -0.3, 0.7])
ULP32, ULP64 = 2.0**-23, 2.0**-52  # spacing of floating-point numbers from 1 to 2


def side(float32_error=0.0, float64_error=0.0, place="x"):
    """Results with the largest element off by an error, in each precision."""
    error = np.array([1.0, 0, 0])
    return {
        "float32": {place: (VALUES.astype(np.float32) + float32_error * error).astype(np.float32)},
        "float64": {place: VALUES + float64_error * error},
    }


def judge(other, star=None, strict=True):
    judged = judge_values(star or side(), other, NAMES, strict)
    return judged["float32"], judged["float64"]


def test_same_bits_are_equal():
    float32, float64 = judge(side())
    assert float32.verdict == float64.verdict == "equal"
    assert float32.max_abs == float32.max_rel == float32.max_ulp == 0
    assert float32.where == ""


@pytest.mark.parametrize(("ulp", "verdict"), [(1, "rounding"), (4, "rounding"), (5, "different")])
def test_few_units_in_the_last_place_are_rounding_where_float64_agrees(ulp, verdict):
    float32, float64 = judge(side(ulp * ULP32))
    assert float32.verdict == verdict
    assert float32.max_ulp == ulp
    assert float64.verdict == "equal"


@pytest.mark.parametrize(("error", "verdict"), [(9e-13, "rounding"), (1.1e-12, "different")])
def test_float64_agrees_within_a_relative_1e_12(error, verdict):
    assert judge(side(0, error))[1].verdict == verdict


def test_a_difference_that_stays_in_float64_is_different_in_float32_too():
    float32, float64 = judge(side(ULP32, 1e-9))
    assert float64.verdict == "different"
    assert float32.verdict == "different"
    assert "stays in float64, at x" in float32.note


def test_without_a_float64_result_nothing_is_rounding():
    judged = judge_values({"float32": side()["float32"]}, side(ULP32), NAMES, strict=True)
    assert list(judged) == ["float32"]
    assert judged["float32"].verdict == "different"
    assert "no float64 result" in judged["float32"].note


def test_another_library_may_round_as_much_as_the_star_does_times_four():
    # The star itself is 6 units off its own float64 result here: the place is ill-conditioned.
    star = side(6 * ULP32)
    assert judge(side(-18 * ULP32), star, strict=False)[0].verdict == "rounding"  # 24 units apart
    assert judge(side(-19 * ULP32), star, strict=False)[0].verdict == "different"
    assert judge(side(-18 * ULP32), star, strict=True)[0].verdict == "different"


def test_where_nothing_is_ill_conditioned_another_library_may_round_by_16_units():
    assert judge(side(16 * ULP32), side(), strict=False)[0].verdict == "rounding"
    assert judge(side(17 * ULP32), side(), strict=False)[0].verdict == "different"
    assert judge(side(5 * ULP32), side(), strict=True)[0].verdict == "different"


def test_in_float64_an_ill_conditioned_place_loses_digits_as_in_float32():
    """Half of float32's digits are lost here on one side: as many of float64's may be."""
    lost = 1e-4
    limit = OWN_ERROR_IN_FLOAT64 * lost
    assert limit > 5 * FLOAT64_LIMIT
    coarse = side(lost)
    for left, right in ((side(0, limit / 2), coarse), (coarse, side(0, limit / 2))):
        assert judge(left, right, strict=False)[1].verdict == "rounding"
        assert judge(left, right, strict=True)[1].verdict == "different"
    assert judge(side(0, 2 * limit), coarse, strict=False)[1].verdict == "different"
    # Where float32 is not off, float64 may not be, either.
    assert judge(side(0, limit / 2), side(), strict=False)[1].verdict == "different"


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("strict", [True, False])
def test_a_number_that_is_not_finite_on_one_side_only_is_never_rounding(wrong, strict):
    star = side()
    star["float32"]["x"][1] = wrong
    for left, right in ((star, side()), (side(), star)):
        float32, float64 = judge(right, left, strict)
        assert (float32.verdict, float64.verdict) == ("different", "equal")


def test_the_worst_place_is_named():
    star = {d: side()[d] | side(place="y")[d] for d in ("float32", "float64")}
    other = {d: side(0, 1e-15)[d] | side(0, 1e-3, place="y")[d] for d in ("float32", "float64")}
    float64 = judge(other, star)[1]
    assert float64.verdict == "different"
    assert float64.where == "y"
    assert float64.max_abs == pytest.approx(1e-3)


def test_a_place_that_only_one_side_has_is_a_difference():
    float64 = judge(side(place="y"))[1]
    assert (float64.verdict, float64.where, float64.note) == ("different", "x", "only star has it")


@given(st.floats(0, 1e-3), st.floats(0, 1e-3))
def test_more_error_never_makes_a_better_verdict(a, b):
    order = ["equal", "rounding", "different"]
    small, large = sorted((a, b))
    assert order.index(judge(side(0, small))[1].verdict) <= order.index(
        judge(side(0, large))[1].verdict
    )
    assert order.index(judge(side(small))[0].verdict) <= order.index(judge(side(large))[0].verdict)


@given(st.floats(1e-11, 1e11), st.floats(1e-14, 1e-9))
def test_verdicts_do_not_depend_on_the_unit_of_measure(unit, error):
    # A power of two scales without rounding.
    unit = 2.0 ** np.round(np.log2(unit))
    scaled = [
        {d: {p: v * v.dtype.type(unit) for p, v in s[d].items()} for d in s}
        for s in (side(), side(0, error))
    ]
    here, there = judge(side(0, error))[1], judge(scaled[1], scaled[0])[1]
    assert (here.verdict, here.max_rel, here.max_ulp) == (
        there.verdict,
        there.max_rel,
        there.max_ulp,
    )


def test_parameter_counts_are_those_the_case_states():
    expected = {"dense": 20, "dense_1": 640}
    assert judge_parameters(expected, dict(expected), expected, NAMES).verdict == "equal"
    missing = judge_parameters(expected, {"dense": 16, "dense_1": 640}, expected, NAMES)
    assert (missing.verdict, missing.where, missing.max_abs) == ("different", "dense", 4)
    assert missing.note == "other has 16 parameters, 20 expected"


def test_two_sides_with_the_same_wrong_count_are_wrong():
    wrong = {"dense": 21}
    judged = judge_parameters(wrong, wrong, {"dense": 20}, NAMES)
    assert judged.verdict == "different"
    assert judged.note == "star has 21 parameters, 20 expected"


def test_a_layer_too_many_is_named():
    judged = judge_parameters({"a": 1}, {"a": 1, "b": 2}, {"a": 1}, NAMES)
    assert (judged.verdict, judged.where) == ("different", "b")
    assert judged.note == "other has 2 parameters, none expected"
