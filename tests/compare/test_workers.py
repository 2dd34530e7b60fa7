"""Workers that fail: each failure is reported with its last words, and the rest goes on."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from keras_edu_backend.compare import (
    Draws,
    Experiment,
    Point,
    Subject,
    Training,
    Updates,
    compare,
)
from keras_edu_backend.compare.experiment import BASIC

pytestmark = pytest.mark.long

CASES = ("before", "faulty", "after")
IMPORT_PATHS = [Path(__file__).parent, Path(__file__).parents[2]]


def experiments():
    random = np.random.default_rng(0)
    weights = {"dense/kernel": random.normal(size=(2, 1)).astype(np.float32)}
    x = random.normal(size=(6, 2)).astype(np.float32)
    y = np.array([[0], [1]] * 3, np.float32)
    batches = [np.array([0, 1, 2]), np.array([3, 4, 5])] * 2
    return [
        Experiment(
            case=case,
            style="plain",
            build="",
            points=[Point("start", weights, x, y)],
            training=Training(weights, x, y, batches, epochs=2, batch_size=3),
            parameter_counts={"dense": 2},
        )
        for case in CASES
    ]


def parts():
    """An optimizer and an initializer, called faulty so that the stub's fault shows in them."""
    weights = {"dense/kernel": np.ones((2, 1), np.float32)}
    gradients = [{"dense/kernel": np.array([[1], [-2]], np.float32)}] * 3
    law = {"name": "uniform", "low": -1.0, "high": 1.0}
    return [
        Experiment("faulty", "sgd", quantities=("updates",), updates=updates)
        for updates in [Updates("sgd", {"learning_rate": 0.1}, weights, gradients)]
    ] + [
        Experiment("faulty", "uniform", quantities=("draws",), draws=draws)
        for draws in [Draws("RandomUniform", {}, [100, 300], 1, law)]
    ]


def run_parts(fault, **keywords):
    """Mapping of (quantity, dtype) to comparison, of the parts on a sound and a faulty stub."""
    left, right = (stub(name, **keywords) for name in ("sound", "other"))
    right = dataclasses.replace(right, arguments={"fault": fault})
    report = compare(parts(), [left, right], timeout=60, import_paths=IMPORT_PATHS)
    return {(c.quantity, c.dtype): c for c in report.comparisons}


def stub(name, **keywords):
    return Subject(name, backend="", adapter="stub:Stub", **keywords)


def run(*others, timeout=60):
    """A sound stub compared with others, none of which needs Keras."""
    subjects = [stub("sound"), *others]
    return compare(experiments(), subjects, timeout=timeout, import_paths=IMPORT_PATHS)


def faulty(fault):
    return stub("other", arguments={"fault": fault})


def select(report, **wanted):
    return [c for c in report.comparisons if all(getattr(c, k) == v for k, v in wanted.items())]


def backend(report, name):
    return next(backend for backend in report.backends if backend["name"] == name)


def test_two_sound_subjects_have_equal_bits():
    report = run(stub("other"))
    assert report.agree
    # 3 cases, 4 quantities, 2 precisions
    assert [c.verdict for c in report.comparisons] == ["equal"] * 24
    assert backend(report, "other") == {
        "name": "other",
        "status": "ok",
        "detail": "",
        "versions": backend(report, "sound")["versions"],
    }


def test_a_crash_is_reported_and_the_experiments_after_it_run():
    report = run(faulty("crash"))
    assert not report.agree
    assert backend(report, "other")["status"] == "died"
    assert "faulty" in backend(report, "other")["detail"]
    assert "about to crash" in backend(report, "other")["detail"]
    for case in ("before", "after"):
        assert {c.verdict for c in select(report, case=case)} == {"equal"}
    for comparison in select(report, case="faulty"):
        assert comparison.verdict == "unsupported"
        assert not comparison.passes
        assert "other: died in faulty-plain" in comparison.note


def test_a_hanging_worker_is_ended_and_replaced():
    # Long enough for a worker to start on a busy machine; the hang itself would last an hour.
    report = run(faulty("hang"), timeout=20)
    assert backend(report, "other")["status"] == "timed out"
    assert "about to hang" in backend(report, "other")["detail"]
    assert {c.verdict for c in select(report, case="after")} == {"equal"}
    assert not any(c.passes for c in select(report, case="faulty"))


def test_a_worker_that_cannot_start_loses_all_its_experiments():
    report = run(Subject("other", backend="", adapter="no_such_module:Thing"))
    assert backend(report, "other")["status"] == "died"
    assert "No module named 'no_such_module'" in backend(report, "other")["detail"]
    assert not any(c.passes for c in report.comparisons)
    assert len(report.comparisons) == 24


def test_a_backend_that_is_not_installed_is_not_a_pass():
    report = run(stub("other", requires=("no_such_framework",)), stub("third"))
    assert not report.agree
    assert backend(report, "other")["status"] == "not installed"
    assert "no_such_framework" in backend(report, "other")["detail"]
    assert not any(c.passes for c in select(report, right="other"))
    assert all(c.verdict == "equal" for c in select(report, right="third"))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("nan", "other has NaN at [1, 0]"),
        ("shape", "(6, 1), other has shape (1, 6)"),
        ("dtype", "other has dtype float16"),
        ("nothing", "only sound has it"),
    ],
)
def test_outputs_of_another_kind_are_different(fault, said):
    report = run(faulty(fault))
    for comparison in select(report, case="faulty", quantity="outputs"):
        assert comparison.verdict == "different"
        assert comparison.where == "start: call"
        assert said in comparison.note
    # Nothing else of the same model is concerned, nor any other model.
    others = [c for c in report.comparisons if c.case != "faulty" or c.quantity != "outputs"]
    assert all(c.verdict == "equal" for c in others)


def test_a_wrong_parameter_count_names_the_layer_and_both_numbers():
    (comparison,) = select(
        run(faulty("count")), case="faulty", quantity="parameters", dtype="float32"
    )
    assert comparison.verdict == "different"
    assert comparison.where == "dense"
    assert comparison.note == "other has 3 parameters, 2 expected"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("raise", "other: RuntimeError: no outputs today"),
        ("missing", "other: NotImplementedError: nn.sigmoid is not written yet"),
        ("tamper", "faulty-plain: not readable as"),
    ],
)
def test_what_could_not_be_compared_says_why_and_is_not_a_pass(fault, said):
    report = run(faulty(fault))
    assert not report.agree
    for comparison in select(report, case="faulty", quantity="outputs"):
        assert comparison.verdict == "unsupported"
        assert not comparison.passes
        assert said in comparison.note
    assert all(c.verdict == "equal" for c in select(report, case="after"))


def test_a_quantity_that_a_subject_never_claimed_is_in_order():
    report = run(stub("other", quantities=("parameters", "outputs")))
    assert report.agree
    for comparison in select(report, quantity="training"):
        assert comparison.verdict == "unsupported"
        assert comparison.note == "other: has no training"


def test_a_wrong_learning_rate_shows_at_the_first_of_the_given_gradients():
    found = run_parts("rate")
    for dtype in ("float32", "float64"):
        updates = found["updates", dtype]
        assert updates.verdict == "different"
        assert updates.where == "step 1, dense/kernel"
        assert found["draws", dtype].verdict == "equal"


def test_other_seeds_are_a_difference_only_within_one_generator():
    assert run_parts("seed")["draws", "float64"].verdict == "distributed"
    assert run_parts("seed", generator="numpy")["draws", "float64"].verdict == "different"


def test_a_wrong_limit_is_found_by_the_law():
    draws = run_parts("limit")["draws", "float32"]
    assert draws.verdict == "different"
    assert draws.note.startswith("other: the mean")


def test_a_wrong_layer_is_named():
    asked = [dataclasses.replace(e, quantities=(*BASIC, "activations")) for e in experiments()]
    report = compare(
        asked, [stub("sound"), faulty("activation")], timeout=60, import_paths=IMPORT_PATHS
    )
    (comparison,) = select(report, case="faulty", quantity="activations", dtype="float64")
    assert (comparison.verdict, comparison.where) == ("different", "start: dense")
    assert all(c.verdict == "equal" for c in report.comparisons if c.quantity != "activations")


def test_a_comparison_needs_two_subjects_of_different_names():
    with pytest.raises(ValueError, match="at least 2 subjects, got 1"):
        run()
    with pytest.raises(ValueError, match="more than once: sound"):
        run(stub("sound"))


def test_no_process_and_no_file_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run(faulty("crash"))
    assert list(tmp_path.iterdir()) == []
