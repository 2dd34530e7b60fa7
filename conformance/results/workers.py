"""Trains in a worker process, and goes on with a new one where a run kills it or hangs."""

import contextlib
import tempfile
from collections import deque
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from keras_edu_backend.workers import Call, Series, Worker, run

Task = tuple[str, str, int]

ROOT = Path(__file__).resolve().parents[2]


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
        module: what runs in the worker: has ``start`` and ``train``.

    Yields:
        The task and a dict: ``result``, or ``error`` with what became of it; ``seconds``, and
        ``versions`` of what the worker loaded.

    Raises:
        NotStarted: a worker ended before its first task began.
    """
    calls = [
        Call(f"{module}:train", {"row": row, "side": side, "seed": seed}, (row, side, seed))
        for row, side, seed in tasks
    ]
    with tempfile.TemporaryDirectory(prefix="results-") as compiled:
        # All seeds of a row compile to the same programs, of which only the first need be compiled.
        start = partial(Worker, backend, timeout, import_paths=[ROOT], compiled=compiled)
        # One at a time: a run's time is part of what is told of it.
        series = deque([Series(start, calls, first=Call(f"{module}:start"))])
        with contextlib.closing(run(series, processes=1)) as told:
            for call, outcome, started in told:
                if not started:
                    raise NotStarted(f"{outcome.detail}\n{outcome.last_lines}")
                ended = {"result": outcome.value}
                if outcome.status != "ok":
                    ended = {"error": _what_became_of_it(outcome)}
                versions = {**outcome.versions, "backend": backend}
                yield call.key, ended | {"seconds": outcome.seconds, "versions": versions}


def _what_became_of_it(outcome):
    if outcome.status == "error":
        return outcome.detail
    last_line = outcome.last_lines.splitlines()[-1]
    return f"the worker {outcome.status}: {outcome.detail}; {last_line}"
