"""Several workers at once, each replaced when it dies or hangs."""

import dataclasses
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence

from keras_edu_backend.workers.process import PAUSE, Call, Outcome, Worker


@dataclasses.dataclass(frozen=True)
class Series:
    """Calls that follow each other in one process, for as long as it lives.

    Attributes:
        start: makes a `Worker`; called again where one died.
        calls: what to run, in order.
        first: what every fresh process runs before, such as importing Keras. Where it fails, all
            calls that are left share its outcome.
    """

    start: Callable[[], Worker]
    calls: Sequence[Call]
    first: Call | None = None


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    waiting: deque[Series], processes: int | None = None
) -> Generator[tuple[Call, Outcome, bool]]:
    """Run every series, and tell of each call as soon as it is over.

    Args:
        waiting: the series, taken from the left. Whoever iterates may add to it meanwhile.
        processes: how many workers at a time; by default as many as there are `cores`.

    Yields:
        The call, its `Outcome`, and whether its process had `started`: false for calls that were
        never run, because ``first`` failed; the outcome is then that of ``first``.
    """
    processes = processes or cores()
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                series = waiting.popleft()
                if series.calls:
                    running.append(_Running(series))
            for one in list(running):
                yield from one.look()
                if not one.left:
                    one.worker.stop(kindly=True)
                    running.remove(one)
            time.sleep(PAUSE)
    finally:
        for one in running:
            one.worker.stop()


class _Running:
    """A series, the worker that is at it, and what it has still to do."""

    worker: Worker
    starting: bool

    def __init__(self, series):
        self.series = series
        self.left = deque(series.calls)
        self._start()

    def look(self):
        """Whatever is over since the last look, as `run` yields it."""
        while self.left and (outcome := self.worker.look()) is not None:
            if self.starting and outcome.status != "ok":
                while self.left:
                    yield self.left.popleft(), outcome, False
            elif self.starting:
                self.starting = False
                self._begin(self.left)
            else:
                yield self.left.popleft(), outcome, True
                if self.left and outcome.status in ("died", "timed out"):
                    self.worker.stop()
                    self._start()

    def _start(self):
        self.worker = self.series.start()
        self.starting = self.series.first is not None
        self._begin([self.series.first] if self.starting else self.left)

    def _begin(self, calls):
        """All at once, so that the worker need not wait for its parent between two of them."""
        for call in calls:
            self.worker.begin(call)
