"""Runs tasks in a worker process, and goes on with a new one where it dies or hangs."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

Task = tuple[str, str, int]

ROOT = Path(__file__).resolve().parents[2]
PAUSE = 0.1  # seconds between two looks at the worker
LAST_LINES = 8


class NotStarted(RuntimeError):
    """The worker did not come so far as to load its backend."""


def results(
    tasks: Sequence[Task],
    backend: str,
    timeout: float,
    module: str = "conformance.results.worker",
) -> Generator[tuple[Task, dict[str, Any]]]:
    """Every task with what came of it, as soon as it is known.

    Args:
        tasks: (row key, side, seed), in the order in which they are to be run.
        backend: what ``KERAS_BACKEND`` says in the worker.
        timeout: seconds that one run may take.
        module: the program that runs in the worker.

    Yields:
        The task and a dict: ``result``, or ``error`` with what became of it; ``seconds``, and
        ``versions`` of what the worker loaded.

    Raises:
        NotStarted: a worker ended before its first task began.
    """
    with tempfile.TemporaryDirectory(prefix="results-") as folder:
        rest = [tuple(task) for task in tasks]
        while rest:
            before = len(rest)
            for task, told in _one_worker(rest, backend, timeout, Path(folder), module):
                rest.remove(task)
                yield task, told
            if len(rest) == before:
                raise NotStarted("the worker ended without a word of its tasks")


def _one_worker(tasks, backend, timeout, folder, module):
    """What one worker gets done; it ends after the last task, or after the first that kills it."""
    (folder / "tasks").write_text(json.dumps(tasks), encoding="utf-8")
    (folder / "events").write_text("", encoding="utf-8")
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(folder / "tasks"), str(folder / "events")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(backend, folder),
        )
    try:
        yield from _watched(process, timeout, folder)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _watched(process, timeout, folder):
    versions, current = None, None
    since = last_sign = time.monotonic()
    with open(folder / "events", encoding="utf-8") as events:
        while True:
            status = process.poll()  # first, so that what it wrote before its end is read below
            for event in _complete_lines(events):
                now = time.monotonic()
                last_sign = now
                if event["event"] == "ready":
                    versions = event["versions"] | {"backend": event["backend"]}
                elif event["event"] == "begin":
                    current, since = tuple(event["task"]), now
                else:
                    told = {name: event[name] for name in ("result", "error") if name in event}
                    yield current, told | {"seconds": now - since, "versions": versions}
                    current, last_sign = None, time.monotonic()
            late = time.monotonic() - last_sign > timeout
            if status is None and not late:
                time.sleep(PAUSE)
                continue
            if current is not None:
                how = f"no result within {timeout:g} s" if late else f"exit status {status}"
                error = f"the worker ended: {how}; {_last_line(folder)}"
                yield current, {"error": error, "seconds": None, "versions": versions}
            elif versions is None or late:
                raise NotStarted(_last_lines(folder) or f"exit status {status}")
            return


def _complete_lines(events):
    """What was written since the last look; half a line is left for the next."""
    while True:
        place = events.tell()
        line = events.readline()
        if not line.endswith("\n"):
            events.seek(place)
            return
        yield json.loads(line)


def _last_lines(folder):
    text = (folder / "log").read_bytes().decode(errors="replace")
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-LAST_LINES:])


def _last_line(folder):
    lines = _last_lines(folder).splitlines()
    return lines[-1] if lines else "it printed nothing"


def _environment(backend, folder):
    # All seeds of a row compile to the same programs, of which only the first need be compiled.
    cache = {
        "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    chosen = {"KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(paths)}
    return cache | os.environ | chosen
