"""Dropout: its expectation, its Gaussian form, and what it does against overfitting."""

import jax.numpy as jnp
import numpy as np

from conformance.claims.claim import Claim
from conformance.claims.keras_models import fitted
from conformance.claims.pictures import curves
from reference_models import dropout as plain
from reference_models.data import images

UNITS, DRAWS = 40, 4000


def expectation(rate=0.3, scaled=True):
    """The mean and the variance of many masks, of ordinary and of Gaussian dropout.

    Args:
        rate: share of units that are dropped.
        scaled: whether kept units are divided by 1 - rate, as Keras does; without it this is what
            document 5 draws while training.

    Returns:
        Means of the outputs over the inputs, what they may be off by, variances.
    """
    import keras

    x = np.linspace(0.5, 2, UNITS, dtype="float32")
    many = np.tile(x, (DRAWS, 1))
    noise = rate / (1 - rate)
    found = {"variance expected": noise, "off by at most": 5 * np.sqrt(noise / DRAWS)}
    for kind in ("Dropout", "GaussianDropout"):
        layer = getattr(keras.layers, kind)(rate, seed=1)
        drawn = np.asarray(layer(many, training=True)) / x * (1 if scaled else 1 - rate)
        found[f"{kind}: mean"] = drawn.mean(axis=0)
        found[f"{kind}: variance"] = drawn.var()
        found[f"{kind}: changed when testing"] = np.abs(np.asarray(layer(many)) - many).max()
    w, inputs = jnp.array([0.5, -1.0, 2.0, 0.3]), jnp.array([1.0, 2.0, -0.5, 0.7])
    expected = plain.expected_gradient(w, inputs, 1.0, 1 - rate)
    regularised = plain.regularised_error_derivative(w, inputs, 1.0, 1 - rate)
    found["gradients of the regularised error, apart"] = jnp.abs(expected - regularised).max()
    found["their size"] = jnp.abs(regularised).max()
    return found


def _expected(numbers):
    slack = numbers["off by at most"]  # five standard errors of the mean
    variance = numbers["variance expected"]

    def mean_is_1(kind):
        return bool(np.abs(np.array(numbers[f"{kind}: mean"]) - 1).max() < slack)

    return {
        "the mean over masks is the input itself": mean_is_1("Dropout"),
        "with Gaussian noise too, with no weight scaled": mean_is_1("GaussianDropout"),
        # 160,000 draws: the variance of each is off by less than 1 %.
        "both have the variance rate / (1 - rate)": all(
            abs(numbers[f"{kind}: variance"] / variance - 1) < 0.05
            for kind in ("Dropout", "GaussianDropout")
        ),
        "nothing changes when testing": (
            numbers["Dropout: changed when testing"] == 0
            and numbers["GaussianDropout: changed when testing"] == 0
        ),
        # Sums over 16 masks of a few float32 operations each.
        "the expected gradient is that of a regularised network (plain JAX, all masks)": (
            numbers["gradients of the regularised error, apart"]
            < 64 * 2**-24 * numbers["their size"]
        ),
    }


def _draw_expectation(numbers):
    names = ("Dropout: mean", "GaussianDropout: mean")
    lines = {name: numbers[name] for name in names}
    return curves(f"Means over {DRAWS} masks", "unit", "mean output / input", lines)


def overfitting(rate=0.5, epochs=40):
    """150 images of digits, two wide layers: training and validation loss with and without dropout.

    Args:
        rate: of dropout.
        epochs: passes.

    Returns:
        Losses by epoch. The training losses are measured without dropout, after each epoch.
        What holds is asked of the means of the last ten.
    """
    import keras

    (x, y), (x_test, y_test), _ = images.load("MNIST")
    x, y, x_test, y_test = x[:150], y[:150], x_test[:250], y_test[:250]

    class TrainingLoss(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            found = self.model.evaluate(x, y, verbose=0, return_dict=True)["loss"]
            losses.append(found)

    found = {}
    for name, dropped in [("without", 0.0), ("with", rate)]:
        keras.utils.set_random_seed(0)
        losses: list[float] = []
        model = keras.Sequential(
            [
                keras.Input((28, 28)),
                keras.layers.Flatten(),
                keras.layers.Dense(256, "relu"),
                keras.layers.Dropout(dropped, seed=1),
                keras.layers.Dense(256, "relu"),
                keras.layers.Dropout(dropped, seed=2),
                keras.layers.Dense(10, "softmax"),
            ]
        )
        history = fitted(
            model,
            x,
            y,
            "sparse_categorical_crossentropy",
            keras.optimizers.Adam(),
            epochs,
            validation_data=(x_test, y_test),
            callbacks=[TrainingLoss()],
        )
        found[f"{name} dropout: training"] = losses
        found[f"{name} dropout: validation"] = history["val_loss"]
    return found


def _overfits_less(numbers):
    late = {name: float(np.mean(losses[-10:])) for name, losses in numbers.items()}
    gaps = {
        name: late[f"{name} dropout: validation"] - late[f"{name} dropout: training"]
        for name in ("with", "without")
    }
    return {
        "without dropout, validation is far from training": gaps["without"] > 0.1,
        "with dropout, the two are closer": gaps["with"] < gaps["without"],
        "and the validation loss is lower": (
            late["with dropout: validation"] < late["without dropout: validation"]
        ),
    }


def _draw_overfitting(numbers):
    return curves("150 digits, 256-256-10", "epoch", "cross-entropy", numbers, scale="log")


CLAIMS = (
    Claim(
        name="dropout_expectation",
        document=5,
        section="Dropout Layers Regularisation in Deep Learning",
        says="The expectation over masks is a regularised network; Gaussian dropout leaves the "
        "expected activation as it is.",
        measure=expectation,
        holds=_expected,
        draw=_draw_expectation,
        otherwise={"scaled": False},
    ),
    Claim(
        name="dropout_overfitting",
        document=5,
        section="Dropout Layers Regularisation in Deep Learning",
        says="Dropout reduces overfitting and improves the generalisation error.",
        measure=overfitting,
        holds=_overfits_less,
        draw=_draw_overfitting,
        otherwise={"rate": 0.0},
    ),
)
