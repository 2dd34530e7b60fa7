"""Images that a network gets wrong."""

import numpy as np

from conformance.pictures.style import figure

SHOWN = 10


def misclassified(images, y, predicted, title):
    """The first ten wrong answers, with what was said and what is true.

    Args:
        images: pixels from 0 to 1, shape (images, 28, 28).
        y: true class numbers.
        predicted: predicted class numbers.
        title: what is shown.

    Returns:
        A matplotlib figure.

    Source: document 4, "Examples of misclassified images".
    """
    y, predicted = np.asarray(y), np.asarray(predicted)
    wrong = np.flatnonzero(y != predicted)
    drawn, all_axes = figure(8.4, 4.2, nrows=2, ncols=SHOWN // 2)
    for axes in all_axes.flat:
        axes.set_axis_off()
    for axes, index in zip(all_axes.flat, wrong[:SHOWN], strict=False):
        axes.imshow(images[index], cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(f"said {predicted[index]}, is {y[index]}\nimage {index}", fontsize=9)
    shown = min(len(wrong), SHOWN)
    drawn.suptitle(f"{title}: {len(wrong)} of {len(y)} wrong; the first {shown}")
    return drawn
