"""Lines, points, shaded cells and networks as inline SVG: a page can hold a hundred of them.

Colors are classes, ``series0`` to ``series5``: the page's style sheet has those of Okabe and Ito,
told apart with any color vision, in a lighter set for dark windows. Dashes tell lines apart in
print.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 460, 300  # without the legend
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 26, 40
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 4", "4 4")
RADIUS = 27  # of a node
ROW = 17  # height of a line of the legend


@dataclasses.dataclass(frozen=True)
class Series:
    """Numbers to draw.

    Attributes:
        label: what they are.
        x: horizontal places.
        y: vertical ones; one that is not finite leaves a gap.
        points: whether to draw dots rather than a line.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    points: bool = False


@dataclasses.dataclass(frozen=True)
class Picture:
    """Series in one pair of axes.

    Attributes:
        series: what to draw.
        x: what the horizontal axis shows.
        y: what the vertical axis shows.
        log: whether the vertical axis is logarithmic; numbers that are not positive leave a gap.
        within: lowest and highest number of the vertical axis, or None: those of the series.
        equal: whether the horizontal axis is drawn to the scale of the vertical one, around 0.
    """

    series: tuple[Series, ...]
    x: str
    y: str
    log: bool = False
    within: tuple[float, float] | None = None
    equal: bool = False


@dataclasses.dataclass(frozen=True)
class Shades:
    """A matrix as cells: blue where it is positive, orange where negative, pale near 0.

    Attributes:
        rows: its numbers, the top row first.
        positive: what a positive number means.
        negative: what a negative one means.
    """

    rows: Sequence[Sequence[float]]
    positive: str
    negative: str


@dataclasses.dataclass(frozen=True)
class Network:
    """Nodes with numbers in them, and edges with numbers beside them.

    A number is its text, and whether it is the one just computed, which is marked.

    Attributes:
        nodes: name -> place from left to right and from top to bottom, each from 0 to 1; the number
            in it, and one below it or none.
        edges: names of two nodes; number.
        says: what the numbers are.
    """

    nodes: Mapping[str, tuple[float, float, Sequence[tuple[str, bool]]]]
    edges: Sequence[tuple[str, str, tuple[str, bool]]]
    says: str


Drawing = Picture | Shades | Network


def svg(picture: Drawing) -> Markup:
    """Draw a picture.

    Args:
        picture: what to draw.

    Returns:
        An ``<svg>`` element without any address in it.
    """
    if isinstance(picture, Shades):
        entries = [(picture.positive, True), (picture.negative, True)]
        title, parts = f"{picture.positive}, {picture.negative}", [*_cells(picture)]
    elif isinstance(picture, Network):
        entries, title, parts = [], f"a network: {picture.says}", [*_graph(picture)]
    else:
        entries = [(one.label, one.points) for one in picture.series]
        title, parts = f"{picture.y} over {picture.x}", [*_plot(picture)]
    legend, height = _legend(entries)
    opening = f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
    return Markup(f"{opening}{''.join(parts)}{legend}</svg>")


def _plot(picture):
    high = [_height(y, picture) for one in picture.series for y in one.y]
    limits = [_height(y, picture) for y in picture.within or ()]
    y_axis = _Axis(limits or high, HEIGHT - BOTTOM, TOP)
    x_axis = _Axis([x for one in picture.series for x in one.x], LEFT, WIDTH - RIGHT)
    if picture.equal:
        x_axis.scale_as(y_axis)
    yield from _axes(picture, x_axis, y_axis)
    for number, one in enumerate(picture.series):
        places = [
            (x_axis.at(x), y_axis.at(_height(y, picture)))
            for x, y in zip(one.x, one.y, strict=True)
        ]
        yield from _series(number, one, places)


def _cells(shades):
    side = (HEIGHT - TOP) / len(shades.rows)
    left = (WIDTH - side * len(shades.rows[0])) / 2
    largest = max(abs(number) for row in shades.rows for number in row) or 1.0
    for i, row in enumerate(shades.rows):
        for j, number in enumerate(row):
            yield (
                f'<rect x="{left + j * side:.1f}" y="{i * side:.1f}" width="{side:.1f}" '
                f'height="{side:.1f}" class="series{int(number < 0)}" '
                f'fill-opacity="{abs(number) / largest:.2f}"/>'
            )


def _graph(network):
    places = {
        name: (RADIUS + 4 + across * (WIDTH - 2 * RADIUS - 8), 60 + down * 160)
        for name, (across, down, _) in network.nodes.items()
    }
    for start, end, number in network.edges:
        (x, y), (far_x, far_y) = places[start], places[end]
        yield f'<path d="M{x:.0f} {y:.0f}L{far_x:.0f} {far_y:.0f}" class="axis"/>'
        # Nearer to its start, where no other edge crosses it.
        yield _number(number, x + 0.33 * (far_x - x), y + 0.33 * (far_y - y) + 4)
    for name, (_, _, numbers) in network.nodes.items():
        x, y = places[name]
        yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{RADIUS}" class="node"/>'
        yield f'<text x="{x:.0f}" y="{y - RADIUS - 6:.0f}" class="middle">{escape(name)}</text>'
        for number, below in zip(numbers, (4, RADIUS + 15), strict=False):
            yield _number(number, x, y + below)
    yield f'<text x="{WIDTH / 2}" y="{HEIGHT}" class="middle">{escape(network.says)}</text>'


def _number(number, x, y):
    text, now = number
    kind = "number now" if now else "number"
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}">{escape(text)}</text>' if text else ""


class _Axis:
    """Where numbers go, between two places of the drawing."""

    def __init__(self, numbers, first, last):
        known = [n for n in numbers if math.isfinite(n)] or [0.0, 1.0]
        low, high = min(known), max(known)
        spare = (high - low) * 0.04 or abs(high) * 0.5 or 1.0
        self.low, self.high = low - spare, high + spare
        self.first, self.last = first, last

    def scale_as(self, other):
        """Widen around its middle until a unit is as long as on another axis."""
        unit = abs(other.last - other.first) / (other.high - other.low)
        middle, half = (self.low + self.high) / 2, (self.last - self.first) / unit / 2
        self.low, self.high = middle - half, middle + half

    def at(self, number):
        """The place of a number; one that is off the axis, or none, has no place."""
        if not self.low <= number <= self.high:
            return math.nan
        share = (number - self.low) / (self.high - self.low)
        return self.first + share * (self.last - self.first)

    def ticks(self):
        """Four to nine round numbers between its ends."""
        return _round_numbers(self.low, self.high)

    def log_ticks(self):
        """Three to nine numbers for an axis of decimal logarithms: powers of ten, if it has so
        many."""
        decades = range(math.floor(self.low), math.ceil(self.high) + 1)
        for digits in ((1,), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)):
            ticks = [digit * 10.0**n for n in decades for digit in digits]
            ticks = [tick for tick in ticks if self.low <= math.log10(tick) <= self.high]
            if len(ticks) >= 3:
                return ticks[:: math.ceil(len(ticks) / 9)]
        return [tick for tick in _round_numbers(10**self.low, 10**self.high) if tick > 0]


def _round_numbers(low, high):
    step = 10.0 ** math.floor(math.log10((high - low) / 2))
    while (high - low) / step > 9:
        step *= 2 if (high - low) / step <= 18 else 5
    return [n * step for n in range(math.ceil(low / step), int(high // step) + 1)]


def _height(y, picture):
    if not picture.log:
        return y
    return math.log10(y) if y > 0 else math.nan


def _axes(picture, x_axis, y_axis):
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    yield f'<path d="M{LEFT} {TOP}V{bottom}H{right}" class="axis"/>'
    for tick in x_axis.ticks():
        place = x_axis.at(tick)
        yield f'<path d="M{place:.1f} {TOP}V{bottom}" class="grid"/>'
        yield f'<text x="{place:.1f}" y="{bottom + 15}" class="middle">{_text(tick)}</text>'
    for tick in y_axis.log_ticks() if picture.log else y_axis.ticks():
        place = y_axis.at(_height(tick, picture))
        yield f'<path d="M{LEFT} {place:.1f}H{right}" class="grid"/>'
        yield f'<text x="{LEFT - 5}" y="{place + 4:.1f}" class="end">{_text(tick)}</text>'
    middle = (LEFT + right) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 6}" class="middle">{escape(picture.x)}</text>'
    yield f'<text x="4" y="12">{escape(picture.y)}</text>'


def _text(tick):
    return f"{tick:g}".replace("-", "−")


def _series(number, one, places):
    if one.points:
        style = f'r="{4 if len(places) < 50 else 2.5}" class="{_color(number)}"'
        for x, y in places:
            if math.isfinite(x) and math.isfinite(y):
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" {style}/>'
    else:
        yield f'<path d="{_line(places)}" {_stroke(number)}/>'


def _color(number):
    return f"series{number % len(DASHES)}"


def _stroke(number):
    dash = DASHES[number % len(DASHES)]
    return f'stroke-dasharray="{dash}" class="line {_color(number)}"'


def _legend(entries):
    """A sample and the label of each series, in rows below the picture; and where they end."""
    parts, x, y = [], LEFT, HEIGHT + ROW - 6
    for number, (label, points) in enumerate(entries):
        width = 30 + 7 * len(label)  # letters of 11 pixels are 6 to 7 wide
        if x > LEFT and x + width > WIDTH:
            x, y = LEFT, y + ROW
        if points:
            parts.append(f'<circle cx="{x + 10}" cy="{y - 4}" r="4" class="{_color(number)}"/>')
        else:
            parts.append(f'<path d="M{x} {y - 4}h20" {_stroke(number)}/>')
        parts.append(f'<text x="{x + 26}" y="{y}">{escape(label)}</text>')
        x += width + 10
    return "".join(parts), y + 8


def _line(places):
    words, gap = [], True
    for x, y in places:
        known = math.isfinite(x) and math.isfinite(y)
        if known:
            words.append(f"{'M' if gap else 'L'}{x:.1f} {y:.1f}")
        gap = not known
    return "".join(words)
