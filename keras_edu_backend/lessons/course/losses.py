"""Losses, softmax, and what Keras really computes."""

import functools

import numpy as np

from keras_edu_backend.lessons.lesson import Claim, Control, Exercise, Lesson, Wrong
from keras_edu_backend.lessons.measure import array
from keras_edu_backend.lessons.picture import Picture, Series

SCORES = np.linspace(-30, 30, 61, dtype="float32")
LABEL = np.array([1.0, 0.0, 0.0], "float32")  # the first class is the true one
P, LOSS, MEANT = "p = softmax(z)", "loss, as Keras computes it", "−log p₁, by the formula"
SLOPE, RULE = "slope of the loss by z", "p − y, by the formula"
CURVE, OTHER = "loss over the score", "loss over the score, the other way"
SIGMOIDS = "sigmoid(z), divided by its sum"
SIGMOID_LOSS = "loss that Keras gives these sigmoids"
SIGMOID_MEANT = "−log of the first of these sigmoids"


def numbers(score, from_logits):
    """The cross-entropy of scores (score, 0, 0), where the first class is the true one."""
    import keras

    from keras_edu_backend.explain.measure import derivatives

    z = np.array([score, 0, 0], "float32")
    loss = crossentropy(from_logits)
    (slope,) = derivatives(lambda values: loss(values[0]), [z])
    p = softmax(z.astype("float64"))
    sigmoids = array(keras.ops.sigmoid(z))
    return {
        "z, the scores": z,
        P: keras.ops.softmax(z),
        LOSS: loss(z),
        MEANT: meant(score),
        SLOPE: slope,
        RULE: p - LABEL,
        SIGMOIDS: sigmoids / sigmoids.sum(),
        SIGMOID_LOSS: keras.ops.categorical_crossentropy(LABEL, sigmoids),
        SIGMOID_MEANT: -np.log(sigmoids[0] / sigmoids.sum()),
        "ε, Keras's limit for probabilities": keras.config.epsilon(),
        CURVE: curve(from_logits),
        OTHER: curve(not from_logits),
    }


def crossentropy(from_logits):
    """The loss as Keras computes it: from the scores, or from softmax's probabilities."""
    import keras

    def loss(z):
        z = keras.ops.convert_to_tensor(z)
        output = z if from_logits else keras.ops.softmax(z)
        return keras.ops.categorical_crossentropy(LABEL, output, from_logits=from_logits)

    return loss


def meant(score):
    """-log softmax of the first of (score, 0, 0), in float64: log(1 + 2 exp(-score))."""
    return float(np.logaddexp(0.0, np.log(2) - score))


@functools.cache
def curve(from_logits):
    """The loss at each of `SCORES`."""
    loss = crossentropy(from_logits)
    return np.array([array(loss(np.array([s, 0, 0], "float32"))) for s in SCORES])


def softmax(z, axis=-1):
    """exp(z) / Σ exp(z), in NumPy; the largest is taken off first, which changes nothing else."""
    powers = np.exp(z - np.max(z, axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def statements(numbers, score, from_logits):
    """What must hold."""
    near = 64 * 2.0**-24  # a dozen roundings in exp, sum, division, log and their slopes
    epsilon = numbers["ε, Keras's limit for probabilities"]
    distance = np.max(np.abs(np.array(numbers[SLOPE]) - numbers[RULE]))
    right = abs(numbers[LOSS] - numbers[MEANT]) <= near * max(1.0, numbers[MEANT])
    found = {"The probabilities add up to 1.": abs(sum(numbers[P]) - 1) <= near}
    if from_logits:
        found["From logits: the loss is −log p₁, and its slope is p − y."] = (
            right and distance <= near
        )
    elif numbers[MEANT] > -np.log(epsilon):
        found[
            "From probabilities: p₁ is below ε and is raised to it. The loss stays at −log ε, its "
            "slope is 0, and the worst mistakes teach nothing."
        ] = abs(numbers[LOSS] + np.log(epsilon)) <= near * numbers[LOSS] and not np.any(
            numbers[SLOPE]
        )
    elif numbers[P][0] > 1 - epsilon:
        found["From probabilities: p₁ is above 1 − ε, is lowered to it, and the slope is 0."] = (
            numbers[LOSS] > numbers[MEANT] and not np.any(numbers[SLOPE])
        )
    else:
        found["From probabilities, within the limits: the same up to rounding."] = (
            abs(numbers[LOSS] - numbers[MEANT]) <= near * max(1.0, numbers[MEANT])
            and distance <= near
        )
    found["Ten sigmoids are no distribution (document 5): Keras divides by their sum first."] = abs(
        numbers[SIGMOID_LOSS] - min(numbers[SIGMOID_MEANT], -np.log(epsilon))
    ) <= near * max(1.0, numbers[SIGMOID_MEANT])
    return found


def picture(numbers, score, from_logits):
    """The loss over the score of the true class, both ways."""
    names = ("from logits", "from probabilities")
    here, other = names if from_logits else names[::-1]
    x = SCORES.tolist()
    return Picture(
        (
            Series(here, x, numbers[CURVE]),
            Series(other, x, numbers[OTHER]),
            Series("z₁", [score], [numbers[LOSS]], points=True),
        ),
        "score of the true class",
        "loss",
    )


def gradient(logits, labels):
    """Keras's slope of the mean cross-entropy by each logit."""
    import keras

    from keras_edu_backend.explain.measure import derivatives

    def loss(values):
        each = keras.ops.categorical_crossentropy(
            np.asarray(labels, "float32"), values[0], from_logits=True
        )
        return keras.ops.mean(each)

    return np.asarray(derivatives(loss, [np.asarray(logits, "float32")])[0])


def keras_softmax(z):
    """Keras's softmax over the last axis."""
    import keras

    return np.asarray(keras.ops.softmax(np.asarray(z, "float32")))


def careless(z):
    """Softmax as its formula stands: exp(1000) is too large for any float."""
    with np.errstate(all="ignore"):
        return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


def by_sum(z):
    """Scores divided by their sum."""
    with np.errstate(all="ignore"):
        return z / z.sum(axis=-1, keepdims=True)


LOGITS = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 0.0], [-2.0, 0.25, 3.0], [0.0, 1.0, 0.0]])
LABELS = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])

LESSON = Lesson(
    name="losses",
    title="Losses, softmax, and what Keras really computes",
    claims=(
        Claim(
            4,
            "Activation functions: beyond the linearity",
            "Softmax produces a set of values between 0 and 1 that adds up to 1 and weights the "
            "values so it exaggerates differences.",
        ),
        Claim(
            1,
            "4.1) Softmax Regression",
            "Categorical crossentropy is the generalization of binary crossentropy to more than 2 "
            "classes.",
        ),
    ),
    text="""
The cross-entropy of a sample is −log of the probability given to its true class. Its slope by the
scores is simple: p − y, the prediction less the label.

Keras gets the scores themselves (from_logits=True), or the probabilities that softmax has made of
them. It clips probabilities to between ε and 1 − ε before it takes the logarithm, so that the loss
of a confident mistake is large and not infinite. A clipped probability has slope 0. Turn the score
of the true class down to −20 and compare the two ways.

Keras on TensorFlow remembers which scores a softmax was made of, and computes from them: there,
both ways are the same.
""",
    formula="p = exp(z) / Σ exp(z),  loss = −Σ y · log p,  slope by z: p − y\n"
    "from probabilities: loss = −Σ y · log clip(p, ε, 1 − ε)",
    code=("softmax", "ops.categorical_crossentropy"),
    controls=(
        Control(
            "score",
            "score of the true class",
            (-30.0, -20.0, -15.0, -5.0, -1.0, 0.0, 1.0, 5.0, 15.0, 20.0),
            0.0,
        ),
        Control("from_logits", "from logits", (True, False), True),
    ),
    numbers=numbers,
    statements=statements,
    picture=picture,
    exercises=(
        Exercise(
            "softmax",
            "The softmax of each row of z, also of rows such as [1000, 0, −1000].",
            "import numpy as np\n\n\ndef softmax(z):\n    ...\n",
            [
                (np.array([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]]),),
                (np.array([[1000.0, 0.0, -1000.0], [1.0, 1.0, 0.5]]),),
            ],
            keras_softmax,
            (
                Wrong(
                    "the sum goes over the batch (axis 0), as in document 5's listing: it must go "
                    "over the classes of each row.",
                    lambda z: softmax(z, axis=0),
                ),
                Wrong(
                    "right for small scores, but exp(1000) overflows: take the row's largest score "
                    "off first.",
                    careless,
                ),
                Wrong("the exponential is missing: exp(z), then divide by the sum.", by_sum),
                Wrong("the sign of the exponent is wrong: exp(z).", lambda z: softmax(-z)),
                Wrong(
                    "the division by the sum is missing.",
                    lambda z: np.exp(z - z.max(axis=-1, keepdims=True)),
                ),
                Wrong(
                    "the rows together add up to 1: each row must do so by itself.",
                    lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum(),
                ),
            ),
        ),
        Exercise(
            "gradient",
            "The gradient by the logits of the cross-entropy, averaged over the batch; labels are "
            "one-hot. Both have shape (batch, classes).",
            "import numpy as np\n\n\ndef gradient(logits, labels):\n    ...\n",
            [(LOGITS, LABELS), (LOGITS[:2] * 2, LABELS[1:3])],
            gradient,
            (
                Wrong("the sign is wrong: p − y.", lambda z, y: (y - softmax(z)) / len(z)),
                Wrong(
                    "the mean over the batch is missing: divide by the number of rows.",
                    lambda z, y: softmax(z) - y,
                ),
                Wrong(
                    "it is divided by all entries: the mean goes over the rows alone.",
                    lambda z, y: (softmax(z) - y) / z.size,
                ),
                Wrong("the labels are missing: p − y.", lambda z, y: softmax(z) / len(z)),
                Wrong("the softmax is missing: p − y, not z − y.", lambda z, y: (z - y) / len(z)),
                Wrong(
                    "only the true class has a slope in yours: the others' p must go down too.",
                    lambda z, y: y * (softmax(z) - y) / len(z),
                ),
            ),
        ),
    ),
    roundings=2,
    why="This backend compiles the loss as one program and Keras runs it step by step, which may "
    "round the logarithm's last bit differently, once on each side.",
)
