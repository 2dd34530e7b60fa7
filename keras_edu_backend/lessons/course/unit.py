"""A unit and its line: AND, OR, and why not XOR."""

import functools

import numpy as np

from keras_edu_backend.lessons.lesson import Claim, Control, Exercise, Lesson, Wrong
from keras_edu_backend.lessons.picture import Picture, Series

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
TARGETS = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}
Z = "z = w₁x₁ + w₂x₂ + b at 00, 01, 10, 11"
RIGHT = "right, of 4"
BEST = "the best of all lines tried gets right"


def layer(kernel, bias, activation=None):
    """Keras's Dense layer with these weights; the next call of this shape changes them."""
    kernel = np.asarray(kernel, "float32")
    dense = _layer(*kernel.shape, activation)
    dense.set_weights([kernel, np.asarray(bias, "float32")])
    return dense


@functools.cache
def _layer(inputs, units, activation):
    import keras

    dense = keras.layers.Dense(units, activation)
    dense.build((None, inputs))
    return dense


def numbers(target, w1, w2, bias):
    """One unit with these weights, on the four inputs."""
    import keras

    z = layer([[w1], [w2]], [bias])(INPUTS)[:, 0]
    fires = keras.ops.cast(z > 0, "int32")
    right = keras.ops.sum(keras.ops.cast(keras.ops.equal(fires, TARGETS[target]), "int32"))
    return {
        Z: z,
        "step: 1 if z > 0, else 0": fires,
        "wanted": TARGETS[target],
        RIGHT: right,
        "sigmoid(z)": keras.ops.sigmoid(z),
        BEST: best_of_all_lines(target),
    }


@functools.cache
def best_of_all_lines(target):
    """How many of the four the best line gets right: every line is a unit of one layer."""
    import keras

    weights = np.linspace(-2, 2, 9, dtype="float32")
    w1, w2, bias = (each.ravel() for each in np.meshgrid(weights, weights, weights))
    fires = layer(np.stack([w1, w2]), bias)(INPUTS) > 0  # (4 inputs, 729 lines)
    wanted = np.array(TARGETS[target], bool)[:, None]
    right = keras.ops.sum(keras.ops.cast(keras.ops.equal(fires, wanted), "int32"), axis=0)
    return int(keras.ops.max(right))


def statements(numbers, target, **weights):
    """What must hold."""
    z = numbers[Z]
    found = {"z(00) + z(11) = z(01) + z(10), whatever the weights.": z[0] + z[3] == z[1] + z[2]}
    if target == "XOR":
        found[
            "XOR wants z(01) and z(10) above 0, z(00) and z(11) not above 0: the two sums would "
            "differ. So no line gets all four right, and the best gets 3."
        ] = numbers[BEST] == 3
    else:
        found[f"Some lines get all four of {target} right."] = numbers[BEST] == 4
    return found


def picture(numbers, target, w1, w2, bias):
    """The four points and the line on which z = 0."""
    x1 = np.linspace(-1.5, 2.5, 81)
    line = Series("z = 0", x1, -(bias + w1 * x1) / w2)
    points = [
        Series(f"{target} is {value}", *INPUTS[np.equal(TARGETS[target], value)].T, points=True)
        for value in (0, 1)
    ]
    return Picture((*points, line), "x₁", "x₂", within=(-0.5, 1.5), equal=True)


def sigmoid(z):
    """1 / (1 + exp(-z)), in NumPy."""
    return 1 / (1 + np.exp(-np.asarray(z)))


X = [[0.0, 1.0], [1.0, 1.0], [0.5, -2.0]]

LESSON = Lesson(
    name="unit",
    title="A unit and its line",
    claims=(
        Claim(3, "Perceptron", "Linear decision boundary, only solve linearly separable problem."),
        Claim(
            1,
            "1.1) Introduction",
            "A node takes the weighted sum of its inputs and passes it through a non-linear "
            "activation function. A bias shifts the activation to the left or right.",
        ),
    ),
    text="""
A unit adds up its inputs, each times a weight, and a bias. Where that sum z is 0 there is a line:
on one side the unit fires, on the other it does not. Choose AND, OR or XOR and turn the weights
until all four points are on their side.

The last row tries the lines of a whole grid of weights and biases at once: each is one unit of a
single Dense layer.
""",
    formula="z = w₁x₁ + w₂x₂ + b\ny = 1 if z > 0, else 0\nsmooth: y = 1 / (1 + exp(−z))",
    code=("Dense", "sigmoid"),
    controls=(
        Control("target", "wanted", ("AND", "OR", "XOR"), "AND"),
        Control("w1", "w₁", (-1.0, 0.5, 1.0), 1.0),
        Control("w2", "w₂", (-1.0, 0.5, 1.0), 1.0),
        Control("bias", "b", (-1.5, -0.5, 0.5, 1.5), -0.5),
    ),
    numbers=numbers,
    statements=statements,
    picture=picture,
    exercises=(
        Exercise(
            "unit",
            "The output of one sigmoid unit for each row of x: what Dense(1, 'sigmoid') returns "
            "with this kernel, shape (inputs, 1), and this bias, shape (1,).",
            "import numpy as np\n\n\ndef unit(x, kernel, bias):\n    ...\n",
            [
                (np.array(X), np.array([[1.0], [-2.0]]), np.array([0.5])),
                (np.array(X), np.array([[0.25], [3.0]]), np.array([-1.0])),
            ],
            lambda x, kernel, bias: np.asarray(layer(kernel, bias, "sigmoid")(x)),
            (
                Wrong("the bias is missing.", lambda x, w, b: sigmoid(x @ w)),
                Wrong(
                    "the bias has the wrong sign: it is added.", lambda x, w, b: sigmoid(x @ w - b)
                ),
                Wrong(
                    "this is z; the activation is missing: sigmoid(z).", lambda x, w, b: x @ w + b
                ),
                Wrong(
                    "the sign in the exponent is wrong: sigmoid(z) = 1 / (1 + exp(−z)).",
                    lambda x, w, b: sigmoid(-(x @ w + b)),
                ),
                Wrong(
                    "this is the step; the unit asked for is smooth: sigmoid(z).",
                    lambda x, w, b: (x @ w + b > 0).astype("float32"),
                ),
            ),
        ),
        Exercise(
            "line",
            "The x₂ on the unit's line, where z = 0, for a given x₁; kernel is [w₁, w₂].",
            "def line(x1, kernel, bias):\n    ...\n",
            [
                (0.0, np.array([1.0, 2.0]), -1.5),
                (2.0, np.array([1.0, -4.0]), 0.5),
                (-1.0, np.array([3.0, 0.5]), 0.25),
            ],
            lambda x1, kernel, bias: where_zero(x1, kernel, bias),
            (
                Wrong(
                    "the sign is wrong: w₂x₂ = −(w₁x₁ + b).", lambda x, w, b: (w[0] * x + b) / w[1]
                ),
                Wrong("the bias is missing.", lambda x, w, b: -w[0] * x / w[1]),
                Wrong(
                    "the bias has the wrong sign: w₂x₂ = −w₁x₁ − b.",
                    lambda x, w, b: (b - w[0] * x) / w[1],
                ),
                Wrong(
                    "w₁ and w₂ are exchanged: divide by w₂.", lambda x, w, b: -(w[1] * x + b) / w[0]
                ),
                Wrong("the division by w₂ is missing.", lambda x, w, b: -(w[0] * x + b)),
            ),
        ),
    ),
)


def where_zero(x1, kernel, bias):
    """The x₂ at which Keras's unit has z = 0: z is a straight line in x₂, so two values tell it."""
    unit = layer(np.reshape(kernel, (2, 1)), [bias])
    at_0, at_1 = np.asarray(unit(np.array([[x1, 0.0], [x1, 1.0]], "float32")))[:, 0]
    return at_0 / (at_0 - at_1)
