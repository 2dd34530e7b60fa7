"""The report in a terminal: one table, and a summary that names every difference.

All signs are ASCII and each verdict has its own, so the table reads the same without colour, on
80 columns, in a file or in a log.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich import box
from rich.console import Console, Group
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from keras_edu_backend.compare.report.reading import (
    STANDINGS,
    Comparison,
    Finding,
    Reading,
    Row,
    Standing,
    number,
    read,
)

# How many models are named for one finding.
TOLD = 6


def table(report: Mapping[str, Any]) -> Table:
    """Lay out a run: under each case a row per style and pair, with a column per quantity.

    Each cell holds one line per dtype: the verdict's sign and, where the two sides are not
    equal, the size of the largest difference (a count for parameters, relative elsewhere).

    Args:
        report: the JSON-shaped report of a comparison run.
    Returns:
        A rich table, ready for `Console.print`.
    Raises:
        ValueError: `report` is not a report; see `reading.read`.
    """
    reading = read(report)
    whole = Table.grid()
    for case, rows in groupby(reading.rows(), key=lambda row: row.case):
        in_case = _case_table(case, list(rows), reading.quantities_of(case))
        whole.add_row(Padding(in_case, (0, 0, 1, 0)))
    whole.add_row(_legend(reading))
    return whole


def overview(report: Mapping[str, Any]) -> Table:
    """One line for each network, document by document: its parameters and its verdicts.

    Args:
        report: the JSON-shaped report of a comparison run.
    Returns:
        A rich table with a column for each pair of backends, which holds the worst verdict.
    Raises:
        ValueError: `report` is not a report; see `reading.read`.
    """
    documents = read(report).documents()
    pairs = dict.fromkeys(
        pair for cards in documents.values() for card in cards for pair in card.pairs
    )
    lines = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    lines.add_column("network", no_wrap=True)
    lines.add_column("parameters")
    for pair in pairs:
        lines.add_column(pair, min_width=10)
    for title, cards in documents.items():
        lines.add_row(Text(title, style="bold"))
        for card in cards:
            found = [card.pairs.get(pair) for pair in pairs]
            marks = [_marked(each, each.name) if each else Text() for each in found]
            lines.add_row(Text(f"  {card.case.case}"), Text(card.case.layers), *marks)
    return lines


def show(console: Console, report: Mapping[str, Any]) -> None:
    """Print the table, then, where they are still seen at the end, the overview and the summary.

    On a console that is narrower than the table's columns, the table is as wide as they are: a
    terminal breaks its lines and a file keeps them whole, where rich would cut them off.

    Args:
        console: where to.
        report: the JSON-shaped report of a comparison run.
    Raises:
        ValueError: `report` is not a report; see `reading.read`.
    """
    whole = table(report)
    options = console.options.update(max_width=1000)
    needed = Measurement.get(console, options, whole).minimum
    width = console.width
    console.width = max(width, needed)
    console.print(whole)
    console.width = width
    console.print(overview(report))
    console.print()
    console.print(summary(report))


def summary(report: Mapping[str, Any]) -> Group:
    """Say in words how a run came out: the verdict, then everything that needs explaining.

    Args:
        report: the JSON-shaped report of a comparison run.
    Returns:
        A rich renderable: the headline, the unexplained differences with their place, the
        amplified and the known ones, what was not supported, broken backends with their last
        lines, and the run's notes.
    Raises:
        ValueError: `report` is not a report; see `reading.read`.
    """
    reading = read(report)
    style = "bold green" if reading.agrees else "bold red"
    parts: list[Any] = [Text.assemble((f"{reading.headline}.", style), f" {reading.tally}.")]
    titles = {
        "different": "Unexplained differences",
        "amplified": "Rounding amplified by training",
        "known": "Known differences",
    }
    for name, title in titles.items():
        if findings := reading.findings(name):
            parts += [Text(f"\n{title}", style=STANDINGS[name].colour), *_told(findings)]
    if reading.less_accurate:
        parts.append(Text("\nLess accurate algorithms", style="cyan"))
        parts += [_indented(_lost(each, loss), 2) for each, loss in reading.less_accurate]
    for backend in reading.broken:
        parts.append(Text(f"\nBackend {backend.name}: {backend.status}", style="bold red"))
        if backend.detail.strip():
            parts.append(_indented(backend.detail.rstrip(), 2, style="dim"))
    for name, title in (("missing", "Without a result"), ("unsupported", "Not supported")):
        if findings := reading.findings(name):
            style = STANDINGS[name].colour
            parts += [Text(f"\n{title}", style=style), *map(_counted, findings)]
    if reading.notes:
        parts += [Text("\nNotes", style="bold"), *(_indented(note, 2) for note in reading.notes)]
    return Group(*parts)


def _lost(each: Comparison, loss: Mapping[str, Any]) -> str:
    more = f" and {len(each.less_accurate) - 1} places more" if len(each.less_accurate) > 1 else ""
    return (
        f"{each.model}, {each.quantity}: {loss['side']} loses {number(loss['digits'])} digits at "
        f"{loss['place']} ({number(loss['floors'])} floors){more}"
    )


def _case_table(case: str, rows: list[Row], quantities: Iterable[str]) -> Table:
    laid_out = Table(
        title=Text(case, style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    laid_out.add_column("style", no_wrap=True, min_width=10)
    # The one column that may wrap: on 80 columns it gives "edu vs" and, below, the other's name.
    laid_out.add_column("compared", overflow="fold", min_width=10)
    laid_out.add_column("dtype", no_wrap=True, min_width=7)
    for quantity in quantities:
        # A longer name would take the room that five columns need on 80 columns.
        header = quantity if len(quantity) <= 10 else f"{quantity[:6]}-\n{quantity[6:]}"
        laid_out.add_column(header, no_wrap=True, min_width=9)
    for row in rows:
        laid_out.add_row(
            Text(row.style),
            Text(f"{row.left} vs {row.right}"),
            Text("\n".join(row.dtypes), style="dim"),
            *(
                Text("\n").join(_cell(row.cell(quantity, dtype)) for dtype in row.dtypes)
                for quantity in quantities
            ),
        )
    return laid_out


def _cell(comparison: Comparison | None) -> Text:
    if comparison is None:
        return _marked(STANDINGS["missing"], "none")
    standing = comparison.standing
    if standing.name == "equal":
        return _marked(standing, "equal")
    if standing.name == "unsupported":
        return _marked(standing, "n/a")
    if standing.name == "missing":
        return _marked(standing, "none")
    return _marked(standing, comparison.size or "differs")


def _marked(standing: Standing, text: str) -> Text:
    return Text(f"{standing.sign} {text}", style=standing.colour)


def _legend(reading: Reading) -> Table:
    """The signs that this table really holds, and what its numbers are."""
    present = set(reading.counts)
    if any(
        row.cell(quantity, dtype) is None
        for row in reading.rows()
        for quantity in row.quantities
        for dtype in row.dtypes
    ):
        present.add("missing")
    legend = Table.grid(padding=(0, 1, 0, 0))
    for standing in STANDINGS.values():
        if standing.name in present:
            legend.add_row(_marked(standing, standing.name), Text(standing.meaning))
    if present - {"equal", "unsupported", "missing"}:
        legend.add_row(
            Text("sizes", style="dim"),
            Text("relative to the largest magnitude; of parameters, a count", style="dim"),
        )
    return legend


def _told(findings: Iterable[Finding]) -> Iterable[Any]:
    """Each finding with its models, places and note; an explanation stands before all it covers."""
    for known, explained in groupby(sorted(findings, key=_explanation), key=_explanation):
        if known:
            yield _indented(known, 2)
        for finding in explained:
            yield Padding(
                _marked(finding.standing, f"{finding.pair}: {finding.quantity}"), (0, 0, 0, 2)
            )
            for each in _largest(finding.comparisons):
                line = ": ".join(part for part in (each.model, each.details) if part)
                yield _indented(line, 4)
            if len(finding.comparisons) > TOLD:
                more = len(finding.comparisons) - TOLD
                yield _indented(f"and {more} more that are not larger; --json has them all", 4)
            if finding.note:
                yield _indented(finding.note, 4, style="italic")


def _largest(comparisons: Sequence[Comparison]) -> Sequence[Comparison]:
    """All of them if they are few, else the largest."""
    if len(comparisons) <= TOLD:
        return comparisons
    return sorted(comparisons, key=lambda each: each.max_rel or math.inf, reverse=True)[:TOLD]


def _explanation(finding: Finding) -> str:
    return finding.known


def _counted(finding: Finding) -> Padding:
    """One line for a backend, quantity and reason, however many models it concerns."""
    count = len(finding.comparisons)
    reason = f": {finding.note}" if finding.note else ""
    line = f"{finding.standing.sign} {finding.pair}: {finding.quantity} ({count}){reason}"
    return _indented(line, 2, style=finding.standing.colour)


def _indented(text: str, by: int, style: str = "") -> Padding:
    return Padding(Text(text, style=style), (0, 0, 0, by))
