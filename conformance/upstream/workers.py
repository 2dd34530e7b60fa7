"""Files of tests as calls of a worker process.

A process of Keras's tests can die (a crash in native code takes all with it) or hang where no
Python runs, so that no timeout inside it comes through. `keras_edu_backend.workers` finds both from
outside.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from conformance.upstream import environment
from conformance.upstream.record import FileResult, Record, Test
from conformance.upstream.suite import Suite, Unit, runs_from_a_copy
from keras_edu_backend.workers import Call, Outcome, Series, Worker

# Collecting a file imports TensorFlow, PyTorch and JAX, a minute or so on a busy machine.
_START_UP = 180.0


class WrongBackend(Exception):
    """The tests ran, but not on the backend that was asked for."""


@dataclass(frozen=True)
class Settings:
    """How tests are run.

    Attributes:
        suite: where the tests lie.
        backend: the value of ``KERAS_BACKEND``.
        timeout: seconds that a test may take.
        patience: seconds without a sign of life after which a worker counts as hanging. By
            default, the timeout and the time to import everything.
        only: for the files of which not every test is to run, patterns for the names of those.
        imports: modules that a worker imports before Keras.
    """

    suite: Suite
    backend: str = "edu"
    timeout: float = 300.0
    patience: float | None = None
    only: dict[Unit, list[str]] = field(default_factory=dict)
    imports: Sequence[str] = ()

    @property
    def longest_silence(self) -> float:
        """The patience that holds."""
        return self.timeout + _START_UP if self.patience is None else self.patience


def series(
    units: list[Unit],
    settings: Settings,
    work: Path,
    notice: Callable[[Unit, dict], None] = lambda unit, event: None,
) -> Series:
    """One process for some files.

    Args:
        units: the files, all on the same number of devices.
        settings: how tests are run.
        work: a folder for what the process needs; made here.
        notice: called with each event of the worker, as `worker/recorder.py` writes it.
    Returns:
        One call, whose key is the `Record` of all that happens in it.
    """
    record = Record(units)
    of_file = {unit.file: unit for unit in units}

    def heard(event):
        record.take_in(event)
        if "file" in event:
            notice(of_file[event["file"]], event)

    start = partial(
        Worker,
        settings.backend,
        imports=settings.imports,
        timeout=settings.longest_silence,
        cwd=_folder(work / "cwd"),
        notice=heard,
        **environment.options(units[0].devices, _folder(work / "home")),
    )
    arguments = {"arguments": _arguments(units, settings, work)}
    return Series(start, [Call("conformance.upstream.workers:run_pytest", arguments, record)])


def run_pytest(arguments: list[str]) -> None:
    """What the worker runs; ends its process where pytest did not run to its end."""
    import pytest

    status = pytest.main(arguments)
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise SystemExit(int(status))


def count_as_lost(result: FileResult, record: Record, outcome: Outcome) -> None:
    """What had not finished when the file's own process died is lost; what had, stands."""
    file = result.unit.file
    where = f"in {record.running[1]}: " if record.running else ""
    end = f"the worker process {outcome.status}: {outcome.detail}"
    result.message = "\n".join([where + end, outcome.last_lines])
    result.state = "lost"
    for name in record.expected.get(file, ()):
        result.tests.setdefault(name, Test("lost", result.message))


def _arguments(units, settings, work):
    """Pytest's command line."""
    paths = {_place(settings.suite, unit.file, work): unit.file for unit in units}
    plan = {
        "backend": settings.backend,
        "devices": units[0].devices,
        "import_first": settings.suite.import_first,
        "files": paths,
        "only": {unit.file: settings.only[unit] for unit in units if unit in settings.only},
    }
    plan_file = work / "plan.json"
    plan_file.write_text(json.dumps(plan), encoding="utf-8")
    return [
        *("-c", str(environment.WORKER / "pytest.ini"), "--rootdir", str(settings.suite.root)),
        *("--noconftest", "--capture", "no"),
        *("-p", "no:cacheprovider", "-p", "pytest_timeout", "-p", "recorder"),
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


def _folder(path):
    path.mkdir(parents=True, exist_ok=True)
    return path
