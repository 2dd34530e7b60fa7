"""Rounding: the order of a sum, the precision, and one model on two backends."""

import functools

import numpy as np

from keras_edu_backend.lessons.lesson import Claim, Control, Exercise, Lesson, Wrong
from keras_edu_backend.lessons.measure import array
from keras_edu_backend.lessons.picture import Picture, Series

# The largest relative error of one rounding: half of the distance from 1 to the next number.
ROUNDING = {"float32": 2.0**-24, "bfloat16": 2.0**-8, "float16": 2.0**-11}
FORWARDS, BACKWARDS = "added up from first to last", "added up from last to first"
SUM, EXACT = "keras.ops.sum", "the sum in float64"
SUM_ERROR, FORWARD_ERROR = "relative error of keras.ops.sum", "relative error, first to last"
BOUND = "bound of both errors, (n − 1) · u"
OUTPUT, IN_64 = "output of a network of three layers", "this output in float64, by NumPy"
GROWTH, SIZES = "error of first to last, by n", (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


def numbers(dtype, n):
    """The same numbers added up in several orders, and a network, in a precision."""
    import keras

    terms = rounded(dtype)[:n]
    exact = float(np.sum(terms.astype("float64")))
    sums = {
        FORWARDS: partial_sums(dtype)[n - 1],
        BACKWARDS: add_up(terms[::-1])[-1],
        SUM: float(keras.ops.cast(keras.ops.sum(terms), "float32")),
        EXACT: exact,
    }
    output, in_64 = network(dtype)
    return {
        **sums,
        FORWARD_ERROR: abs(sums[FORWARDS] / exact - 1),
        SUM_ERROR: abs(sums[SUM] / exact - 1),
        BOUND: (n - 1) * ROUNDING[dtype],
        OUTPUT: output,
        IN_64: in_64,
        GROWTH: [error_of(dtype, size) for size in SIZES],
    }


@functools.cache
def rounded(dtype):
    """Numbers between 0 and 1, each rounded to the precision, as a NumPy array."""
    import keras

    draws = np.random.default_rng(6).uniform(0, 1, max(SIZES)).astype("float32")
    return keras.ops.convert_to_numpy(keras.ops.cast(draws, dtype))


def add_up(terms):
    """All partial sums, each rounded: one addition after the other."""
    total, found = terms[0], [float(terms[0])]
    for term in terms[1:]:
        total = (total + term).astype(terms.dtype)
        found.append(float(total))
    return found


@functools.cache
def partial_sums(dtype):
    """The partial sums of all numbers, from the first."""
    return add_up(rounded(dtype))


def error_of(dtype, n):
    """The relative error of the first n, added up from the first to the last."""
    exact = float(np.sum(rounded(dtype)[:n].astype("float64")))
    return abs(partial_sums(dtype)[n - 1] / exact - 1)


@functools.cache
def network(dtype):
    """Three Dense layers of Keras in a precision, and the same by NumPy in float64."""
    import keras

    draws = np.random.default_rng(7)
    model = keras.Sequential(
        [
            keras.Input((8,)),
            *(keras.layers.Dense(units, "tanh", dtype=dtype) for units in (64, 64, 2)),
        ]
    )
    weights = [draws.standard_normal(w.shape) / 8 for w in model.get_weights()]
    model.set_weights(weights)
    a = x = draws.standard_normal((1, 8)).astype("float32")
    a = a.astype("float64")
    for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
        a = np.tanh(a @ kernel + bias)
    return array(keras.ops.cast(model(x), "float32"))[0], a[0]


def statements(numbers, dtype, n):
    """What must hold."""
    u = ROUNDING[dtype]
    found = {
        "Each addition rounds by u of its sum at most: n − 1 of them, by (n − 1)·u.": max(
            numbers[FORWARD_ERROR], numbers[SUM_ERROR]
        )
        # The products of errors, which the bound leaves out, make it (1 + u)ⁿ⁻¹ − 1.
        <= (1 + u) ** (n - 1) - 1 + 2.0**-52 * n
    }
    if dtype != "float32" and n == 1024:
        found[
            "keras.ops.sum does better than one addition after the other: it adds in float32."
        ] = numbers[SUM_ERROR] <= u + n * 2.0**-24 < numbers[FORWARD_ERROR]
    # Every layer's inputs, weights, sum and tanh are rounded. A kernel of 64 inputs with entries
    # of size 1/8 stretches an error by √64/8 = 1 on average, and by 64/8 = 8 in the worst case:
    # 2 + 2 · 8 + 2 · 64 roundings, of sums of 64 terms.
    distance = max(abs(a - b) for a, b in zip(numbers[OUTPUT], numbers[IN_64], strict=True))
    found["The network is right up to its precision."] = distance <= 146 * 64 * u
    return found


def picture(numbers, **_):
    """The error of a sum over the number of terms."""
    x = np.log2(SIZES)
    return Picture(
        (Series("first to last", x, numbers[GROWTH]),), "log₂ n", "relative error", log=True
    )


def to_bfloat16(x):
    """Keras's rounding of each number to bfloat16, as float32."""
    import keras

    x = keras.ops.convert_to_tensor(np.asarray(x, "float32"))
    return np.asarray(keras.ops.cast(keras.ops.cast(x, "bfloat16"), "float32"))


def by_digits(x, digits, how):
    """Rounded to some binary digits after the leading one."""
    mantissa, exponent = np.frexp(np.asarray(x, "float64"))  # 1/2 ≤ |mantissa| < 1
    return np.ldexp(how(np.ldexp(mantissa, digits + 1)), exponent - digits - 1)


def half_away(scaled):
    """To the nearest; halves away from 0."""
    return np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)


HALVES = 1 + np.array([1, 3, 5, 7]) * 2.0**-8  # half-way between two numbers of bfloat16

LESSON = Lesson(
    name="rounding",
    title="Rounding: one model on two backends",
    claims=(
        Claim(
            5,
            "Activation Functions",
            "An artificial neuron is a weighted sum of its input: Z = ∑ (weight*input) + bias.",
        ),
    ),
    text="""
float32 has 24 binary digits, float16 has 11 and bfloat16 has 8. Each operation rounds its result to
so many digits. So a sum depends on the order of its terms, and each backend chooses its own order.

That is why one model gives different last digits on two backends, and neither is wrong. Where both
sides here have the same bits, they computed in the same order. How far apart results may be follows
from the number of roundings and their size u.
""",
    formula="round(x) = x·(1 + δ), |δ| ≤ u;  float32: u = 2⁻²⁴, float16: 2⁻¹¹, bfloat16: 2⁻⁸\n"
    "n positive terms: relative error ≤ (n − 1)·u",
    code=("ops.sum", "ops.cast"),
    controls=(
        Control("dtype", "precision", tuple(ROUNDING), "bfloat16"),
        Control("n", "terms n", (2, 16, 128, 1024), 1024),
    ),
    numbers=numbers,
    statements=statements,
    picture=picture,
    exercises=(
        Exercise(
            "to_bfloat16",
            "Each number of the array x rounded to bfloat16: 8 significant binary digits, to the "
            "nearest; half-way, to the one whose last digit is 0.",
            "import numpy as np\n\n\ndef to_bfloat16(x):\n    ...\n",
            [
                (np.array([0.3, 1.7, -2.6, 0.1, 3.1415927]),),
                (np.concatenate([HALVES, -HALVES / 2, [0.0, 1.0]]),),
            ],
            to_bfloat16,
            (
                Wrong(
                    "the digits are cut off: round to the nearest.",
                    lambda x: by_digits(x, 7, np.trunc),
                ),
                Wrong(
                    "right but half-way: take the one whose last digit is 0, not always the "
                    "larger.",
                    lambda x: by_digits(x, 7, half_away),
                ),
                Wrong(
                    "these are 9 binary digits: the leading one counts, so 7 follow it.",
                    lambda x: by_digits(x, 8, np.rint),
                ),
                Wrong(
                    "that is float16: 11 binary digits.",
                    lambda x: np.asarray(x).astype("float16"),
                ),
                Wrong("nothing is rounded.", lambda x: x),
            ),
        ),
    ),
)
