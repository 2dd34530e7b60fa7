"""Many epochs, and a stop where the validation loss rises."""

import numpy as np

from conformance.claims.claim import Claim
from conformance.claims.keras_models import fitted
from conformance.claims.pictures import curves
from reference_models.data import images

EPOCHS, PATIENCE = 60, 10


def early_stopping(patience=PATIENCE):
    """A wide network on few digits, a fifth of them with a wrong label, stopped early and not.

    Args:
        patience: epochs without progress before it stops.

    Returns:
        Validation losses of the run that is stopped and of the one that is not, and what is kept.
    """
    import keras

    (x, y), (x_test, y_test), _ = images.load("MNIST")
    x, y, x_test, y_test = x[:200], y[:200].copy(), x_test[:250], y_test[:250]
    random = np.random.default_rng(0)
    y[:40] = random.integers(10, size=40)
    stopping = keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)
    losses, kept = {}, {}
    for name, callbacks in [("stopped", [stopping]), ("to the end", [])]:
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [
                keras.Input((28, 28)),
                keras.layers.Flatten(),
                keras.layers.Dense(300, "relu"),
                keras.layers.Dense(10, "softmax"),
            ]
        )
        losses[name] = fitted(
            model,
            x,
            y,
            "sparse_categorical_crossentropy",
            keras.optimizers.Adam(),
            EPOCHS,
            validation_data=(x_test, y_test),
            callbacks=callbacks,
        )["val_loss"]
        kept[name] = model.evaluate(x_test, y_test, verbose=0, return_dict=True)["loss"]
    return {"validation loss": losses, "loss of the kept weights": kept}


def _stops(numbers):
    stopped, whole = (numbers["validation loss"][name] for name in ("stopped", "to the end"))
    kept = numbers["loss of the kept weights"]
    best = float(np.argmin(stopped)) if np.isfinite(stopped).all() else np.nan
    return {
        "training ends ten epochs after the best one": len(stopped) == best + 1 + PATIENCE < EPOCHS,
        # The same mean over the same 250 losses, twice.
        "the best weights are kept": abs(kept["stopped"] / min(stopped) - 1) < 1e-5,
        "without a stop the validation loss rises again": whole[-1] > 1.05 * min(whole),
        "so that the kept weights are better": kept["stopped"] < kept["to the end"],
    }


def _draw(numbers):
    losses = numbers["validation loss"]
    longest = max(len(values) for values in losses.values())
    lines = {n: [*v, *[np.nan] * (longest - len(v))] for n, v in losses.items()}
    title = "200 digits, a fifth with wrong labels, 300-10"
    return curves(title, "epoch", "validation loss", lines)


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
)
