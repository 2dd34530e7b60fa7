"""How all pictures look: colours that any colour vision tells apart, markers, sizes."""

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

# Okabe and Ito, "Color Universal Design" (2008), without their yellow, which is faint on white.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
VERMILION, SKY, BLACK = "#D55E00", "#56B4E9", "#000000"

#: One colour, marker and dash for each class or curve: each alone tells them apart.
COLOURS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, BLACK)
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
#: What to multiply a marker's area by so that all look equally large.
AREAS = (1.0, 1.5, 0.9, 0.9, 1.5, 1.2, 1.2)
DASHES = ("-", "--", ":", "-.", (0, (5, 1)), (0, (1, 3)), (0, (3, 1, 1, 1)))

DOTS_PER_INCH = 110


def figure(width=6.4, height=4.4, **subplots):
    """An empty figure that needs no screen, and its axes.

    Args:
        width: inches.
        height: inches.
        **subplots: as for matplotlib's ``Figure.subplots``.

    Returns:
        The figure and its axes.
    """
    drawn = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1))
    return drawn, drawn.subplots(**subplots)


def tidy(axes, grid=True):
    """Takes away what says nothing: the upper and right border; adds a faint grid.

    Args:
        axes: matplotlib axes.
        grid: whether there is to be one.
    """
    axes.spines[["top", "right"]].set_visible(False)
    if grid:
        axes.grid(alpha=0.25)
        axes.set_axisbelow(True)
