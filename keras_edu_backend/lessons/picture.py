"""Lines and points as one piece of inline SVG, small enough for a page to hold a hundred."""

import dataclasses
import math
from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 26, 40
# Colours of Okabe and Ito, told apart with any colour vision; dashes tell them apart in print.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 4", "4 4")


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
    """

    series: tuple[Series, ...]
    x: str
    y: str
    log: bool = False
    within: tuple[float, float] | None = None


def svg(picture: Picture) -> Markup:
    """Draw a picture.

    Args:
        picture: a `Picture`.

    Returns:
        An ``<svg>`` element without any address in it.
    """
    high = [_height(y, picture) for one in picture.series for y in one.y]
    x_axis = _Axis([x for one in picture.series for x in one.x], LEFT, WIDTH - RIGHT)
    limits = [_height(y, picture) for y in picture.within or ()]
    y_axis = _Axis(limits or high, HEIGHT - BOTTOM, TOP)
    parts = [*_axes(picture, x_axis, y_axis)]
    for number, one in enumerate(picture.series):
        places = [
            (x_axis.at(x), y_axis.at(_height(y, picture)))
            for x, y in zip(one.x, one.y, strict=True)
        ]
        parts += _series(number, one, places)
    title = escape(f"{picture.y} over {picture.x}")
    opening = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
    return Markup(f"{opening}{''.join(parts)}</svg>")


class _Axis:
    """Where numbers go, between two places of the drawing."""

    def __init__(self, numbers, first, last):
        known = [n for n in numbers if math.isfinite(n)] or [0.0, 1.0]
        low, high = min(known), max(known)
        spare = (high - low) * 0.04 or abs(high) * 0.5 or 1.0
        self.low, self.high = low - spare, high + spare
        self.first, self.last = first, last

    def at(self, number):
        """The place of a number; one that is off the axis, or none, has no place."""
        if not self.low <= number <= self.high:
            return math.nan
        share = (number - self.low) / (self.high - self.low)
        return self.first + share * (self.last - self.first)

    def ticks(self):
        """Four to nine round numbers."""
        step = 10.0 ** math.floor(math.log10((self.high - self.low) / 2))
        while (self.high - self.low) / step > 9:
            step *= 2 if (self.high - self.low) / step <= 18 else 5
        return [n * step for n in range(math.ceil(self.low / step), int(self.high // step) + 1)]


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
        yield f'<text x="{place:.1f}" y="{bottom + 15}" class="middle">{tick:g}</text>'
    for tick in y_axis.ticks():
        place = y_axis.at(tick)
        said = f"{10.0**tick:.3g}" if picture.log else f"{tick:g}"
        yield f'<path d="M{LEFT} {place:.1f}H{right}" class="grid"/>'
        yield f'<text x="{LEFT - 5}" y="{place + 4:.1f}" class="end">{said}</text>'
    middle = (LEFT + right) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 6}" class="middle">{escape(picture.x)}</text>'
    yield f'<text x="4" y="12">{escape(picture.y)}</text>'


def _series(number, one, places):
    colour = COLOURS[number % len(COLOURS)]
    if one.points:
        for x, y in places:
            if math.isfinite(x) and math.isfinite(y):
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
    else:
        dash = DASHES[number % len(DASHES)]
        style = f'stroke="{colour}" stroke-dasharray="{dash}" class="line"'
        yield f'<path d="{_line(places)}" {style}/>'
    y = TOP + 12 + 15 * number
    yield (
        f'<text x="{WIDTH - RIGHT - 4}" y="{y}" class="end" style="fill:{colour}">'
        f"{escape(one.label)}</text>"
    )


def _line(places):
    words, gap = [], True
    for x, y in places:
        known = math.isfinite(x) and math.isfinite(y)
        if known:
            words.append(f"{'M' if gap else 'L'}{x:.1f} {y:.1f}")
        gap = not known
    return "".join(words)
