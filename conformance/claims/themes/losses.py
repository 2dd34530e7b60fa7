"""Losses and metrics: outliers, two classes and more, what accuracy does not tell."""

import numpy as np

from conformance.claims.claim import Claim
from conformance.claims.keras_models import dense, fitted
from conformance.claims.pictures import bars, curves

SLOPE = 2.0


def outliers(share=0.1):
    """A straight line fitted by MSE, MAE and Huber to points of which some lie far off.

    Args:
        share: of points that lie far off.

    Returns:
        The slope that each loss finds; the points' own is 2.
    """
    import keras

    random = np.random.default_rng(0)
    x = np.linspace(-1, 1, 200, dtype="float32")[:, None]
    y = SLOPE * x + 0.1 * random.normal(size=x.shape)
    far = int(share * len(x))
    y[len(y) - far :] -= 20  # at one end, where they tilt the line most
    found = {}
    for loss in ("mse", "mae", "huber"):
        keras.utils.set_random_seed(0)
        line = dense(1, (1, None))
        fitted(line, x, y, loss, keras.optimizers.Adam(0.05), 60)
        found[loss] = np.asarray(line.layers[0].kernel).item()
    return found


def _robust(numbers):
    off = {loss: abs(slope - SLOPE) for loss, slope in numbers.items()}
    return {
        "MSE follows the outliers: its slope is off by more than 2": off["mse"] > 2,
        "MAE hardly does": off["mae"] < off["mse"] / 4,
        "Huber's loss lies between the two": off["mae"] <= off["huber"] < off["mse"] / 2,
    }


def _draw(numbers):
    title = "Slope of a line through points with 10 % outliers; their own is 2"
    return bars(title, "slope", numbers, line=SLOPE)


def cross_entropies(outputs="1 - p and p"):
    """The same probabilities of two classes, given as one number and as two.

    Args:
        outputs: "1 - p and p", or "p and p" for what are no probabilities of two classes.

    Returns:
        Both losses for each instance.
    """
    import keras

    p = np.linspace(0.05, 0.95, 10, dtype="float32")
    labels = np.arange(10) % 2
    first = 1 - p if outputs == "1 - p and p" else p
    one_hot = np.eye(2, dtype="float32")[labels]
    binary = keras.losses.binary_crossentropy(labels[:, None].astype("float32"), p[:, None])
    categorical = keras.losses.categorical_crossentropy(one_hot, np.stack([first, p], -1))
    both = {"binary": binary, "categorical": categorical}
    return {name: keras.ops.convert_to_numpy(loss) for name, loss in both.items()}


def _the_same(numbers):
    binary, categorical = np.array(numbers["binary"]), np.array(numbers["categorical"])
    return {
        # A division, a logarithm and sums of numbers up to 3, each rounded to 2^-24.
        "of two classes they are the same loss": np.abs(binary - categorical).max() < 32 * 2**-24,
    }


def _draw_both(numbers):
    lines = {name: numbers[name] for name in ("binary", "categorical")}
    return curves("Ten instances of two classes in turn", "instance", "cross-entropy", lines)


def precision_and_recall(positives=10):
    """The metrics of an answer that is always no, and of one that finds some, on 200 instances.

    Args:
        positives: how many of them are in the class that is looked for.

    Returns:
        Accuracy, precision and recall of both, and the last two counted by hand.
    """
    import keras

    labels = np.zeros(200, "float32")
    labels[:positives] = 1
    some = np.zeros(200, "float32")
    some[: positives // 2] = some[-positives:] = 1  # half of them found, and as many false alarms
    found = {}
    for name, answers in (("always no", 0 * some), ("some", some)):
        metrics = [
            keras.metrics.BinaryAccuracy(),
            keras.metrics.Precision(),
            keras.metrics.Recall(),
        ]
        for metric in metrics:
            metric.update_state(labels, answers)
        found[name] = dict(
            zip(
                ("accuracy", "precision", "recall"),
                (float(m.result()) for m in metrics),
                strict=True,
            )
        )
    both = np.sum(labels * some)
    return found | {"by hand": {"precision": both / some.sum(), "recall": both / labels.sum()}}


def _tell_more(numbers):
    no, some, by_hand = (numbers[name] for name in ("always no", "some", "by hand"))
    return {
        "always no is right for 95 % and finds nothing": np.isclose(
            no["accuracy"], 0.95, rtol=2**-22
        )
        and no["recall"] == 0,
        "precision: of what was found, so much is right": np.isclose(
            some["precision"], by_hand["precision"], rtol=2**-22
        ),
        "recall: of what is right, so much was found": np.isclose(
            some["recall"], by_hand["recall"], rtol=2**-22
        ),
    }


def _draw_metrics(numbers):
    shown = {
        f"{name},\n{metric}": v
        for name in ("always no", "some")
        for metric, v in numbers[name].items()
    }
    return bars("10 of 200 instances are looked for", "share", shown)


CLAIMS = (
    Claim(
        name="outliers",
        document=3,
        section="Regression MLP",
        says="With many outliers use MAE; Huber's loss combines it with MSE.",
        measure=outliers,
        holds=_robust,
        draw=_draw,
        otherwise={"share": 0.0},
    ),
    Claim(
        name="cross_entropies",
        document=1,
        section="4.1) Softmax Regression",
        says="Categorical cross-entropy generalises binary cross-entropy to more than two classes.",
        measure=cross_entropies,
        holds=_the_same,
        draw=_draw_both,
        otherwise={"outputs": "p and p"},
    ),
    Claim(
        name="precision_and_recall",
        document=2,
        section="Step 3: Compile the Model and Check Model Summary",
        says="Precision and recall evaluate a model beside its accuracy.",
        measure=precision_and_recall,
        holds=_tell_more,
        draw=_draw_metrics,
        otherwise={"positives": 100},
    ),
)
