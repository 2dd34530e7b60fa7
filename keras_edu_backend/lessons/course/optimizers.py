"""Optimizers, with their arithmetic."""

import functools

import numpy as np

from keras_edu_backend.lessons.lesson import Claim, Control, Exercise, Lesson, Wrong
from keras_edu_backend.lessons.picture import Picture, Series

STEPS = 10
GRADIENTS = {
    "always 1": [1.0] * STEPS,
    "1, −1, 1, −1, …": [(-1.0) ** step for step in range(STEPS)],
    "1, ½, ¼, …": [0.5**step for step in range(STEPS)],
}
MOMENTUM, RHO, BETA_1, BETA_2, EPSILON = 0.9, 0.9, 0.9, 0.999, 1e-7
OURS, HAND = "w after each step, by Keras", "w after each step, by hand"
SIZES = "sizes of the steps"


def numbers(optimizer, rate, gradients):
    """Ten steps of a Keras optimizer on one weight that starts at 0, and the same by hand."""
    w = paths(optimizer, rate)[list(GRADIENTS).index(gradients)]
    return {
        "gradients": GRADIENTS[gradients],
        OURS: w,
        HAND: BY_HAND[optimizer](GRADIENTS[gradients], rate),
        SIZES: np.abs(np.diff(w, prepend=0)),
    }


@functools.cache
def paths(optimizer, rate):
    """The weights after each step: one row for each of `GRADIENTS`, each entry a weight."""
    import keras

    make = {
        "SGD": lambda: keras.optimizers.SGD(rate),
        "momentum": lambda: keras.optimizers.SGD(rate, momentum=MOMENTUM),
        "Adagrad": lambda: keras.optimizers.Adagrad(rate, initial_accumulator_value=0.0),
        "RMSprop": lambda: keras.optimizers.RMSprop(rate, rho=RHO),
        "Adam": lambda: keras.optimizers.Adam(rate),
    }
    return run(make[optimizer](), np.array(list(GRADIENTS.values())).T).T


def run(optimizer, gradients):
    """The weights after each step of a Keras optimizer, from 0: one row for each row given."""
    import keras

    gradients = np.asarray(gradients, "float32")
    weights = keras.Variable(np.zeros(gradients.shape[1:], "float32"))
    found = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weights])
        found.append(keras.ops.convert_to_numpy(weights))
    return np.array(found)


def sgd(gradients, rate):
    """w ← w − rate·g."""
    return -rate * np.cumsum(gradients)


def with_momentum(gradients, rate, momentum=MOMENTUM):
    """v ← momentum·v − rate·g, w ← w + v."""
    w = v = 0.0
    found = []
    for g in gradients:
        v = momentum * v - rate * g
        w = w + v
        found.append(w)
    return np.array(found)


def adagrad(gradients, rate):
    """a ← a + g², w ← w − rate·g / √(a + ε)."""
    g = np.array(gradients)
    return -np.cumsum(rate * g / np.sqrt(np.cumsum(g**2) + EPSILON))


def rmsprop(gradients, rate):
    """v ← ρv + (1 − ρ)g², w ← w − rate·g / √(v + ε)."""
    w = v = 0.0
    found = []
    for g in gradients:
        v = RHO * v + (1 - RHO) * g**2
        w = w - rate * g / np.sqrt(v + EPSILON)
        found.append(w)
    return np.array(found)


def adam(gradients, rate, correct=True, beta_1=BETA_1, root=np.sqrt):
    """m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − rate·m̂ / (√v̂ + ε)."""
    w = m = v = 0.0
    found = []
    for t, g in enumerate(gradients, start=1):
        m = beta_1 * m + (1 - beta_1) * g
        v = BETA_2 * v + (1 - BETA_2) * g**2
        scale = np.sqrt(1 - BETA_2**t) / (1 - beta_1**t) if correct else 1.0
        w = w - rate * scale * m / (root(v) + EPSILON)
        found.append(w)
    return np.array(found)


BY_HAND = {
    "SGD": sgd,
    "momentum": with_momentum,
    "Adagrad": adagrad,
    "RMSprop": rmsprop,
    "Adam": adam,
}


def statements(numbers, optimizer, rate, gradients):
    """What must hold."""
    w, hand, sizes = (np.array(numbers[name]) for name in (OURS, HAND, SIZES))
    # Keras keeps all of it in float32. 1 - β₂ᵗ loses digits: β₂ᵗ is near 1, and its rounding,
    # 2^-24 for each of t factors, is divided by 1 - β₂ᵗ, which is t/1000. Half of it passes the
    # root. So Adam is right to 1000 roundings, and so are the others, with a dozen each step.
    near = 1000 * 2.0**-24 * np.max(np.abs(hand))
    found = {"Keras and the arithmetic by hand agree.": np.all(np.abs(w - hand) <= near)}
    always = gradients == "always 1"
    if optimizer == "SGD":
        found["Each step is rate · |gradient|."] = np.allclose(
            sizes, rate * np.abs(GRADIENTS[gradients]), rtol=0, atol=near
        )
    if optimizer == "momentum" and always:
        found["Momentum accelerates where the gradient keeps its sign."] = np.all(
            np.diff(sizes) > 0
        )
    if optimizer == "momentum" and gradients.startswith("1, −1"):
        found["Momentum dampens what goes back and forth: later steps are smaller."] = (
            sizes[-1] < sizes[0]
        )
    if optimizer == "Adagrad" and always:
        found["Adagrad's n-th step is rate / √n: it becomes infinitesimally small."] = np.allclose(
            sizes, rate / np.sqrt(np.arange(1, STEPS + 1)), rtol=1e-5, atol=near
        )
    if optimizer == "RMSprop" and always:
        found["RMSprop's steps stay above the rate."] = np.all(sizes > rate)
    if optimizer == "Adam":
        found["Adam's first step is the rate, whatever the size of the gradient."] = (
            # ε beside √v = 0.0316 takes away a 300,000th.
            abs(sizes[0] / rate - 1) < 1e-5
        )
    return {sentence: bool(so) for sentence, so in found.items()}


def picture(numbers, **_):
    """The weight after each step."""
    steps = list(range(STEPS + 1))
    return Picture(
        (
            Series("Keras", steps, [0.0, *numbers[OURS]]),
            Series("by hand", steps, [0.0, *numbers[HAND]]),
        ),
        "step",
        "w",
    )


def keras_adam(gradients, rate):
    """The weight after the last step of Keras's Adam."""
    import keras

    return run(keras.optimizers.Adam(rate), gradients)[-1]


def keras_momentum(gradients, rate, momentum):
    """The weight after the last step of Keras's SGD with momentum."""
    import keras

    return run(keras.optimizers.SGD(rate, momentum=momentum), gradients)[-1]


def averaging(gradients, rate, momentum):
    """Momentum as a mean: the gradient counts times 1 − momentum."""
    return with_momentum(gradients, rate * (1 - momentum), momentum)[-1]


def nesterov(gradients, rate, momentum):
    """Nesterov's form: a look ahead along v."""
    w = v = 0.0
    for g in gradients:
        v = momentum * v - rate * g
        w = w + momentum * v - rate * g
    return w


LESSON = Lesson(
    name="optimizers",
    title="Optimizers, with their arithmetic",
    claims=(
        Claim(
            5,
            "SGD with Momentum",
            "Momentum is a method that helps accelerate SGD in the relevant direction and dampens "
            "oscillations.",
        ),
        Claim(
            5,
            "Adagrad Optimiser",
            "The accumulated sum keeps growing during training which in turn causes the learning "
            "rate to become infinitesimally small.",
        ),
        Claim(
            5,
            "ADAM Optimiser",
            "Adam can be looked at as a combination of RMSprop and Stochastic Gradient Descent "
            "with momentum.",
        ),
    ),
    text="""
An optimizer turns gradients into steps. Here ten gradients are given and one weight starts at 0, so
that each step can be followed with a pocket calculator.

All these rules work entry by entry: each weight has its own m, v and a.
""",
    formula="SGD: w ← w − rate·g\nmomentum: v ← 0.9·v − rate·g, w ← w + v\n"
    "Adagrad: a ← a + g², w ← w − rate·g/√(a + ε)\n"
    "RMSprop: v ← 0.9·v + 0.1·g², w ← w − rate·g/√(v + ε)\n"
    "Adam: m ← 0.9·m + 0.1·g, v ← 0.999·v + 0.001·g²,\n"
    "      w ← w − rate · √(1 − 0.999ᵗ)/(1 − 0.9ᵗ) · m/(√v + ε)",
    code=("SGD", "RMSprop", "Adam"),
    controls=(
        Control("optimizer", "optimizer", tuple(BY_HAND), "Adam"),
        Control("rate", "learning rate", (0.01, 0.1), 0.1),
        Control("gradients", "gradients", tuple(GRADIENTS), "always 1"),
    ),
    numbers=numbers,
    statements=statements,
    picture=picture,
    exercises=(
        Exercise(
            "momentum",
            "The weight after SGD with momentum has made a step for each of the gradients, from "
            "w = 0 and v = 0.",
            "def momentum(gradients, rate, momentum):\n    ...\n",
            [([1.0, 0.5, -2.0], 0.1, 0.9), ([0.25, 0.25, 0.25, 1.0], 0.5, 0.5)],
            keras_momentum,
            (
                Wrong(
                    "the sign is wrong: a step goes against the gradient.",
                    lambda g, r, m: -with_momentum(g, r, m)[-1],
                ),
                Wrong("this is SGD without momentum.", lambda g, r, m: sgd(g, r)[-1]),
                Wrong(
                    "the gradient counts in full: Keras does not multiply it by 1 − momentum.",
                    averaging,
                ),
                Wrong("this is Nesterov's momentum: Keras's default steps by v alone.", nesterov),
                Wrong(
                    "this is the last v: w is the sum of all of them.",
                    lambda g, r, m: np.diff(with_momentum(g, r, m))[-1],
                ),
            ),
        ),
        Exercise(
            "adam",
            "The weight after Adam has made a step for each of the gradients, from w = 0; with "
            "Keras's β₁ = 0.9, β₂ = 0.999, ε = 1e-7.",
            "def adam(gradients, rate):\n    ...\n",
            [([1.0, 0.5, -2.0], 0.01), ([0.25, 0.25, 0.25, 1.0], 0.01)],
            keras_adam,
            (
                Wrong(
                    "the sign is wrong: a step goes against the gradient.",
                    lambda g, r: -adam(g, r)[-1],
                ),
                Wrong(
                    "the correction of the start is missing: √(1 − β₂ᵗ) / (1 − β₁ᵗ).",
                    lambda g, r: adam(g, r, correct=False)[-1],
                ),
                Wrong(
                    "the momentum is missing: you step by g in place of its mean m.",
                    lambda g, r: adam(g, r, beta_1=0.0)[-1],
                ),
                Wrong(
                    "the root is missing: m is divided by √v.",
                    lambda g, r: adam(g, r, root=lambda v: v)[-1],
                ),
                Wrong("this is RMSprop.", lambda g, r: rmsprop(g, r)[-1]),
            ),
        ),
    ),
)
