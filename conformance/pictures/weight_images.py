"""Weights drawn as images, since each of them belongs to a pixel."""

import numpy as np

from conformance.pictures.style import figure

COLUMNS = 32


def first_layer_weights(kernel, title):
    """One small image for each unit of the first layer: what it looks for.

    Args:
        kernel: weights of shape (784, units).
        title: what is shown.

    Returns:
        A matplotlib figure.

    Source: document 4, "plot weights of the first layer as a heatmap" (512 units).
    """
    kernel = np.asarray(kernel)
    units = kernel.shape[1]
    rows = -(-units // COLUMNS)
    # One large image with a gap around each small one: 512 axes would take a minute to draw.
    sheet = np.full((rows * 30, COLUMNS * 30), np.nan)
    for unit in range(units):
        down, across = 30 * (unit // COLUMNS) + 1, 30 * (unit % COLUMNS) + 1
        sheet[down : down + 28, across : across + 28] = kernel[:, unit].reshape(28, 28)
    limit = np.quantile(np.abs(kernel), 0.995)
    drawn, axes = figure(13, 12 * rows / COLUMNS + 0.6)
    image = axes.imshow(sheet, cmap="cividis", vmin=-limit, vmax=limit, interpolation="none")
    axes.set(
        title=title,
        xlabel=f"unit of the first row, 0 to {min(units, COLUMNS) - 1}",
        ylabel="unit at the left",
        xticks=np.arange(0, COLUMNS, 4) * 30 + 15,
        xticklabels=np.arange(0, COLUMNS, 4),
        yticks=np.arange(0, rows, 2) * 30 + 15,
        yticklabels=np.arange(0, rows, 2) * COLUMNS,
    )
    axes.spines[:].set_visible(False)
    drawn.colorbar(image, ax=axes, label="weight", shrink=0.85, pad=0.01, extend="both")
    return drawn


def aggregated_weights(kernel1, kernel2, title):
    """W1 W2 as one image for each digit: which pixels speak for it, if relu were not there.

    Args:
        kernel1: weights of the first layer, shape (784, hidden units).
        kernel2: weights of the second, shape (hidden units, 10).
        title: what is shown.

    Returns:
        A matplotlib figure.

    Source: document 4, "plot aggregated weights of both layers as a heatmap".
    """
    product = np.asarray(kernel1) @ np.asarray(kernel2)
    limit = np.abs(product).max()
    drawn, all_axes = figure(10, 4.6, nrows=2, ncols=5)
    for digit, axes in enumerate(all_axes.flat):
        image = axes.imshow(
            product[:, digit].reshape(28, 28), cmap="cividis", vmin=-limit, vmax=limit
        )
        axes.set(title=f"digit {digit}", xticks=[], yticks=[])
    drawn.suptitle(title)
    drawn.colorbar(image, ax=all_axes, label="weight: against (-), for (+)", shrink=0.9, pad=0.01)
    return drawn
