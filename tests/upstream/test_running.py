"""What becomes of tests, and of the processes they run in."""

import threading
import time

import pytest

from conformance.upstream.record import Record
from conformance.upstream.run import run, together
from conformance.upstream.suite import Unit
from conformance.upstream.workers import Settings, WrongBackend

pytestmark = pytest.mark.long


def outcomes(result):
    return {name.partition("::")[2]: test.outcome for name, test in result.tests.items()}


def test_each_test_gets_its_outcome(results):
    tests = results["plain_test.py"].tests
    assert {name.removeprefix("plain_test"): test.outcome for name, test in tests.items()} == {
        "::test_passes": "passed",
        "::test_fails": "failed",
        "::test_is_skipped": "skipped",
        "::test_is_expected_to_fail": "skipped",
        "::test_set_up_fails": "failed",
        "::test_parameters[a::b]": "passed",
        "::test_parameters[c d]": "passed",
        "::test_parameters[e/f]": "passed",
        "::test_conditions": "passed",
        ".InAClass::test_passes": "passed",
        ".InAClass::test_one_part_fails": "failed",
        ".InAClass::test_one_part_is_skipped": "passed",
    }


def test_names_are_those_of_junit_files(results):
    assert "plain_test.InAClass::test_passes" in results["plain_test.py"].tests
    assert "plain_test::test_parameters[a::b]" in results["plain_test.py"].tests
    assert list(results["deep/er/nested_test.py"].tests) == ["deep.er.nested_test::test_passes"]


def test_errors_and_reasons_are_kept(results):
    tests = results["plain_test.py"].tests
    assert "one and one" in tests["plain_test::test_fails"].message
    assert "in setup: ValueError: no fixture" in tests["plain_test::test_set_up_fails"].message
    assert tests["plain_test::test_is_skipped"].message == "not today"


def test_a_crash_loses_only_what_had_not_finished(results):
    crash = results["crash_test.py"]
    assert crash.state == "lost"
    assert outcomes(crash) == {"test_before": "passed", "test_dies": "lost", "test_after": "lost"}


def test_a_crash_is_told_with_its_place_its_status_and_the_last_words(results):
    message = results["crash_test.py"].message
    assert "crash_test::test_dies" in message
    assert "exit status 3" in message
    assert "these are my last words" in message


def test_a_test_that_takes_too_long_fails_and_the_next_one_runs(results):
    tests = results["hang_test.py"].tests
    assert tests["hang_test::test_hangs_in_python"].outcome == "failed"
    assert "Timeout" in tests["hang_test::test_hangs_in_python"].message


def test_a_process_that_falls_silent_is_stopped(results):
    hang = results["hang_test.py"]
    assert hang.tests["hang_test::test_before"].outcome == "passed"
    lost = hang.tests["hang_test::test_hangs_where_no_timeout_comes_through"]
    assert lost.outcome == "lost"
    assert "no sign of life" in lost.message


def test_a_missing_package_is_named(results):
    result = results["no_package_test.py"]
    assert (result.state, result.missing) == ("not collected", "a_package_that_nobody_has")


@pytest.mark.parametrize(
    ("file", "message"),
    [("broken_test.py", "SyntaxError"), ("no_part_test.py", "no_such_part")],
)
def test_a_file_that_is_broken_is_no_matter_of_packages(results, file, message):
    assert (results[file].state, results[file].missing) == ("not collected", None)
    assert message in results[file].message


def test_a_file_may_decline(results):
    assert results["declines_test.py"].state == "skipped"
    assert results["declines_test.py"].message == "not on this machine"


def test_files_about_devices_run_a_second_time_with_eight(results):
    once = results["some_distribution_test.py"]
    again = results["some_distribution_test.py (8 devices)"]
    assert outcomes(once) == {"test_anywhere": "passed", "test_on_eight": "skipped"}
    assert outcomes(again) == {"test_anywhere": "passed", "test_on_eight": "passed"}


def test_tests_from_the_stock_backends_folder_run_elsewhere(results):
    assert outcomes(results["backend/jax/part_test.py"]) == {"test_runs_elsewhere": "passed"}


def test_what_a_file_does_to_the_environment_ends_with_it(make):
    files = {
        "a_test.py": "import os\n\ndef test_clears(): os.environ.clear()",
        "b_test.py": "import os\n\ndef test_sees(): assert os.environ['PYTHONHASHSEED'] == '0'",
    }
    # Both in one process, in this order.
    assert together(make.suite(files).units(), dict.fromkeys(make.suite(files).units(), 1)) == [
        [Unit("a_test.py"), Unit("b_test.py")]
    ]
    for result in make.run(files).values():
        assert result.counts == {"passed": 1}


FAKE_KERAS = """
    import sys
    import types

    keras = types.ModuleType("keras")
    keras.__file__ = "/somewhere/keras/__init__.py"
    keras.backend = types.SimpleNamespace(backend=lambda: "jax")
    sys.modules["keras"] = keras
"""


@pytest.mark.parametrize(
    ("what_happens", "message"),
    [
        (
            "sys.meta_path[:] = [f for f in sys.meta_path if isinstance(f, type)]",
            "Keras runs on jax",
        ),
        (
            """module = types.ModuleType("keras.src.backend.jax.nn")
    module.__file__ = "/somewhere/keras/src/backend/jax/nn.py"
    sys.modules["another_name"] = module""",
            "stock backend were loaded: keras.src.backend.jax.nn",
        ),
    ],
)
def test_a_run_on_the_wrong_backend_is_refused(make, what_happens, message):
    body = f"{FAKE_KERAS}\n    {what_happens}\n\n    def test_passes(): pass\n"
    with pytest.raises(WrongBackend, match=message):
        make.run({"other_test.py": body}, backend="edu")


def test_a_name_that_two_tests_bear_stands_for_the_worse():
    record = Record([Unit("a_test.py")])
    for outcome in ("skipped", "failed", "passed"):
        event = {"event": "done", "file": "a_test.py", "test": "a_test::t", "outcome": outcome}
        record.take_in({**event, "message": "", "seconds": 0})
    assert record.results["a_test.py"].tests["a_test::t"].outcome == "failed"


def test_an_error_ends_the_run_and_its_processes(make):
    files = {"slow_test.py": "import time\n\ndef test_slow(): time.sleep(100)"}
    suite = make.suite(files)

    def interrupt(unit, event):
        raise RuntimeError("stop here")

    before = threading.active_count()
    started = time.monotonic()
    with pytest.raises(RuntimeError, match="stop here"):
        run(suite.units(), Settings(suite), {Unit("slow_test.py"): 1}, notice=interrupt)
    assert time.monotonic() - started < 60
    assert threading.active_count() == before
