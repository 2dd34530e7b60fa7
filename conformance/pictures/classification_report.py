"""Precision, recall and F1 of every class."""

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from conformance.pictures.style import BLUE, GREEN, ORANGE, figure, tidy

FIGURES = (("precision", BLUE, ""), ("recall", ORANGE, "//"), ("F1", GREEN, ".."))


def classification_report(y, predicted, title, names=None):
    """Three bars a class, with their values.

    precision = how many of the answers "this class" are right; recall = how many of the class were
    found; F1 = their harmonic mean, 2 p r / (p + r).

    Args:
        y: true class numbers.
        predicted: predicted class numbers.
        title: what is shown.
        names: what the classes are called; their numbers unless given.

    Returns:
        A matplotlib figure.

    Source: document 1, "The classification report shows the precision and recall".
    """
    names = names or [str(number) for number in range(int(np.max(y)) + 1)]
    *values, support = precision_recall_fscore_support(
        y, predicted, labels=range(len(names)), zero_division=0
    )
    drawn, axes = figure(6.4, 1.2 + 0.62 * len(names))
    places = np.arange(len(names))
    for index, ((name, colour, hatch), bars) in enumerate(zip(FIGURES, values, strict=True)):
        drawn_bars = axes.barh(
            places + 0.27 * (index - 1),
            bars,
            height=0.25,
            color=colour,
            hatch=hatch,
            edgecolor="white",
            label=name,
        )
        axes.bar_label(drawn_bars, fmt="%.3f", padding=2, fontsize=7)
    axes.set(
        title=title,
        xlabel="share (1 is best)",
        ylabel="class (instances)",
        xlim=(0, 1.09),
        yticks=places,
        yticklabels=[f"{name} ({count})" for name, count in zip(names, support, strict=True)],
    )
    axes.set_ylim(len(names) - 0.5, -0.5)
    drawn.legend(loc="outside lower center", ncols=3, frameon=False)
    tidy(axes)
    return drawn
