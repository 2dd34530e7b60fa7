"""Dropout: masks, what they do on average, and against overfitting."""

import functools
import itertools

import numpy as np

from keras_edu_backend.lessons.lesson import Claim, Code, Control, Exercise, Lesson, Wrong
from keras_edu_backend.lessons.measure import array
from keras_edu_backend.lessons.picture import Picture, Series

UNITS = 4096
# A network with more weights than it has samples, whose labels are noisy.
SAMPLES, HELD_OUT, INPUTS, HIDDEN, EPOCHS = 40, 1000, 10, 64, 100
# A linear unit of six inputs, few enough to try every mask.
X = np.array([1.0, -0.5, 2.0, 0.25, -1.5, 0.75])
W = np.array([0.5, 1.0, -0.25, 2.0, 0.5, -1.0])
TARGET = 1.0
ZEROS, KEPT, MEAN = "share of zeros", "largest output, of inputs that are 1", "mean output"
DEVIATION, INFERENCE = "standard deviation of the output", "largest change outside of training"
OVER_MASKS = "squared error, its mean over all masks"
PLAIN, PENALTY = "squared error without dropout", "rate/(1 − rate) · Σ x²w²"
SMALLEST, LARGEST = "smallest squared error of a mask", "largest squared error of a mask"
TRAINING, HELD = "training loss of each epoch, without masks", "held-out loss of each epoch"
ENDS = "training and held-out loss at the end"
ENDS_WITHOUT = "training and held-out loss at the end, without dropout"
LOWEST = "lowest held-out loss, and its epoch"
WITHOUT = "held-out loss of each epoch, without dropout"


def numbers(kind, rate):
    """A layer of dropout on ones, and a linear unit under every mask there is."""
    import keras

    ones = np.ones(UNITS, "float32")
    make = {"Dropout": keras.layers.Dropout, "GaussianDropout": keras.layers.GaussianDropout}
    layer = make[kind](rate, seed=7)
    out = array(layer(ones, training=True)).astype("float64")
    errors = squared_errors(X, W, rate)
    chances = [rate ** (6 - sum(mask)) * (1 - rate) ** sum(mask) for mask in masks()]
    training, held = losses(kind, rate)
    without = losses("Dropout", 0.0)
    best = int(np.argmin(held))
    return {
        ZEROS: float(np.mean(out == 0)),
        KEPT: float(np.max(out)),
        MEAN: float(np.mean(out)),
        DEVIATION: float(np.std(out)),
        INFERENCE: float(np.max(np.abs(array(layer(ones, training=False)) - ones))),
        OVER_MASKS: float(np.dot(chances, errors)),
        PLAIN: float((X @ W - TARGET) ** 2),
        PENALTY: float(rate / (1 - rate) * np.sum((X * W) ** 2)),
        SMALLEST: float(np.min(errors)),
        LARGEST: float(np.max(errors)),
        ENDS: [training[-1], held[-1]],
        ENDS_WITHOUT: [without[0][-1], without[1][-1]],
        LOWEST: [held[best], best + 1],
        TRAINING: training,
        HELD: held,
        WITHOUT: without[1],
    }


@functools.cache
def losses(kind, rate):
    """Training and held-out loss after each epoch of a network with a layer of dropout."""
    import keras

    x, y = noisy_labels()
    make = {"Dropout": keras.layers.Dropout, "GaussianDropout": keras.layers.GaussianDropout}
    model = keras.Sequential(
        [
            keras.Input((INPUTS,)),
            keras.layers.Dense(HIDDEN, "relu"),
            make[kind](rate, seed=3),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )
    draws = np.random.default_rng(5)
    model.set_weights(
        [
            draws.standard_normal(w.shape) * (2 / len(w)) ** 0.5 * (w.ndim > 1)
            for w in model.get_weights()
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    found = [], []

    def note(epoch, logs=None):
        p = np.clip(model.predict_on_batch(x)[:, 0].astype("float64"), 1e-7, 1 - 1e-7)
        each = -np.log(np.where(y, p, 1 - p))
        found[0].append(float(np.mean(each[:SAMPLES])))
        found[1].append(float(np.mean(each[SAMPLES:])))

    callback = keras.callbacks.LambdaCallback(on_epoch_end=note)
    model.fit(x[:SAMPLES], y[:SAMPLES], SAMPLES, EPOCHS, verbose=0, callbacks=[callback])
    return found


def noisy_labels():
    """Samples to train on, then those held out: the class is the sign of x₁ + x₂ + noise."""
    draws = np.random.default_rng(20)
    x = draws.standard_normal((SAMPLES + HELD_OUT, INPUTS))
    y = x[:, 0] + x[:, 1] + draws.standard_normal(len(x)) > 0
    return x.astype("float32"), y.astype("float32")


def masks():
    """Every choice of inputs to keep: 64 rows of zeros and ones."""
    return np.array(list(itertools.product((0, 1), repeat=6)))


def squared_errors(x, w, rate):
    """The squared error of the unit under each mask, in Keras's ops."""
    import keras

    kept = keras.ops.convert_to_tensor((masks() * x / (1 - rate)).astype("float32"))
    outputs = keras.ops.sum(kept * np.asarray(w, "float32"), axis=-1)
    return array(keras.ops.square(outputs - TARGET)).astype("float64")


def statements(numbers, kind, rate):
    """What must hold."""
    deviation = (rate / (1 - rate)) ** 0.5  # of one output
    found = {
        # A mean of 4096 draws; five of its standard deviations.
        "On average the layer changes nothing.": abs(numbers[MEAN] - 1)
        <= 5 * deviation / UNITS**0.5 + 2.0**-20,
        "Outside of training it does nothing at all.": numbers[INFERENCE] == 0,
        "Over all masks, dropout adds a penalty on large weights to the squared error.": (
            # 64 float32 numbers, of which the largest is LARGEST.
            abs(numbers[OVER_MASKS] - numbers[PLAIN] - numbers[PENALTY])
            <= 64 * 2.0**-24 * numbers[LARGEST]
        ),
    }
    (training, held), (training_without, held_without) = numbers[ENDS], numbers[ENDS_WITHOUT]
    found[
        "The held-out loss falls, and rises again: what the network learns then is the noise."
    ] = numbers[LOWEST][0] < min(numbers[HELD][0], held)
    if rate:
        found[
            "With dropout the training loss ends higher, and the held-out loss lower, than without."
        ] = training > training_without and held < held_without
    if kind == "Dropout":
        found["What is kept is divided by 1 − rate, already in training."] = (
            abs(numbers[KEPT] * (1 - rate) - 1) <= 2 * 2.0**-24
        )
        found["The share of zeros is the rate, as far as 4096 draws can tell."] = (
            abs(numbers[ZEROS] - rate) <= 5 * (rate * (1 - rate) / UNITS) ** 0.5
        )
    elif rate:
        found["Gaussian noise of the same spread: √(rate/(1 − rate)), and no zeros."] = (
            numbers[ZEROS] == 0
            and abs(numbers[DEVIATION] / deviation - 1) <= 5 / (2 * UNITS) ** 0.5
        )
    return found


def picture(numbers, kind, rate):
    """The losses of each epoch, and the penalty over the rate."""
    rates = np.linspace(0, 0.8, 41)
    epochs = range(1, EPOCHS + 1)
    overfitting = Picture(
        (
            Series("training", epochs, numbers[TRAINING]),
            Series("held out", epochs, numbers[HELD]),
            Series("held out, without dropout", epochs, numbers[WITHOUT]),
        ),
        "epoch",
        "loss, without masks",
        log=True,
    )
    penalty = Picture(
        (
            Series(
                "without dropout, plus the penalty",
                rates,
                [numbers[PLAIN] + r / (1 - r) * float(np.sum((X * W) ** 2)) for r in rates],
            ),
            Series("mean over all masks", [rate], [numbers[OVER_MASKS]], points=True),
        ),
        "rate",
        "squared error",
    )
    return overfitting, penalty


def keras_penalty(x, w, rate):
    """What dropout adds to the mean squared error, over every mask, computed by Keras."""
    chances = [rate ** (6 - sum(mask)) * (1 - rate) ** sum(mask) for mask in masks()]
    return np.dot(chances, squared_errors(x, w, rate)) - squared_errors(x, w, 0.0)[-1]


def keras_dropout(x, kept, rate):
    """What Keras's layer makes of what it keeps and drops."""
    import keras

    x = np.asarray(x, "float32")
    return np.asarray(keras.ops.where(np.asarray(kept, bool), x / (1 - rate), 0.0))


SOME = (np.array([1.0, -2.0, 0.5, 3.0]), np.array([1, 0, 1, 1]))

LESSON = Lesson(
    name="dropout",
    title="Dropout: masks, their mean, and overfitting",
    claims=(
        Claim(
            5,
            "Dropout Layers Regularisation in Deep Learning",
            "The expectation of the gradient with Dropout is equal to the gradient of the "
            "regularised network. Gaussian dropout has been found to work as well as the regular "
            "Dropout.",
        ),
        Claim(
            5,
            "Dropout Layers Regularisation in Deep Learning",
            "Dropout reduces overfitting and improves the generalisation error.",
        ),
    ),
    text="""
Dropout sets outputs to 0 at random while it trains, and leaves them alone afterwards. It divides
what it keeps by 1 − rate, so that the sum stays the same on average. Document 5 multiplies by the
share kept at test time instead, which gives the same network.

A linear unit of six inputs has 64 masks, few enough to try all. The mean of the squared error over
them is the error without dropout plus a penalty on large weights. So dropout is a regularizer, and
a larger rate is a larger penalty.

The last rows train a network that has more weights than samples, on noisy labels. It learns the
samples by heart: the training loss goes towards 0, while the loss of a thousand other samples
rises. All sides draw their masks with the same seed. On JAX that gives the same masks on both
sides; on TensorFlow and PyTorch it gives others.
""",
    formula="in training: y = x · mask / (1 − rate), mask = 0 with probability rate\n"
    "E (y·w − t)² = (x·w − t)² + rate/(1 − rate) · Σ x²w²",
    code=(
        Code(
            "keras.random.dropout",
            "keras_edu_backend/random.py:dropout",
            "keras/src/backend/{backend}/random.py:dropout",
        ),
    ),
    controls=(
        Control("kind", "layer", ("Dropout", "GaussianDropout"), "Dropout"),
        Control("rate", "rate", (0.0, 0.1, 0.25, 0.5, 0.8), 0.5),
    ),
    numbers=numbers,
    statements=statements,
    picture=picture,
    exercises=(
        Exercise(
            "dropout",
            "The layer's output in training, given which inputs it keeps (1) and which it drops "
            "(0).",
            "def dropout(x, kept, rate):\n    ...\n",
            [(*SOME, 0.25), (*SOME, 0.5)],
            keras_dropout,
            (
                Wrong("what is kept is not divided by 1 − rate.", lambda x, kept, rate: x * kept),
                Wrong(
                    "divide by 1 − rate: you multiply by it.",
                    lambda x, kept, rate: x * kept * (1 - rate),
                ),
                Wrong(
                    "rate is the share dropped: divide by the share kept, 1 − rate.",
                    lambda x, kept, rate: x * kept / rate,
                ),
                Wrong(
                    "kept and dropped are exchanged.",
                    lambda x, kept, rate: x * (1 - kept) / (1 - rate),
                ),
                Wrong(
                    "nothing is dropped: multiply by kept.",
                    lambda x, kept, rate: x / (1 - rate),
                ),
            ),
        ),
        Exercise(
            "penalty",
            "What dropout on the inputs adds, averaged over all masks, to the squared error of a "
            "linear unit with weights w.",
            "def penalty(x, w, rate):\n    ...\n",
            [(X, W, 0.25), (X * 0.5, W - 0.5, 0.5), (X, W * 0.25, 0.75)],
            keras_penalty,
            (
                Wrong(
                    "that is the variance of a mask without its division: rate/(1 − rate), not "
                    "rate·(1 − rate).",
                    lambda x, w, rate: rate * (1 - rate) * np.sum((x * w) ** 2),
                ),
                Wrong(
                    "rate and 1 − rate are exchanged.",
                    lambda x, w, rate: (1 - rate) / rate * np.sum((x * w) ** 2),
                ),
                Wrong(
                    "square each x·w first, then add them up.",
                    lambda x, w, rate: rate / (1 - rate) * np.sum(x * w) ** 2,
                ),
                Wrong(
                    "the inputs are missing: x²w².",
                    lambda x, w, rate: rate / (1 - rate) * np.sum(w**2),
                ),
                Wrong(
                    "the division by 1 − rate is missing.",
                    lambda x, w, rate: rate * np.sum((x * w) ** 2),
                ),
            ),
        ),
    ),
)
