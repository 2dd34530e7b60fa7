"""Each planted fault changes what it is meant to change, and the network stays a network."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from conformance.fuzz import command
from conformance.fuzz.experiments import experiment
from conformance.fuzz.faults import FAULTS
from conformance.fuzz.networks import build, build_with_fault, drawn
from conformance.subjects import SUBJECTS
from keras_edu_backend.compare.verdict import NO_FLOAT64

pytestmark = pytest.mark.long

# What these change is seen in a call already, the others only in training.
IN_A_CALL = ("wrong axis", "stale mask", "1 ULP of a weight")


def _numbers(model, planned, steps):
    """Outputs at given weights, and the weights, after some steps of training."""
    model.set_weights(list(planned.training.weights.values()))
    point = planned.points[0]
    outputs = keras.ops.convert_to_numpy(model(point.x, training=False))
    for _ in range(steps):
        model.train_on_batch(point.x, point.y)
    return outputs, [keras.ops.convert_to_numpy(each.value) for each in model.weights]


@pytest.mark.parametrize(
    "fault", [*IN_A_CALL, "momentum off by 1 %", "moving averages twice as fast"]
)
def test_a_planted_fault_shows_where_it_is(fault):
    spec = next(s for s in map(drawn, range(1000)) if FAULTS[fault].fits(s) and not s["policy"])
    if fault == "wrong axis":
        spec |= {"head": "softmax", "join": None}
        spec["draws"][0]["scale"] = 1.0
    planned = experiment(spec, fault)
    spec = planned.arguments["spec"]
    # A momentum is used from the second step on.
    steps = 0 if fault in IN_A_CALL else 2
    sound, right = _numbers(build(spec), planned, steps)
    keras.utils.clear_session()
    faulty, wrong = _numbers(build_with_fault(spec, fault), planned, steps)
    assert [weight.shape for weight in right] == [weight.shape for weight in wrong]
    assert sound.shape == faulty.shape and np.isfinite(faulty).all()
    changed = sum((one != other).sum() for one, other in zip(right, wrong, strict=True))
    if fault == "1 ULP of a weight":
        assert changed == 1
    elif fault in IN_A_CALL:
        assert changed == 0 and (sound != faulty).any()
    else:
        assert changed > 0 and (sound == faulty).all()


def test_a_difference_that_is_gone_beside_the_kink_says_so_between_two_libraries(monkeypatch):
    def row(seed, right, verdict):
        return {"seed": seed, "right": right, "verdict": verdict}

    asked = []

    def judged(numbers, subjects, timeout, off_kinks):
        asked.append(numbers)
        assert off_kinks
        beside = {1: "rounding", 2: "different", 4: "unsupported"}
        return [row(seed, "torch", beside[seed]) for seed, _ in numbers]

    monkeypatch.setattr(command, "judged", judged)
    sides = [SUBJECTS[name] for name in ("edu", "jax", "torch")]
    rows = [
        *(row(seed, "torch", "different") for seed in (1, 2, 4)),
        row(3, "torch", "equal"),
        *(row(seed, "jax", "different") for seed in (1, 3)),
    ]
    told = command.told_by_kinks(rows, sides, 1.0)
    verdicts = [each["verdict"] for each in told]
    # Stock Keras on JAX takes JAX's slopes, as edu does.
    others = ["equal", "different", "different"]
    assert verdicts == ["on a kink", "different", "different", *others]
    assert asked == [[(1, ""), (2, ""), (4, "")]]


def test_an_experiment_beside_its_kinks_has_no_zeros_and_is_near():
    spec = next(spec for spec in map(drawn, range(100)) if spec["kind"] == "features")
    plain, beside = (experiment(spec, off_kinks=off).points[0] for off in (False, True))
    assert (plain.x == 0).any() and not (beside.x == 0).any()
    assert 0 < np.abs(plain.x - beside.x).max() < np.abs(plain.x).max() / 100


def test_beside_its_kinks_a_constraint_makes_no_zeros():
    dense = ["Dense", {"units": 2, "kernel_constraint": "non_neg"}]
    spec = next(spec for spec in map(drawn, range(100)) if spec["kind"] == "features")
    for extra, zeros in (({}, 10), ({"off_kinks": True}, 0)):
        kernel = build(spec | {"body": [dense]} | extra).trainable_weights[0]
        made = np.asarray(kernel.constraint(-np.ones(kernel.shape, "float32")))
        assert made.shape == (5, 2) and (made == 0).sum() == zeros
        assert np.abs(made).max() < 0.01


def test_a_difference_that_float64_cannot_judge_does_not_hide_behind_the_refusal(monkeypatch):
    def compared(dtype, verdict, note):
        names = {"case": "network_0", "right": "tensorflow", "quantity": "gradients", "where": ""}
        numbers = {"floors": 1e7, "known": "", "less_accurate": ()}
        return SimpleNamespace(dtype=dtype, verdict=verdict, note=note, **names, **numbers)

    pair = [
        compared("float32", "different", f"1e+07 floors apart, and {NO_FLOAT64}"),
        compared("float64", "unsupported", "TensorFlow has no such kernel"),
    ]
    report = SimpleNamespace(comparisons=pair, notes=[])
    monkeypatch.setattr(command, "compare", lambda *_, **__: report)
    (row,) = command.judged([(0, "")], [SUBJECTS["edu"], SUBJECTS["jax"]], 1.0)
    assert (row["verdict"], row["dtype"]) == (command.UNDECIDED, "float32")
