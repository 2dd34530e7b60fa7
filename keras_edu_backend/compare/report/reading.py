"""What a comparison run says: its report as checked, cleaned, countable facts.

The engine hands over plain JSON. Every way of showing it (terminal, HTML, JUnit) reads it through
`read`, so that all of them call the same thing a difference and count it the same way.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

QUANTITIES = ("parameters", "outputs", "activations", "gradients", "training")
NETWORK = "network"  # the title of a network's own code; other titles are what it is made of
# Quantities that share a column, which shows the worse of the two: both are ways to one thing.
COLUMNS = {"jax.grad": "gradients", "finite differences": "gradients"}


@dataclass(frozen=True)
class Standing:
    """One possible result of a comparison, and how it is told apart without colour.

    `sign` is ASCII, for terminals and files of any encoding; `glyph` is for HTML.
    """

    name: str
    sign: str
    glyph: str
    colour: str
    meaning: str


# From harmless to worrying: where two results fall into one cell, the later of these is shown.
STANDINGS = {
    standing.name: standing
    for standing in (
        Standing("equal", "=", "=", "green", "the same bits on both sides"),
        Standing(
            "rounding",
            "~",
            "≈",
            "cyan",
            "no more than rounding makes of these numbers, as measured; or it vanishes in float64",
        ),
        Standing(
            "distributed",
            ":",
            "∴",
            "blue",
            "random numbers only: other numbers from another generator, of the same distribution",
        ),
        Standing(
            "unsupported", "-", "–", "dim", "one of the two cannot do this, so it was not compared"
        ),
        Standing(
            "amplified",
            "^",
            "↗",
            "yellow",
            "training only: rounding that grew from step to step into a visible difference",
        ),
        Standing(
            "known",
            "*",
            "†",
            "magenta",
            "a real difference whose cause is known; it is explained and its size is bounded",
        ),
        Standing("missing", "?", "?", "red", "no result: one of the two did not get that far"),
        Standing(
            "different",
            "!",
            "≠",
            "bold red",
            "beyond what rounding makes of these numbers, in float64 as in float32",
        ),
    )
}
_SEVERITY = {name: rank for rank, name in enumerate(STANDINGS)}
_VERDICTS = ("equal", "rounding", "distributed", "amplified", "different", "unsupported")


@dataclass(frozen=True)
class Comparison:
    """One quantity of one model, on two backends, in one dtype."""

    case: str
    style: str
    left: str
    right: str
    quantity: str
    dtype: str
    verdict: str
    max_abs: float | None = None
    max_rel: float | None = None
    floors: float | None = None
    where: str = ""
    note: str = ""
    known: str = ""
    passes: bool | None = None
    less_accurate: tuple[Mapping[str, Any], ...] = ()

    @property
    def standing(self) -> Standing:
        """The verdict, where an explained difference is not any difference.

        Nor is a result that a backend cannot give the same as one that was lost on the way.
        """
        if self.verdict == "different" and self.known and self.passes is not False:
            return STANDINGS["known"]
        if self.verdict == "unsupported" and self.passes is False:
            return STANDINGS["missing"]
        return STANDINGS[self.verdict]

    @property
    def pair(self) -> str:
        """Who was set beside whom: "edu vs jax"."""
        return f"{self.left} vs {self.right}"

    @property
    def model(self) -> str:
        """Which model in which dtype: "iris_mlp / sequential, float32"."""
        return f"{self.case} / {self.style}, {self.dtype}"

    @property
    def details(self) -> str:
        """How large the difference is and where: "2.1e-06 at step 3, dense/bias"."""
        return " ".join(part for part in (self.size, self.where and f"at {self.where}") if part)

    @property
    def size(self) -> str:
        """The largest difference: a count for parameters, else relative, "" where there is none."""
        if self.quantity == "parameters" or self.max_rel is None:
            return number(self.max_abs)
        return number(self.max_rel)

    @property
    def said(self) -> str:
        """The result in a word, or in a number where there is one that says more."""
        name = self.standing.name
        return name if name in ("equal", "unsupported", "missing") else self.size or name


@dataclass(frozen=True)
class Backend:
    """A backend that was asked for, and what became of its workers."""

    name: str
    status: str = "ok"
    detail: str = ""
    versions: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Curve:
    """The loss after every training step, one list per backend."""

    case: str
    style: str
    dtype: str
    losses: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True)
class Code:
    """A piece of source text, and whose it is."""

    case: str
    side: str
    title: str
    source: str
    place: str = ""


@dataclass(frozen=True)
class Case:
    """What is known of a network besides its comparisons; `notice`: what its data stand in for."""

    case: str
    document: int | None = None
    parameters: tuple[int, ...] = ()
    notice: str = ""

    @property
    def layers(self) -> str:
        """The parameters of each layer: "20 / 640 / 387"."""
        return " / ".join(f"{count:,}" for count in self.parameters)


@dataclass(frozen=True)
class Card:
    """A network at a glance: for each pair of backends the worst that was found."""

    case: Case
    pairs: Mapping[str, Standing]

    @property
    def worst(self) -> Standing:
        """What came out worst, of all pairs."""
        return max(self.pairs.values(), key=lambda each: _SEVERITY[each.name])


@dataclass(frozen=True)
class Row:
    """All comparisons of one case, style and pair of backends.

    `quantities` are the columns of its case: where one of them has no cell, something is missing.
    """

    case: str
    style: str
    left: str
    right: str
    dtypes: tuple[str, ...]
    quantities: tuple[str, ...]
    cells: Mapping[tuple[str, str], Comparison]

    def cell(self, quantity: str, dtype: str) -> Comparison | None:
        """The comparison of one quantity in one dtype, None where none was made."""
        return self.cells.get((quantity, dtype))


@dataclass(frozen=True)
class Finding:
    """Comparisons of one quantity and pair that share a note: one thing to tell, told once."""

    standing: Standing
    pair: str
    quantity: str
    note: str
    known: str
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True)
class Reading:
    """A whole report, read."""

    versions: Mapping[str, str]
    backends: tuple[Backend, ...]
    comparisons: tuple[Comparison, ...]
    curves: tuple[Curve, ...]
    code: tuple[Code, ...]
    notes: tuple[str, ...]
    cases: tuple[Case, ...] = ()

    def standing(self, name: str) -> list[Comparison]:
        """The comparisons that came out as `name`, one of the keys of STANDINGS."""
        return [each for each in self.comparisons if each.standing.name == name]

    def findings(self, name: str) -> list[Finding]:
        """What came out as `name`, gathered so that equal notes are told once."""
        gathered: dict[tuple[str, str, str, str], list[Comparison]] = {}
        for each in self.standing(name):
            key = (each.pair, each.quantity, each.note, each.known)
            gathered.setdefault(key, []).append(each)
        return [
            Finding(STANDINGS[name], *key, comparisons=tuple(comparisons))
            for key, comparisons in gathered.items()
        ]

    def documents(self) -> dict[str, list[Card]]:
        """The cards of all networks, document by document; what belongs to none comes last."""
        told = {each.case: each for each in self.cases}
        worst: dict[str, dict[str, Standing]] = {}
        for each in self.comparisons:
            pairs = worst.setdefault(each.case, {})
            pairs[each.pair] = _at_a_glance(each.standing, pairs.get(each.pair))
        cards = [Card(told.get(name, Case(name)), pairs) for name, pairs in worst.items()]
        numbers = {card.case.document for card in cards}
        gathered: dict[str, list[Card]] = {}
        for number in (*sorted(filter(None, numbers)), None):
            title = f"Document {number}" if number else "Parts" if len(numbers) > 1 else "Models"
            of_document = [card for card in cards if card.case.document == number]
            gathered |= {title: of_document} if of_document else {}
        return gathered

    @property
    def counts(self) -> dict[str, int]:
        """How many comparisons came out how, harmless ones first."""
        counted = Counter(each.standing.name for each in self.comparisons)
        return {name: counted[name] for name in STANDINGS if counted[name]}

    @property
    def broken(self) -> list[Backend]:
        """The backends that were asked for and gave no complete answer."""
        return [backend for backend in self.backends if backend.status != "ok"]

    @property
    def agrees(self) -> bool:
        """True if something was compared, all of it agrees or is explained, and nothing is lost."""
        compared = any(each.verdict != "unsupported" for each in self.comparisons)
        flaws = self.standing("different") or self.standing("missing") or self.broken
        return compared and not flaws

    @property
    def less_accurate(self) -> list[tuple[Comparison, Mapping[str, Any]]]:
        """Where a side loses digits that the other keeps, the worst place of each comparison."""
        return [
            (each, max(each.less_accurate, key=lambda loss: loss["floors"] or 0.0))
            for each in self.comparisons
            if each.less_accurate
        ]

    @property
    def headline(self) -> str:
        """The whole run in one sentence."""
        if not self.comparisons and not self.broken:
            return "Nothing was compared"
        problems = []
        if differences := len(self.standing("different")):
            noun = "difference" if differences == 1 else "differences"
            problems.append(f"{differences} unexplained {noun}")
        if lost := len(self.standing("missing")):
            problems.append(f"{lost} without a result")
        problems += [f"{backend.name}: {backend.status}" for backend in self.broken]
        if problems:
            return "Not all agree: " + "; ".join(problems)
        return "All agree" if self.agrees else "Nothing could be compared"

    @property
    def tally(self) -> str:
        """The counts in words: "16 comparisons: 12 equal, 4 rounding"."""
        total = len(self.comparisons)
        noun = "comparison" if total == 1 else "comparisons"
        counts = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        return f"{total} {noun}: {counts}" if total else "0 comparisons"

    def rows(self) -> list[Row]:
        """The comparisons gathered by case, style and pair, in the order they came."""
        gathered: dict[tuple[str, str, str, str], dict[tuple[str, str], Comparison]] = {}
        for each in self.comparisons:
            cells = gathered.setdefault((each.case, each.style, each.left, each.right), {})
            place = (_column(each.quantity), each.dtype)
            if place not in cells or _worse(each, cells[place]):
                cells[place] = each
        return [
            Row(
                *key,
                dtypes=tuple(sorted({dtype for _, dtype in cells})),
                quantities=self.quantities_of(key[0]),
                cells=cells,
            )
            for key, cells in gathered.items()
        ]

    @property
    def quantities(self) -> tuple[str, ...]:
        """The table's columns: what was compared, the usual quantities first."""
        return _in_order(each.quantity for each in self.comparisons)

    def quantities_of(self, case: str) -> tuple[str, ...]:
        """The columns of one case."""
        return _in_order(each.quantity for each in self.comparisons if each.case == case)

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Every dtype that was compared, in alphabetical order: float32 before float64."""
        return tuple(sorted({each.dtype for each in self.comparisons}))


def read(report: Mapping[str, Any]) -> Reading:
    """Read the JSON-shaped report of a comparison run.

    Args:
        report: what the engine writes with `--json`; missing lists count as empty, and control
            characters in its texts (a dead worker's last lines may hold any) are dropped.
    Returns:
        The same facts as a Reading.
    Raises:
        ValueError: an entry lacks a required field, or a verdict is not one of the six.
    """
    report = _cleaned(report)
    reading = Reading(
        versions=report.get("versions") or {},
        backends=_entries(Backend, report.get("backends")),
        comparisons=_entries(Comparison, report.get("comparisons")),
        curves=_entries(Curve, report.get("curves")),
        code=_entries(Code, report.get("code")),
        notes=tuple(report.get("notes") or ()),
        cases=_entries(Case, report.get("cases")),
    )
    for each in reading.comparisons:
        if each.verdict not in _VERDICTS:
            known = ", ".join(_VERDICTS)
            raise ValueError(f"A comparison has the verdict {each.verdict!r}; it may be {known}.")
    return replace(
        reading,
        comparisons=tuple(
            replace(
                each,
                max_abs=_float(each.max_abs),
                max_rel=_float(each.max_rel),
                floors=_float(each.floors),
            )
            for each in reading.comparisons
        ),
        curves=tuple(
            replace(
                each,
                losses={side: tuple(map(_float, losses)) for side, losses in each.losses.items()},
            )
            for each in reading.curves
        ),
    )


def number(value: float | None) -> str:
    """Write a difference with two significant digits; "" stands for a number that is not there."""
    if value is None:
        return ""
    if math.isnan(value):
        return "NaN"
    if value == 0 or (float(value).is_integer() and abs(value) < 1e6):
        return str(int(value))
    return f"{value:.2g}" if 0.1 <= abs(value) < 100 else f"{value:.1e}"


def _column(quantity: str) -> str:
    return COLUMNS.get(quantity, quantity)


def _in_order(quantities: Iterable[str]) -> tuple[str, ...]:
    present = dict.fromkeys(map(_column, quantities))
    usual = tuple(name for name in QUANTITIES if name in present)
    return usual + tuple(name for name in present if name not in QUANTITIES)


def _at_a_glance(one: Standing, other: Standing | None) -> Standing:
    """The worse of the two; what was not compared says nothing beside what was."""
    compared = [each for each in (one, other) if each and each.name != "unsupported"]
    return max(compared, key=lambda each: _SEVERITY[each.name], default=one)


def _worse(one: Comparison, other: Comparison) -> bool:
    return _SEVERITY[one.standing.name] > _SEVERITY[other.standing.name]


def _entries(kind: type, entries: Iterable[Mapping[str, Any]] | None) -> tuple:
    """Make one `kind` of each entry; fields that `kind` does not know are left aside."""
    names = [field.name for field in fields(kind)]
    made = []
    for entry in entries or ():
        given = {name: entry[name] for name in names if name in entry}
        try:
            made.append(kind(**given))
        except TypeError as error:
            raise ValueError(f"Not a {kind.__name__.lower()} of a report: {entry!r}.") from error
    return tuple(made)


def _float(value: float | str | None) -> float | None:
    # Strict JSON has no NaN, so a report may spell it as a string.
    return None if value is None else float(value)


_ESCAPE_SEQUENCES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
# What neither a terminal should receive nor XML can hold.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        lines = value.replace("\r\n", "\n").replace("\r", "\n")
        return _UNPRINTABLE.sub("", _ESCAPE_SEQUENCES.sub("", lines))
    if isinstance(value, Mapping):
        return {_cleaned(key): _cleaned(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(each) for each in value]
    return value
