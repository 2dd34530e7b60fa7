"""One worker process: start it, watch over it, end it.

A process of Keras's tests can die (a crash in native code takes all with it) or hang where no
Python runs, so that no timeout inside it comes through. Both are found from outside.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from conformance.upstream import environment
from conformance.upstream.record import FileResult, Record, Test
from conformance.upstream.suite import Suite, Unit, runs_from_a_copy

# Collecting a file imports TensorFlow, PyTorch and JAX, a minute or so on a busy machine.
_START_UP = 180.0
_LAST_LINES = 12
_LOOK_EVERY = 0.1


class WrongBackend(Exception):
    """The tests ran, but not on the backend that was asked for."""


@dataclass(frozen=True)
class Settings:
    """How tests are run.

    Attributes:
        suite: where the tests lie.
        backend: ``"edu"`` or ``"jax"``.
        timeout: seconds that a test may take.
        patience: seconds without a sign of life after which a worker counts as hanging. By
            default, the timeout and the time to import everything.
        only: for the files of which not every test is to run, patterns for the names of those.
    """

    suite: Suite
    backend: str = "edu"
    timeout: float = 300.0
    patience: float | None = None
    only: dict[Unit, list[str]] = field(default_factory=dict)

    @property
    def longest_silence(self) -> float:
        """The patience that holds."""
        return self.timeout + _START_UP if self.patience is None else self.patience


def run_together(
    units: list[Unit],
    settings: Settings,
    stop: threading.Event,
    notice: Callable[[Unit, dict], None] = lambda unit, event: None,
) -> dict[Unit, FileResult]:
    """Run some files in one process; where it dies, the unfinished ones again, each alone.

    Args:
        units: the files, all on the same number of devices.
        settings: how tests are run.
        stop: set from another thread to give up.
        notice: called with each event of a worker, as `worker/recorder.py` writes it.
    Returns:
        The result of each unit. A file whose process died a second time has lost the tests that
        had not finished.
    Raises:
        WrongBackend: Keras ran on another backend than the one asked for.
    """
    record, _ = _run(units, settings, stop, notice)
    results = {}
    for unit in units:
        if record.is_finished(unit.file) or stop.is_set():
            results[unit] = record.results[unit.file]
            continue
        alone, end = _run([unit], settings, stop, notice)
        results[unit] = alone.results[unit.file]
        if not alone.is_finished(unit.file):
            _count_as_lost(results[unit], alone, end)
    return results


def _run(units, settings, stop, notice):
    """One process for all of `units`: its record, and what can be said about its end."""
    work = Path(tempfile.mkdtemp(prefix="keras-tests-"))
    try:
        record = Record(work / "record.jsonl", units)
        output = work / "output.txt"
        with open(output, "wb") as file:
            process = subprocess.Popen(
                _command(units, settings, work),
                cwd=_folder(work / "cwd"),
                env=environment.variables(
                    settings.backend, units[0].devices, _folder(work / "home")
                ),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            end = _watch(process, record, settings, stop, notice)
        finally:
            _end(process)
        if record.wrong_backend:
            raise WrongBackend(record.wrong_backend)
        return record, "\n".join([end, *_last_lines(output)])
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _command(units, settings, work):
    paths = {_place(settings.suite, unit.file, work): unit.file for unit in units}
    plan = {
        "record": str(work / "record.jsonl"),
        "backend": settings.backend,
        "devices": units[0].devices,
        "import_first": settings.suite.import_first,
        "files": paths,
        "only": {unit.file: settings.only[unit] for unit in units if unit in settings.only},
    }
    plan_file = work / "plan.json"
    plan_file.write_text(json.dumps(plan), encoding="utf-8")
    return [
        *(sys.executable, "-m", "pytest"),
        *("-c", str(environment.WORKER / "pytest.ini"), "--rootdir", str(settings.suite.root)),
        *(
            "--noconftest",
            "--capture",
            "no",
            "-p",
            "no:cacheprovider",
            "-p",
            "pytest_timeout",
            "-p",
            "recorder",
        ),
        *("--continue-on-collection-errors", "-q", "--tb", "short"),
        *("--plan", str(plan_file), "--timeout", str(settings.timeout)),
        *paths,
    ]


def _place(suite, file, work):
    """Where the worker is to read a file; see `suite.RUN_FROM_A_COPY`."""
    path = suite.path(file)
    if not runs_from_a_copy(file):
        return str(path)
    # A folder for each, so that no two share the top-level name that pytest gives them.
    copy = _folder(work / file.replace("/", "-")) / path.name
    shutil.copyfile(path, copy)
    return str(copy.resolve())


def _watch(process, record, settings, stop, notice):
    """Wait for the process, passing on what it writes; returns how it ended, in words."""
    last_sign = time.monotonic()
    units = {file: result.unit for file, result in record.results.items()}
    while True:
        ended = process.poll() is not None
        events = record.update()
        for event in events:
            if "file" in event:
                notice(units[event["file"]], event)
        if ended:
            return f"the worker process ended with {_status(process.returncode)}"
        if events:
            last_sign = time.monotonic()
        silence = time.monotonic() - last_sign
        if silence > settings.longest_silence:
            return f"the worker process was stopped after {silence:.0f} s without a sign of life"
        if stop.wait(_LOOK_EVERY):
            return "the run was given up"


def _status(code):
    if code < 0:
        try:
            return f"signal {signal.Signals(-code).name}"
        except ValueError:
            return f"signal {-code}"
    return f"exit status {code}"


def _end(process):
    """End the worker, and what it may have started: they are a process group of their own."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _count_as_lost(result, record, end):
    """What had not finished when the file's own process died is lost; what had, stands."""
    file = result.unit.file
    where = f"in {record.running[1]}: " if record.running else ""
    result.message = where + end
    result.state = "lost"
    for name in record.expected.get(file, ()):
        result.tests.setdefault(name, Test("lost", result.message))


def _last_lines(output):
    text = output.read_text(encoding="utf-8", errors="replace")
    return [line for line in text.splitlines() if line.strip()][-_LAST_LINES:]


def _folder(path):
    path.mkdir(parents=True, exist_ok=True)
    return path
