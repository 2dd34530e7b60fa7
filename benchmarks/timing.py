"""How long a call takes, in a process that is measured."""

import gc
import time
from collections.abc import Callable

# One batch of calls is long beside the clock and short beside what else the machine does.
_BATCH = 0.004


def seconds_per_call(
    call: Callable[[int], object], clock: str = "perf_counter", batches: int = 5
) -> float:
    """The least mean time of a call, over batches of calls.

    Interruptions only ever add time, so of a few batches the fastest is the truest.

    Args:
        call: `call(n)` makes n calls and waits until the last result is there.
        clock: `"perf_counter"`, or `"process_time"`: what all threads of this process worked,
            which other processes on a busy machine do not add to.
        batches: how many batches.
    """
    now = getattr(time, clock)
    call(1)
    number, taken = 1, 0.0
    while (taken := _timed(call, number, now)) < _BATCH and number < 10_000:
        number = max(number * 2, int(number * _BATCH / max(taken, 1e-9)))
        number = min(number, 10_000)
    collecting = gc.isenabled()
    gc.disable()
    try:
        return min(_timed(call, number, now) for _ in range(batches)) / number
    finally:
        if collecting:
            gc.enable()


def _timed(call: Callable[[int], object], number: int, now: Callable[[], float]) -> float:
    start = now()
    call(number)
    return now() - start
