"""Straight lines and what they cannot part; baselines; units that are each other's like."""

import jax.numpy as jnp
import numpy as np
from sklearn.linear_model import LogisticRegression

from conformance.claims.claim import Claim
from conformance.claims.keras_models import accuracy, best_line, dense, fitted
from conformance.claims.pictures import bars, curves
from reference_models.activations import sigmoid, softmax
from reference_models.data import points


def _pair(make):
    x, classes = make()
    return x.astype("float32"), classes[:, None].astype("float32")


def scikit_learns_line(epochs=60):
    """scikit-learn's LogisticRegression beside one Keras unit, on the separable points.

    Args:
        epochs: passes of the unit.

    Returns:
        Accuracies, and the angle between the two lines in degrees.
    """
    import keras

    x, y = _pair(points.separable)
    theirs = LogisticRegression(C=np.inf).fit(x, y[:, 0])
    keras.utils.set_random_seed(0)
    unit = dense(2, (1, "sigmoid"))
    fitted(unit, x, y, "binary_crossentropy", keras.optimizers.Adam(0.1), epochs)
    ours, other = np.asarray(unit.layers[0].kernel)[:, 0], theirs.coef_[0]
    cosine = ours @ other / np.linalg.norm(ours) / np.linalg.norm(other)
    return {
        "accuracy of scikit-learn": theirs.score(x, y[:, 0]),
        "accuracy of one unit": accuracy(unit, x, y),
        "degrees between the lines": np.degrees(np.arccos(np.clip(cosine, -1, 1))),
    }


def _same_line(numbers):
    apart = abs(numbers["accuracy of scikit-learn"] - numbers["accuracy of one unit"])
    return {
        # Training stops at 60 epochs, scikit-learn's solver at the optimum.
        "the two lines point the same way, within 5 degrees": (
            numbers["degrees between the lines"] < 5
        ),
        "they get the same points right, but for 5 in 1000": apart <= 0.005,
    }


def _draw_same(numbers):
    shown = {"scikit-learn": "accuracy of scikit-learn", "one Keras unit": "accuracy of one unit"}
    heights = {name: numbers[key] for name, key in shown.items()}
    return bars("Logistic regression, separable points", "accuracy", heights)


def baselines(make="circles"):
    """Logistic and softmax regression beside always saying the same.

    Args:
        make: "circles" or "separable", for logistic regression.

    Returns:
        Accuracies, and the confusion matrix of logistic regression.
    """
    import keras

    x, y = _pair(getattr(points, make))
    keras.utils.set_random_seed(0)
    unit = dense(2, (1, "sigmoid"))
    fitted(unit, x, y, "binary_crossentropy", keras.optimizers.Adam(), 25)
    said = (unit.predict(x, verbose=0) > 0.5).astype(int)[:, 0]
    arms, classes = points.spiral()
    units = dense(2, (3, "softmax"))
    loss = "sparse_categorical_crossentropy"
    fitted(units, arms, classes, loss, keras.optimizers.Adam(), 25)
    arm = units.predict(arms, verbose=0).argmax(axis=1)
    confusion = [[int(np.sum((y[:, 0] == t) & (said == s))) for s in (0, 1)] for t in (0, 1)]
    return {
        "logistic regression": np.mean(said == y[:, 0]),
        "always 1": np.mean(y),
        "best line": best_line(x, y),
        "confusion": confusion,
        "softmax regression": np.mean(arm == classes),
        "always arm 1": np.mean(classes == 1),
    }


def _no_better(numbers):
    return {
        "always saying 1 is right in half of the cases, one arm in a third": (
            numbers["always 1"] == 0.5 and numbers["always arm 1"] == 1 / 3
        ),
        "logistic regression is no better on the circles": (
            abs(numbers["logistic regression"] - numbers["always 1"]) < 0.1
        ),
        "and no line is much better: one beside the inner circle gets two thirds": (
            0.6 < numbers["best line"] < 0.75
        ),
        "softmax regression gets about half of the spiral": (
            0.35 < numbers["softmax regression"] < 0.65
        ),
    }


def _draw_baselines(numbers):
    names = ("always 1", "logistic regression", "best line", "always arm 1", "softmax regression")
    shown = {name.replace(" ", "\n"): numbers[name] for name in names}
    return bars("Circles (first three) and spiral", "accuracy", shown)


def two_softmax_units(first=0.0):
    """One sigmoid unit beside two softmax units, the first with weights 0.

    Args:
        first: what the second unit's weights are multiplied by to give the first one's.

    Returns:
        How far probabilities and losses are apart.
    """
    import keras

    x, y = _pair(points.moons)
    kernel, bias = np.array([[1.5], [-2.0]], "float32"), np.array([0.25], "float32")
    one, two = dense(2, (1, "sigmoid")), dense(2, (2, "softmax"))
    one.set_weights([kernel, bias])
    two.set_weights([np.hstack([first * kernel, kernel]), np.append(first * bias, bias)])
    p, q = one.predict(x, verbose=0), two.predict(x, verbose=0)
    binary = float(keras.losses.BinaryCrossentropy()(y, p))
    categorical = float(keras.losses.CategoricalCrossentropy()(np.hstack([1 - y, y]), q))
    z = x @ kernel + bias
    by_hand = softmax(jnp.hstack([0 * z, z]))
    return {
        "probabilities apart": np.abs(p[:, 0] - q[:, 1]).max(),
        "probabilities apart in plain JAX": np.abs(
            sigmoid(jnp.asarray(z))[:, 0] - by_hand[:, 1]
        ).max(),
        "binary cross-entropy": binary,
        "categorical cross-entropy": categorical,
    }


def _are_one(numbers):
    # Each is some eight float32 operations on numbers of size 1, besides the logit's own rounding.
    rounding = 16 * 2**-24
    binary, categorical = numbers["binary cross-entropy"], numbers["categorical cross-entropy"]
    return {
        "one sigmoid is two softmax units": numbers["probabilities apart"] < rounding,
        "in plain JAX too": numbers["probabilities apart in plain JAX"] < rounding,
        # A mean of 1000 such losses, each with a logarithm, clipped at 1e-7.
        "categorical cross-entropy generalises the binary one": abs(binary - categorical) < 1e-6,
    }


def _draw_one(numbers):
    names = ("binary cross-entropy", "categorical cross-entropy")
    shown = {name.replace(" ", "\n"): numbers[name] for name in names}
    return bars("One sigmoid unit and two softmax units", "loss", shown)


def bias(use_bias=False):
    """A sigmoid unit with and without a bias, on inputs of 0 that are to become 1.

    Args:
        use_bias: whether the unit that should have none has one.

    Returns:
        What each says to 0 after training, and where the curve of a unit with a bias is 1/2.
    """
    import keras

    zeros, ones = np.zeros((64, 1), "float32"), np.ones((64, 1), "float32")
    found = {}
    for name, has in [("without", use_bias), ("with", True)]:
        keras.utils.set_random_seed(0)
        unit = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "sigmoid", use_bias=has)])
        fitted(unit, zeros, ones, "binary_crossentropy", keras.optimizers.SGD(1.0), 20)
        found[f"{name} bias: output at 0"] = float(unit.predict(zeros[:1], verbose=0)[0, 0])
    x = np.linspace(-4, 4, 161, dtype="float32")
    unit = dense(1, (1, "sigmoid"))
    shifted = {}
    for number in (-2.0, 0.0, 2.0):
        unit.set_weights([np.ones((1, 1)), np.array([number])])
        curve = unit.predict(x[:, None], verbose=0)[:, 0]
        shifted[f"bias {number:g}"] = curve
        found[f"bias {number:g}: 1/2 at"] = x[np.abs(curve - 0.5).argmin()]
    return {**found, "x": x, **shifted}


def _bias_helps(numbers):
    return {
        "without a bias the output at 0 stays 1/2": numbers["without bias: output at 0"] == 0.5,
        "with one it is learned": numbers["with bias: output at 0"] > 0.8,
        "a bias of b shifts the curve by -b": all(
            abs(numbers[f"bias {b}: 1/2 at"] + b) < 0.03
            for b in (-2, 0, 2)  # half a step of x
        ),
    }


def _draw_bias(numbers):
    lines = {name: numbers[name] for name in ("bias -2", "bias 0", "bias 2")}
    return curves("A bias shifts the sigmoid", "x", "output", lines, numbers["x"])


def hidden_space(epochs=60):
    """The two units before the last of the 4-2-1 network: how well a line parts the moons there.

    Args:
        epochs: passes.

    Returns:
        Accuracy of the best line in the plane of the inputs, and in that of the hidden units.
    """
    import keras

    x, y = _pair(points.moons)
    keras.utils.set_random_seed(0)
    model = dense(2, (4, "tanh"), (2, "tanh"), (1, "sigmoid"))
    fitted(model, x, y, "binary_crossentropy", keras.optimizers.Adam(0.03), epochs)
    hidden = x
    for layer in model.layers[:2]:
        hidden = np.asarray(layer(hidden))
    return {
        "best line on the inputs": best_line(x, y),
        "best line on the hidden units": best_line(hidden, y),
        "accuracy of the network": accuracy(model, x, y),
    }


def _becomes_separable(numbers):
    return {
        "no line parts the inputs": numbers["best line on the inputs"] < 0.95,
        "a line parts the hidden units' outputs": numbers["best line on the hidden units"] > 0.99,
    }


def _draw_hidden(numbers):
    shown = {name.replace(" on ", "\non "): value for name, value in numbers.items()}
    return bars("The moons before and after two hidden layers", "accuracy", shown)


CLAIMS = (
    Claim(
        name="scikit_learns_line",
        document=1,
        section="2.1) Linearly Separable Data",
        says="scikit-learn's LogisticRegression and one Keras unit are the same model.",
        measure=scikit_learns_line,
        holds=_same_line,
        draw=_draw_same,
        otherwise={"epochs": 0},
    ),
    Claim(
        name="baselines",
        document=1,
        section="2.3 Complex Data – Circles; 4.1) Softmax Regression",
        says="On the circles logistic regression is no better than always saying 1.",
        measure=baselines,
        holds=_no_better,
        draw=_draw_baselines,
        otherwise={"make": "separable"},
    ),
    Claim(
        name="hidden_space",
        document=1,
        section="1.3) Reasoning",
        says="Hidden layers project the input to a space where the classes are linearly separable.",
        measure=hidden_space,
        holds=_becomes_separable,
        draw=_draw_hidden,
        otherwise={"epochs": 0},
    ),
    Claim(
        name="two_softmax_units",
        document=1,
        section="4.1) Softmax Regression",
        says="For two classes one unit does what two would: P(0) = 1 - P(1).",
        measure=two_softmax_units,
        holds=_are_one,
        draw=_draw_one,
        otherwise={"first": 0.5},
    ),
    Claim(
        name="bias",
        document=1,
        section="1.1) Introduction",
        says="A bias shifts the activation left or right, and helps where all inputs are 0.",
        measure=bias,
        holds=_bias_helps,
        draw=_draw_bias,
        otherwise={"use_bias": True},
    ),
)
