"""Initialization: signals and gradients that vanish or explode."""

import functools

import numpy as np

from keras_edu_backend.lessons.course.unit import sigmoid
from keras_edu_backend.lessons.lesson import Claim, Control, Exercise, Lesson, Wrong
from keras_edu_backend.lessons.measure import array
from keras_edu_backend.lessons.picture import Picture, Series

DEPTH, UNITS, BATCH = 10, 64, 32
STEEPEST = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0}
SIGNALS = "size of the signal after each layer (root mean square)"
GRADIENTS = "size of the gradient by each layer's z"
NORMS = "largest stretch of each kernel (its 2-norm)"
EQUAL = "distance between units of the last hidden layer"


def numbers(activation, start):
    """Signals forwards and gradients backwards through a stack of ten layers."""
    return measured(activation, start)


@functools.cache
def measured(activation, start):
    """As `numbers`."""
    import keras

    from keras_edu_backend.explain.measure import derivatives

    draws = np.random.default_rng(5)
    x = draws.standard_normal((BATCH, UNITS)).astype("float32")
    direction = draws.standard_normal((BATCH, UNITS)).astype("float32")
    kernels = [array(initializer(start, n)((UNITS, UNITS))) for n in range(DEPTH)]
    f = keras.activations.get(activation)

    def forward(offsets):
        a, signals = x, []
        for kernel, offset in zip(kernels, offsets, strict=True):
            a = f(keras.ops.matmul(a, kernel) + offset)
            signals.append(a)
        return signals

    # The gradient by a layer's z is that by an offset of 0 which is added to it.
    offsets = [np.zeros((BATCH, UNITS), "float32")] * DEPTH
    gradients = derivatives(
        lambda v: keras.ops.sum(keras.ops.multiply(direction, forward(v)[-1])), offsets
    )
    signals = [array(a) for a in forward(offsets)]
    return {
        SIGNALS: [size(a) for a in signals],
        GRADIENTS: [size(np.asarray(g)) for g in gradients],
        NORMS: [float(np.linalg.norm(kernel.astype("float64"), 2)) for kernel in kernels],
        EQUAL: float(np.max(np.abs(signals[-2] - signals[-2][:, :1]))),
    }


def initializer(start, seed):
    """A Keras initializer; each layer has its own seed."""
    import keras

    return {
        "zeros": lambda: keras.initializers.Zeros(),
        "normal, 0.01": lambda: keras.initializers.RandomNormal(stddev=0.01, seed=seed),
        "normal, 1": lambda: keras.initializers.RandomNormal(stddev=1.0, seed=seed),
        "Xavier": lambda: keras.initializers.GlorotNormal(seed=seed),
        "He": lambda: keras.initializers.HeNormal(seed=seed),
    }[start]()


def size(array):
    """The root of the mean of the squares, in float64."""
    return float(np.sqrt(np.mean(array.astype("float64") ** 2)))


def statements(numbers, activation, start):
    """What must hold."""
    signals, gradients, norms = numbers[SIGNALS], numbers[GRADIENTS], numbers[NORMS]
    # By the chain rule a step back multiplies by a slope and by a kernel.
    factors = [STEEPEST[activation] * norm for norm in norms[1:]]
    bound = gradients[-1] * np.prod(factors)
    found = {
        "A step back multiplies the gradient by the steepest slope times the kernel's stretch at "
        "most.": gradients[0] <= bound * (1 + 2.0**-20)
    }
    if activation == "sigmoid" and start in ("Xavier", "He"):
        found["The sigmoid's slope, 1/4 at most, makes the first layer's gradient vanish."] = (
            gradients[0] < gradients[-1] / 2 ** (DEPTH - 1)
        )
    if start == "zeros":
        found[
            "From zeros all units of a layer are equal, and only the last layer has a gradient."
        ] = numbers[EQUAL] == 0 and not any(gradients[:-1])
    if start == "normal, 0.01" and activation != "sigmoid":
        # A layer multiplies a signal's size by stddev · √units or less.
        limit = signals[0] * (2 * 0.01 * UNITS**0.5) ** (DEPTH - 1)
        found["Weights that are too small: the signal vanishes."] = signals[-1] < limit
    if start == "normal, 1" and activation == "relu":
        # On average by √(units/2) = 5.7 a layer; half of it is far beyond chance.
        limit = signals[0] * (UNITS / 8) ** ((DEPTH - 1) / 2)
        found["Weights that are too large: signal and gradient explode."] = (
            signals[-1] > limit and gradients[0] > gradients[-1]
        )
    if (start, activation) == ("He", "relu"):
        # The mean square of a layer varies by √(5/64) = 28 % from draw to draw: 9 layers, 84 %;
        # its root by half of that, and three times that is a factor of exp(1.3) = 3.6.
        found["He for relu: after ten layers the signal's size is within a factor of 4."] = (
            1 / 4 < signals[-1] / signals[0] < 4
        )
    return {sentence: bool(so) for sentence, so in found.items()}


def picture(numbers, **_):
    """Both sizes over the layers."""
    layers = list(range(1, DEPTH + 1))
    return Picture(
        (
            Series("signal", layers, numbers[SIGNALS]),
            Series("gradient", layers, numbers[GRADIENTS]),
        ),
        "layer",
        "size",
        log=True,
    )


def chain_slope(x, weights):
    """Keras's slope, by x, of sigmoid(wₙ · … sigmoid(w₁ · x))."""
    import keras

    from keras_edu_backend.explain.measure import derivatives

    def chain(values):
        a = values[0]
        for w in weights:
            a = keras.ops.sigmoid(np.float32(w) * a)
        return a

    return np.asarray(derivatives(chain, [np.asarray(x, "float32")])[0])


def slopes(x, weights, slope=lambda z: sigmoid(z) * (1 - sigmoid(z)), by=True):
    """The factors of the chain rule: a slope and a weight for each unit."""
    found = []
    for w in weights:
        z = w * x
        found.append(slope(z) * (w if by else 1.0))
        x = sigmoid(z)
    return np.array(found)


LESSON = Lesson(
    name="initialization",
    title="Initialization: signals that vanish or explode",
    claims=(
        Claim(
            5,
            "Weight initialization techniques in Neural Network",
            "The main objective is to prevent layer activation outputs from exploding or vanishing "
            "gradients during the forward propagation.",
        ),
        Claim(
            3,
            "Backpropagation",
            "It is important to initialize all the hidden layers' connection weights randomly, or "
            "else training will fail.",
        ),
    ),
    text="""
Ten layers of 64 units. In the forward pass each kernel multiplies the signal, and in the backward
pass the same kernel multiplies the gradient. Ten layers are ten factors: what shrinks or grows a
little in each layer has vanished or exploded after ten.

Weights that start at 0 are worse: all units of a layer stay equal, and no gradient passes a kernel
of zeros. Xavier's and He's rules choose the size of the weights so that the signal keeps its size.
He's rule allows for relu, which cuts half of the signal away.

All sides draw the weights with the same seed. On JAX that gives the same numbers on both sides; on
TensorFlow and PyTorch it gives others.
""",
    formula="Xavier: standard deviation √(2/(fan_in + fan_out));  He: √(2/fan_in)\n"
    "dL/dzₖ = f′(zₖ) ∘ (dL/dzₖ₊₁ · Wₖ₊₁ᵀ)",
    code=("GlorotNormal", "HeNormal"),
    controls=(
        Control("activation", "activation", tuple(STEEPEST), "relu"),
        Control("start", "start", ("zeros", "normal, 0.01", "normal, 1", "Xavier", "He"), "He"),
    ),
    numbers=numbers,
    statements=statements,
    picture=picture,
    exercises=(
        Exercise(
            "chain_slope",
            "Single sigmoid units in a row, as in document 5: a ← sigmoid(w·a) for each weight w, "
            "from a = x. Return the slope of the last a by x.",
            "def chain_slope(x, weights):\n    ...\n",
            [(0.5, [1.0, -2.0, 3.0, 0.5]), (-1.0, [2.0, 2.0]), (0.25, [4.0])],
            chain_slope,
            (
                Wrong(
                    "the weights are missing: each unit gives a slope and a weight.",
                    lambda x, w: np.prod(slopes(x, w, by=False)),
                ),
                Wrong(
                    "the slopes are missing: this is the product of the weights.",
                    lambda x, w: np.prod(w),
                ),
                Wrong("the factors are multiplied, not added.", lambda x, w: np.sum(slopes(x, w))),
                Wrong(
                    "this is the last unit's slope alone: multiply those of all units.",
                    lambda x, w: slopes(x, w)[-1],
                ),
                Wrong(
                    "this is the first unit's slope alone: multiply those of all units.",
                    lambda x, w: slopes(x, w)[0],
                ),
                Wrong(
                    "sigmoid's slope is f(1 − f), not f.",
                    lambda x, w: np.prod(slopes(x, w, slope=sigmoid)),
                ),
                Wrong(
                    "the slope is taken at the unit's output: it belongs to its z.",
                    lambda x, w: np.prod(
                        slopes(
                            x, w, slope=lambda z: sigmoid(sigmoid(z)) * (1 - sigmoid(sigmoid(z)))
                        )
                    ),
                ),
            ),
        ),
    ),
)
