"""The training cost of the optimisers, epoch by epoch."""

import numpy as np
from matplotlib.ticker import LogLocator

from conformance.pictures.style import COLOURS, DASHES, MARKERS, figure, tidy


def optimizer_costs(costs, title):
    """One curve an optimiser, on a logarithmic scale.

    Args:
        costs: mapping of optimiser to mean cost of every epoch.
        title: what is shown.

    Returns:
        A matplotlib figure.

    Source: document 5, "compare the training cost for the following optimizers".
    """
    drawn, axes = figure(7.2, 4.6)
    for index, (name, curve) in enumerate(costs.items()):
        axes.semilogy(
            np.arange(1, len(curve) + 1),
            curve,
            color=COLOURS[index],
            marker=MARKERS[index],
            markersize=4,
            linestyle=DASHES[index],
            label=f"{name}: {curve[-1]:.3f} at the end",
        )
    axes.set(title=title, xlabel="epoch", ylabel="training cost: mean cross-entropy (log scale)")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")
    axes.legend(frameon=False)
    tidy(axes)
    axes.grid(alpha=0.15, which="minor")
    return drawn
