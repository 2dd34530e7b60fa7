"""How a network puts a curve together from the curves of its hidden units."""

import numpy as np

from conformance.pictures.style import BLACK, BLUE, ORANGE, VERMILION, figure, tidy


def hidden_features(x, layers, kernel, bias, scattered, truth, title):
    """The hidden layers' curves, the last ones' weighted sum, and the curve that was to be met.

    Args:
        x: where the curves are drawn, ascending, shape (points,).
        layers: outputs of each hidden layer there, each of shape (points, units).
        kernel: weights of the output, shape (units, 1).
        bias: its bias, shape (1,).
        scattered: the points that the network learned from, a pair of arrays.
        truth: the curve there, shape (points,).
        title: what is shown.

    Returns:
        A matplotlib figure.

    Source: document 4, "Anatomy of a neural network".
    """
    x = np.ravel(x)
    drawn, all_axes = figure(10.5, 3.4 * 2, nrows=2, ncols=3, sharex=True)
    top, (weighted, fit, error) = all_axes
    for number, (axes, curves) in enumerate(zip(top, layers, strict=True), start=1):
        alive = curves.max(axis=0) > 0
        axes.plot(x, curves[:, alive], color=BLUE, linewidth=0.8, alpha=0.6)
        units = curves.shape[1]
        axes.set(title=f"hidden layer {number}: {alive.sum()} of {units} units alive")
        axes.set_ylabel("activation")
    contributions = layers[-1] * kernel[:, 0]
    total = contributions.sum(axis=1) + bias[0]
    weighted.plot(x, contributions, color=BLUE, linewidth=0.8, alpha=0.6)
    weighted.plot(x, total, color=BLACK, linewidth=2, label="their sum and the bias")
    weighted.set(title="layer 3's curves times their weights", ylabel="contribution")
    seen = tuple(map(np.ravel, scattered))
    fit.scatter(*seen, s=5, color=ORANGE, alpha=0.5, label="points learned from")
    fit.plot(x, truth, color=BLACK, linestyle=":", linewidth=1.6, label="the function")
    fit.plot(x, total, color=VERMILION, linewidth=1.6, label="the network")
    fit.set(title="the fit", ylabel="$y$")
    error.plot(x, total - truth, color=VERMILION)
    error.axhline(0, color=BLACK, linewidth=0.8)
    error.set(title="what is left", ylabel="network - function")
    for axes in all_axes.flat:
        tidy(axes)
    for axes in all_axes[-1]:
        axes.set_xlabel("$x$")
    drawn.legend(loc="outside lower center", ncols=4, frameon=False)
    drawn.suptitle(title)
    return drawn
