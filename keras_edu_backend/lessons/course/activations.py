"""Activations and their slopes, and why without them all is linear."""

import functools

import numpy as np

from keras_edu_backend.lessons.course.unit import layer, sigmoid
from keras_edu_backend.lessons.lesson import Claim, Control, Exercise, Lesson, Wrong
from keras_edu_backend.lessons.measure import array
from keras_edu_backend.lessons.picture import Picture, Series

# Slopes by the formula: z is the input and y the value.
SLOPES = {
    "linear": lambda z, y: np.ones_like(z),
    "sigmoid": lambda z, y: y * (1 - y),
    "tanh": lambda z, y: 1 - y**2,
    "relu": lambda z, y: np.where(z > 0, 1.0, 0.0),
    "leaky_relu": lambda z, y: np.where(z >= 0, 1.0, 0.2),
    "softplus": lambda z, y: sigmoid(z),
}
POINTS = np.linspace(-4, 4, 65, dtype="float32")
H = 2.0**-6
VALUE, SLOPE, FORMULA = "f(z)", "slope, by autodiff", "slope, by the formula"
QUOTIENT = f"(f(z + h) − f(z − h)) / 2h, h = {H}"
CURVE, SLOPE_CURVE = "f on the curve", "slope on the curve"
GAP = "bend of the stack: its value at ½ less the mean of those at 0 and 1"
STACK, PRODUCT = "f(x·W₁ + b₁)·W₂ at 0, ½, 1", "x·(W₁·W₂) + b₁·W₂ at 0, ½, 1"


def numbers(activation, z):
    """An activation and its slope at z, along a curve, and between two layers."""
    value, slope = curve(activation)
    at = int(np.flatnonzero(z == POINTS)[0])
    f = function(activation)
    around = array(f(np.array([z - H, z + H], "float32")))
    stacked = stack(activation)
    return {
        VALUE: value[at],
        SLOPE: slope[at],
        FORMULA: float(SLOPES[activation](np.float64(z), np.float64(value[at]))),
        QUOTIENT: (around[1] - around[0]) / (2 * H),
        **stacked,
        CURVE: value,
        SLOPE_CURVE: slope,
    }


def function(activation):
    """Keras's function of an array."""
    import keras

    return lambda z: keras.activations.get(activation)(keras.ops.convert_to_tensor(z))


@functools.cache
def curve(activation):
    """Values and slopes at `POINTS`: the slope of a sum is that of each of its terms."""
    import keras

    from keras_edu_backend.explain.measure import derivatives

    f = function(activation)
    (slope,) = derivatives(lambda values: keras.ops.sum(f(values[0])), [POINTS])
    return array(f(POINTS)), np.asarray(slope)


@functools.cache
def stack(activation):
    """Two layers with the activation between them, and one layer with both kernels' product."""
    first, bias = np.array([[2.0, -2.0]], "float32"), np.array([-1.0, 0.5], "float32")
    second = np.array([[1.0], [0.5]], "float32")
    x = np.array([[0.0], [0.5], [1.0]], "float32")
    deep = array(layer(second, [0.0])(layer(first, bias, activation)(x)))[:, 0]
    flat = array(layer(first @ second, bias @ second)(x))[:, 0]
    return {STACK: deep, PRODUCT: flat, GAP: deep[1] - (deep[0] + deep[2]) / 2}


def statements(numbers, activation, z):
    """What must hold."""
    # One rounding of f, 2^-24 of at most 4, divided by h; four of them at most. Where f is smooth,
    # the quotient's own error is h²/6 times the third derivative, which is 2 at most for these.
    reach = 4 * 4 * 2.0**-24 / H + 2 * H**2 / 6
    kink = z == 0 and activation in ("relu", "leaky_relu")
    found = {
        "Autodiff and the formula give the same slope.": abs(numbers[SLOPE] - numbers[FORMULA])
        <= 8 * 2.0**-24
    }
    if kink:
        side = "left" if activation == "relu" else "right"
        found[
            f"At the kink the quotient is the mean of both slopes; Keras takes the {side} one."
        ] = (numbers[QUOTIENT] > numbers[SLOPE]) == (side == "left")
    else:
        found["The difference quotient gives it too, up to its own error."] = (
            abs(numbers[QUOTIENT] - numbers[SLOPE]) <= reach
        )
    if activation == "sigmoid":
        found["The sigmoid's slope is 1/4 at most."] = max(numbers[SLOPE_CURVE]) == 0.25
    if activation == "linear":
        found["Without an activation two layers are one layer: W₁·W₂, and nothing bends."] = (
            numbers[STACK] == numbers[PRODUCT] and numbers[GAP] == 0
        )
    else:
        found["With this activation the stack bends: no single layer does that."] = (
            numbers[GAP] != 0
        )
    return found


def picture(numbers, activation, z):
    """The activation, its slope, and the point."""
    x = POINTS.tolist()
    return Picture(
        (
            Series(activation, x, numbers[CURVE]),
            Series("its slope", x, numbers[SLOPE_CURVE]),
            Series("z", [z], [numbers[VALUE]], points=True),
        ),
        "z",
        "f(z)",
    )


def slope_of(activation, z):
    """Keras's slope of an activation at each entry of z."""
    import keras

    from keras_edu_backend.explain.measure import derivatives

    f = function(activation)
    z = np.asarray(z, "float32")
    return np.asarray(derivatives(lambda values: keras.ops.sum(f(values[0])), [z])[0])


Z = np.array([-2.0, -0.5, 0.0, 0.5, 3.0])

LESSON = Lesson(
    name="activations",
    title="Activations and their slopes",
    claims=(
        Claim(
            4,
            "Activation functions: beyond the linearity",
            "Without activation functions, neural network falls back to being a linear model.",
        ),
        Claim(
            5,
            "Vanishing Gradient Problem",
            "The derivative of the sigmoid reaches a maximum value = 0.25.",
        ),
    ),
    text="""
An activation bends. Its slope says how much of a change passes through it, forwards as well as
backwards: where the slope is near 0 the unit is saturated, and learns no more.

A kink has no slope of its own. For relu at exactly 0, any number from 0 to 1 would do. Keras takes
0, the slope on the left. For leaky_relu it takes 1 on JAX, the slope on the right, and the slope on
the left on TensorFlow and PyTorch.

The last rows put the activation between two layers. Without one, the two kernels multiply to one.
""",
    formula="relu: f = max(0, z), f′ = 1 if z > 0, else 0\nsigmoid: f = 1/(1 + exp(−z)), "
    "f′ = f(1 − f)\ntanh: f′ = 1 − f²\nlinear: (x·W₁ + b₁)·W₂ = x·(W₁·W₂) + b₁·W₂",
    code=("ops.relu", "ops.sigmoid", "ops.tanh"),
    controls=(
        Control("activation", "activation", tuple(SLOPES), "relu"),
        Control("z", "z", (-4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0), 0.0),
    ),
    numbers=numbers,
    statements=statements,
    picture=picture,
    exercises=(
        Exercise(
            "relu_slope",
            "The slope of relu at each entry of the array z, as Keras has it.",
            "import numpy as np\n\n\ndef relu_slope(z):\n    ...\n",
            [(Z,), (np.array([[0.0, 1.0], [-1.0, 0.0]]),)],
            lambda z: slope_of("relu", z),
            (
                Wrong(
                    "right but at 0: your slope there is 1, Keras takes 0.",
                    lambda z: (z >= 0).astype("float64"),
                ),
                Wrong(
                    "right but at 0: your slope there is 1/2, Keras takes 0.",
                    lambda z: np.heaviside(z, 0.5),
                ),
                Wrong("this is relu itself; its slope is asked for.", lambda z: np.maximum(z, 0.0)),
                Wrong(
                    "the sign is wrong: the slope is 1 where z is positive.",
                    lambda z: (z < 0).astype("float64"),
                ),
                Wrong(
                    "left of 0 relu is flat: its slope there is 0, not −1. That is |z|.", np.sign
                ),
            ),
        ),
        Exercise(
            "sigmoid_slope",
            "The slope of sigmoid at each entry of the array z.",
            "import numpy as np\n\n\ndef sigmoid_slope(z):\n    ...\n",
            [(Z,)],
            lambda z: slope_of("sigmoid", z),
            (
                Wrong("this is sigmoid itself; its slope is f(1 − f).", sigmoid),
                Wrong(
                    "the sign is wrong: f(1 − f), not f(f − 1).",
                    lambda z: sigmoid(z) * (sigmoid(z) - 1),
                ),
                Wrong(
                    "f(1 − f) takes the value f twice, not z: you have f(1 − z).",
                    lambda z: sigmoid(z) * (1 - z),
                ),
                Wrong(
                    "that is tanh's rule, 1 − f²; sigmoid's is f(1 − f).",
                    lambda z: 1 - sigmoid(z) ** 2,
                ),
                Wrong(
                    "f(1 − f) takes f = sigmoid(z), and you have put z itself into it.",
                    lambda z: z * (1 - z),
                ),
            ),
        ),
    ),
)
