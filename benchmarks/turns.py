"""Two backends measured side by side: one process each, taking turns.

A Keras process has one backend, and a machine is never equally busy twice. So both processes are
started, stay alive, and measure the same thing one right after the other, round after round; what
counts is the ratio within a round. The order changes from round to round.

To add a benchmark, write a function `measure(backend, **arguments)` on the top level of a module,
which returns numbers (seconds, bytes); list `Task`s that name it; hand them to `take_turns`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BACKENDS = ("edu", "jax")


@dataclass(frozen=True)
class Task:
    """One thing to measure.

    Attributes:
        name: what the table calls it.
        function: `"module:function"`, called as `function(backend, **arguments)` in a worker.
        arguments: what JSON can write down.
    """

    name: str
    function: str
    arguments: dict[str, Any] = field(default_factory=dict)


class Worker:
    """A process that has one Keras backend and runs functions by name; use it in a `with` block."""

    def __init__(self, backend: str):
        self.backend = backend
        # Settings of the surrounding shell must not reach one side only, or choose the backend.
        others = ("KERAS_", "JAX_COMPILATION_CACHE_")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(others)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", backend],
            cwd=ROOT,
            # Nor may programs that edu kept from an earlier run: stock compiles its own each time.
            env=inherited | {"KERAS_EDU_COMPILATION_CACHE": "0", "TF_ENABLE_ONEDNN_OPTS": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *exception: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def run(self, function: str, **arguments: Any) -> Any:
        """`function(backend, **arguments)`, computed in the process.

        Raises:
            RuntimeError: it raised an exception, whose traceback this carries, or the process died.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        request = json.dumps({"function": function, "arguments": arguments})
        try:
            self._process.stdin.write(request + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            status = self._process.wait()
            raise RuntimeError(f"{function} on {self.backend}: the process ended, status {status}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{function} on {self.backend} failed:\n{answer['error']}")
        return answer["value"]


def take_turns(
    tasks: Iterable[Task],
    rounds: int,
    backends: Sequence[str] = BACKENDS,
    fresh: bool = False,
    warm_up: int = 1,
    done: Callable[[], object] = lambda: None,
) -> dict[str, dict[str, list[float]]]:
    """Measure each task on each backend, round after round.

    Args:
        tasks: what to measure.
        rounds: how often.
        backends: values of `KERAS_BACKEND`.
        fresh: whether each measurement gets a process of its own (memory, start-up).
        warm_up: rounds before that do not count, in which programs are compiled.
        done: called after every measurement, to show progress.
    Returns:
        For each task's name and backend, the values of the rounds.
    """
    tasks = list(tasks)
    values: dict[str, dict[str, list[float]]] = {
        task.name: {backend: [] for backend in backends} for task in tasks
    }
    workers = {} if fresh else {backend: Worker(backend) for backend in backends}
    try:
        for turn in range(-warm_up, rounds):
            for task in tasks:
                for backend in backends if turn % 2 else reversed(backends):
                    if fresh:
                        with Worker(backend) as worker:
                            value = worker.run(task.function, **task.arguments)
                    else:
                        value = workers[backend].run(task.function, **task.arguments)
                    if turn >= 0:
                        values[task.name][backend].append(value)
                    done()
    finally:
        for worker in workers.values():
            worker.__exit__()
    return values
