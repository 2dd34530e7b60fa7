"""What a classifier answers everywhere in the plane, and where its answer changes."""

import numpy as np

from conformance.pictures.data_scatter import scatter
from conformance.pictures.style import BLACK, COLOURS, figure, tidy

STEPS = 250
FEW = 40  # rings around more points than that would hide them


def decision_boundary(x, classes, predict, title):
    """The plane in the colours of the answers, deeper where the answer is surer.

    Args:
        x: coordinates, shape (points, 2).
        classes: class numbers, shape (points,).
        predict: function from coordinates to probabilities: of class 1, shape (points, 1), or of
            each class.
        title: what is shown.

    Returns:
        A matplotlib figure; points on the wrong side are ringed, or crossed where they are many.

    Source: document 1, "Below is a plot of the decision boundary".
    """
    x, classes = np.asarray(x), np.asarray(classes)
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.08 * (high - low)
    sides = [np.linspace(*ends, STEPS) for ends in zip(low - margin, high + margin, strict=True)]
    plane = np.stack(np.meshgrid(*sides), axis=-1)
    flat = plane.reshape(-1, 2).astype(np.float32)
    probabilities = of_each_class(predict(flat)).reshape(STEPS, STEPS, -1)
    answers = of_each_class(predict(x.astype(np.float32))).argmax(axis=-1)
    wrong = answers != classes

    drawn, axes = figure(7.2, 5.0)
    axes.imshow(
        _shades(probabilities),
        origin="lower",
        extent=(sides[0][0], sides[0][-1], sides[1][0], sides[1][-1]),
        aspect="auto",
        interpolation="bilinear",
    )
    for number in range(probabilities.shape[-1]):
        others = np.delete(probabilities, number, axis=-1).max(axis=-1)
        lead = probabilities[..., number] - others
        if lead.min() < 0 < lead.max():
            axes.contour(*sides, lead, levels=[0], colors=BLACK, linewidths=1.4)
    scatter(axes, x, classes, size=12, edgecolors="white", linewidths=0.25, alpha=0.95)
    if wrong.any():
        many = wrong.sum() > FEW
        axes.scatter(
            *x[wrong].T,
            marker="x" if many else "o",
            s=10 if many else 70,
            linewidths=0.6 if many else 1.1,
            **({"color": BLACK} if many else {"facecolors": "none", "edgecolors": BLACK}),
            label=f"wrong ({wrong.sum()})",
        )
    axes.plot([], [], color=BLACK, linewidth=1.4, label="boundary")
    axes.set(
        title=f"{title}: {wrong.sum()} of {len(x)} points wrong", xlabel="$x_1$", ylabel="$x_2$"
    )
    drawn.legend(loc="outside right upper", frameon=False, markerscale=1.5)
    tidy(axes, grid=False)
    return drawn


def of_each_class(outputs):
    """Probabilities of each class; one sigmoid's p becomes (1 - p, p).

    Args:
        outputs: shape (points, 1) or (points, classes).

    Returns:
        Shape (points, classes).
    """
    outputs = np.asarray(outputs)
    return np.hstack([1 - outputs, outputs]) if outputs.shape[-1] == 1 else outputs


def _shades(probabilities):
    """White where the classes are equally likely, towards a class's colour as it gets surer."""
    colours = np.array([[int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)] for code in COLOURS])
    classes = probabilities.shape[-1]
    surest = probabilities.argmax(axis=-1)
    sure = (probabilities.max(axis=-1) - 1 / classes) / (1 - 1 / classes)
    strength = 0.5 * sure[..., None]
    return 1 - strength + strength * colours[surest]
