"""A run that breaks costs itself and no other."""

import pytest

from conformance.results import workers

PLANTED = "tests.results.planted_worker"


def told(tasks, timeout=60, module=PLANTED):
    return dict(workers.results(tasks, "edu", timeout, module))


def test_a_worker_that_dies_is_replaced():
    tasks = [(row, "keras", seed) for row in ("first", "dies", "last") for seed in range(3)]
    found = told(tasks)
    assert list(found) == tasks
    broken = [task for task, run in found.items() if "error" in run]
    assert broken == [("dies", "keras", 1)]
    assert "exit status 3" in found["dies", "keras", 1]["error"]
    assert "out of memory" in found["dies", "keras", 1]["error"]
    assert found["last", "keras", 2]["result"] == {"seed": 2}


def test_a_run_that_hangs_is_ended():
    found = told([("hangs", "keras", 0), ("last", "keras", 0)], timeout=5)
    assert "timed out: no sign of life for 5 s" in found["hangs", "keras", 0]["error"]
    assert "result" in found["last", "keras", 0]


def test_an_error_is_told_and_the_worker_goes_on():
    found = told([("raises", "keras", 0), ("last", "keras", 0)])
    assert found["raises", "keras", 0]["error"].startswith("ValueError: no such data (")
    assert "result" in found["last", "keras", 0]


def test_a_worker_that_cannot_start_is_an_error():
    with pytest.raises(workers.NotStarted, match="No module named"):
        told([("first", "keras", 0)], module="tests.results.no_such_worker")
