"""What layers, outputs and loops are for: chains of matrices, bends, a second output, a memory."""

import numpy as np

from conformance.claims.claim import Claim
from conformance.claims.keras_models import dense, fitted, gradients
from conformance.claims.pictures import bars, curves
from conformance.results.measures import bends


def chain_of_matrices(by_hand="sigmoid"):
    """The 3-4-4-1 network beside f(f(f(x W1) W2) W3), without biases.

    Args:
        by_hand: "sigmoid", or "none" to leave the activations out of the product.

    Returns:
        Shapes of the matrices, and how far the two are apart.
    """
    import keras

    keras.utils.set_random_seed(0)
    sizes = (4, 4, 1)
    layers = [keras.layers.Dense(units, "sigmoid", use_bias=False) for units in sizes]
    model = keras.Sequential([keras.Input((3,)), *layers])
    x = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")
    product = x.astype("float64")
    for kernel in model.get_weights():
        product = product @ kernel
        product = 1 / (1 + np.exp(-product)) if by_hand == "sigmoid" else product
    return {
        "shapes": [list(kernel.shape) for kernel in model.get_weights()],
        "apart": np.abs(model.predict(x, verbose=0) - product).max(),
    }


def _is_a_chain(numbers):
    return {
        "the matrices are 3 x 4, 4 x 4 and 4 x 1": numbers["shapes"] == [[3, 4], [4, 4], [4, 1]],
        # Eleven products, their sums and three sigmoids, each rounded to 2^-24 of numbers near 1.
        "the network is their product, activations in between": numbers["apart"] < 32 * 2**-24,
    }


def _draw_chain(numbers):
    sizes = {" x ".join(map(str, shape)): np.prod(shape) for shape in numbers["shapes"]}
    return bars("The matrices of the 3-4-4-1 network", "weights", sizes)


def bend(activation="relu"):
    """The curve of one input, two hidden units and one output.

    Args:
        activation: of the hidden units.

    Returns:
        The curve, and in how many places it bends.
    """
    model = dense(1, (2, activation), (1, None))
    model.set_weights(
        [np.ones((1, 2)), np.array([0.0, -1.0]), np.array([[1.0], [-2.0]]), np.zeros(1)]
    )
    x = np.linspace(-2, 3, 101, dtype="float32")[:, None]

    def predict(points):
        return model.predict(points, verbose=0)

    return {"x": x[:, 0], "curve": predict(x)[:, 0], "bends": bends(predict)}


def _bends(numbers):
    return {"the curve bends where a hidden unit begins: twice": numbers["bends"] == 2}


def _draw_bend(numbers):
    title = "One input, two relu units, one output"
    return curves(title, "x", "output", {"network": numbers["curve"]}, numbers["x"])


def auxiliary_output(weight=0.1):
    """How much the deep path learns where the main output does not look at it.

    Args:
        weight: of the second output's loss.

    Returns:
        The largest gradient in the deep path's first layer, with the second output and without.
    """
    import keras

    random = np.random.default_rng(0)
    wide, deep = (random.normal(size=(64, n)).astype("float32") for n in (5, 6))
    y = random.normal(size=(64, 1)).astype("float32")
    keras.utils.set_random_seed(0)
    input_wide, input_deep = keras.Input((5,)), keras.Input((6,))
    hidden1 = keras.layers.Dense(30, "relu")(input_deep)
    hidden2 = keras.layers.Dense(30, "relu")(hidden1)
    main = keras.layers.Dense(1, kernel_initializer="zeros")
    main_output = main(keras.layers.concatenate([input_wide, hidden2]))
    second = keras.layers.Dense(1)(hidden2)

    def largest(model, loss, labels):
        kernel = gradients(model, loss, [wide, deep], labels)[0]
        return np.abs(kernel).max()

    scaled = [lambda t, z, w=w: w * keras.ops.mean((t - z) ** 2, axis=-1) for w in (0.9, weight)]
    both = keras.Model([input_wide, input_deep], [main_output, second])
    alone = keras.Model([input_wide, input_deep], main_output)
    return {
        "with a second output": largest(both, scaled, [y, y]),
        "without": largest(alone, "mse", y),
    }


def _learns(numbers):
    return {
        "where the main output gives it no weight, the deep path gets no gradient": (
            numbers["without"] == 0
        ),
        "a second output gives it one": numbers["with a second output"] > 0,
    }


def _draw_second(numbers):
    return bars("First layer of the deep path", "largest gradient", numbers)


LENGTH = 6


def memory(epochs=60):
    """To say at the end of a sequence of bits what its first one was.

    Args:
        epochs: passes through all 64 sequences.

    Returns:
        Accuracies of a recurrent network, and of a feedforward one that sees the last bit.
    """
    import keras

    bits = (np.arange(2**LENGTH)[:, None] >> np.arange(LENGTH)) & 1
    x, y = (2.0 * bits[:, :, None] - 1).astype("float32"), bits[:, :1].astype("float32")
    keras.utils.set_random_seed(0)
    recurrent = keras.Sequential(
        [
            keras.Input((LENGTH, 1)),
            keras.layers.SimpleRNN(8),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )
    forward = dense(1, (8, "tanh"), (1, "sigmoid"))
    loss, found = "binary_crossentropy", {}
    for name, model, given in [("recurrent", recurrent, x), ("feedforward", forward, x[:, -1])]:
        fitted(model, given, y, loss, keras.optimizers.Adam(0.02), epochs, batch_size=16)
        found[name] = np.mean((model.predict(given, verbose=0) > 0.5) == y)
    return found


def _remembers(numbers):
    return {
        "a recurrent network remembers the first bit": numbers["recurrent"] == 1,
        "one that sees only the last bit can do no better than chance": (
            numbers["feedforward"] == 0.5
        ),
    }


def _draw_memory(numbers):
    title = f"What was the first of {LENGTH} bits?"
    return bars(title, "accuracy", numbers, line=0.5)


def dynamic_model(times=3):
    """A subclassed model whose `call` loops, and branches on what its layer returns.

    Args:
        times: how often the layer is used.

    Returns:
        How far it is from the same written out, its parameters, and its loss as it is trained.
    """
    import keras

    class Dynamic(keras.Model):
        def __init__(self):
            super().__init__()
            self.step = keras.layers.Dense(4, "tanh")
            self.out = keras.layers.Dense(1)

        def call(self, x):
            for number in range(times):
                x = self.step(x) if number % 2 else keras.ops.flip(self.step(x), axis=-1)
            return self.out(x)

    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    model = Dynamic()
    outputs = model.predict(x, verbose=0)
    kernel, bias, last, last_bias = map(np.float64, model.get_weights())
    by_hand = x
    for number in range(3):
        by_hand = np.tanh(by_hand @ kernel + bias)
        by_hand = by_hand if number % 2 else by_hand[:, ::-1]
    apart = np.abs(outputs - (by_hand @ last + last_bias)).max()
    history = fitted(model, x, np.sin(x[:, :1]), "mse", keras.optimizers.Adam(0.02), 40)
    return {"apart": apart, "parameters": model.count_params(), "loss": history["loss"]}


def _is_dynamic(numbers):
    return {
        # Three layers of four products and a tanh of a few roundings each, of numbers near 1.
        "a loop of three with a branch is what it says": numbers["apart"] < 64 * 2**-24,
        "its layer is one, however often it is used": numbers["parameters"] == 4 * 4 + 4 + 4 + 1,
        "it is trained as any other": numbers["loss"][-1] < numbers["loss"][0] / 2,
    }


def _draw_dynamic(numbers):
    return curves("A layer used three times", "epoch", "training loss", {"loss": numbers["loss"]})


CLAIMS = (
    Claim(
        name="chain_of_matrices",
        document=1,
        section="1.2) Intuition",
        says="A forward pass is a chain of matrix products with the activation applied after each.",
        measure=chain_of_matrices,
        holds=_is_a_chain,
        draw=_draw_chain,
        otherwise={"by_hand": "none"},
    ),
    Claim(
        name="bend",
        document=4,
        section="Layers: the building blocks of deep learning",
        says="One input, two hidden units and one output already give a non-linear curve.",
        measure=bend,
        holds=_bends,
        draw=_draw_bend,
        otherwise={"activation": None},
    ),
    Claim(
        name="auxiliary_output",
        document=3,
        section="Functional API",
        says="An auxiliary output ensures that the deep path learns something useful on its own.",
        measure=auxiliary_output,
        holds=_learns,
        draw=_draw_second,
        otherwise={"weight": 0.0},
    ),
    Claim(
        name="memory",
        document=4,
        section="Models: networks of layers",
        says="A recurrent network maintains a memory of previous inputs.",
        measure=memory,
        holds=_remembers,
        draw=_draw_memory,
        otherwise={"epochs": 0},
    ),
    Claim(
        name="dynamic_model",
        document=3,
        section="Subclassing API",
        says="Models with loops and conditional branching are written by subclassing.",
        measure=dynamic_model,
        holds=_is_dynamic,
        draw=_draw_dynamic,
        otherwise={"times": 5},
    ),
)
