"""Layers as matrices, and their counts."""

import numpy as np

from keras_edu_backend.lessons.course.unit import layer
from keras_edu_backend.lessons.lesson import Claim, Control, Exercise, Lesson, Wrong

INPUTS, CLASSES = 4, 3  # iris: four measurements, three species
BATCH = 2  # samples
TOTAL = "parameters, as Keras counts them"
COUNTED = "parameters, (inputs + 1) · units added up"
OUTPUT = "output of the model"
CHAIN = "relu(relu(x·W₁ + b₁)·W₂ + b₂) …, by hand"


def numbers(units, hidden, bias):
    """A stack of Dense layers, and the same as a chain of matrix products."""
    import keras

    dense = [keras.layers.Dense(units, "relu", use_bias=bias) for _ in range(hidden)]
    model = keras.Sequential(
        [keras.Input((INPUTS,)), *dense, keras.layers.Dense(CLASSES, use_bias=bias)]
    )
    draws = np.random.default_rng(1)
    # Multiples of 1/4, so that sums of products are exact in float32 in whichever order.
    model.set_weights([draws.integers(-4, 5, w.shape) / 4 for w in model.get_weights()])
    x = (draws.integers(-4, 5, (BATCH, INPUTS)) / 4).astype("float32")
    found = {
        f"{each.name.split('_')[0]} {n + 1}: kernel, outputs, parameters": (
            f"{tuple(each.kernel.shape)}, ({BATCH}, {each.units}), {each.count_params()}"
        )
        for n, each in enumerate(model.layers)
    }
    widths = [INPUTS, *[units] * hidden, CLASSES]
    pairs = zip(widths[:-1], widths[1:], strict=True)
    return found | {
        TOTAL: model.count_params(),
        COUNTED: sum((inputs + bias) * outputs for inputs, outputs in pairs),
        OUTPUT: model(x),
        CHAIN: chain(x, model.get_weights(), bias),
    }


def chain(x, weights, bias):
    """The forward pass by hand, in NumPy."""
    step = 2 if bias else 1
    for first in range(0, len(weights), step):
        x = x @ weights[first] + (weights[first + 1] if bias else 0)
        if first + step < len(weights):
            x = np.maximum(x, 0)
    return x


def statements(numbers, bias, **_):
    """What must hold."""
    each = "(inputs + 1) · units" if bias else "inputs · units"
    return {
        f"A Dense layer has {each} parameters.": numbers[TOTAL] == numbers[COUNTED],
        "The model is the chain of matrix products, to the bit.": numbers[OUTPUT] == numbers[CHAIN],
    }


SQUARE = np.array([[1.0, 2.0], [-0.5, 0.25]])
ROWS = np.array([[1.0, -1.0], [0.5, 2.0], [0.0, 3.0]])


def count(inputs, units, use_bias):
    """What Keras counts."""
    import keras

    dense = keras.layers.Dense(units, use_bias=use_bias)
    dense.build((None, inputs))
    return dense.count_params()


LESSON = Lesson(
    name="layers",
    title="Layers as matrices, and their counts",
    claims=(
        Claim(
            1,
            "1.2) Intuition",
            "This is just a chain of matrix multiplications. The forward pass performs these "
            "matrix dot products and applies the activation function element-wise to the result.",
        ),
        Claim(
            2,
            "Step 3: Compile the Model and Check Model Summary",
            "Each perceptron has one weight for each output of the layer before and 1 bias "
            "parameter. Convince yourself that there are 387 parameters in the last layer.",
        ),
    ),
    text="""
A layer of units is one matrix, its kernel: a column for each unit, a row for each input. A batch is
a matrix too, a row for each sample. So a layer computes x·W + b for all samples and units at once,
and its parameters are the entries of W and of b.

With 128 units and one hidden layer, the last layer is the one that document 2 asks about.
""",
    formula="y = f(x·W + b);  x (batch, inputs), W (inputs, units), b (units,)\n"
    "parameters = inputs · units + units",
    code=("Dense", "ops.matmul"),
    controls=(
        Control("units", "units in each hidden layer", (1, 4, 16, 128), 128),
        Control("hidden", "hidden layers", (0, 1, 2), 1),
        Control("bias", "with a bias", (True, False), True),
    ),
    numbers=numbers,
    statements=statements,
    picture=None,
    exercises=(
        Exercise(
            "parameters",
            "How many parameters a Dense layer has.",
            "def parameters(inputs, units, use_bias):\n    ...\n",
            [(128, 3, True), (4, 128, True), (784, 10, False)],
            count,
            (
                Wrong("the biases are missing, one for each unit.", lambda i, u, b: i * u),
                Wrong(
                    "there is not one bias for the layer: each unit has its own.",
                    lambda i, u, b: i * u + b,
                ),
                Wrong(
                    "the biases are counted where use_bias is False.", lambda i, u, b: (i + 1) * u
                ),
                Wrong(
                    "there is a bias for each unit, not for each input.",
                    lambda i, u, b: i * u + i * b,
                ),
            ),
        ),
        Exercise(
            "dense",
            "What Dense(units) returns, without an activation: x has shape (batch, inputs), kernel "
            "(inputs, units), bias (units,).",
            "def dense(x, kernel, bias):\n    ...\n",
            [
                (ROWS, SQUARE, np.array([0.5, -1.0])),
                (ROWS * 2, SQUARE - 1, np.array([-0.25, 2.0])),
            ],
            lambda x, kernel, bias: np.asarray(layer(kernel, bias)(x)),
            (
                Wrong(
                    "the kernel is transposed: it has a row for each input and a column for each "
                    "unit.",
                    lambda x, w, b: x @ w.T + b,
                ),
                Wrong("the bias is missing.", lambda x, w, b: x @ w),
                Wrong("the bias has the wrong sign: it is added.", lambda x, w, b: x @ w - b),
                Wrong(
                    "the output is transposed: it has a row for each sample.",
                    lambda x, w, b: (x @ w + b).T,
                ),
                Wrong(
                    "there is an activation (relu): without one, negative numbers stay.",
                    lambda x, w, b: np.maximum(x @ w + b, 0),
                ),
            ),
        ),
    ),
)
