"""The two kinds of picture that claims are drawn as: curves and bars."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from conformance.pictures.style import BLACK, COLOURS, DASHES, MARKERS, figure, tidy


def curves(
    title: str,
    xlabel: str,
    ylabel: str,
    lines: Mapping[str, Sequence[float]],
    x: Sequence[float] | None = None,
    scale: str = "linear",
) -> Figure:
    """One line for each list of numbers.

    Args:
        title: what is shown.
        xlabel: what runs along the x axis.
        ylabel: what is measured.
        lines: numbers by name.
        x: where they were measured; 1, 2, 3, ... unless given.
        scale: of the y axis: "linear", "log" or "symlog".

    Returns:
        A matplotlib figure.
    """
    drawn, axes = figure()
    for index, (name, values) in enumerate(lines.items()):
        along = np.arange(1, len(values) + 1) if x is None else np.asarray(x)
        few = len(values) <= 20
        axes.plot(
            along,
            values,
            color=COLOURS[index],
            linestyle=DASHES[index],
            marker=MARKERS[index] if few else None,
            label=name,
        )
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel, yscale=scale)
    if x is None:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False)
    tidy(axes)
    return drawn


def bars(title: str, ylabel: str, heights: Mapping[str, float], line: float | None = None):
    """One bar for each number.

    Args:
        title: what is shown.
        ylabel: what is measured.
        heights: numbers by name.
        line: where a dotted line goes across, if anywhere.

    Returns:
        A matplotlib figure.
    """
    drawn, axes = figure()
    places = np.arange(len(heights))
    axes.bar(places, list(heights.values()), color=COLOURS[0], width=0.6)
    for place, height in zip(places, heights.values(), strict=True):
        beyond = "top" if height < 0 else "bottom"
        axes.annotate(f"{height:.3g}", (place, height), ha="center", va=beyond, fontsize=8)
    if line is not None:
        axes.axhline(line, color=BLACK, linestyle=":", linewidth=1)
    axes.set(title=title, xlabel="", ylabel=ylabel)
    axes.set_xticks(places, list(heights))
    tidy(axes)
    return drawn
