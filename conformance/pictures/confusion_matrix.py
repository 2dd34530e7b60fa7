"""Which classes are taken for which."""

import numpy as np

from conformance.pictures.style import figure
from reference_models import metrics


def confusion_matrix(y, predicted, title, names=None):
    """Counts in a grid: the true class down, the predicted one across.

    Args:
        y: true class numbers.
        predicted: predicted class numbers.
        title: what is shown.
        names: what the classes are called; their numbers unless given.

    Returns:
        A matplotlib figure.

    Source: document 1, "The confusion matrix"; document 5 (sn.heatmap).
    """
    names = names or [str(number) for number in range(int(np.max(y)) + 1)]
    counts = np.asarray(metrics.confusion_matrix(y, predicted, len(names)))
    side = max(4.4, 0.55 * len(names) + 1.6)
    drawn, axes = figure(side + 0.8, side)
    image = axes.imshow(counts, cmap="cividis", vmin=0)
    for (true, taken), count in np.ndenumerate(counts):
        colour = "black" if count > counts.max() / 2 else "white"
        axes.text(taken, true, f"{count}", ha="center", va="center", color=colour)
    right = np.trace(counts)
    axes.set(
        title=f"{title}\n{right} of {counts.sum()} right ({right / counts.sum():.1%})",
        xlabel="predicted class",
        ylabel="true class",
        xticks=range(len(names)),
        yticks=range(len(names)),
        xticklabels=names,
        yticklabels=names,
    )
    drawn.colorbar(image, ax=axes, label="instances", shrink=0.8)
    return drawn
