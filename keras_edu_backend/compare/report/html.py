"""The report as one HTML file that needs nothing else: no network, no second file."""

import os
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from keras_edu_backend.compare.report import curves
from keras_edu_backend.compare.report.files import check_target, write_whole
from keras_edu_backend.compare.report.reading import (
    NETWORK,
    STANDINGS,
    Card,
    Code,
    Comparison,
    Curve,
    Reading,
    Row,
    number,
    read,
)
from keras_edu_backend.pages import Markup, templates

_LIGHT, _DARK = "default", "github-dark"


def write(
    report: Mapping[str, Any],
    path: str | os.PathLike,
    pictures: Iterable[tuple[str, bytes]] = (),
) -> None:
    """Write a run as one page: a card for each network, then its curves, code and numbers.

    Args:
        report: the JSON-shaped report of a comparison run.
        path: where the file is to lie; its folder must exist.
        pictures: what else is to be seen on the page: pairs of a caption and a PNG file's bytes.
    Raises:
        ValueError: `report` is not a report, or `path` is no place for a file.
        FileNotFoundError: the folder of `path` does not exist.
    """
    check_target(path)
    write_whole(path, page(read(report), pictures))


def page(reading: Reading, pictures: Iterable[tuple[str, bytes]] = ()) -> str:
    """Render the page; every text of the report is escaped on its way in."""
    listings = _listings(reading.code)
    return (
        templates("keras_edu_backend.compare.report")
        .get_template("template.html")
        .render(
            reading=reading,
            standings=STANDINGS,
            number=number,
            documents=_documents(reading, listings),
            listings=[listing for listing in listings if listing.title != NETWORK],
            pictures=[(caption, b64encode(png).decode("ascii")) for caption, png in pictures],
            light_code=_code_style(_LIGHT),
            dark_code=_code_style(_DARK),
        )
    )


@dataclass(frozen=True)
class Pane:
    """Source text that one or several sides share."""

    sides: str
    place: str
    source: Markup


@dataclass(frozen=True)
class Listing:
    """The same function or network as each side has it, and the cases that use it."""

    title: str
    cases: tuple[str, ...]
    panes: tuple[Pane, ...]


@dataclass(frozen=True)
class Section:
    """What the page shows of one network: its card, curves, code and numbers.

    `code` is its own code, None where there is none; `parts` are titles of the code it is made of.
    `rows` say how each of `total` comparisons came out; those that are `unequal` are told in full.
    """

    card: Card
    drawings: tuple[tuple[str, Markup], ...]
    code: Listing | None
    parts: tuple[str, ...]
    rows: tuple[Row, ...]
    total: int
    unequal: tuple[Comparison, ...]

    @property
    def quantities(self) -> tuple[str, ...]:
        """The columns of its table."""
        return self.rows[0].quantities

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Each column's columns."""
        return tuple(sorted({dtype for row in self.rows for dtype in row.dtypes}))


def _documents(reading: Reading, listings: Iterable[Listing]) -> dict[str, list[Section]]:
    drawings = _drawings(reading)
    rows = reading.rows()

    def section(card):
        name = card.case.case
        used = dict.fromkeys(code.title for code in reading.code if code.case == name)
        own = (each for each in listings if each.title == NETWORK and name in each.cases)
        compared = [each for each in reading.comparisons if each.case == name]
        return Section(
            card,
            drawings=tuple(drawings.get(name, ())),
            code=next(own, None),
            parts=tuple(title for title in used if title != NETWORK),
            rows=tuple(row for row in rows if row.case == name),
            total=len(compared),
            unequal=tuple(each for each in compared if each.standing.name != "equal"),
        )

    return {title: list(map(section, cards)) for title, cards in reading.documents().items()}


def _drawings(reading: Reading) -> dict[str, list[tuple[str, Markup]]]:
    """The loss curves by case: a name for each, and its drawing."""
    same: dict[tuple[str, str, str], list[Curve]] = {}
    for curve in reading.curves:
        same.setdefault((curve.case, curve.dtype, repr(curve.losses)), []).append(curve)
    drawings: dict[str, list[tuple[str, Markup]]] = {}
    for (case, dtype, _), alike in same.items():
        # Most networks train alike however they are written.
        styles = ", ".join(curve.style for curve in alike)
        drawing = Markup(curves.svg(replace(alike[0], style=styles)))  # escapes its texts
        drawings.setdefault(case, []).append((f"{styles}, {dtype}", drawing))
    return drawings


def _listings(entries: Iterable[Code]) -> list[Listing]:
    """Set the sides of a title beside each other, once for all cases that have the same text."""
    by_title: dict[tuple[str, str], dict[str, Code]] = {}
    for entry in entries:
        by_title.setdefault((entry.case, entry.title), {})[entry.side] = entry
    shared: dict[tuple, list[str]] = {}
    for (case, title), entries_of in by_title.items():
        texts = tuple((side, entry.place, entry.source) for side, entry in entries_of.items())
        shared.setdefault((title, texts), []).append(case)
    return [
        Listing(title, tuple(cases), tuple(_panes(texts)))
        for (title, texts), cases in shared.items()
    ]


def _panes(texts: Iterable[tuple[str, str, str]]) -> Iterable[Pane]:
    sides_of: dict[tuple[str, str], list[str]] = {}
    for side, place, source in texts:
        sides_of.setdefault((place, source), []).append(side)
    for (place, source), sides in sides_of.items():
        markup = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))
        # Names, brackets and blanks look like the text around them: half of all marks.
        markup = re.sub(r'<span class="(?:n|p|w)">(.*?)</span>', r"\1", markup)
        yield Pane(" and ".join(sides), place, Markup(markup))  # Pygments escapes


def _code_style(style: str) -> Markup:
    return Markup(HtmlFormatter(style=style).get_style_defs("pre.code"))
