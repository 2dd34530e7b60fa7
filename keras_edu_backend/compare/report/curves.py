"""Loss curves of several backends laid over each other, as one piece of inline SVG."""

import io
import math
import re
from typing import Any

from keras_edu_backend.compare.report.reading import Curve

# Colours of Okabe and Ito, told apart with any colour vision; the dashes tell them apart in print.
_STYLES: tuple[dict[str, Any], ...] = (
    {"color": "#0072B2", "linestyle": "-", "linewidth": 3.2, "alpha": 0.55},
    {"color": "#D55E00", "linestyle": "--", "linewidth": 1.4},
    {"color": "#009E73", "linestyle": ":", "linewidth": 1.8},
    {"color": "#CC79A7", "linestyle": "-.", "linewidth": 1.4},
    {"color": "#E69F00", "linestyle": (0, (1, 3)), "linewidth": 1.8},
)
_MARKED = 40  # a first series this short also shows each step as a dot
# Drawn in this colour, then made the page's text colour, so that a dark page has light axes.
_INK = "#010203"


def check() -> None:
    """Refuse early where loss curves cannot be drawn.

    Raises:
        ImportError: matplotlib is not installed; says how to get it.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "Loss curves and pictures are drawn with matplotlib, which is not installed. "
            "Install it with: pip install 'keras-edu-backend[report]'"
        ) from error


def svg(curve: Curve) -> str:
    """Draw the losses of every backend over the steps, and below them |difference|, log scale.

    Args:
        curve: one loss per training step and backend; the first backend is the one the others
            are subtracted from. A step without a finite loss leaves a gap.
    Returns:
        An `<svg>` element for inlining in HTML, without any address in it.
    Raises:
        ImportError: matplotlib is not installed.
    """
    check()
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    name = f"{curve.case}, {curve.style}, {curve.dtype}"
    settings = {
        "svg.fonttype": "none",  # letters stay text: small, searchable, in the page's font
        "svg.hashsalt": name,  # the ids of two drawings on one page must not meet
        "text.parse_math": False,
        "path.simplify_threshold": 0.5,  # of a pixel; thousands of steps stay a small drawing
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],  # each text names the whole list
        "text.color": _INK,
        "axes.labelcolor": _INK,
        "axes.edgecolor": _INK,
        "xtick.color": _INK,
        "ytick.color": _INK,
    }
    with rc_context(settings):
        figure = Figure(figsize=(6.2, 4.6))
        FigureCanvasSVG(figure)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        figure.subplots_adjust(left=0.16, right=0.98, top=0.92, bottom=0.11, hspace=0.12)
        if curve.losses:
            _draw_losses(above, curve)
            _draw_differences(below, curve)
            below.xaxis.get_major_locator().set_params(integer=True)
        above.set_title(name)
        below.set_xlabel("training step")
        drawn = io.StringIO()
        no_metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(drawn, format="svg", transparent=True, metadata=no_metadata)
    return _inline(drawn.getvalue())


def _draw_losses(axes, curve: Curve) -> None:
    for index, (side, losses) in enumerate(curve.losses.items()):
        axes.plot(*_points(losses), label=side, **_line(index, losses))
    if not any(math.isfinite(loss) for losses in curve.losses.values() for loss in _gaps(losses)):
        _say(axes, "no finite loss")
    axes.set_ylabel("loss of the batch")
    axes.legend(frameon=False, labelcolor=_INK, fontsize="small")
    _tidy(axes)


def _draw_differences(axes, curve: Curve) -> None:
    """|loss − first backend's loss|; an exact zero has no place on a log axis and is left out."""
    first, *others = curve.losses
    anything = False
    for index, side in enumerate(others, start=1):
        pairs = zip(_gaps(curve.losses[first]), _gaps(curve.losses[side]), strict=False)
        distances = [abs(one - other) for one, other in pairs]
        shown = [distance if distance > 0 else math.nan for distance in distances]
        label = side
        if any(math.isfinite(distance) for distance in shown):
            anything = True
        else:
            compared = any(math.isfinite(distance) for distance in distances)
            label = (
                f"{side}: exactly 0 at every step" if compared else f"{side}: nothing to compare"
            )
        style = _line(index, shown) | {"marker": ".", "markersize": 3, "markevery": _alone(shown)}
        axes.plot(*_points(shown), label=label, **style)
    if anything:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0e}")
        axes.minorticks_off()
    else:
        axes.set_yticks([])
    axes.set_ylabel(f"|loss − {first}'s|")
    axes.figure.align_ylabels()
    _tidy(axes)
    if others:
        axes.legend(frameon=False, labelcolor=_INK, fontsize="small")


def _points(losses) -> tuple[range, list[float]]:
    return range(1, len(losses) + 1), _gaps(losses)


def _gaps(losses) -> list[float]:
    return [loss if loss is not None and math.isfinite(loss) else math.nan for loss in losses]


def _alone(losses) -> list[int]:
    """Which points a line does not show: those between two gaps; of a short series, all."""
    known = [False, *map(math.isfinite, losses), False]
    return [
        number
        for number in range(len(losses))
        if len(losses) <= _MARKED or not (known[number] or known[number + 2])
    ]


def _line(index: int, losses) -> dict:
    style = dict(_STYLES[index % len(_STYLES)])
    if index == 0 and len(losses) <= _MARKED:
        style |= {"marker": "o", "markersize": 5}
    return style


def _say(axes, text: str) -> None:
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center")


def _tidy(axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)


def _inline(drawing: str) -> str:
    """Keep the element alone: HTML needs neither the XML prologue nor namespace addresses.

    Nor does it need a ten-thousandth of a point, names that nothing refers to, or turns by nothing.
    """
    element = drawing[drawing.index("<svg") :]
    opening, rest = element.split(">", 1)
    opening = re.sub(r'\s(?:xmlns(?::\w+)?|width|height)="[^"]*"', "", opening)
    for needless, instead in (
        (r"\n\s*", "\n"),
        (r"(\d\.\d\d)\d+", r"\1"),
        (r'<g id="[^"]*">', "<g>"),
        (r' transform="rotate\(-0 [^"]*"', ""),
    ):
        rest = re.sub(needless, instead, rest)
    drawing = f'{opening} role="img">{rest}'.replace(_INK, "currentColor")
    for index, style in enumerate(_STYLES):  # a page may set lighter lines for its dark scheme
        colour = style["color"].lower()
        drawing = drawing.replace(colour, f"var(--curve-{index}, {colour})")
    return drawing
