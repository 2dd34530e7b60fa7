"""What `fit` does: batches, epochs, hooks, the loss that it reports; saving, and a search."""

import functools
import math
import tempfile
from pathlib import Path

import numpy as np

from keras_edu_backend.lessons.lesson import Claim, Code, Control, Exercise, Lesson, Wrong
from keras_edu_backend.lessons.picture import Picture, Series

SAMPLES, RATE = 20, 0.1
SPLIT, BATCHES = "samples to train on, and to validate on", "batches in an epoch, rows in the last"
UPDATES, COUNTED = "updates, as the optimizer counts them", "epochs · ⌈samples / batch⌉"
HOOKS = "the first six hooks"
CALLS = "calls of on_train_batch_end"
REPORTED, HAND = "loss of each epoch, as fit reports it", "loss of each epoch, by hand"
AFTER = "loss of the same rows after the last epoch, by evaluate"
VALIDATED, EVALUATED = "val_loss of the last epoch", "loss of the last rows, by evaluate"
SAVED = "saved and loaded again: largest difference of a prediction, and of an update after it"
RATES, TOO_LARGE = (0.01, 0.1, 0.3), 3.0
SEARCHED, BEST = f"search: loss after these epochs with the rates {list(RATES)}", "the best rate"
DIVERGED = f"search: what the rate {TOO_LARGE} does"
DOCUMENT = "document 4's numbers: 5 · ⌈60000 / 128⌉"


def numbers(batch, epochs, validation):
    """One linear unit trained by `fit`, watched by a callback."""
    x, y = data(SAMPLES)
    model, watch = unit(), watcher()
    model.set_weights([np.zeros((1, 1), "float32"), np.zeros(1, "float32")])
    before = int(model.optimizer.iterations.numpy())
    history = model.fit(
        x,
        y,
        batch_size=batch,
        epochs=epochs,
        validation_split=validation,
        shuffle=False,
        callbacks=[watch],
        verbose=0,
    ).history
    training = split(SAMPLES, validation)
    batches = math.ceil(training / batch)
    found = {
        SPLIT: [training, SAMPLES - training],
        BATCHES: [batches, training - (batches - 1) * batch],
        UPDATES: int(model.optimizer.iterations.numpy()) - before,
        COUNTED: epochs * batches,
        DOCUMENT: 5 * math.ceil(60000 / 128),
        HOOKS: " → ".join(watch.hooks[:6]),
        CALLS: watch.hooks.count("train_batch_end"),
        REPORTED: history["loss"],
        HAND: by_hand(x[:training], y[:training], batch, epochs),
        AFTER: model.evaluate(x[:training], y[:training], verbose=0),
    }
    if validation:
        found[VALIDATED] = history["val_loss"][-1]
        found[EVALUATED] = model.evaluate(x[training:], y[training:], verbose=0)
    found[SAVED] = loaded_again()
    *losses, last = searched(training, batch, epochs)
    found[SEARCHED] = losses
    found[BEST] = RATES[int(np.argmin(losses))]
    start = np.mean(y[:training] ** 2)
    found[DIVERGED] = "converges" if last <= start else "diverges: the loss is above the start's"
    return found


def data(samples):
    """Points on a line."""
    x = np.linspace(-1, 1, samples, dtype="float32").reshape(-1, 1)
    return x, 2 * x + 1


@functools.cache
def unit():
    """One model for all states, so that each size of batch is compiled once."""
    import keras

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(RATE), "mse")
    return model


def watcher():
    """A callback that notes which hooks are called."""
    import keras

    class Watcher(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.hooks = []

        def on_train_begin(self, logs=None):
            self.hooks.append("train_begin")

        def on_epoch_begin(self, epoch, logs=None):
            self.hooks.append("epoch_begin")

        def on_train_batch_begin(self, batch, logs=None):
            self.hooks.append("train_batch_begin")

        def on_train_batch_end(self, batch, logs=None):
            self.hooks.append("train_batch_end")

        def on_epoch_end(self, epoch, logs=None):
            self.hooks.append("epoch_end")

    return Watcher()


@functools.cache
def loaded_again():
    """How far a model that is loaded from its file is from the one that was saved."""
    import keras

    model, (x, y) = unit(), data(SAMPLES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        again = keras.models.load_model(path)
    apart = []
    for _ in range(2):
        apart.append(np.max(np.abs(model.predict(x, verbose=0) - again.predict(x, verbose=0))))
        model.train_on_batch(x, y)
        again.train_on_batch(x, y)
    return [float(each) for each in apart]


@functools.cache
def searched(training, batch, epochs):
    """The loss of each learning rate, from the same weights and by the same batches."""
    x, y = (rows[:training] for rows in data(SAMPLES))
    model, losses = unit(), []
    for rate in (*RATES, TOO_LARGE):
        model.set_weights([np.zeros((1, 1), "float32"), np.zeros(1, "float32")])
        model.optimizer.learning_rate = rate
        model.fit(x, y, batch, epochs, shuffle=False, verbose=0)
        losses.append(model.evaluate(x, y, verbose=0))
    model.optimizer.learning_rate = RATE
    return losses


def split(samples, validation):
    """How many rows are left to train on: the last ones are for validation."""
    return math.floor(samples * (1 - validation))


def by_hand(x, y, batch, epochs):
    """`fit` as a loop, in NumPy: each batch's loss counts by its rows, and is taken before its
    update."""
    w = b = np.float32(0)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for first in range(0, len(x), batch):
            xs, ys = x[first : first + batch], y[first : first + batch]
            error = w * xs + b - ys
            total += float(np.sum(error**2))
            dw, db = 2 * np.mean(error * xs), 2 * np.mean(error)
            w, b = w - np.float32(RATE) * dw, b - np.float32(RATE) * db
        losses.append(total / len(x))
    return losses


def statements(numbers, batch, epochs, validation):
    """What must hold."""
    reported, hand = np.array(numbers[REPORTED]), np.array(numbers[HAND])
    # At most 50 updates, each rounding the weights and the loss a few times.
    near = 64 * 4 * 2.0**-24 * max(1.0, hand.max())
    found = {
        "There are epochs · ⌈samples / batch⌉ updates; the last batch may be smaller.": (
            numbers[UPDATES] == numbers[COUNTED] == numbers[CALLS]
        ),
        "fit is the loop by hand.": bool(np.all(np.abs(reported - hand) <= near)),
        "The loss that fit reports is a mean of batches seen while the weights still changed; "
        "evaluate finds another one afterwards.": numbers[AFTER] != reported[-1],
        "A model loaded from its file predicts the same bits, and trains on with the same.": (
            numbers[SAVED] == [0.0, 0.0]
        ),
        "A search keeps the rate with the lowest loss; above some rate training diverges.": (
            min(numbers[SEARCHED]) == numbers[SEARCHED][RATES.index(numbers[BEST])]
            and numbers[DIVERGED].startswith("diverges")
        ),
    }
    if validation:
        found["Validation takes the last rows, before any shuffling, after the epoch."] = (
            abs(numbers[VALIDATED] - numbers[EVALUATED]) <= near
        )
    return found


def picture(numbers, batch, epochs, validation):
    """The loss of each epoch, and what evaluate finds after the last."""
    x = list(range(1, epochs + 1))
    return Picture(
        (
            Series("reported by fit", x, numbers[REPORTED]),
            Series("by hand", x, numbers[HAND]),
            Series("evaluate, after the last", [epochs], [numbers[AFTER]], points=True),
        ),
        "epoch",
        "loss",
        log=True,
    )


def updates(samples, batch, epochs, validation):
    """How many updates Keras makes."""
    x, y = data(samples)
    model = unit()
    before = int(model.optimizer.iterations.numpy())
    model.fit(x, y, batch, epochs, validation_split=validation, verbose=0)
    return int(model.optimizer.iterations.numpy()) - before


LESSON = Lesson(
    name="fit",
    title="What fit does",
    claims=(
        Claim(
            4,
            "Training the Network",
            "After these 5 epochs, the network will have performed 2345 = 5 × ceil(60000 ÷ 128) "
            "gradient updates.",
        ),
        Claim(
            3,
            "Backpropagation",
            "It handles one mini-batch at a time, and it goes through the full training set "
            "multiple times. Each pass is called an epoch.",
        ),
        Claim(
            3,
            "Hyperparameter tuning",
            "There is a maximum learning rate, above which the training algorithm diverges.",
        ),
    ),
    text="""
Twenty points on a line, and one linear unit. fit cuts the rows into batches, makes one update for
each, and calls the callbacks' hooks on the way. Rows for validation are set apart before that, from
the end.

The loss that fit prints for an epoch is not the loss of any one network: the loss of each batch is
taken with the weights as they were before its update.

A file that model.save writes holds the layers, the weights, the optimizer with its state, and the
loss, so that training goes on from where it was. A search is nothing but many calls of fit: the
same start, another setting each time, and what ended best is kept.
""",
    formula="for each epoch:\n  for each batch:  loss, gradient, update\n"
    "  loss of the epoch = Σ rows · loss of the batch / Σ rows",
    code=(
        Code(
            "fit",
            "keras_edu_backend/training/trainer.py:JAXTrainer.fit",
            "keras/src/backend/{backend}/trainer.py:{trainer}.fit",
        ),
    ),
    controls=(
        Control("batch", "batch", (1, 4, 6, 20), 6),
        Control("epochs", "epochs", (1, 2, 5), 5),
        Control("validation", "share for validation", (0.0, 0.25), 0.25),
    ),
    numbers=numbers,
    statements=statements,
    picture=picture,
    # As `near` in `statements`: 50 updates, each rounding the weights and the loss a few times.
    roundings=256,
    why="edu runs an epoch as one compiled loop, stock runs a program for each step; XLA may fuse "
    "the products and sums of the two otherwise, which rounds them otherwise.",
    exercises=(
        Exercise(
            "updates",
            "How many updates fit makes; validation is its validation_split.",
            "import math\n\n\ndef updates(samples, batch, epochs, validation):\n    ...\n",
            [(10, 4, 3, 0.0), (20, 6, 2, 0.25), (7, 7, 1, 0.0), (9, 2, 2, 0.5)],
            updates,
            (
                Wrong(
                    "the last batch of an epoch may be smaller, and counts: round up.",
                    lambda n, batch, epochs, v: epochs * (split(n, v) // batch),
                ),
                Wrong(
                    "these are the updates of one epoch.",
                    lambda n, batch, epochs, v: math.ceil(split(n, v) / batch),
                ),
                Wrong(
                    "the rows for validation are not trained on.",
                    lambda n, batch, epochs, v: epochs * math.ceil(n / batch),
                ),
                Wrong(
                    "a batch does not reach into the next epoch: round up in each.",
                    lambda n, batch, epochs, v: math.ceil(epochs * split(n, v) / batch),
                ),
                Wrong(
                    "an update is made for each batch, not for each sample.",
                    lambda n, batch, epochs, v: epochs * split(n, v),
                ),
            ),
        ),
    ),
)
