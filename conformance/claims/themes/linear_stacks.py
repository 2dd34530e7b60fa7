"""Without activations a network is one linear map."""

import jax.numpy as jnp
import numpy as np

from conformance.claims.claim import Claim
from conformance.claims.keras_models import accuracy, best_line, dense, fitted
from conformance.claims.pictures import bars
from reference_models import dense as plain
from reference_models.data import points


def linear_stack(activation=None):
    """Three layers without activations before the last, beside one unit with W1 W2 W3.

    Args:
        activation: of the two hidden layers.

    Returns:
        Accuracies, and how far the outputs of stack and unit are apart.
    """
    import keras

    x, classes = points.moons()
    x, y = x.astype("float32"), classes[:, None].astype("float32")
    keras.utils.set_random_seed(0)
    stack = dense(2, (16, activation), (16, activation), (1, "sigmoid"))
    fitted(stack, x, y, "binary_crossentropy", keras.optimizers.Adam(0.02), 25)
    one = dense(2, (1, "sigmoid"))
    kernel, bias, rounding = np.eye(2), np.zeros(2), np.abs(x)
    layers = []
    for layer in stack.layers:
        w, b = (np.asarray(weight, np.float64) for weight in layer.get_weights())
        layers.append(plain.Dense(kernel=jnp.float32(w), bias=jnp.float32(b)))
        kernel, bias = kernel @ w, bias @ w + b
        rounding = rounding @ np.abs(w) + np.abs(b)
    one.set_weights([kernel, bias])
    together = one.predict(x, verbose=0)
    logits = jnp.asarray(x)
    for layer in layers:
        logits = plain.apply(layer, logits)
    return {
        "accuracy of the stack": accuracy(stack, x, classes),
        "accuracy of the best line": best_line(x, classes),
        "W1 W2 W3": kernel[:, 0],
        "b": bias[0],
        "difference": np.abs(stack.predict(x, verbose=0) - together).max(),
        "difference in plain JAX": np.abs(1 / (1 + np.exp(-np.asarray(logits))) - together).max(),
        # 2 + 16 + 16 products and 3 biases are rounded in the logit, which sigmoid divides by 4 or
        # more; the probability itself is rounded a few times.
        "rounding": rounding.max() * (2 + 16 + 16 + 3) * 2**-24 / 4 + 4 * 2**-24,
    }


def _is_one_line(numbers):
    best = numbers["accuracy of the best line"]
    return {
        "stack and single unit differ by rounding": numbers["difference"] <= numbers["rounding"],
        "so do the same layers in plain JAX": (
            numbers["difference in plain JAX"] <= numbers["rounding"]
        ),
        "the stack gets no more right than the best line": (
            numbers["accuracy of the stack"] <= best + 0.002  # lines between the tried ones
        ),
    }


def _draw(numbers):
    names = ["accuracy of the stack", "accuracy of the best line"]
    return bars(
        "Three layers without activations, moons", "accuracy", {n: numbers[n] for n in names}
    )


CLAIMS = (
    Claim(
        name="linear_stack",
        document=4,
        section="Activation functions: beyond the linearity",
        says="Without activation functions a network falls back to being a linear model.",
        measure=linear_stack,
        holds=_is_one_line,
        draw=_draw,
        otherwise={"activation": "relu"},
    ),
)
