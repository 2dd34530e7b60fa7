"""Loss curves of several backends laid over each other, as one small piece of inline SVG.

Written out rather than drawn by a plotting package: a page holds sixty of them. The page's style
sheet colours the lines (classes ``line-0``, ``line-1``, …), so that they suit its dark scheme too.
"""

import math
from html import escape

from keras_edu_backend.compare.report.reading import Curve

WIDTH, LEFT, RIGHT = 560, 68, 552  # of the drawing, and where its axes begin and end
LOSSES = (44, 214)  # top and bottom of the upper axes
DIFFERENCES = (234, 330)  # and of the lower
HEIGHT = 372
LINES = 5  # kinds of line in the style sheet; with more backends they begin anew
TICKS = 4  # about as many numbers stand at an axis


def svg(curve: Curve) -> str:
    """Draw the losses of every backend over the steps, and below them |difference|, log scale.

    Args:
        curve: one loss per training step and backend; the first backend is the one the others
            are subtracted from. A step without a finite loss leaves a gap.
    Returns:
        An `<svg>` element for inlining in HTML, without any address or id in it.
    """
    losses = {side: _finite(each) for side, each in curve.losses.items()}
    differences, said = _differences(losses)
    if losses and not any(value is not None for each in losses.values() for value in each):
        said.insert(0, "no finite loss")
    steps = max(map(len, losses.values()), default=0)
    columns = _scale(1, max(steps, 2), LEFT, RIGHT)
    parts = [
        f'<svg class="curves" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        _title(f"{curve.case}, {curve.style}, {curve.dtype}", 14),
        _legend(losses, 32),
        *_axes(LOSSES, "loss of the batch"),
        *_axes(DIFFERENCES, f"|loss − {next(iter(losses), '')}'s|"),
        *_steps(columns, steps),
        *_panel(list(losses.values()), LOSSES, columns, logarithmic=False),
        *_panel(differences, DIFFERENCES, columns, logarithmic=True),
        _left("; ".join(said), LEFT, DIFFERENCES[0] - 6),
        _title("training step", HEIGHT - 6),
        "</svg>",
    ]
    return "\n".join(parts)


def _differences(losses):
    """|loss − the first backend's| of each backend; and what to say where there is no line."""
    if not losses:
        return [], []
    (_, first), *others = losses.items()
    lines: list[list[float | None]] = [[]]  # the others keep their kinds of line
    said = []
    for name, other in others:
        pairs = list(zip(first, other, strict=False))
        distances = _finite(None if None in pair else abs(pair[0] - pair[1]) for pair in pairs)
        lines.append([each or None for each in distances])  # a logarithmic axis has no 0
        if not any(distances):
            compared = any(each is not None for each in distances)
            said.append(
                f"{name}: exactly 0 at every step" if compared else f"{name}: nothing to compare"
            )
    return lines, said


def _panel(series, rows, columns, logarithmic):
    """The grid of one pair of axes, its numbers, and a line for each backend."""
    known = [each for points in series for each in points if each is not None]
    if not known:
        return []
    transform = math.log10 if logarithmic else float
    low, high = transform(min(known)), transform(max(known))
    if logarithmic:  # whole powers of ten
        low, high = math.floor(low), max(math.ceil(high), math.floor(low) + 1)
        ticks = range(low, high + 1, max(1, math.ceil((high - low) / TICKS)))
    else:
        ticks = _ticks(low, high)
    heights = _scale(low, high, rows[1] - 4, rows[0] + 4)
    parts = []
    for tick in ticks:
        said = f"1e{tick:+03d}" if logarithmic else f"{tick:.6g}"
        parts.append(f'<path class="grid" d="M{LEFT} {heights(tick):g}H{RIGHT}"/>')
        parts.append(f'<text class="end" x="{LEFT - 6}" y="{heights(tick) + 4:g}">{said}</text>')
    for index, points in enumerate(series):
        line, dots = _paths(points, columns, lambda value: heights(transform(value)))
        kind = f"line-{index % LINES}"
        parts += [f'<path class="{kind}" d="{line}"/>'] if line else []
        parts += [f'<path class="{kind} dots" d="{dots}"/>'] if dots else []
    return parts


def _paths(points, columns, heights):
    """Straight lines from point to point; and of points between two gaps, lines of no length,
    which round ends make dots."""
    lines: list[str] = []
    dots: list[str] = []
    known = [(0, None), *_thinned(points), (0, None)]
    for (_, before), (step, value), (_, after) in zip(known, known[1:], known[2:], strict=False):
        if value is not None:
            place = f"{columns(step):g} {heights(value):g}"
            if before is after is None:
                dots.append(f"M{place}h0")
            else:
                lines.append(f"{'M' if before is None else 'L'}{place}")
    return "".join(lines), "".join(dots)


def _thinned(points):
    """Pairs of step and value. Of a run with many steps to a pixel, each pixel's extremes."""
    numbered = list(enumerate(points, start=1))
    per_pixel = len(numbered) // (RIGHT - LEFT)
    if per_pixel < 4:
        return numbered
    kept = []
    for start in range(0, len(numbered), per_pixel):
        pixel = [pair for pair in numbered[start : start + per_pixel] if pair[1] is not None]
        extremes = {min(pixel, key=_value), max(pixel, key=_value)} if pixel else set()
        kept += sorted(extremes) or [(start + 1, None)]
    return kept


def _value(pair):
    return pair[1]


def _steps(columns, steps):
    """The numbers of the steps, below both axes."""
    parts = []
    for tick in _ticks(1, max(steps, 2)):
        if tick == int(tick):
            x = f"{columns(tick):g}"
            grid = " ".join(f"M{x} {top}V{bottom}" for top, bottom in (LOSSES, DIFFERENCES))
            parts.append(f'<path class="grid" d="{grid}"/>')
            parts.append(f'<text x="{x}" y="{DIFFERENCES[1] + 16}">{tick:g}</text>')
    return parts


def _axes(rows, label):
    top, bottom = rows
    turned = f"translate(12 {(top + bottom) // 2}) rotate(-90)"
    return [
        f'<path class="axes" d="M{LEFT} {top}V{bottom}H{RIGHT}"/>',
        f'<text transform="{turned}">{escape(label)}</text>',
    ]


def _title(text, y):
    return f'<text x="{(LEFT + RIGHT) // 2}" y="{y}">{escape(text)}</text>'


def _left(text, x, y):
    return f'<text class="start" x="{x}" y="{y}">{escape(text)}</text>'


def _legend(names, y):
    entries, x = [], LEFT
    for index, name in enumerate(names):
        entries.append(f'<path class="line-{index % LINES}" d="M{x} {y - 4}h26"/>')
        entries.append(_left(name, x + 32, y))
        x += 52 + 7 * len(name)
    return "".join(entries)


def _ticks(low, high):
    """Round numbers from low to high: multiples of 1, 2 or 5 times a power of ten."""
    spread = high - low
    if spread < 1e-300:
        return [low]
    power = 10.0 ** math.floor(math.log10(spread / TICKS))
    step = next(power * each for each in (1, 2, 5, 10) if spread / (power * each) <= TICKS)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)] or [low]


def _scale(low, high, start, end):
    """Maps low … high to start … end, in tenths of a pixel; a constant to the middle."""
    if low == high:
        return lambda value: (start + end) / 2
    return lambda value: round(start + (value - low) / (high - low) * (end - start), 1)


def _finite(values):
    """The values that can be drawn, with None for the others: a spread must be finite, too."""
    return [value if value is not None and abs(value) < 1e300 else None for value in values]
