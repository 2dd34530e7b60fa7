"""One step of training, quantity by quantity: forward, back, and the update."""

import functools
import inspect
from types import SimpleNamespace

import numpy as np

from keras_edu_backend.lessons.course.backpropagation import SLOPES, TRAIN_STEP
from keras_edu_backend.lessons.lesson import Claim, Control, Exercise, Lesson, Walk, Wrong
from keras_edu_backend.lessons.measure import array
from keras_edu_backend.lessons.picture import Network

X, TARGET, RATE = np.array([[1.0, -0.5]], "float32"), np.array([[2.0]], "float32"), 0.1
WEIGHTS = [
    np.array(values, "float32")
    for values in ([[0.5, -1.0], [1.5, 0.75]], [0.5, -0.25], [[1.5], [-2.0]], [0.5])
]
ACTIVATIONS = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
}


def one_step(x, t, w1, b1, w2, b2, rate, f, slope):
    """Every quantity of a step of gradient descent; ``slope`` is f′ by the value a = f(z)."""
    z1 = x @ w1 + b1
    a1 = f(z1)
    y = a1 @ w2 + b2
    loss = np.mean((y - t) ** 2)
    dy = 2 * (y - t) / y.size
    dw2 = a1.T @ dy
    db2 = dy.sum(0)
    da1 = dy @ w2.T
    dz1 = da1 * slope(a1)
    dw1 = x.T @ dz1
    db1 = dz1.sum(0)
    new_w2 = w2 - rate * dw2
    new_b2 = b2 - rate * db2
    new_w1 = w1 - rate * dw1
    new_b1 = b1 - rate * db1
    new_loss = np.mean((f(x @ new_w1 + new_b1) @ new_w2 + new_b2 - t) ** 2)
    return locals()


# What `one_step` computes, line by line.
QUANTITIES = {
    "z1": "z₁ = x·W₁ + b₁",
    "a1": "a₁ = f(z₁)",
    "y": "y = a₁·W₂ + b₂",
    "loss": "L = (y − t)²",
    "dy": "dL/dy = 2(y − t)",
    "dw2": "dL/dW₂ = a₁ᵀ·dL/dy",
    "db2": "dL/db₂ = dL/dy",
    "da1": "dL/da₁ = dL/dy·W₂ᵀ",
    "dz1": "dL/dz₁ = dL/da₁ ∘ f′(z₁)",
    "dw1": "dL/dW₁ = xᵀ·dL/dz₁",
    "db1": "dL/db₁ = dL/dz₁",
    "new_w2": "new W₂ = W₂ − rate·dL/dW₂",
    "new_b2": "new b₂ = b₂ − rate·dL/db₂",
    "new_w1": "new W₁ = W₁ − rate·dL/dW₁",
    "new_b1": "new b₁ = b₁ − rate·dL/db₁",
    "new_loss": "L with the new weights",
}
FORWARD, BACK = ("z1", "a1", "y", "loss"), ("dy", "dw2", "db2", "da1", "dz1", "dw1", "db1")


def numbers(activation, quantity):
    """All quantities up to this one, as Keras computes them."""
    found = by_keras(activation)
    known = list(QUANTITIES.values()).index(quantity) + 1
    return {label: found[name] for name, label in list(QUANTITIES.items())[:known]}


@functools.cache
def by_keras(activation):
    """The loss and the new weights of ``train_on_batch``; what it passes on the way, one by one."""
    import keras

    from keras_edu_backend.explain.measure import derivatives

    names = ("w1", "b1", "w2", "b2")
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2, activation), keras.layers.Dense(1)]
    )
    model.set_weights(WEIGHTS)
    model.compile(keras.optimizers.SGD(RATE), "mean_squared_error")
    known = dict(zip(names, WEIGHTS, strict=True))

    def forward(**given):
        """z₁, a₁, y and L, of which some may be given."""
        given = known | given
        z1 = given.get("z1", keras.ops.add(keras.ops.matmul(X, given["w1"]), given["b1"]))
        a1 = given.get("a1", keras.activations.get(activation)(z1))
        y = given.get("y", keras.ops.add(keras.ops.matmul(a1, given["w2"]), given["b2"]))
        return z1, a1, y, keras.losses.MeanSquaredError()(TARGET, y)

    found = dict(zip(FORWARD, map(array, forward()), strict=True))
    for name in ("y", "w2", "b2", "a1", "z1", "w1", "b1"):
        point = found.get(name, known.get(name))
        (slope,) = derivatives(lambda values, name=name: forward(**{name: values[0]})[-1], [point])
        found[f"d{name}"] = array(slope)
    found["loss"] = float(model.train_on_batch(X, TARGET))
    new = (f"new_{name}" for name in names)
    found |= zip(new, model.get_weights(), strict=True)
    return found | {"new_loss": float(model.test_on_batch(X, TARGET))}


def by_name(numbers):
    """Rows of the table and what the step begins with, as `one_step` calls them."""
    start = dict(zip(("w1", "b1", "w2", "b2"), WEIGHTS, strict=True))
    rows = {name: numbers[label] for name, label in QUANTITIES.items() if label in numbers}
    return start | {name: np.asarray(row) for name, row in rows.items()}


def statements(numbers, activation, quantity):
    """What must hold."""
    found = by_name(numbers)
    ours = one_step(X, TARGET, *WEIGHTS, RATE, ACTIVATIONS[activation], SLOPES[activation])
    # A quantity comes of fewer than 64 operations on numbers below 4, each rounded by 2^-24.
    near = 64 * 4 * 2.0**-24
    far = max(np.max(np.abs(found[name] - ours[name])) for name in QUANTITIES if name in found)
    said = {"Our lines so far compute what Keras computes, up to rounding.": far <= near}
    if quantity == QUANTITIES["new_loss"]:
        said["The step has made the loss smaller."] = found["new_loss"] < found["loss"]
    return said


def walk(numbers, activation, quantity):
    """The formula of this quantity with its numbers, and where our program is."""
    name = next(name for name, label in QUANTITIES.items() if label == quantity)
    lines = inspect.getsource(one_step).splitlines()
    program = [lines[0], *lines[2:]]  # without the docstring
    here = next(n for n, line in enumerate(program) if line.startswith(f"    {name} = "))
    return Walk(tuple(plugged(by_name(numbers), name, activation)), tuple(program), here)


def plugged(found, name, activation):
    """A quantity, entry by entry, with the numbers that it comes from."""
    known = found | {"x": X, "t": TARGET}
    texts = {key: np.vectorize(in_brackets)(np.squeeze(value)) for key, value in known.items()}
    symbol = QUANTITIES[name].partition(" = ")[0]
    formula = PLUGGED.get(name) or PLUGGED[name, activation]
    for index in np.ndindex(np.squeeze(found[name]).shape):
        place = f"[{', '.join(map(str, index))}]" if index else ""
        value = np.squeeze(found[name])[index]
        yield f"{symbol}{place} = {formula(SimpleNamespace(**texts), *index)} = {text(value)}"


def text(number):
    """A number in four digits."""
    return f"{number + 0.0:.4g}".replace("-", "−")


def in_brackets(number):
    """The same, in brackets if it is negative."""
    return text(number) if number >= 0 else f"({text(number)})"


# Right-hand sides for the entry [j] or [i, j]; of f and its slope, one for each activation.
PLUGGED = {
    "z1": lambda v, j: f"{v.x[0]}·{v.w1[0, j]} + {v.x[1]}·{v.w1[1, j]} + {v.b1[j]}",
    ("a1", "sigmoid"): lambda v, j: f"1/(1 + exp(−{v.z1[j]}))",
    ("a1", "tanh"): lambda v, j: f"tanh {v.z1[j]}",
    ("a1", "relu"): lambda v, j: f"max(0, {v.z1[j]})",
    "y": lambda v: f"{v.a1[0]}·{v.w2[0]} + {v.a1[1]}·{v.w2[1]} + {v.b2}",
    "loss": lambda v: f"({v.y} − {v.t})²",
    "dy": lambda v: f"2·({v.y} − {v.t})",
    "dw2": lambda v, j: f"{v.a1[j]}·{v.dy}",
    "db2": lambda v: f"{v.dy}",
    "da1": lambda v, j: f"{v.dy}·{v.w2[j]}",
    ("dz1", "sigmoid"): lambda v, j: f"{v.da1[j]}·{v.a1[j]}·(1 − {v.a1[j]})",
    ("dz1", "tanh"): lambda v, j: f"{v.da1[j]}·(1 − {v.a1[j]}²)",
    ("dz1", "relu"): lambda v, j: f"{v.da1[j]}·{int(v.a1[j] != '0')}",
    "dw1": lambda v, i, j: f"{v.x[i]}·{v.dz1[j]}",
    "db1": lambda v, j: f"{v.dz1[j]}",
    "new_w2": lambda v, j: f"{v.w2[j]} − {RATE}·{v.dw2[j]}",
    "new_b2": lambda v: f"{v.b2} − {RATE}·{v.db2}",
    "new_w1": lambda v, i, j: f"{v.w1[i, j]} − {RATE}·{v.dw1[i, j]}",
    "new_b1": lambda v, j: f"{v.b1[j]} − {RATE}·{v.db1[j]}",
    "new_loss": lambda v: "(f(x·new W₁ + new b₁)·new W₂ + new b₂ − t)²",
}


def picture(numbers, activation, quantity):
    """The network: values on the way forward, then gradients, then the new weights."""
    found = {name: np.squeeze(value) for name, value in by_name(numbers).items()}
    now = next(name for name, label in QUANTITIES.items() if label == quantity)

    def shown(*names):
        """The last of these that is known."""
        known = [name for name in names if name in found]
        return known[-1] if known else None

    if now in FORWARD:
        says, w1, b1, w2, b2 = "values, weights, and biases below", "w1", "b1", "w2", "b2"
        hidden, output, loss = shown("z1", "a1"), "y", "loss"
    elif now in BACK:
        says, w1, b1, w2, b2 = "gradients of L by these", "dw1", "db1", "dw2", "db2"
        hidden, output, loss = shown("da1", "dz1"), "dy", None
    else:
        says, w1, b1, w2, b2 = "new weights and biases", "new_w1", "new_b1", "new_w2", "new_b2"
        hidden, output, loss = None, None, "new_loss"

    def entry(name, *index):
        return (text(found[name][index]), name == now) if name in found else ("", False)

    nodes = {
        **{f"x[{i}]": (0.0, i, [(text(X[0, i]), False)]) for i in (0, 1)},
        **{f"unit {j}": (0.42, j, [entry(hidden, j), entry(b1, j)]) for j in (0, 1)},
        "y": (0.76, 0.5, [entry(output), entry(b2)]),
        "L": (1.0, 0.5, [entry(loss)]),
    }
    edges = [(f"x[{i}]", f"unit {j}", entry(w1, i, j)) for i in (0, 1) for j in (0, 1)]
    edges += [(f"unit {j}", "y", entry(w2, j)) for j in (0, 1)]
    return Network(nodes, [*edges, ("y", "L", ("", False))], says)


def hidden_gradient(dy, kernel, z):
    """Keras's gradient by z, where y = tanh(z)·kernel and ``dy`` is the gradient by y."""
    import keras

    from keras_edu_backend.explain.measure import derivatives

    dy, kernel = np.asarray(dy, "float32"), np.asarray(kernel, "float32")

    def weighted(values):
        return keras.ops.sum(dy * keras.ops.matmul(keras.ops.tanh(values[0]), kernel))

    return np.asarray(derivatives(weighted, [np.asarray(z, "float32")])[0])


def bias_gradient(dz):
    """Keras's gradient by the bias of a layer, where ``dz`` is the gradient by z = x·W + b."""
    import keras

    from keras_edu_backend.explain.measure import derivatives

    dz = np.asarray(dz, "float32")
    zeros = np.zeros_like(dz)

    def weighted(values):
        return keras.ops.sum(dz * keras.ops.add(zeros, values[0]))

    return np.asarray(derivatives(weighted, [zeros[0]])[0])


DY = np.array([[1.0, -0.5], [0.25, 2.0], [-1.0, 0.5]])
KERNEL = np.array([[0.5, -1.0], [2.0, 0.25]])
Z = np.array([[1.0, -2.0], [0.5, 0.25], [-0.25, 1.5]])

LESSON = Lesson(
    name="step",
    title="One step of training, quantity by quantity",
    claims=(
        Claim(
            1,
            "1.1) Introduction",
            "Perform a backwards pass from right to left and propagate the error to every "
            "individual node using backpropagation.",
        ),
        Claim(
            3,
            "Backpropagation",
            "Finally the algorithm performs a Gradient Descent step to tweak all the connection "
            "weights in the network, using the error gradients it just computed.",
        ),
    ),
    text=f"""
Two inputs, two hidden units, one output, one sample: x = (1, −0.5), and the target is t = 2. Step
forward through one step of gradient descent with the rate {RATE}: first the values from left to
right, then the gradients from right to left, then the new weights. Step back at any time.

Each quantity needs only those before it. That is why the gradients begin at the loss, and why all
gradients are computed with the old weights.
""",
    formula="forward: z₁, a₁, y, L\nback: dL/dy, dL/dW₂, dL/db₂, dL/da₁, dL/dz₁, dL/dW₁, dL/db₁\n"
    "update: weight ← weight − rate · dL/dweight",
    code=(
        TRAIN_STEP,
        "MeanSquaredError",
        "SGD",
    ),
    controls=(
        Control("activation", "activation f", tuple(ACTIVATIONS), "sigmoid"),
        Control("quantity", "quantity", tuple(QUANTITIES.values()), "z₁ = x·W₁ + b₁", steps=True),
    ),
    numbers=numbers,
    statements=statements,
    picture=picture,
    walk=walk,
    exercises=(
        Exercise(
            "hidden_gradient",
            "y = tanh(z)·kernel. Given dy, the gradient of the loss by y, return its gradient by "
            "z. dy (batch, units), kernel (inputs, units), z (batch, inputs).",
            "import numpy as np\n\n\ndef hidden_gradient(dy, kernel, z):\n    ...\n",
            [(DY, KERNEL, Z), (DY[:2] * 2, KERNEL - 1, Z[1:])],
            hidden_gradient,
            (
                Wrong(
                    "the kernel is not transposed: backwards it is dy·kernelᵀ.",
                    lambda dy, w, z: (dy @ w) * (1 - np.tanh(z) ** 2),
                ),
                Wrong("the slope of tanh is missing.", lambda dy, w, z: dy @ w.T),
                Wrong(
                    "multiply by the slope of tanh, not by tanh itself.",
                    lambda dy, w, z: (dy @ w.T) * np.tanh(z),
                ),
                Wrong(
                    "the slope of tanh at z is 1 − tanh(z)², not 1 − z².",
                    lambda dy, w, z: (dy @ w.T) * (1 - z**2),
                ),
                Wrong(
                    "the slope of tanh is 1 − a², where you have sigmoid's, a(1 − a).",
                    lambda dy, w, z: (dy @ w.T) * np.tanh(z) * (1 - np.tanh(z)),
                ),
                Wrong("the sign is wrong.", lambda dy, w, z: -(dy @ w.T) * (1 - np.tanh(z) ** 2)),
            ),
        ),
        Exercise(
            "bias_gradient",
            "z = x·W + b. Given dz, the gradient of the loss by z, return its gradient by b. dz "
            "(batch, units).",
            "import numpy as np\n\n\ndef bias_gradient(dz):\n    ...\n",
            [(DY,), (KERNEL * 3,)],
            bias_gradient,
            (
                Wrong(
                    "take the sum over the batch, not the mean: the mean of the loss is in dz "
                    "already.",
                    lambda dz: dz.mean(0),
                ),
                Wrong(
                    "this is the sum over the units: b has an entry for each unit, so sum over the "
                    "batch.",
                    lambda dz: dz.sum(1),
                ),
                Wrong(
                    "this is one number for all units: sum over the batch alone.",
                    lambda dz: dz.sum(),
                ),
                Wrong("the sum over the batch is missing.", lambda dz: dz),
                Wrong("the sign is wrong.", lambda dz: -dz.sum(0)),
            ),
        ),
    ),
)
