"""A run to be read: a table and a list on the terminal, everything in a JSON file."""

import os
import re
from collections import Counter, defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.upstream.baseline import Comparison, said
from conformance.upstream.record import OUTCOMES, FileResult

_WIDEST_MESSAGE = 160
_OBJECT = re.compile(r"<[^<>]*(>|$)")
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d.]*(e[-+]?\d+)?")

# "below stock": tests that stock passes and this run did not.
_COLUMNS = ("files", *OUTCOMES, "not collected", "below stock")


def show(console: Console, results: list[FileResult], comparison: Comparison) -> None:
    """Print the table of folders, then what stock passes and this run did not.

    Args:
        console: where to print.
        results: what was run.
        comparison: the run beside stock Keras.
    """
    console.print(_table(results, comparison))
    for result in results:
        if result.state in ("not collected", "lost"):
            _say(console, f"{result.unit}: {said(result)}")
    if comparison.regressions:
        _say(console, "\nStock Keras passes these, this run does not:")
    for regression in comparison.regressions:
        devices = f" ({regression.unit.devices} devices)" if regression.unit.devices > 1 else ""
        _say(
            console,
            f"  {regression.name}{devices}\n    {regression.outcome}: {_short(regression.message)}",
        )
    for name, reason in comparison.not_applicable.items():
        _say(console, f"Not applicable to another backend: {name}: {reason}")


def causes(comparison: Comparison) -> Counter[tuple[str, str]]:
    """How often each message stands under the tests that stock passes and this run did not.

    Returns:
        Mapping of (outcome, first line of the message) to a count; objects in the message are
        replaced by ``<…>``, numbers by ``#``.
    """
    return Counter(
        (each.outcome, _NUMBER.sub("#", _OBJECT.sub("<…>", _short(each.message))))
        for each in comparison.regressions
    )


def show_causes(console: Console, comparison: Comparison) -> None:
    """Print the `causes`, the most frequent first: the list of tests of a backend that was never
    held to them is too long to be read."""
    for (outcome, message), count in causes(comparison).most_common():
        _say(console, f"{count:>6,} {outcome}: {message}")


def summary(comparison: Comparison, stock: dict[str, str], seconds: float) -> str:
    """The run in one sentence.

    Args:
        comparison: the run beside stock Keras.
        stock: the versions that stock Keras was measured with.
        seconds: how long it took.
    """
    beyond = f", and {comparison.beyond:,} more" if comparison.beyond else ""
    return (
        f"{comparison.passed:,} of the {comparison.expected:,} selected tests that pass on stock "
        f"Keras {stock['keras']} with JAX {stock['jax']} pass here{beyond} "
        f"({seconds:.0f} s)."
    )


def document(
    backend: str,
    versions: dict[str, str],
    stock: dict[str, str],
    results: list[FileResult],
    comparison: Comparison,
    seconds: float,
) -> dict:
    """The run as JSON can hold it.

    Returns:
        ``versions``, ``backend``, ``stock`` (the versions it is compared with), ``counts``,
        ``files`` (for each its counts, and every test that did not pass), ``regressions``,
        ``causes`` (how many of them have one message), ``not_applicable`` and ``seconds``.
    """
    return {
        "versions": versions,
        "backend": backend,
        "stock": stock,
        "counts": {
            **{outcome: sum(r.counts[outcome] for r in results) for outcome in OUTCOMES},
            "files": len(results),
            "not_collected": sum(r.state == "not collected" for r in results),
            "stock_passes": comparison.expected,
            "passes_of_these": comparison.passed,
            "passes_beyond": comparison.beyond,
        },
        "files": [_file(result) for result in results],
        "regressions": [
            {
                "test": regression.name,
                "file": regression.unit.file,
                "devices": regression.unit.devices,
                "outcome": regression.outcome,
                "message": regression.message,
            }
            for regression in comparison.regressions
        ],
        "causes": [
            {"outcome": outcome, "message": message, "tests": count}
            for (outcome, message), count in causes(comparison).most_common()
        ],
        "not_applicable": comparison.not_applicable,
        "seconds": round(seconds, 1),
    }


def _file(result):
    return {
        "file": result.unit.file,
        "devices": result.unit.devices,
        "state": result.state,
        "message": said(result),
        "counts": {outcome: result.counts[outcome] for outcome in OUTCOMES},
        "seconds": round(result.seconds, 2),
        "memory_mb": result.memory_mb,
        "cached": result.cached,
        "not_passed": {
            name: {"outcome": test.outcome, "message": test.message}
            for name, test in result.tests.items()
            if test.outcome != "passed"
        },
    }


def _table(results, comparison):
    rows: dict[str, Counter] = defaultdict(Counter)
    for result in results:
        row = rows[_folder(result.unit)]
        row.update(result.counts)
        row["files"] += 1
        row["not collected"] += result.state == "not collected"
    for regression in comparison.regressions:
        rows[_folder(regression.unit)]["below stock"] += 1
    table = Table(title="Keras's own tests", title_justify="left", show_footer=True)
    total: Counter = sum(rows.values(), Counter())
    table.add_column("folder", "all", overflow="fold")
    for title in _COLUMNS:
        heading = title.replace(" ", "\n")
        table.add_column(heading, _number(title, total[title]), justify="right", no_wrap=True)
    for folder, row in sorted(rows.items()):
        table.add_row(folder, *(_number(title, row[title]) for title in _COLUMNS))
    return table


def _number(title, count):
    bad = count and title in ("failed", "lost", "not collected", "below stock")
    return Text(f"{count:,}" if count else "–", style="red" if bad else "")


def _folder(unit):
    folder = os.fspath(Path(unit.file).parent.as_posix())
    return folder if unit.devices == 1 else f"{folder} ({unit.devices} devices)"


def _short(message):
    """The first line of a message that says something."""
    lines = [line.strip() for line in message.splitlines() if line.strip()] or ["no message"]
    # NumPy's assertions begin with a bare "AssertionError:" and say what it was below.
    line = " ".join(lines[:3]) if lines[0].endswith("Error:") else lines[0]
    return line if len(line) <= _WIDEST_MESSAGE else line[: _WIDEST_MESSAGE - 1] + "…"


def _say(console, text):
    console.print(text, markup=False, highlight=False, soft_wrap=True)
