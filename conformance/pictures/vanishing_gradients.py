"""How the first weight's gradient shrinks, or grows, with every layer that is added."""

import numpy as np

from conformance.pictures.style import COLOURS, DASHES, MARKERS, figure, tidy
from reference_models import vanishing_gradient

DEPTHS = 10
WEIGHTS = (1.0, 2.0, 4.0)


def vanishing_gradients():
    """|d output / d first weight| in networks of 1 to 10 layers with one sigmoid unit each.

    Returns:
        A matplotlib figure; the slope of a sigmoid is 0.25 at most, so that the dotted line bounds
        the curve of weight 1.

    Source: document 5, "Vanishing Gradient Problem".
    """
    depths = np.arange(1, DEPTHS + 1)
    drawn, axes = figure()
    for index, weight in enumerate(WEIGHTS):
        gradients = np.abs(vanishing_gradient.by_depth(DEPTHS, weight))
        axes.semilogy(
            depths,
            gradients,
            color=COLOURS[index],
            marker=MARKERS[index],
            linestyle=DASHES[index],
            label=f"every weight {weight:g}",
        )
    axes.semilogy(
        depths,
        0.25**depths,
        color="black",
        linewidth=1,
        linestyle=":",
        label="0.25 to the power of layers",
    )
    axes.axvline(vanishing_gradient.LAYERS, color="grey", linewidth=0.8)
    axes.annotate(
        "the document's 4 layers",
        (vanishing_gradient.LAYERS, 1),
        xycoords=("data", "axes fraction"),
        xytext=(3, -3),
        textcoords="offset points",
        va="top",
        fontsize=8,
    )
    axes.set(
        title="The vanishing gradient: layers of one sigmoid unit, input 1, biases 0",
        xlabel="number of layers",
        ylabel=r"$|\partial\,\mathrm{output}\,/\,\partial w_1|$ (log scale)",
        xticks=depths,
    )
    axes.legend(frameon=False)
    tidy(axes)
    return drawn
