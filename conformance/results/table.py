"""The table of results on a terminal: what the document reports, what came out, and how often."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from conformance.results.rows import FOOTNOTES, Row
from conformance.results.summary import Summary

SIGNS = "abcdefghijklmnopqrstuvwxyz"


def table(
    rows: Sequence[Row], sides: Mapping[str, Mapping[str, Summary]], seeds: int
) -> RenderableType:
    """The table, and under it what must be known to read it.

    Args:
        rows: the `rows.Row`s, in order.
        sides: for each column's title, the `Summary` of every row by its key; the first is the
            one whose parameters and updates are shown.
        seeds: how many runs each row has.

    Returns:
        Something that a rich console prints.
    """
    signs = _signs(rows)
    first, *_ = sides
    made = Table(title=f"The documents' results over {seeds} seeds", title_justify="left")
    made.add_column("network\ndata, epochs", ratio=5, overflow="fold")
    made.add_column("document\nreports", ratio=4)
    for title in sides:
        made.add_column(f"{title}\nmean (min-max)", ratio=4)
    made.add_column("parameters\nupdates", justify="right")
    for row in rows:
        shown = sides[first][row.key]
        updates = f"{shown.updates:,}" if shown.updates is not None else ""
        made.add_row(
            Text(row.network, style="bold") + Text("\n") + _setting(row, shown, signs),
            _reported(row, shown),
            *(_came_out(summaries_of[row.key]) for summaries_of in sides.values()),
            _parameters(shown) + Text(f"\n{updates}"),
            end_section=True,
        )
    return Group(made, *_below(rows, sides, signs))


def number(figure: str, value: float) -> str:
    """A figure as it is printed: shares with three digits, counts whole, losses with three.

    Args:
        figure: its name.
        value: the number.

    Returns:
        Its text.
    """
    if figure == "accuracy":
        return f"{value:.3f}"
    if figure == "missed":
        return f"{value:g}" if value == round(value) else f"{value:.1f}"
    return f"{value:.3g}"


def _signs(rows):
    used = dict.fromkeys(note for row in rows for note in row.notes)
    return dict(zip(used, SIGNS, strict=False))


def _setting(row, shown, signs):
    """ "moons, 1000 epochs (chosen: b)"; "digits for MNIST" where they stand in."""
    named = "epochs" in row.variant
    parts = [row.variant] if row.variant else []
    parts += [] if named else [f"{row.passes()} epochs"]
    setting = Text(", ".join(parts))
    chosen = [signs[note] for note in row.notes if FOOTNOTES[note].startswith("chosen")]
    others = [signs[note] for note in row.notes if not FOOTNOTES[note].startswith("chosen")]
    if chosen:
        setting.append(f" chosen {' '.join(chosen)}", style="yellow")
    if others:
        setting.append(f" {' '.join(others)}", style="dim")
    if shown.notice:
        stand_in = f"digits, not {row.images}" if row.images else "generated data"
        setting.append(f"; {stand_in}", style="magenta")
    return setting


def _reported(row, shown):
    parts = [str(row.goal)] if row.goal else []
    parts += [row.reports] if row.reports else []
    if shown.notice and row.images and row.goal:
        parts.insert(0, f"on {row.images}:")
    return "\n".join(parts) or "-"


def _came_out(each):
    """Figure and spread, and under them how many runs reach the document's."""
    text = Text()
    if each.figures:
        low, high = (number(each.row.figure, value) for value in each.spread)
        name = "" if each.row.goal else f"{each.row.figure} "
        spread = f" ({low}-{high})" if low != high else ""
        text.append(f"{name}{number(each.row.figure, each.mean)}{spread}")
    if each.reached is not None:
        runs = len(each.figures)
        style = "green" if each.reached == runs else "yellow" if each.reached else "red"
        text.append(f"\n{each.reached} of {runs} reach it", style=style)
    if each.inside is not None:
        share = "all outputs" if each.inside == 1 else f"{each.inside:.1%} of outputs"
        text.append(f"\n{share} in range", style="" if each.inside == 1 else "red")
    if each.bends is not None:
        text.append(f"\n{each.bends} bends or more" if each.bends != 1 else "\n1 bend or more")
    if each.errors:
        text.append(f"\n{len(each.errors)} broken", style="red")
    return text


def _parameters(shown):
    if not shown.parameters:
        return Text()
    if shown.as_counted:
        return Text(f"{sum(shown.parameters):,}")
    expected = " / ".join(f"{count:,}" for count in shown.row.entry().parameter_counts)
    found = " / ".join(f"{count:,}" for count in shown.parameters)
    return Text(f"{found}, not {expected}", style="red")


def _below(rows, sides, signs):
    lines = [Text(f"{sign}  {FOOTNOTES[note]}") for note, sign in signs.items()]
    summaries = [sides[side][row.key] for side in sides for row in rows]
    notices = dict.fromkeys(each.notice for each in summaries if each.notice)
    lines += [Text(f"Note: {notice}", style="magenta") for notice in notices]
    for side, summaries_of in sides.items():
        lines += [
            Text(f"{row.key}, {side}: {error}", style="red")
            for row in rows
            for error in dict.fromkeys(summaries_of[row.key].errors)
        ]
        missed = [row.key for row in rows if _short(summaries_of[row.key])]
        if missed:
            lines.append(
                Text(f"{side}: not every run reaches the document's figure: {'; '.join(missed)}.")
            )
    return lines


def _short(each):
    return each.reached is not None and each.reached < len(each.figures)
