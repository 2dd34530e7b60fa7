"""Backpropagation by hand, by autodiff, and by differences."""

import functools

import numpy as np

from keras_edu_backend.lessons.lesson import Claim, Code, Control, Exercise, Lesson, Wrong
from keras_edu_backend.lessons.measure import array
from keras_edu_backend.lessons.picture import Picture, Series

INPUTS, UNITS = 2, 3
NAMES = ("dL/dW₁", "dL/db₁", "dL/dW₂", "dL/db₂")
# f′ by the value a = f(z).
SLOPES = {
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a**2,
    "relu": lambda a: np.where(a > 0, np.float32(1), np.float32(0)),
}
TRAIN_STEP = Code(
    "one step of training: forward, backward, update",
    "keras_edu_backend/training/steps.py:PureSteps.train_step",
    "keras/src/backend/{backend}/trainer.py:{trainer}.train_step",
)
STEPS = tuple(2.0**-k for k in range(1, 19))
LOSS, QUOTIENT = "loss L", "dL/dW₁[0, 0] by differences"
ERRORS = "distance of the difference quotient from autodiff, by h"


def numbers(activation, batch, h):
    """The gradients of a network of two layers, each found in three ways."""
    hand, auto, loss, quotients = gradients(activation, batch)
    found = {LOSS: loss}
    for name, one, other in zip(NAMES, hand, auto, strict=True):
        found |= {f"{name}, by hand": one, f"{name}, autodiff": other}
    exact = float(auto[0][0, 0])
    return found | {
        QUOTIENT: quotients[STEPS.index(h)],
        ERRORS: [abs(quotient - exact) for quotient in quotients],
    }


@functools.cache
def gradients(activation, batch):
    """By hand, by autodiff; the loss; and difference quotients for each of `STEPS`."""
    from keras_edu_backend.explain.measure import derivatives

    draws = np.random.default_rng(2)
    x = draws.uniform(-1, 1, (batch, INPUTS)).astype("float32")
    target = draws.uniform(-1, 1, (batch, 1)).astype("float32")
    shapes = ((INPUTS, UNITS), (UNITS,), (UNITS, 1), (1,))
    weights = [draws.uniform(-1, 1, shape).astype("float32") for shape in shapes]
    weights[1] += 1  # so that relu's units are not all off

    def loss(values):
        return mse(x, target, values, activation)

    auto = [np.asarray(each) for each in derivatives(loss, weights)]
    hand = by_hand(x, target, weights, activation)
    quotients = []
    for step in STEPS:
        ends = []
        for sign in (1, -1):
            moved = weights[0].copy()
            moved[0, 0] += np.float32(sign * step)
            ends.append(float(array(loss([moved, *weights[1:]]))))
        quotients.append((ends[0] - ends[1]) / (2 * step))
    return hand, auto, float(array(loss(weights))), quotients


def mse(x, target, weights, activation):
    """The forward pass and the mean squared error, in Keras's ops."""
    import keras

    w1, b1, w2, b2 = weights
    a1 = keras.activations.get(activation)(keras.ops.add(keras.ops.matmul(x, w1), b1))
    y = keras.ops.add(keras.ops.matmul(a1, w2), b2)
    return keras.ops.mean(keras.ops.square(keras.ops.subtract(y, target)))


def by_hand(x, target, weights, activation):
    """The chain rule, from the loss back to each weight, in NumPy."""
    w1, b1, w2, b2 = weights
    z1 = x @ w1 + b1
    forward = {"sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh}
    a1 = forward.get(activation, lambda z: np.maximum(z, 0))(z1)
    y = a1 @ w2 + b2
    dy = 2 * (y - target) / y.size  # (batch, 1)
    dz1 = (dy @ w2.T) * SLOPES[activation](a1)  # (batch, units)
    return [x.T @ dz1, dz1.sum(0), a1.T @ dy, dy.sum(0)]


def statements(numbers, activation, batch, h):
    """What must hold."""
    # A gradient is a sum over the batch of products of four factors, none above 8 here; float32
    # rounds each step by 2^-24 of its size.
    near = 64 * 2.0**-24 * 8
    distances = [
        np.max(np.abs(np.subtract(numbers[f"{n}, by hand"], numbers[f"{n}, autodiff"])))
        for n in NAMES
    ]
    errors = numbers[ERRORS]
    best = int(np.argmin(errors))
    found = {
        "By hand and by autodiff: the same, up to rounding.": max(distances) <= near,
        "The smallest h is not the best: the loss is rounded, and that error is divided by h.": (
            errors[-1] > errors[best] and best < len(STEPS) - 1
        ),
    }
    if activation != "relu":
        found["The largest h is not the best either: the loss bends on the way."] = (
            errors[0] > errors[best]
        )
    return found


def picture(numbers, activation, batch, h):
    """The error of the difference quotient over h."""
    exponents = [-float(np.log2(step)) for step in STEPS]
    errors = numbers[ERRORS]
    place = STEPS.index(h)
    return Picture(
        (
            Series("error", exponents, errors),
            Series("here", [exponents[place]], [errors[place]], points=True),
        ),
        "k, where h = 2⁻ᵏ",
        "error of the difference quotient",
        log=True,
    )


def kernel_gradient(x, kernel, target):
    """Keras's gradient of the mean squared error of one Dense layer, by its kernel."""
    import keras

    from keras_edu_backend.explain.measure import derivatives

    x, target = np.asarray(x, "float32"), np.asarray(target, "float32")

    def loss(values):
        return keras.losses.MeanSquaredError()(target, keras.ops.matmul(x, values[0]))

    return np.asarray(derivatives(loss, [np.asarray(kernel, "float32")])[0])


def back_through_relu(slope, kernel, z):
    """Keras's gradient by z, where y = relu(z) · kernel and ``slope`` is the gradient by y."""
    import keras

    from keras_edu_backend.explain.measure import derivatives

    slope, kernel = np.asarray(slope, "float32"), np.asarray(kernel, "float32")

    def weighted(values):
        return keras.ops.sum(slope * keras.ops.matmul(keras.ops.relu(values[0]), kernel))

    return np.asarray(derivatives(weighted, [np.asarray(z, "float32")])[0])


X = np.array([[1.0, -0.5], [0.25, 2.0], [-1.0, 0.5]])
KERNEL = np.array([[0.5, -1.0], [2.0, 0.25]])
TARGET = np.array([[1.0, 0.0], [-1.0, 0.5], [0.0, 2.0]])
Z = np.array([[1.0, -2.0], [0.0, 0.5], [-0.25, 0.0]])

LESSON = Lesson(
    name="backpropagation",
    title="Backpropagation by hand, by autodiff, by differences",
    claims=(
        Claim(
            5,
            "Training the Neural Network",
            "This adjustment of parameters is done with the help of gradients of the loss function "
            "with respect to these parameters by the method of chain rule.",
        ),
        Claim(
            2,
            "Supplement: Feed-Forward Networks and Backpropagation",
            "We compute the derivatives backwards, starting with the last layer and working back "
            "through the network to the first layer.",
        ),
    ),
    text="""
A network of two layers: a₁ = f(x·W₁ + b₁), y = a₁·W₂ + b₂, and the mean squared error L. The
gradient of each weight is found by hand, by the chain rule from the loss backwards, and by
autodiff, as Keras trains. One of them is found by differences too: change the weight by ±h, and
divide the change of L by 2h.

Differences need no calculus, but two forward passes for each weight, and they are never exact. With
a large h, L is not a straight line from one end to the other. With a small h, the rounding of L is
divided by a small number.
""",
    formula="dy = 2(y − t)/N\ndW₂ = a₁ᵀ·dy,  db₂ = Σ dy\ndz₁ = (dy·W₂ᵀ) ∘ f′(z₁)\n"
    "dW₁ = xᵀ·dz₁,  db₁ = Σ dz₁",
    code=(
        TRAIN_STEP,
        "ops.matmul",
    ),
    controls=(
        Control("activation", "activation", tuple(SLOPES), "sigmoid"),
        Control("batch", "samples in the batch", (1, 4, 16), 4),
        Control("h", "h", (2.0**-1, 2.0**-3, 2.0**-6, 2.0**-9, 2.0**-12, 2.0**-18), 2.0**-6),
    ),
    numbers=numbers,
    statements=statements,
    picture=picture,
    exercises=(
        Exercise(
            "kernel_gradient",
            "One layer, y = x·kernel, and the mean squared error over the batch and the units: its "
            "gradient by the kernel. x (batch, inputs), kernel (inputs, units), target (batch, "
            "units).",
            "def kernel_gradient(x, kernel, target):\n    ...\n",
            [(X, KERNEL, TARGET), (X[:1] * 2, KERNEL - 1, TARGET[1:2])],
            kernel_gradient,
            (
                Wrong(
                    "the sign is wrong: y − t.",
                    lambda x, w, t: x.T @ (2 * (t - x @ w)) / t.size,
                ),
                Wrong(
                    "the mean over the batch is missing: divide by the number of rows too.",
                    lambda x, w, t: x.T @ (2 * (x @ w - t)) / t.shape[1],
                ),
                Wrong(
                    "the mean over the units is missing: Keras's mean squared error takes it too.",
                    lambda x, w, t: x.T @ (2 * (x @ w - t)) / len(t),
                ),
                Wrong(
                    "the mean is missing: divide by the number of entries of y.",
                    lambda x, w, t: x.T @ (2 * (x @ w - t)),
                ),
                Wrong(
                    "the 2 is missing: the slope of a square is twice its root.",
                    lambda x, w, t: x.T @ (x @ w - t) / t.size,
                ),
                Wrong(
                    "the gradient is transposed: it has the kernel's shape, xᵀ·dy.",
                    lambda x, w, t: (2 * (x @ w - t)).T @ x / t.size,
                ),
                Wrong(
                    "the kernel is transposed in the forward pass: y = x·kernel.",
                    lambda x, w, t: x.T @ (2 * (x @ w.T - t)) / t.size,
                ),
            ),
        ),
        Exercise(
            "back_through_relu",
            "y = relu(z)·kernel. Given slope, the gradient of the loss by y, return its gradient "
            "by z. slope (batch, units), kernel (inputs, units), z (batch, inputs).",
            "def back_through_relu(slope, kernel, z):\n    ...\n",
            [(TARGET + 0.25, KERNEL, Z), (X, KERNEL.T, Z - 0.25)],
            back_through_relu,
            (
                Wrong(
                    "the kernel is not transposed: backwards it is slope·kernelᵀ.",
                    lambda s, w, z: (s @ w) * (z > 0),
                ),
                Wrong(
                    "right but where z is 0: the slope of relu there is 0.",
                    lambda s, w, z: (s @ w.T) * (z >= 0),
                ),
                Wrong(
                    "the slope of relu is missing: nothing passes where z is negative.",
                    lambda s, w, z: s @ w.T,
                ),
                Wrong(
                    "multiply by the slope of relu, 0 or 1, not by relu itself.",
                    lambda s, w, z: (s @ w.T) * np.maximum(z, 0),
                ),
                Wrong(
                    "relu's slope asks for the sign of z, not for that of the gradient.",
                    lambda s, w, z: np.maximum(s @ w.T, 0),
                ),
                Wrong("the sign is wrong.", lambda s, w, z: -(s @ w.T) * (z > 0)),
            ),
        ),
    ),
)
