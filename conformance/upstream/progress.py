"""What is seen while tests run: a bar on a terminal, one line for each file elsewhere."""

import contextlib
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from conformance.upstream.record import OUTCOMES, FileResult
from conformance.upstream.suite import Unit


@contextlib.contextmanager
def shown(console: Console, weights: Mapping[Unit, int]) -> Iterator[tuple]:
    """Show progress as long as the context is open.

    Args:
        console: where to show it.
        weights: the units that run, and how many tests each is expected to have.

    Yields:
        Two functions: one to call with a unit and each event of its worker, one to call with each
        result.
    """
    if console.is_terminal:
        with _bar(console, weights) as calls:
            yield calls
        return
    done = 0

    def finished(result):
        nonlocal done
        done += 1
        _say(console, f"[{done}/{len(weights)}] {line(result)}")

    yield (lambda unit, event: None), finished


@contextlib.contextmanager
def _bar(console, weights):
    columns = (
        TextColumn("{task.description}", justify="left"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    counted = dict.fromkeys(weights, 0)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=sum(weights.values()))

        def notice(unit, event):
            if event["event"] == "started":
                progress.update(task, description=str(unit))
            # Tests beyond those expected (the skipped ones) take the bar no further.
            elif event["event"] == "done" and counted[unit] < weights[unit]:
                counted[unit] += 1
                progress.advance(task)

        def finished(result):
            progress.advance(task, weights[result.unit] - counted[result.unit])
            counted[result.unit] = weights[result.unit]
            if result.state in ("lost", "not collected") or result.counts["failed"]:
                _say(progress.console, line(result))

        yield notice, finished


def line(result: FileResult) -> str:
    """A result in one line: ``ops/nn_test.py: 396 passed, 4 failed (71 s)``."""
    counts = ", ".join(f"{result.counts[o]} {o}" for o in OUTCOMES if result.counts[o])
    when = "from cache" if result.cached else f"{result.seconds:.0f} s"
    what = counts if result.state == "ran" else ", ".join(filter(None, [result.state, counts]))
    return f"{result.unit}: {what or 'no tests'} ({when})"


def _say(console, text):
    console.print(text, markup=False, highlight=False, soft_wrap=True)
