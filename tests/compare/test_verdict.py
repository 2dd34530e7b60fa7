"""From numbers and their noise floors to verdicts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_edu_backend.compare import Training, verdict
from keras_edu_backend.compare.verdict import judge_parameters
from keras_edu_backend.rounding import FACTOR, Floor

NAMES = ("star", "other")
VALUES = np.array([1.0, -0.3, 0.7])
NOISE = {"float32": 1e-7, "float64": 1e-7 / 2**29}


def side(float32_floors=0.0, float64_floors=0.0, place="x"):
    """Results with the first number so many noise floors off, in each precision."""
    first = np.array([1.0, 0, 0])
    return {
        "float32": {place: (VALUES + float32_floors * NOISE["float32"] * first)},
        "float64": {place: VALUES + float64_floors * NOISE["float64"] * first},
    }


def floors(place="x", jump=0.0, shape=(3,)):
    """Everywhere the same floor, and a jump of the first number."""
    jumps = np.zeros(shape)
    jumps.flat[0] = jump
    exact = np.broadcast_to(VALUES[: int(np.prod(shape))].reshape(shape), shape)
    return {
        dtype: {place: Floor(exact, np.full(shape, noise), jumps)} for dtype, noise in NOISE.items()
    }


def judge(other, star=None, floor=None, **options):
    judged = verdict.judge(star or side(), other, floor or floors(), NAMES, **options)
    return judged["float32"], judged["float64"]


def test_same_bits_are_equal():
    float32, float64 = judge(side())
    assert float32.verdict == float64.verdict == "equal"
    assert float32.max_abs == float32.max_rel == float32.floors == 0
    assert float32.where == ""


def test_what_is_within_the_factor_is_rounding_and_says_how_many_floors():
    float32, float64 = judge(side(0.99 * FACTOR, 0.99 * FACTOR))
    assert float32.verdict == float64.verdict == "rounding"
    assert float32.floors == pytest.approx(0.99 * FACTOR, rel=1e-6)
    assert not float32.less_accurate


def test_what_is_beyond_in_both_precisions_by_the_same_amount_is_different():
    # 1e-5 in both: 100 floors in float32, 2^29 times as many in float64.
    float32, float64 = judge(side(100, 100 * 2**29))
    assert float32.verdict == float64.verdict == "different"
    assert (float32.where, float64.where) == ("x", "x")
    assert "as far apart in float64" in float32.note


def test_what_shrinks_with_the_precision_is_a_less_accurate_algorithm():
    float32, float64 = judge(side(1000, 1000))
    assert float32.verdict == float64.verdict == "rounding"
    (loss,) = float32.less_accurate
    assert (loss["place"], loss["side"]) == ("x", "other")
    assert loss["digits"] == pytest.approx(3, rel=1e-6)


def test_the_side_that_is_off_the_exact_result_is_the_less_accurate_one():
    float32, _ = judge(side(), side(1000, 1000))
    assert float32.less_accurate[0]["side"] == "star"


def test_float64_that_carries_roundings_of_float32_is_not_taken_for_a_difference():
    float32, float64 = judge(side(0, 0.5 * FACTOR * 2**29))
    assert (float32.verdict, float64.verdict) == ("equal", "rounding")
    assert "something is float32 there" in float64.note
    assert judge(side(0, 2 * FACTOR * 2**29))[1].verdict == "different"


def test_what_stays_in_float64_within_float32s_floor_does_not_make_a_difference_real():
    # 100 floors in float32, of which a hundredth of one stays: a constant that is float32.
    float32, float64 = judge(side(100, 0.01 * 2**29))
    assert float32.verdict == float64.verdict == "rounding"
    assert float32.less_accurate


def test_each_number_has_float32s_floor_of_its_own():
    """The noise of a large number excuses nothing of a small one."""
    noise = np.array([1e-7, 1e-2, 1e-7])
    measured = {
        dtype: {"x": Floor(VALUES, noise * (NOISE[dtype] / 1e-7), np.zeros(3))} for dtype in NOISE
    }
    float32, float64 = judge(side(100, 100 * 2**29), floor=measured)
    assert float32.verdict == float64.verdict == "different"


def test_nan_on_one_side_that_float64_has_not_is_different_and_says_so():
    wrong = side()
    wrong["float32"]["x"][0] = np.nan
    float32, float64 = judge(wrong)
    assert (float32.verdict, float64.verdict) == ("different", "equal")
    assert verdict.OUT_OF_RANGE in float32.note
    wrong["float64"]["x"][0] = np.nan
    float32, float64 = judge(wrong)
    assert float32.verdict == float64.verdict == "different"
    assert verdict.OUT_OF_RANGE not in float32.note


def test_without_a_float64_result_nothing_beyond_the_floor_is_rounding():
    def alone(off):
        results = [{"float32": each["float32"]} for each in (side(), side(off))]
        return verdict.judge(*results, floors(), NAMES)["float32"]

    assert alone(1).verdict == "rounding"
    assert alone(2 * FACTOR).verdict == "different"
    assert "no float64 result" in alone(2 * FACTOR).note


def test_what_a_branch_within_reach_of_rounding_can_change_is_not_judged():
    far, near = floors(), floors(jump=1.0)
    assert judge(side(1e4, 1e4 * 2**29), floor=far)[0].verdict == "different"
    float32, _ = judge(side(1e4, 1e4 * 2**29), floor=near)
    assert float32.verdict == "rounding"
    assert "1 numbers at a kink" in float32.note
    # A jump of 1 does not explain a difference of 2.
    assert judge(side(2e7, 2e7 * 2**29), floor=near)[0].verdict == "different"


def test_a_difference_that_branches_excuse_in_float32_is_judged_in_float64():
    at_kinks = {"float32": floors(jump=1.0)["float32"], "float64": floors()["float64"]}
    float32, _ = judge(side(1e4, 1e4 * 2**29), floor=at_kinks)
    assert float32.verdict == "different"
    assert "at kinks in float32" in float32.note
    assert judge(side(1e4, 5), floor=at_kinks)[0].verdict == "rounding"
    # In float64 there is nothing more to be asked, at a kink or not.
    in_float64 = {"float32": floors()["float32"], "float64": floors(jump=1.0)["float64"]}
    assert judge(side(1e4, 1e4 * 2**29), floor=in_float64)[1].verdict == "rounding"


def test_where_branches_are_within_reach_no_algorithm_is_said_to_lose_digits():
    other = side(1e4, 1e4)  # the first number is at a kink
    for dtype, values in other.items():
        values["x"][1] += 1000 * NOISE[dtype]
    assert judge(other)[0].less_accurate
    float32, _ = judge(other, floor=floors(jump=1.0))
    assert float32.verdict == "rounding"
    assert not float32.less_accurate
    assert "rounding decides branches" in float32.note


def test_other_bits_within_one_library_are_mentioned_and_no_more():
    float32, _ = judge(side(1, 1), same_library=True)
    assert float32.verdict == "rounding"
    assert "other bits" in float32.note
    assert "other bits" not in judge(side(1, 1))[0].note


def test_without_a_floor_only_the_last_rounding_counts():
    def alone(error):
        star = {"float32": {"x": np.ones(2, np.float32)}, "float64": {"x": np.ones(2)}}
        other = {d: {"x": v["x"] * v["x"].dtype.type(1 + error)} for d, v in star.items()}
        return verdict.judge(star, other, {}, NAMES)["float32"].verdict

    assert alone(2.0**-23) == "rounding"
    assert alone(1e-5) == "different"


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_on_one_side_only_is_never_rounding(wrong):
    star = side()
    star["float32"]["x"][1] = wrong
    for left, right, name in ((star, side(), "star"), (side(), star, "other")):
        float32, float64 = judge(right, left)
        assert (float32.verdict, float64.verdict) == ("different", "equal")
        assert f"{name} has" in float32.note


def test_other_shapes_and_dtypes_are_named():
    star = side()
    short = {dtype: {"x": values["x"][:2]} for dtype, values in star.items()}
    assert "other has shape (2,)" in judge(short)[0].note
    coarse = star | {"float64": {"x": star["float64"]["x"].astype(np.float32)}}
    assert judge(coarse)[1].note.startswith("other has dtype float32, float64 was asked for")


def test_the_worst_place_is_named():
    star = {d: side()[d] | side(place="y")[d] for d in NOISE}
    other = {d: side(1, 1)[d] | side(1e4, 1e4 * 2**29, place="y")[d] for d in NOISE}
    both = {d: floors()[d] | floors("y")[d] for d in NOISE}
    float64 = judge(other, star, both)[1]
    assert (float64.verdict, float64.where) == ("different", "y")
    assert float64.max_abs == pytest.approx(1e-3)


def test_a_place_that_only_one_side_has_is_a_difference():
    float64 = judge(side(place="y"))[1]
    assert (float64.verdict, float64.where, float64.note) == ("different", "x", "only star has it")


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_more_error_never_makes_a_better_verdict(a, b):
    order = ["equal", "rounding", "different"]
    ranks = [order.index(judge(side(0, floors_off))[1].verdict) for floors_off in sorted((a, b))]
    assert ranks == sorted(ranks)


# Training runs.

STEPS = (1, 2, 4, 8, 16, 20)
LOSSES = np.linspace(1.0, 0.4, 20)
WEIGHTS = np.array([1.0, -0.5])


def run(weight_errors=(0.0,) * 6, loss_errors=0.0):
    """A run whose first weight is off by so much at each snapshot, and its losses by so much."""
    weights = {
        f"step {step}, dense/kernel": WEIGHTS + np.array([error, 0])
        for step, error in zip(STEPS, weight_errors, strict=True)
    }
    return {"losses": LOSSES + np.broadcast_to(loss_errors, LOSSES.shape), **weights}


def run_floors(noise=(1e-8,) * 6):
    """Floors of a run, in float64 2^29 times smaller."""
    found = {}
    for dtype, scale in (("float32", 1.0), ("float64", 2.0**-29)):
        found[dtype] = {
            f"step {step}, dense/kernel": Floor(WEIGHTS, np.full(2, size * scale), np.zeros(2))
            for step, size in zip(STEPS, noise, strict=True)
        }
        loss = np.full(20, 1e-7 * scale)
        found[dtype]["losses"] = Floor(LOSSES, loss, np.zeros(20))
    return found


def judge_run(float32=None, float64=None, noise=(1e-8,) * 6):
    left = {"float32": run(), "float64": run()}
    right = {"float32": float32 or run(), "float64": float64 or run()}
    judged = verdict.judge(left, right, run_floors(noise), NAMES, training=True)
    return judged["float32"], judged["float64"]


def test_a_run_within_a_floor_that_stays_is_rounding():
    float32, float64 = judge_run(run([1e-8, 2e-8, 2e-8, 5e-8, 5e-8, 5e-8]))
    assert (float32.verdict, float64.verdict) == ("rounding", "equal")


def test_a_run_within_a_floor_that_has_grown_is_amplified_and_says_where():
    grown = (1e-8, 1e-8, 1e-6, 1e-4, 1e-2, 1e-1)
    float32, _ = judge_run(run([1e-8, 1e-8, 1e-6, 1e-4, 1e-2, 1e-1]), noise=grown)
    assert float32.verdict == "amplified"
    assert float32.where == "step 4, dense/kernel"
    assert "from 1e-08 after step 1 to 1e-06 after step 4" in float32.note


def test_the_same_run_beyond_a_floor_that_stays_is_different():
    errors = [1e-8, 1e-8, 1e-6, 1e-4, 1e-2, 1e-1]
    float32, float64 = judge_run(run(errors), run(errors))
    assert (float32.verdict, float32.where) == ("different", "step 4, dense/kernel")
    assert (float64.verdict, float64.where) == ("different", "step 4, dense/kernel")


def test_a_difference_of_one_loss_is_found_at_its_step():
    off = run(loss_errors=np.where(np.arange(20) == 6, 1e-5, 0))
    float32, float64 = judge_run(off, off)
    assert (float32.verdict, float32.where) == ("different", "step 7, loss")
    assert (float64.verdict, float64.where) == ("different", "step 7, loss")


def test_infinity_on_one_side_and_nan_on_the_other_is_not_judged_where_the_floor_overflows_too():
    left, right = np.array([np.inf, 1.0]), np.array([np.nan, 1.0])

    def apart(exact, left=left, right=right):
        floor = exact and Floor(np.array([exact, 1.0]), np.array([np.inf, 1e-7]), np.zeros(2))
        return verdict.apart("x", left, right, floor, "float32", NAMES)

    for exact in (np.inf, -np.inf, np.nan):
        found = apart(exact)
        assert (found.out_of_range, found.problem, found.within) == (1, "", True)
        # The other numbers are judged.
        assert not apart(exact, right=np.array([np.nan, 1.1])).within
        # Where one side holds the number, the other is wrong.
        assert "NaN" in apart(exact, left=np.array([3.0, 1.0])).problem
    # The exact number can be held, or nothing was measured.
    assert "NaN" in apart(5.0).problem and "NaN" in apart(None).problem


def test_nan_in_a_weight_is_named():
    spoiled = run()
    spoiled["step 4, dense/kernel"] = np.array([np.nan, 0])
    _, float64 = judge_run(float64=spoiled)
    assert (float64.verdict, float64.where) == ("different", "step 4, dense/kernel")
    assert "other has NaN at [0]" in float64.note


def test_runs_of_different_length_are_different():
    short = run()
    short["losses"] = short["losses"][:19]
    _, float64 = judge_run(float64=short)
    assert (float64.verdict, float64.where) == ("different", "losses")
    assert "(20,)" in float64.note and "(19,)" in float64.note


def test_snapshots_are_taken_at_powers_of_two_and_at_the_end():
    zero = np.zeros(1)
    plan = Training({}, zero, zero, [zero] * 20, epochs=5, batch_size=1)
    assert plan.snapshots == list(STEPS)
    assert Training({}, zero, zero, [zero] * 8, epochs=1, batch_size=1).snapshots == [1, 2, 4, 8]


# Parameter counts.


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
