"""Losses and outliers."""

import numpy as np

from conformance.claims.claim import Claim
from conformance.claims.keras_models import dense, fitted
from conformance.claims.pictures import bars

SLOPE = 2.0


def outliers(share=0.1):
    """A straight line fitted by MSE, MAE and Huber to points of which some lie far off.

    Args:
        share: of points that lie far off.

    Returns:
        The slope that each loss finds; the points' own is 2.
    """
    import keras

    random = np.random.default_rng(0)
    x = np.linspace(-1, 1, 200, dtype="float32")[:, None]
    y = SLOPE * x + 0.1 * random.normal(size=x.shape)
    far = int(share * len(x))
    y[len(y) - far :] -= 20  # at one end, where they tilt the line most
    found = {}
    for loss in ("mse", "mae", "huber"):
        keras.utils.set_random_seed(0)
        line = dense(1, (1, None))
        fitted(line, x, y, loss, keras.optimizers.Adam(0.05), 60)
        found[loss] = np.asarray(line.layers[0].kernel).item()
    return found


def _robust(numbers):
    off = {loss: abs(slope - SLOPE) for loss, slope in numbers.items()}
    return {
        "MSE follows the outliers: its slope is off by more than 2": off["mse"] > 2,
        "MAE hardly does": off["mae"] < off["mse"] / 4,
        "Huber's loss lies between the two": off["mae"] <= off["huber"] < off["mse"] / 2,
    }


def _draw(numbers):
    title = "Slope of a line through points with 10 % outliers; their own is 2"
    return bars(title, "slope", numbers, line=SLOPE)


CLAIMS = (
    Claim(
        name="outliers",
        document=3,
        section="Regression MLP",
        says="With many outliers use MAE; Huber's loss combines it with MSE.",
        measure=outliers,
        holds=_robust,
        draw=_draw,
        otherwise={"share": 0.0},
    ),
)
