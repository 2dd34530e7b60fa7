"""From two training runs to a verdict: rounding, amplification or a real difference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_edu_backend.compare import Training
from keras_edu_backend.compare.training import judge_training

NAMES = ("star", "other")
STEPS = (1, 2, 4, 8, 16, 20)
LOSSES = np.linspace(1.0, 0.4, 20)
WEIGHTS = np.array([1.0, -0.5])


def run(dtype, weight_errors=(0,) * 6, loss_errors=0.0):
    """A run whose largest weight is off by so much at each snapshot, and its losses by so much."""
    losses = (LOSSES * (1 + np.broadcast_to(loss_errors, LOSSES.shape))).astype(dtype)
    weights = {
        f"step {step}, dense/kernel": (WEIGHTS + np.array([error, 0])).astype(dtype)
        for step, error in zip(STEPS, weight_errors, strict=True)
    }
    return {"losses": losses, **weights}


def judge(float64=None, float32=None, strict=True):
    left = {dtype: run(dtype) for dtype in ("float32", "float64")}
    right = left | {
        dtype: other for dtype, other in (("float64", float64), ("float32", float32)) if other
    }
    judged = judge_training(left, right, NAMES, strict)
    return judged["float64"], judged["float32"]


def test_same_bits_are_equal():
    float64, float32 = judge()
    assert float64.verdict == float32.verdict == "equal"


def test_float64_within_1e_12_is_rounding():
    float64, _ = judge(run("float64", [1e-15, 1e-15, 1e-14, 1e-14, 1e-14, 9e-13]))
    assert float64.verdict == "rounding"
    assert float64.where == "step 20, dense/kernel"


def test_growth_from_rounding_is_amplification_and_says_where_it_starts():
    grows = [1e-15, 1e-14, 5e-13, 2e-12, 5e-11, 1e-9]
    float64, _ = judge(run("float64", grows))
    assert float64.verdict == "amplified"
    assert float64.where == "step 8, dense/kernel"
    assert "comes to 1e-09 at step 20, dense/kernel" in float64.note


def test_a_difference_at_the_first_update_is_real_and_names_the_variable():
    # One percent of a step of 1e-3.
    off = [1e-5, 2e-5, 4e-5, 8e-5, 1.6e-4, 2e-4]
    float64, float32 = judge(run("float64", off), run("float32", off))
    assert (float64.verdict, float64.where) == ("different", "step 1, dense/kernel")
    assert float32.verdict == "different"
    assert "stays in float64, at step 1, dense/kernel" in float32.note


def test_a_difference_that_sets_in_later_is_a_jump():
    float64, _ = judge(run("float64", [0, 0, 1e-15, 1e-7, 1e-6, 1e-5]))
    assert (float64.verdict, float64.where) == ("different", "step 8, dense/kernel")
    assert "at once" in float64.note


def test_a_difference_of_the_losses_alone_is_found():
    float64, _ = judge(run("float64", loss_errors=np.where(np.arange(20) == 6, 1e-8, 0)))
    assert (float64.verdict, float64.where) == ("different", "step 7, loss")


def test_float32_is_amplification_where_float64_agrees():
    grows = [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2]
    _, float32 = judge(float32=run("float32", grows), strict=False)
    assert float32.verdict == "amplified"
    # 1e-7 is less than a unit in the last place of 1, 1e-6 is 8 of them.
    assert float32.where == "step 2, dense/kernel"


def test_float32_of_few_units_is_rounding():
    _, float32 = judge(float32=run("float32", [2.0**-23] * 6))
    assert float32.verdict == "rounding"


@pytest.mark.parametrize(("error", "verdict"), [(8e-6, "amplified"), (1.2e-5, "different")])
def test_losses_of_one_library_agree_within_1e_5(error, verdict):
    later = np.where(np.arange(20) > 5, error, 0)
    _, float32 = judge(float32=run("float32", loss_errors=later), strict=True)
    assert float32.verdict == verdict
    assert judge(float32=run("float32", loss_errors=later), strict=False)[1].verdict == "amplified"


def test_a_loss_that_is_off_before_the_first_update_is_no_amplification():
    _, float32 = judge(float32=run("float32", loss_errors=1e-5), strict=False)
    assert (float32.verdict, float32.where) == ("different", "step 1, loss")
    assert "before the first update" in float32.note


@given(
    st.integers(0, 5),
    st.floats(1e-9, 1e-1),
    st.sampled_from([1e-16, 1e-14, 9e-13]),
)
def test_no_sudden_difference_passes_as_rounding(snapshot, size, noise):
    # 1e-9 is ten times what a step may grow to from rounding.
    errors = [noise] * snapshot + [size] * (6 - snapshot)
    assert judge(run("float64", errors))[0].verdict == "different"


def test_nan_in_a_weight_is_named():
    spoiled = run("float64")
    spoiled["step 4, dense/kernel"] = np.array([np.nan, 0])
    float64, _ = judge(spoiled)
    assert (float64.verdict, float64.where) == ("different", "step 4, dense/kernel")
    assert "other has NaN at [0]" in float64.note


def test_runs_of_different_length_are_different():
    short = run("float64")
    short["losses"] = short["losses"][:19]
    float64, _ = judge(short)
    assert (float64.verdict, float64.where) == ("different", "losses")
    assert "(20,)" in float64.note and "(19,)" in float64.note


def test_losses_near_zero_count_on_the_scale_of_a_hundredth_of_the_largest():
    star = run("float64")
    star["losses"] = np.where(np.arange(20) < 19, LOSSES, 1e-12)
    other = dict(star, losses=star["losses"] + np.where(np.arange(20) < 19, 0, 1e-14))
    both = [{"float64": side} for side in (star, other)]
    # 1e-14 apart on the scale of 0.01: a relative 1e-12, although the loss itself is off by 1 %.
    judged = judge_training(*both, NAMES, strict=True)["float64"]
    assert judged.verdict == "rounding"


def test_snapshots_are_taken_at_powers_of_two_and_at_the_end():
    zero = np.zeros(1)
    plan = Training({}, zero, zero, [zero] * 20, epochs=5, batch_size=1)
    assert plan.snapshots == list(STEPS)
    assert Training({}, zero, zero, [zero] * 8, epochs=1, batch_size=1).snapshots == [1, 2, 4, 8]
