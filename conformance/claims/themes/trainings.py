"""The trainings of document 1: their curves, their reports, and their confusion matrices."""

import numpy as np
from sklearn.metrics import classification_report, confusion_matrix

from conformance.claims.claim import Claim
from conformance.claims.keras_models import best_line, dense, fitted
from conformance.pictures.style import BLACK, COLOURS, figure, tidy
from reference_models.data import points

# Name → points, units and activation of each layer, Adam's rate, epochs. The document prints no
# rates, and few epochs; with these the curves are flat at their ends.
LINE, SMALL = [(1, "sigmoid")], [(4, "tanh"), (2, "tanh"), (1, "sigmoid")]
WIDE = [(64, "tanh"), (64, "tanh"), (64, "tanh"), (1, "sigmoid")]
DEEP = [(128, "tanh"), (64, "tanh"), (32, "tanh"), (3, "softmax")]
TRAININGS = {
    "one unit, separable": ("separable", LINE, 0.05, 30),
    "one unit, moons": ("moons", LINE, 0.05, 30),
    "one unit, circles": ("circles", LINE, 0.05, 30),
    "4-2-1, moons": ("moons", SMALL, 0.01, 150),
    "4-2-1, circles": ("circles", SMALL, 0.01, 150),
    "64-64-64-1, sine wave": ("sine_wave", WIDE, 0.001, 200),
    "3 units, spiral": ("spiral", [(3, "softmax")], 0.05, 30),
    "128-64-32-3, spiral": ("spiral", DEEP, 0.01, 30),
}
CONFUSED = ("one unit, circles", "3 units, spiral")
PARTED = [name for name in TRAININGS if name not in (*CONFUSED, "one unit, moons")]


def trainings(epochs=None):
    """Each network of the document, trained on its points.

    Args:
        epochs: passes, in place of each training's own.

    Returns:
        For each training the loss and the accuracy of every epoch, the confusion matrix (a row for
        each true class, a column for each that was said), precision and recall by class, the loss
        of guessing, and, where there are two classes, the accuracy of the best straight line.
    """
    import keras

    found = {}
    for name, (make, layers, rate, own) in TRAININGS.items():
        x, classes = getattr(points, make)()
        x, several = x.astype("float32"), range(int(classes.max()) + 1)
        binary = layers[-1][0] == 1
        keras.utils.set_random_seed(0)
        model = dense(2, *layers)
        history = fitted(
            model,
            x,
            classes[:, None].astype("float32") if binary else classes,
            "binary_crossentropy" if binary else "sparse_categorical_crossentropy",
            keras.optimizers.Adam(rate),
            epochs or own,
        )
        probability = model.predict(x, verbose=0)
        said = (probability[:, 0] > 0.5).astype(int) if binary else probability.argmax(axis=1)
        report = classification_report(classes, said, output_dict=True, zero_division=0)
        found[name] = {
            "loss": history["loss"],
            "accuracy": history["accuracy"],
            "confusion": confusion_matrix(classes, said),
            "precision": [report[str(c)]["precision"] for c in several],
            "recall": [report[str(c)]["recall"] for c in several],
            "loss of guessing": np.log(len(several)),
        }
        if binary:
            found[name]["best line"] = best_line(x, classes)
    return found


def _tell(numbers):
    found = {}
    for name, each in numbers.items():
        matrix = np.asarray(each["confusion"])
        hits, said, true = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
        right = hits.sum() / matrix.sum()
        found[f"{name}: precision and recall are the diagonal over its column and its row"] = (
            # What was never said has no precision: scikit-learn calls it 0.
            np.allclose(each["precision"], hits / np.maximum(said, 1), rtol=1e-12)
            and np.allclose(each["recall"], hits / true, rtol=1e-12)
        )
        rest = each["loss"][-1] / each["loss of guessing"]
        if name in PARTED:
            found[f"{name}: the loss goes down to less than a tenth of guessing's"] = rest < 0.1
            found[f"{name}: what lies beside the diagonal is less than what lies on it"] = (
                matrix[~np.eye(len(matrix), dtype=bool)].max() < hits.min()
            )
        if name in CONFUSED:
            found[f"{name}: the loss stays above half of guessing's"] = rest > 0.5
        if "best line" in each and name.startswith("one unit"):
            found[f"{name}: no more points are right than on the sides of the best line"] = (
                right <= each["best line"]
            )
        elif "best line" in each:
            found[f"{name}: more points are right than any straight line gets right"] = (
                right > each["best line"]
            )
    return found


def _draw(numbers):
    """Each training's confusion matrix, dark where the counts are high, and its loss beside it."""
    drawn, grid = figure(11, 10, nrows=4, ncols=4)
    for (name, each), (matrix, curve) in zip(numbers.items(), grid.reshape(-1, 2), strict=True):
        counts = np.asarray(each["confusion"])
        matrix.imshow(counts, cmap="Blues", vmin=0)
        for (row, column), count in np.ndenumerate(counts):
            ink = "white" if count > counts.max() / 2 else BLACK
            matrix.text(column, row, f"{count:.0f}", ha="center", va="center", color=ink)
        places = range(len(counts))
        matrix.set(title=name, xlabel="said", ylabel="true", xticks=places, yticks=places)
        curve.plot(np.arange(1, len(each["loss"]) + 1), each["loss"], color=COLOURS[0])
        curve.axhline(each["loss of guessing"], color=BLACK, linestyle=":", linewidth=1)
        curve.set(title="loss (dotted: of guessing)", xlabel="epoch", yscale="log")
        tidy(curve)
    return drawn


CLAIMS = (
    Claim(
        name="trainings",
        document=1,
        section="2.1) Linearly Separable Data; 2.2) Complex Data – Moons; "
        "2.3 Complex Data – Circles; 3.1) Complex Data – Moons; 3.2) Complex Data – Circles; "
        "4.3) Complex Data – Sine Wave; 4.1) Softmax Regression; 4.2) Deep ANN",
        says="The loss goes down to almost 0 where the network can part the classes, and the "
        "confusion matrix has its high numbers along the diagonal; elsewhere it has not.",
        measure=trainings,
        holds=_tell,
        draw=_draw,
        otherwise={"epochs": 1},
    ),
)
