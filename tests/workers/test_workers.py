"""Workers: a call that goes wrong costs itself and nobody else, and nothing is left behind."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from keras_edu_backend.workers import Call, Series, Worker, run
from tests.conftest import ROOT, clean_environment, see_dependencies

HERE = Path(__file__).parent
# Long enough for a process to start on a busy machine; a hang would last ten minutes.
PATIENCE = 8


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """Where workers make their folders: each of them must be gone in the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def worker(backend="", **options):
    return Worker(backend, import_paths=[HERE], **options)


def outcomes(*series, processes=None):
    """Mapping of each call's key to its outcome."""
    with contextlib.closing(run(deque(series), processes)) as told:
        return {call.key: (outcome, started) for call, outcome, started in told}


def named(*functions):
    return [Call(f"called:{name}", key=place) for place, name in enumerate(functions)]


def is_gone(process):
    """Whether a process ends within some seconds; one that is only not yet reaped has ended."""
    for _ in range(100):
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.1)
    return False


needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="no /proc here")


def test_values_come_back_and_the_process_stays_alive():
    with worker() as one:
        first = one.call("called:double", x=np.arange(3.0))
        second = one.call("called:double", x=4)
    np.testing.assert_array_equal(first["twice"], [0.0, 2.0, 4.0])
    assert first["process"] == second["process"] != os.getpid()


def test_an_error_has_its_line_its_place_and_its_traceback_and_the_worker_goes_on():
    calls = [*named("fail"), Call("called:double", {"x": 1}, key="after")]
    found = outcomes(Series(worker, calls))
    error, _ = found[0]
    assert error.status == "error"
    assert re.fullmatch(r"ValueError: no such data \(called\.py:\d+\)", error.detail)
    assert "in fail" in error.last_lines
    assert found["after"][0].status == "ok"


def test_a_call_in_the_same_process_raises_what_went_wrong():
    with worker() as one:
        with pytest.raises(RuntimeError, match="fail on no backend: error: ValueError: no such"):
            one.call("called:fail")
        with pytest.raises(RuntimeError, match="died: exit status 3(?s:.*)my last words"):
            one.call("called:die")


def test_what_cannot_be_written_is_an_error():
    with worker() as one, pytest.raises(RuntimeError, match="TypeError: .*not JSON serializable"):
        one.call("builtins:object")


def test_a_worker_that_dies_is_replaced_and_its_other_calls_run():
    calls = [Call("called:double", {"x": 1}, key="before"), *named("die")]
    calls.append(Call("called:double", {"x": 2}, key="after"))
    found = outcomes(Series(worker, calls))
    assert list(found) == ["before", 0, "after"]
    died, started = found[0]
    assert started and (died.status, died.detail) == ("died", "exit status 3")
    assert died.last_lines.endswith("these are my last words")
    assert found["before"][0].value["process"] != found["after"][0].value["process"]


def test_a_worker_killed_by_a_signal_is_said_to_be():
    with worker() as one:
        process = one.call("called:double", x=0)["process"]
        one.begin(Call("called:hang"))
        os.kill(process, signal.SIGSEGV)
        while (outcome := one.look()) is None:
            time.sleep(0.05)
    assert (outcome.status, outcome.detail) == ("died", "signal SIGSEGV")


def test_a_worker_that_hangs_is_ended_and_replaced():
    calls = [*named("hang"), Call("called:double", {"x": 2}, key="after")]
    found = outcomes(Series(partial(worker, timeout=PATIENCE), calls))
    hung, _ = found[0]
    assert (hung.status, hung.detail) == ("timed out", f"no sign of life for {PATIENCE} s")
    assert "about to hang" in hung.last_lines
    assert found["after"][0].status == "ok"


def test_a_sign_of_life_counts_and_is_told():
    heard = []
    with worker(timeout=PATIENCE, notice=heard.append) as one:
        # Longer in all than the patience, and never as long without a word.
        assert one.call("called:speak", seconds=PATIENCE / 3) == "done"
    assert heard == [{"step": step} for step in range(4)]


def test_an_event_that_is_still_being_written_is_waited_for():
    heard = []
    with worker(notice=heard.append) as one:
        one.call("called:double", x=0)  # it has said all that it will say
        with open(one.folder / "events", "a") as file:
            file.write('{"step": "wh')
            file.flush()
            one.look()
            assert heard == []
            file.write('ole"}\n')
        one.look()
    assert heard == [{"step": "whole"}]


@pytest.mark.parametrize(
    ("first", "status", "said"),
    [("fail", "error", "no such data"), ("die", "died", "these are my last words")],
)
def test_where_the_first_call_fails_the_others_are_never_run(first, status, said):
    calls = [*named("double", "double"), Call("no_such_module:anything", key="last")]
    found = outcomes(Series(worker, calls, first=Call(f"called:{first}")))
    assert list(found) == [0, 1, "last"]
    for outcome, started in found.values():
        assert not started and outcome.status == status and said in outcome.last_lines


def test_the_first_call_runs_in_every_fresh_process():
    calls = [*named("die"), Call("called:double", {"x": 2}, key="after")]
    heard = []
    start = partial(worker, notice=heard.append)
    outcomes(Series(start, calls, first=Call("called:speak", {"seconds": 0})))
    assert len(heard) == 8


def test_several_run_at_once_and_may_become_more():
    naps = [Call("called:nap", {"seconds": 4}, key=number) for number in range(2)]
    waiting = deque(Series(worker, [nap]) for nap in naps)
    told = {}
    with contextlib.closing(run(waiting, processes=2)) as found:
        for call, outcome, _ in found:
            told[call.key] = outcome.value
            if len(told) == 1:
                waiting.append(Series(worker, [Call("called:nap", {"seconds": 0}, key="more")]))
    assert max(told[n][0] for n in range(2)) < min(told[n][1] for n in range(2))
    assert told["more"] is not None


def test_a_series_without_calls_starts_nothing():
    assert outcomes(Series(lambda: pytest.fail("started"), [])) == {}


@pytest.mark.parametrize("name", ["edu", "jax"])
def test_a_worker_has_the_backend_that_was_asked_for(name):
    with worker(name) as one:
        assert one.call("called:backend") == ["jax", name == "edu"]


def test_edu_needs_no_start_up_line(tmp_path, monkeypatch):
    python = clean_environment(tmp_path / "environment")
    see_dependencies(python)
    monkeypatch.setattr("sys.executable", str(python))
    with Worker("edu", import_paths=[HERE, ROOT]) as one:
        assert one.call("called:backend") == ["jax", True]


def test_a_value_from_another_backend_is_refused():
    with (
        worker("tensorflow") as one,
        pytest.raises(RuntimeError, match="'tensorflow' was asked for, but Keras runs on 'jax'"),
    ):
        one.call("called:another_backend")


def test_the_environment_is_what_was_asked_for(monkeypatch, tmp_path):
    monkeypatch.setenv("KEPT_BY_ALL", "1")
    monkeypatch.setenv("KERAS_NNX_ENABLED", "1")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    wanted = {
        "KERAS_BACKEND": "torch",
        "KEPT_BY_ALL": "1",
        "KERAS_NNX_ENABLED": None,
        "TF_CPP_MIN_LOG_LEVEL": "0",
        "MORE": "2",
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "compiled"),
    }
    options = {"without": ("KERAS_",), "environment": {"MORE": "2"}}
    with worker("torch", compiled=tmp_path / "compiled", **options) as one:
        assert one.call("called:environment", names=list(wanted)) == wanted


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no choice of processors here")
def test_a_worker_uses_the_processors_that_it_was_given():
    last = max(os.sched_getaffinity(0))
    with worker(processors=[last]) as one:
        assert one.call("called:processors") == [last]


@needs_proc
def test_what_a_worker_started_ends_with_it():
    with worker() as one:
        found = one.call("called:start_another")
    assert is_gone(found["me"]) and is_gone(found["child"])


@needs_proc
def test_an_interrupted_run_ends_its_workers():
    seen = []

    def interrupted(event):
        seen.append(event)
        raise KeyboardInterrupt

    start = partial(worker, notice=interrupted)
    with pytest.raises(KeyboardInterrupt):
        outcomes(Series(start, named("hang_with_another")), Series(worker, named("hang")))
    assert is_gone(seen[0]["me"]) and is_gone(seen[0]["child"])


PARENT = """
import signal

from keras_edu_backend.workers import Call, Worker

# A shell lets what it starts in the background ignore Ctrl-C, and so would this.
signal.signal(signal.SIGINT, signal.default_int_handler)
# No guard: a worker does not import its parent's program.
worker = Worker("", import_paths=[{here!r}], notice=lambda event: print(event, flush=True))
worker.begin(Call("called:hang_with_another"))
while True:
    worker.look()
"""


@needs_proc
@pytest.mark.parametrize("end", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_a_parent_that_ends_takes_its_workers_along(folders, tmp_path, end):
    program = tmp_path / "parent.py"
    program.write_text(PARENT.format(here=str(HERE)))
    parent = subprocess.Popen(
        [sys.executable, program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"TMPDIR": str(folders), "PYTHONPATH": str(HERE.parents[1])},
        text=True,
    )
    with parent:
        started = eval(parent.stdout.readline())
        parent.send_signal(signal.Signals[end])
    assert is_gone(started["me"]) and is_gone(started["child"])
