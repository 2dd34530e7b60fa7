"""Gradient descent: the rate, the batch, and noise."""

import functools

import numpy as np

from keras_edu_backend.lessons.lesson import Claim, Control, Exercise, Lesson, Wrong
from keras_edu_backend.lessons.picture import Picture, Series

SAMPLES, EPOCHS = 64, 12
SLOPE, OFFSET = 2.0, 1.0  # the line that the data come from
FITTED, HAND = "loss after each epoch, by fit", "loss after each epoch, by hand"
WEIGHTS, LINE = "w, b after fit", "w, b of the line behind the data"
SPREAD, EXPECTED = (
    "spread of the batches' gradients at the start",
    "spread of one sample's gradients / √batch",
)
UPDATES = "updates"


def numbers(rate, batch, noise):
    """A line fitted by Keras's `fit`, and by a loop of our own."""
    x, y = data(noise)
    model = line_model(batch)
    model.set_weights([np.zeros((1, 1), "float32"), np.zeros(1, "float32")])
    model.optimizer.learning_rate = rate
    history = model.fit(x, y, batch_size=batch, epochs=EPOCHS, shuffle=False, verbose=0).history
    w, b = model.get_weights()
    return {
        UPDATES: EPOCHS * SAMPLES // batch,
        WEIGHTS: [float(w[0, 0]), float(b[0])],
        LINE: [SLOPE, OFFSET],
        SPREAD: spread(noise, batch),
        EXPECTED: spread(noise, 1) / batch**0.5,
        FITTED: history["loss"],
        HAND: by_hand(x, y, rate, batch),
    }


def data(noise):
    """Points along a line, moved up or down at random."""
    draws = np.random.default_rng(3)
    x = draws.uniform(-1, 1, (SAMPLES, 1))
    y = SLOPE * x + OFFSET + noise * draws.standard_normal((SAMPLES, 1))
    return x.astype("float32"), y.astype("float32")


@functools.cache
def line_model(batch):
    """One linear unit; one model for each batch size, so that each is compiled once."""
    import keras

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def by_hand(x, y, rate, batch):
    """Gradient descent on w and b, in NumPy: the mean loss of each epoch's batches."""
    w = b = np.float32(0)
    losses = []
    for _ in range(EPOCHS):
        of_epoch = []
        for first in range(0, SAMPLES, batch):
            xs, ys = x[first : first + batch], y[first : first + batch]
            error = w * xs + b - ys
            of_epoch.append(np.mean(error**2))
            dw, db = 2 * np.mean(error * xs), 2 * np.mean(error)
            w, b = w - np.float32(rate) * dw, b - np.float32(rate) * db
        losses.append(float(np.mean(of_epoch)))
    return losses


@functools.cache
def spread(noise, batch):
    """How far the batches' gradients by w, at w = b = 0, lie from their mean.

    Batches are drawn at random many times over. A batch of all samples has no spread.
    """
    x, y = data(noise)
    each = (-2 * x * y)[:, 0].astype("float64")
    if batch == SAMPLES:
        return 0.0
    draws = np.random.default_rng(4)
    batches = [each[draws.choice(SAMPLES, batch)].mean() for _ in range(2000)]
    return float(np.std(batches))


def statements(numbers, rate, batch, noise):
    """What must hold."""
    fitted, hand = np.array(numbers[FITTED]), np.array(numbers[HAND])
    # Each of up to 768 updates rounds w and b to float32, and each loss is a mean of up to 64
    # squares; at these rates an update shrinks the errors before it.
    near = 1024 * 2.0**-24 * max(1.0, hand.max())
    found = {
        "fit and the loop by hand have the same losses, up to rounding.": bool(
            np.all(np.abs(fitted - hand) <= near)
        ),
        "The loss goes down.": fitted[-1] < fitted[0],
    }
    if batch < SAMPLES:
        # A standard deviation of 2000 draws is known to 1/√4000, 1.6 %; five of these.
        found["A batch's gradient is off by about 1/√batch of what one sample's is off."] = (
            abs(numbers[SPREAD] / numbers[EXPECTED] - 1) < 5 * (2 / 4000) ** 0.5
        )
    else:
        found["The batch is all of the data: its gradient is exact."] = numbers[SPREAD] == 0
    if noise == 0 and rate == 0.1 and batch < SAMPLES:
        found["Without noise the line itself is found."] = fitted[-1] < 1e-2 * fitted[0]
    return found


def picture(numbers, **_):
    """The loss of each epoch."""
    epochs = list(range(1, EPOCHS + 1))
    return Picture(
        (Series("fit", epochs, numbers[FITTED]), Series("by hand", epochs, numbers[HAND])),
        "epoch",
        "loss",
        log=True,
    )


def step(w, b, x, y, rate):
    """One step of Keras's SGD on a linear unit and the mean squared error."""
    import keras

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), "mse")
    model.set_weights([np.array([[w]], "float32"), np.array([b], "float32")])
    model.train_on_batch(np.reshape(x, (-1, 1)), np.reshape(y, (-1, 1)))
    return np.array([float(each.ravel()[0]) for each in model.get_weights()])


def answer(dw=lambda e, x: 2 * np.mean(e * x), db=lambda e: 2 * np.mean(e), sign=-1, scale=None):
    """A step with these gradients: as a learner might write it."""

    def function(w, b, x, y, rate):
        error = w * x + b - y
        size = rate if scale is None else scale
        return np.array([w + sign * size * dw(error, x), b + sign * size * db(error)])

    return function


def one_after_the_other(w, b, x, y, rate):
    """A step that has the new w already when it computes b's gradient."""
    w = w - rate * 2 * np.mean((w * x + b - y) * x)
    return np.array([w, b - rate * 2 * np.mean(w * x + b - y)])


X, Y = np.array([0.5, -1.0, 2.0, 1.0]), np.array([1.0, 0.0, 4.0, 2.5])

LESSON = Lesson(
    name="descent",
    title="Gradient descent: the rate, the batch, and noise",
    claims=(
        Claim(
            4,
            "Training the Network",
            "If your batch size is big enough, this will provide a stable enough estimate of what "
            "the gradient of the full dataset would be. The lower you go, the less accurate your "
            "estimate will be.",
        ),
        Claim(
            5,
            "Gradient Descent Variants",
            "The learning rate determines the size of the steps we take to reach a (local) "
            "minimum.",
        ),
    ),
    text="""
One linear unit fits a line to 64 points. Each update takes the gradient of the loss of one batch
and goes a small step against it: 64 samples at once (batch gradient descent), a few (mini-batch),
or one (stochastic).

A small batch gives more updates in an epoch and a noisier gradient in each: the spread falls with
the square root of the batch. The samples are not shuffled here, so that both curves can be followed
step by step.
""",
    formula="w ← w − rate · dL/dw,  dL/dw = (2/N) Σ (w·x + b − y)·x\n"
    "b ← b − rate · dL/db,  dL/db = (2/N) Σ (w·x + b − y)",
    code=("SGD", "MeanSquaredError"),
    controls=(
        Control("rate", "learning rate", (0.01, 0.03, 0.1), 0.1),
        Control("batch", "batch", (1, 8, 64), 8),
        Control("noise", "noise of the data", (0.0, 0.5, 1.0), 0.5),
    ),
    numbers=numbers,
    statements=statements,
    picture=picture,
    exercises=(
        Exercise(
            "step",
            "One step of gradient descent on y = w·x + b with the mean squared error: return the "
            "new [w, b]. x and y have shape (batch,).",
            "import numpy as np\n\n\ndef step(w, b, x, y, rate):\n    ...\n",
            [(0.5, 0.25, X, Y, 0.1), (2.0, -1.0, X[:2], Y[:2], 0.05)],
            step,
            (
                Wrong("the sign is wrong: a step goes against the gradient.", answer(sign=1)),
                Wrong(
                    "the mean over the batch is missing: you take the sum.",
                    answer(lambda e, x: 2 * np.sum(e * x), lambda e: 2 * np.sum(e)),
                ),
                Wrong(
                    "the 2 is missing: the slope of a square is twice its root.",
                    answer(lambda e, x: np.mean(e * x), np.mean),
                ),
                Wrong("the learning rate is missing.", answer(scale=1)),
                Wrong("b is not updated.", answer(db=lambda e: 0.0)),
                Wrong(
                    "w's gradient has no x in it: each error counts times its input.",
                    answer(lambda e, x: 2 * np.mean(e)),
                ),
                Wrong(
                    "b's gradient is computed with the new w: compute both, then update both.",
                    one_after_the_other,
                ),
            ),
        ),
    ),
)
