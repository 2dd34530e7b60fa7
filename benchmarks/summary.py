"""From the rounds' values to ratios, a table, a file, and an exit status."""

import contextlib
import json
import math
import os
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from benchmarks.turns import BACKENDS, Task, take_turns

# Ratios above these are too slow: for all measurements together, and for a single one.
MEAN_LIMIT = 1.0
SINGLE_LIMIT = 1.2


@contextlib.contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar on standard error; yields the function that moves it on by one of ``total``."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as shown:
        bar = shown.add_task(title, total=total)
        yield lambda: shown.advance(bar)


@dataclass(frozen=True)
class Row:
    """One measurement: medians over the rounds; `ratio` is this backend's share of stock's.

    The ratio is the median of the rounds' ratios, `low` and `high` their quartiles. `fastest` is
    the ratio of the least value that each side had in any round, which interruptions touch least.
    """

    name: str
    edu: float
    stock: float
    ratio: float
    low: float
    high: float
    fastest: float


def rows(values: Mapping[str, Mapping[str, Sequence[float]]]) -> list[Row]:
    """A row for each task in what `take_turns` returns."""
    ours, theirs = BACKENDS
    found = []
    for name, by_backend in values.items():
        pairs = zip(by_backend[ours], by_backend[theirs], strict=True)
        ratios = [edu / stock for edu, stock in pairs]
        low, ratio, high = (
            statistics.quantiles(ratios, n=4, method="inclusive") if ratios[1:] else ratios * 3
        )
        edu, stock = (statistics.median(by_backend[backend]) for backend in (ours, theirs))
        fastest = min(by_backend[ours]) / min(by_backend[theirs])
        found.append(Row(name, edu, stock, ratio, low, high, fastest))
    return found


def geometric_mean(rows: Sequence[Row]) -> float:
    """exp of the mean of log ratio."""
    return math.exp(statistics.fmean(math.log(row.ratio) for row in rows))


def shortcomings(rows: Sequence[Row]) -> list[str]:
    """What is above the limits: a line each."""
    mean = geometric_mean(rows)
    lines = [f"{row.name}: {row.ratio:.2f}" for row in rows if row.ratio > SINGLE_LIMIT]
    if mean > MEAN_LIMIT:
        lines.append(f"geometric mean: {mean:.3f}")
    return lines


def table(title: str, rows: Sequence[Row], unit: str, scale: float) -> Table:
    """The rows for a terminal, their values multiplied by `scale` to be in `unit`."""
    drawn = Table(title=title)
    drawn.add_column("")
    for heading in (f"edu, {unit}", f"stock, {unit}", "edu / stock", "quartiles", "fastest"):
        drawn.add_column(heading, justify="right")
    for row in rows:
        drawn.add_row(
            row.name,
            f"{row.edu * scale:.2f}",
            f"{row.stock * scale:.2f}",
            f"{row.ratio:.3f}",
            f"{row.low:.3f} … {row.high:.3f}",
            f"{row.fastest:.3f}",
            style=style_of(row.ratio),
        )
    drawn.add_section()
    fastest = math.exp(statistics.fmean(math.log(row.fastest) for row in rows))
    drawn.add_row(
        "geometric mean", "", "", f"{geometric_mean(rows):.3f}", "", f"{fastest:.3f}", style="bold"
    )
    return drawn


def style_of(ratio: float) -> str:
    """How a table shows a line with this ratio."""
    return "red" if ratio > SINGLE_LIMIT else "yellow" if ratio > MEAN_LIMIT else ""


def circumstances() -> dict[str, object]:
    """What a figure depends on besides the code."""
    return {
        "python": sys.version.split()[0],
        **{name: metadata.version(name) for name in ("keras", "jax", "jaxlib", "numpy")},
        "cores": os.cpu_count(),
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
    }


def options(command):
    """The options that all benchmarks have."""
    for option in (
        click.option("--check", is_flag=True, help="Exit with status 1 above the limits."),
        click.option("--json", "file", type=click.Path(path_type=Path), help="Write a file."),
        click.option("--only", default="", help="Only what has one of these words in its name."),
        click.option("--rounds", type=click.IntRange(1), default=15, show_default=True),
    ):
        command = option(command)
    return command


def clock_option(command):
    """For benchmarks of time that takes no longer than its work."""
    return click.option(
        "--processor-time",
        "clock",
        flag_value="process_time",
        default="perf_counter",
        help="Count the time that processors worked: for machines that are busy with other things.",
    )(command)


def wanted(tasks: Sequence[Task], only: str) -> list[Task]:
    """The tasks with one of the words in their names; all, where there is no word.

    Raises:
        click.UsageError: a word is in no name.
    """
    words = [word.strip() for word in only.split(",") if word.strip()]
    for word in words:
        if not any(word in task.name for task in tasks):
            raise click.UsageError(f"--only {word}: nothing has that in its name")
    return [task for task in tasks if not words or any(word in task.name for word in words)]


def run(
    title: str,
    tasks: Sequence[Task],
    *,
    rounds: int,
    only: str,
    file: Path | None,
    check: bool,
    unit: str,
    scale: float,
    fresh: bool = False,
) -> list[Row]:
    """Measure, show the table, write the file, and end the program above the limits if asked to.

    Args:
        title: the table's.
        tasks: what to measure.
        rounds: see `take_turns`.
        only: words with commas between; a task counts whose name has one of them.
        file: where the JSON goes.
        check: whether values above the limits make the exit status 1.
        unit: of the values in the table.
        scale: what to multiply values by to be in that unit.
        fresh: see `take_turns`.
    Returns:
        The table's rows.
    """
    tasks = wanted(tasks, only)
    warm_up = 0 if fresh else 1
    before = circumstances()
    with progress(title, len(tasks) * len(BACKENDS) * (rounds + warm_up)) as done:
        values = take_turns(tasks, rounds, fresh=fresh, warm_up=warm_up, done=done)
    found = rows(values)
    Console().print(table(title, found, unit, scale))
    above = shortcomings(found)
    if file is not None:
        report = {
            "title": title,
            "rounds": rounds,
            "geometric_mean": geometric_mean(found),
            "above_the_limits": above,
            "rows": [asdict(row) for row in found],
            "values": values,
            "circumstances": before | {"load_after": circumstances()["load"]},
        }
        file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if check and above:
        click.echo("Above the limits: " + "; ".join(above), err=True)
        raise SystemExit(1)
    return found
