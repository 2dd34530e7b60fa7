"""Boundaries: a line, moons, circles, a sine and a spiral, beside scikit-learn."""

import functools

import numpy as np

from keras_edu_backend.lessons.course.unit import layer
from keras_edu_backend.lessons.lesson import Claim, Control, Exercise, Lesson, Wrong
from keras_edu_backend.lessons.picture import Picture, Series

SAMPLES, EPOCHS, BATCH = 200, 60, 50
PARAMETERS, ACCURACY = "parameters", "accuracy"
NAIVE, LINEAR = "accuracy of always saying the commoner class", "accuracy of scikit-learn's line"
LOSSES = "loss of each epoch"
GRID = np.linspace(-2, 2, 25, dtype="float32")
FIELD = "P(class 1) on a grid"


def numbers(data, hidden):
    """A network with one hidden layer, or none, trained on points of two classes."""
    x, y = points(data)
    losses, accuracy, parameters, field = trained(data, hidden)
    return {
        PARAMETERS: parameters,
        ACCURACY: accuracy,
        NAIVE: float(max(np.mean(y), 1 - np.mean(y))),
        LINEAR: scikit_learn(data),
        LOSSES: losses,
        FIELD: field,
    }


def points(data):
    """Points of two classes around 0: x (samples, 2), y (samples,), without scikit-learn."""
    draws = np.random.default_rng(8)
    y = np.arange(SAMPLES) % 2
    angle = draws.uniform(0, np.pi, SAMPLES)
    noise = 0.08 * draws.standard_normal((SAMPLES, 2))
    if data == "line":
        x = draws.uniform(-1.2, 1.2, (SAMPLES, 2))
        x[:, 1] = np.where(y, 1, -1) * np.abs(x[:, 1]) + np.where(y, 0.2, -0.2) + 0.5 * x[:, 0]
    elif data == "sine":
        # One and a half periods: six quarter waves, of the two classes in turn.
        x1 = 0.6 * (2 * draws.integers(0, 3, SAMPLES) + y + draws.uniform(0, 1, SAMPLES)) - 1.8
        x = np.stack([x1, np.sin(np.pi * (x1 + 1.8) / 1.2)], 1)
        noise[:, 0] *= 0.3
    elif data == "spiral":
        turned = 2 * angle + np.pi * y  # each arm goes round once
        x = 1.6 * (0.15 + 0.85 * angle[:, None] / np.pi) * polar(turned)
    elif data == "circles":
        x = np.where(y, 0.5, 1.3)[:, None] * polar(2 * angle)
    else:
        arc = polar(angle)
        x = np.where(y[:, None], [0.5, 0.25] - arc, arc - [0.5, 0.25])
    return (x + noise).astype("float32"), y.astype("float32")


def polar(angle):
    """Points on the circle of radius 1."""
    return np.stack([np.cos(angle), np.sin(angle)], 1)


@functools.cache
def trained(data, hidden):
    """Losses, accuracy, parameter count and the output on a grid, after training."""
    import keras

    x, y = points(data)
    model = network([2, hidden, 1] if hidden else [2, 1], "tanh", "sigmoid")
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    history = model.fit(x, y, BATCH, EPOCHS, shuffle=False, verbose=0).history
    accuracy = np.mean((model.predict(x, verbose=0)[:, 0] > 0.5) == y)
    grid = np.stack(np.meshgrid(GRID, GRID), -1).reshape(-1, 2)
    field = model.predict(grid, batch_size=len(grid), verbose=0)[:, 0]
    return history["loss"], float(accuracy), model.count_params(), field


# Standard deviation of a kernel's first weights, from its numbers of inputs and outputs.
DEVIATIONS = {
    "normal": lambda fan_in, fan_out: 1.0,
    "Glorot": lambda fan_in, fan_out: (2 / (fan_in + fan_out)) ** 0.5,
    "He": lambda fan_in, fan_out: (2 / fan_in) ** 0.5,
    "zeros": lambda fan_in, fan_out: 0.0,
}


def network(widths, activation, last, initializer="normal"):
    """Dense layers of these widths, inputs first. NumPy draws the weights: alike on all sides."""
    import keras

    layers = [keras.layers.Dense(units, activation) for units in widths[1:-1]]
    model = keras.Sequential(
        [keras.Input((widths[0],)), *layers, keras.layers.Dense(widths[-1], last)]
    )
    draws = np.random.default_rng(9)
    deviation = DEVIATIONS[initializer]
    model.set_weights(
        [
            draws.standard_normal(w.shape) * (deviation(*w.shape) if w.ndim > 1 else 0)
            for w in model.get_weights()
        ]
    )
    return model


@functools.cache
def scikit_learn(data):
    """The accuracy of scikit-learn's logistic regression, or why there is none."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ModuleNotFoundError:
        return "scikit-learn is not installed here"
    x, y = points(data)
    return float(LogisticRegression().fit(x, y).score(x, y))


def statements(numbers, data, hidden):
    """What must hold."""
    known = not isinstance(numbers[LINEAR], str)
    found = {
        "(2 + 1) · hidden + (hidden + 1) parameters, or 3 without a hidden layer.": (
            numbers[PARAMETERS] == (3 * hidden + hidden + 1 if hidden else 3)
        ),
        "The loss goes down.": numbers[LOSSES][-1] < numbers[LOSSES][0],
    }
    if data == "line":
        found["A straight line is enough."] = numbers[ACCURACY] > 0.95
    elif not hidden and known:
        found["Without a hidden layer it is a straight line, as good as scikit-learn's."] = (
            # The lines differ a little, since scikit-learn's has a penalty on large weights and
            # training stops early: ten points of 200 near them may change sides.
            abs(numbers[ACCURACY] - numbers[LINEAR]) <= 10 / SAMPLES
        )
    elif hidden == 2 and data in ("sine", "spiral"):
        found["Two hidden units are not enough."] = numbers[ACCURACY] < 0.9
    elif hidden == 8 and known:
        found["Eight hidden units bend the boundary around the points: better than any line."] = (
            numbers[ACCURACY] > max(0.9, numbers[LINEAR])
        )
    return found


def edge(across, up, likely):
    """Where the likeliest class changes between two neighbours on a grid.

    Args:
        across: places of the grid's columns.
        up: places of its rows.
        likely: probabilities, (rows, columns, classes).

    Returns:
        x₁ and x₂ of these places, (places, 2): where the two classes would be equally likely if
        the probabilities were straight lines from neighbour to neighbour.
    """
    grid = np.stack(np.meshgrid(across, up), -1)  # (rows, columns, 2)
    found = [np.empty((0, 2))]
    for axis in (0, 1):
        here, there = (np.moveaxis(grid, axis, 0)[part] for part in (np.s_[:-1], np.s_[1:]))
        p, q = (np.moveaxis(likely, axis, 0)[part] for part in (np.s_[:-1], np.s_[1:]))
        changes = p.argmax(-1) != q.argmax(-1)
        here, there, p, q = here[changes], there[changes], p[changes], q[changes]
        row, one, other = np.arange(len(p)), p.argmax(-1), q.argmax(-1)
        before, after = p[row, one] - p[row, other], q[row, other] - q[row, one]
        found.append(here + (there - here) * (before / (before + after))[:, None])
    return np.concatenate(found)


def picture(numbers, data, hidden):
    """The points, and where the network's output passes 1/2."""
    x, y = points(data)
    field = np.reshape(numbers[FIELD], (len(GRID), len(GRID)))
    return Picture(
        (
            Series("class 0", *x[y == 0].T, points=True),
            Series("class 1", *x[y == 1].T, points=True),
            Series("output ½", *edge(GRID, GRID, np.stack([1 - field, field], -1)).T, points=True),
        ),
        "x₁",
        "x₂",
        within=(-2, 2),
        equal=True,
    )


def hidden_then_sigmoid(x, w1, b1, w2, b2):
    """Keras's output of a tanh layer and a sigmoid unit."""
    return np.asarray(layer(w2, b2, "sigmoid")(layer(w1, b1, "tanh")(x)))


def by_hand(inside=np.tanh, outside=lambda z: 1 / (1 + np.exp(-z)), bias=True):
    """The same as a learner might write it."""

    def function(x, w1, b1, w2, b2):
        return outside(inside(x @ w1 + b1 * bias) @ w2 + b2 * bias)

    return function


XS = np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]])
W1, B1 = np.array([[1.0, -0.5], [0.25, 2.0]]), np.array([0.5, -0.25])
W2, B2 = np.array([[1.5], [-1.0]]), np.array([0.25])

LESSON = Lesson(
    name="boundaries",
    title="Boundaries: moons, circles, a sine and a spiral",
    claims=(
        Claim(
            1,
            "2.3 Complex Data – Circles",
            "On the circles logistic regression is no better than always saying the same class.",
        ),
        Claim(
            1,
            "1.3) Reasoning",
            "Hidden layers project the input to a space where the classes become linearly "
            "separable.",
        ),
    ),
    text="""
One sigmoid unit is logistic regression: its boundary is a straight line, with Keras as with
scikit-learn. Hidden units bend it. Choose the circles and turn the hidden units up from 0.

The sine changes its class with every quarter wave, and the spiral has an arm for each class. They
need more bends than two units have.
""",
    formula="P(class 1) = sigmoid(tanh(x·W₁ + b₁)·W₂ + b₂);  the boundary is where it is ½",
    code=("tanh", "binary_crossentropy"),
    controls=(
        Control("data", "data", ("line", "moons", "circles", "sine", "spiral"), "circles"),
        Control("hidden", "hidden units", (0, 2, 8), 8),
    ),
    numbers=numbers,
    statements=statements,
    picture=picture,
    own_data=True,
    exercises=(
        Exercise(
            "network",
            "The output of a hidden layer of tanh units and one sigmoid unit, shape (samples, 1).",
            "import numpy as np\n\n\ndef network(x, w1, b1, w2, b2):\n    ...\n",
            [(XS, W1, B1, W2, B2), (XS * 0.5, W1 - 1, B1 * 2, W2 + 1, B2 - 1)],
            hidden_then_sigmoid,
            (
                Wrong("the biases are missing.", by_hand(bias=False)),
                Wrong(
                    "the hidden layer's tanh is missing: without it, all is one line.",
                    by_hand(inside=lambda z: z),
                ),
                Wrong("the output's sigmoid is missing.", by_hand(outside=lambda z: z)),
                Wrong(
                    "tanh and sigmoid are exchanged.",
                    by_hand(lambda z: 1 / (1 + np.exp(-z)), np.tanh),
                ),
                Wrong("the output is a sigmoid, not a tanh.", by_hand(outside=np.tanh)),
                Wrong(
                    "the first kernel is transposed: a column for each unit.",
                    lambda x, w1, b1, w2, b2: by_hand()(x, w1.T, b1, w2, b2),
                ),
                Wrong(
                    "the output is transposed: a row for each sample.",
                    lambda *given: by_hand()(*given).T,
                ),
            ),
        ),
    ),
)
