"""Two backends measured side by side: one process each, taking turns.

A Keras process has one backend, and a machine is never equally busy twice. So both processes are
started, stay alive, and measure the same thing one right after the other, round after round; what
counts is the ratio within a round. The order changes from round to round.

To add a benchmark, write a function `measure(backend, **arguments)` on the top level of a module,
which returns numbers (seconds, bytes); list `Task`s that name it; hand them to `take_turns`.
"""

import contextlib
import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras_edu_backend import workers

ROOT = Path(__file__).resolve().parent.parent
BACKENDS = ("edu", "jax")
LONGEST = 3600.0  # seconds that one measurement may take


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


class Worker(workers.Worker):
    """A process that has one Keras backend and measures functions; use it in a `with` block.

    Args:
        side: a value of `KERAS_BACKEND`; of any other side, the process has no Keras of ours.
    """

    def __init__(self, side: str):
        self.side = side
        super().__init__(
            side if side in ("edu", "jax", "tensorflow", "torch") else "",
            timeout=LONGEST,
            import_paths=[ROOT],
            # Settings of the surrounding shell must not reach one side only, or choose the backend.
            without=("KERAS_", "JAX_COMPILATION_CACHE_"),
            # Nor may programs that edu kept from an earlier run: stock compiles its own each time.
            environment={"KERAS_EDU_COMPILATION_CACHE": "0", "TF_ENABLE_ONEDNN_OPTS": "0"},
        )

    def run(self, function: str, **arguments: Any) -> Any:
        """`function(side, **arguments)`, computed in the process.

        Raises:
            RuntimeError: it raised an exception, whose traceback this carries, or the process died.
        """
        return self.call(
            "benchmarks.turns:measure", side=self.side, function=function, arguments=arguments
        )


def measure(side: str, function: str, arguments: dict[str, Any]) -> Any:
    """What a worker calls: `module:function(side, **arguments)`."""
    module, name = function.split(":")
    return getattr(importlib.import_module(module), name)(side, **arguments)


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
    with contextlib.ExitStack() as stack:
        lasting = {} if fresh else {name: stack.enter_context(Worker(name)) for name in backends}
        for turn in range(-warm_up, rounds):
            for task in tasks:
                for backend in backends if turn % 2 else reversed(backends):
                    with Worker(backend) if fresh else contextlib.nullcontext() as own:
                        worker = own or lasting[backend]
                        value = worker.run(task.function, **task.arguments)
                    if turn >= 0:
                        values[task.name][backend].append(value)
                    done()
    return values
