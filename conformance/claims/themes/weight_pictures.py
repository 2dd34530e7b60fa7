"""What the weights of a trained network show, and what softmax does to differences."""

import jax.numpy as jnp
import numpy as np

from conformance.claims.claim import Claim
from conformance.claims.keras_models import fitted
from conformance.claims.pictures import bars, curves
from reference_models.activations import softmax as plain_softmax
from reference_models.data import images

CENTRE = slice(12, 16)


def aggregated_weights(epochs=3):
    """W1 W2 of 784-512-10, in the middle 4 x 4 pixels, for each digit.

    Args:
        epochs: passes through 1500 images or fewer.

    Returns:
        The mean weight in the centre, by digit.
    """
    import keras

    (x, y), _, _ = images.load("MNIST")
    x, y = x[:1500].reshape(-1, 784), y[:1500]
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(512, "relu"),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    fitted(model, x, y, loss, keras.optimizers.RMSprop(), epochs, batch_size=128)
    kernel1, _, kernel2, _ = model.get_weights()
    aggregated = (kernel1 @ kernel2).reshape(28, 28, 10)
    return {"centre": aggregated[CENTRE, CENTRE].mean(axis=(0, 1))}


def _zero_is_dark(numbers):
    centre = numbers["centre"]
    return {
        "in the centre the weights of the digit 0 are negative": centre[0] < -0.02,
        "they are the lowest of the ten": all(centre[0] < other for other in centre[1:]),
    }


def _draw_centre(numbers):
    heights = {str(digit): weight for digit, weight in enumerate(numbers["centre"])}
    return bars("$W_1 W_2$ in the middle 4 x 4 pixels", "mean weight", heights, line=0)


def softmax_exaggerates(activation="softmax"):
    """Two logits a difference d apart: how many times as likely the larger one is.

    Args:
        activation: of the layer.

    Returns:
        Ratios by difference, and in plain JAX.
    """
    import keras

    differences = np.arange(1, 7, dtype="float32")
    logits = np.stack([np.ones_like(differences), 1 + differences], axis=1)
    p = np.asarray(keras.layers.Activation(activation)(logits))
    q = np.asarray(plain_softmax(jnp.asarray(logits)))
    return {
        "difference": differences,
        "ratio": p[:, 1] / p[:, 0],
        "ratio in plain JAX": q[:, 1] / q[:, 0],
    }


def _exponential(numbers):
    expected = np.exp(numbers["difference"])
    # Two exponentials, a sum and two quotients in float32.
    rounding = 16 * 2**-24

    def follows(name):
        return bool(np.all(np.abs(np.array(numbers[name]) / expected - 1) < rounding))

    return {
        "a difference of d makes the larger exp(d) times as likely": follows("ratio"),
        "in plain JAX too": follows("ratio in plain JAX"),
    }


def _draw_softmax(numbers):
    lines = {"softmax": numbers["ratio"], "the difference itself": numbers["difference"]}
    title = "How softmax exaggerates differences"
    return curves(title, "difference of two logits", "ratio", lines, scale="log")


CLAIMS = (
    Claim(
        name="aggregated_weights",
        document=4,
        section="A Simple Example",
        says="The center of the 0 image displays strongly negative values.",
        measure=aggregated_weights,
        holds=_zero_is_dark,
        draw=_draw_centre,
        otherwise={"epochs": 0},
    ),
    Claim(
        name="softmax_exaggerates",
        document=4,
        section="Activation functions: beyond the linearity",
        says="Softmax weights the values so that it exaggerates differences.",
        measure=softmax_exaggerates,
        holds=_exponential,
        draw=_draw_softmax,
        otherwise={"activation": "sigmoid"},
    ),
)
