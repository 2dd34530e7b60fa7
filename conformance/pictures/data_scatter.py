"""Points of the plane, each class with its own colour and marker."""

import numpy as np

from conformance.pictures.style import AREAS, COLOURS, MARKERS, figure, tidy


def data_scatter(x, classes, title, names=None, axes_names=("$x_1$", "$x_2$"), equal=False):
    """The data as points.

    Args:
        x: coordinates, shape (points, 2).
        classes: class numbers, shape (points,).
        title: what is shown.
        names: what the classes are called; their numbers unless given.
        axes_names: what the coordinates are called, with units.
        equal: whether a unit is as long on both axes, so that circles are round.

    Returns:
        A matplotlib figure.

    Source: document 1, sections 2 to 4.
    """
    drawn, axes = figure()
    scatter(axes, x, classes, names)
    axes.set(title=title, xlabel=axes_names[0], ylabel=axes_names[1])
    if equal:
        axes.set_aspect("equal", adjustable="datalim")
    drawn.legend(loc="outside right upper", frameon=False, markerscale=2)
    tidy(axes)
    return drawn


def scatter(axes, x, classes, names=None, size=9.0, **style):
    """Puts the points onto axes.

    Args:
        axes: matplotlib axes.
        x: coordinates, shape (points, 2).
        classes: class numbers.
        names: what the classes are called.
        size: area of a marker, in square points.
        **style: as for matplotlib's ``Axes.scatter``.
    """
    classes = np.asarray(classes)
    for number in np.unique(classes):
        chosen = classes == number
        axes.scatter(
            *np.asarray(x)[chosen].T,
            s=size * AREAS[number],
            c=COLOURS[number],
            marker=MARKERS[number],
            label=names[number] if names else f"class {number} ({chosen.sum()})",
            **{"linewidths": 0, "alpha": 0.75} | style,
        )
