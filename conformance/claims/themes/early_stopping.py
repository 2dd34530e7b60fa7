"""Many epochs and many layers, and a stop where the validation loss rises."""

import numpy as np
from sklearn.datasets import load_iris

from conformance.claims.claim import Claim
from conformance.claims.keras_models import dense, fitted
from conformance.claims.pictures import curves
from reference_models.data import images

# Of the digits, and of the irises: the most epochs, and how many without progress are borne.
EPOCHS, PATIENCE = 60, 10
IRIS_EPOCHS, IRIS_PATIENCE = 1000, 100


def early_stopping(patience=PATIENCE):
    """A wide network on few digits, a fifth of them with a wrong label, stopped early and not.

    Args:
        patience: epochs without progress before it stops.

    Returns:
        Validation losses of the run that is stopped and of the one that is not, and what is kept.
    """
    (x, y), (x_test, y_test), _ = images.load("MNIST")
    x, y, x_test, y_test = x[:200], y[:200].copy(), x_test[:250], y_test[:250]
    y[:40] = np.random.default_rng(0).integers(10, size=40)
    flat, flat_test = (np.reshape(some, (len(some), 784)) for some in (x, x_test))
    return _stopped_and_not(300, 10, (flat, y), (flat_test, y_test), 0.001, EPOCHS, patience)


def iris_stopping(patience=IRIS_PATIENCE):
    """Document 2's network on iris, for as many epochs as it takes, stopped early and not.

    Args:
        patience: epochs without progress before it stops.

    Returns:
        As `early_stopping`.
    """
    x, y = load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order].astype("float32"), y[order]
    return _stopped_and_not(128, 3, (x[:75], y[:75]), (x[75:], y[75:]), 0.01, IRIS_EPOCHS, patience)


def _stopped_and_not(hidden, classes, train, validation, rate, epochs, patience):
    import keras

    stopping = keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)
    losses, kept = {}, {}
    for name, callbacks in [("stopped", [stopping]), ("to the end", [])]:
        keras.utils.set_random_seed(0)
        model = dense(train[0].shape[1], (hidden, "relu"), (classes, "softmax"))
        losses[name] = fitted(
            model,
            train[0],
            train[1],
            "sparse_categorical_crossentropy",
            keras.optimizers.Adam(rate),
            epochs,
            validation_data=validation,
            callbacks=callbacks,
        )["val_loss"]
        kept[name] = model.evaluate(*validation, verbose=0, return_dict=True)["loss"]
    return {"validation loss": losses, "loss of the kept weights": kept}


def _stops(numbers, epochs=EPOCHS, patience=PATIENCE):
    stopped, whole = (numbers["validation loss"][name] for name in ("stopped", "to the end"))
    kept = numbers["loss of the kept weights"]
    best = float(np.argmin(stopped)) if np.isfinite(stopped).all() else np.nan
    return {
        f"training ends {patience} epochs after the best one": (
            len(stopped) == best + 1 + patience < epochs
        ),
        # The same mean over the same losses, twice.
        "the best weights are kept": abs(kept["stopped"] / min(stopped) - 1) < 1e-5,
        "without a stop the validation loss rises again": whole[-1] > 1.05 * min(whole),
        "so that the kept weights are better": kept["stopped"] < kept["to the end"],
    }


def _stops_on_iris(numbers):
    return _stops(numbers, IRIS_EPOCHS, IRIS_PATIENCE)


def _draw(numbers, title="200 digits, a fifth with wrong labels, 300-10"):
    losses = numbers["validation loss"]
    longest = max(len(values) for values in losses.values())
    lines = {n: [*v, *[np.nan] * (longest - len(v))] for n, v in losses.items()}
    return curves(title, "epoch", "validation loss", lines)


def _draw_iris(numbers):
    return _draw(numbers, "75 irises, 128-3")


def ramp_up(noise=0.3):
    """More and more hidden layers, on 20 points of a noisy sine wave, and 200 to validate on.

    Args:
        noise: standard deviation of what is added to the sine.

    Returns:
        Training and validation loss after 400 epochs, by number of hidden layers.
    """
    import keras

    random = np.random.default_rng(0)
    x = np.concatenate([np.linspace(-1, 1, 20), random.uniform(-1, 1, 200)]).astype("float32")
    y = (np.sin(3 * x) + noise * random.normal(size=x.shape)).astype("float32")
    x = x[:, None] ** np.arange(1, 6, dtype="float32")  # as powers, so that a fit can be close
    training, validation = [], []
    for layers in range(4):
        keras.utils.set_random_seed(0)
        model = dense(5, *[(40, "tanh")] * layers, (1, None))
        history = fitted(
            model,
            x[:20],
            y[:20],
            "mse",
            keras.optimizers.Adam(0.02),
            400,
            batch_size=20,
            validation_data=(x[20:], y[20:]),
        )
        training.append(history["loss"][-1])
        validation.append(history["val_loss"][-1])
    return {"training loss": training, "validation loss": validation}


def _overfits(numbers):
    training, validation = numbers["training loss"], numbers["validation loss"]
    return {
        "with layers the training loss falls": training[-1] < training[0] / 2,
        "and the validation loss ends above its lowest": validation[-1] > 1.2 * min(validation),
    }


def _draw_ramp(numbers):
    title = "20 points of a noisy sine wave"
    return curves(title, "hidden layers", "loss", numbers, x=range(4), scale="log")


CLAIMS = (
    Claim(
        name="early_stopping",
        document=2,
        section="Step 5: Evaluate the model on test data",
        says="Set many epochs, and quit when the validation performance begins to decrease.",
        measure=early_stopping,
        holds=_stops,
        draw=_draw,
        otherwise={"patience": EPOCHS},
    ),
    Claim(
        name="iris_stopping",
        document=2,
        section="Step 5: Evaluate the model on test data",
        says="Train for more epochs, until the validation performance begins to decrease.",
        measure=iris_stopping,
        holds=_stops_on_iris,
        draw=_draw_iris,
        otherwise={"patience": IRIS_EPOCHS},
    ),
    Claim(
        name="ramp_up",
        document=3,
        section="Hyperparameter tuning",
        says="Ramp up the number of hidden layers until you start overfitting the training set.",
        measure=ramp_up,
        holds=_overfits,
        draw=_draw_ramp,
        otherwise={"noise": 0.0},
    ),
)
