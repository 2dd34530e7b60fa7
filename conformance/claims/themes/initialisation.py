"""Why weights start at random, and how large."""

import numpy as np

from conformance.claims.claim import Claim
from conformance.claims.keras_models import accuracy, dense, fitted, gradients
from conformance.claims.pictures import bars, curves
from reference_models.data import points

DEPTH, UNITS = 6, 128


def random_start(start="ones"):
    """Two hidden units that start equal, and two that start at 0, trained on the moons.

    Args:
        start: the initializer of the network that is to start with equal units.

    Returns:
        How far apart the hidden units' weights are after training, and accuracies.
    """
    import keras

    x, classes = points.moons()
    x, y = x.astype("float32"), classes[:, None].astype("float32")
    found = {}
    for name, kernel in [("equal", start), ("zero", "zeros"), ("random", "glorot_uniform")]:
        keras.utils.set_random_seed(0)
        model = dense(2, (8, "tanh"), (1, "sigmoid"), kernel=kernel)
        fitted(model, x, y, "binary_crossentropy", keras.optimizers.Adam(0.05), 25)
        hidden = np.asarray(model.layers[0].kernel)
        found[f"{name}: units apart"] = np.ptp(hidden, axis=1).max()
        found[f"{name}: largest weight"] = np.abs(hidden).max()
        found[f"{name}: accuracy"] = accuracy(model, x, classes)
    return found


def _equal_units_stay_equal(numbers):
    # Equal columns go through the same arithmetic; compiled code may sum them in another order.
    rounding = 1000 * 2**-24 * numbers["equal: largest weight"]
    return {
        "units that start equal stay equal": numbers["equal: units apart"] <= rounding,
        "units that start at 0 stay there": numbers["zero: largest weight"] == 0,
        "units that start at random come apart": numbers["random: units apart"] > 0.1,
        "and get more right": numbers["random: accuracy"] > numbers["equal: accuracy"] + 0.02,
    }


def _draw_start(numbers):
    shown = {name: numbers[f"{name}: accuracy"] for name in ("equal", "zero", "random")}
    return bars("Eight tanh units on the moons, by how they start", "accuracy", shown)


PAIRS = {
    "he_normal, relu": ("he_normal", "relu"),
    "glorot_normal, relu": ("glorot_normal", "relu"),
    "glorot_normal, tanh": ("glorot_normal", "tanh"),
    "glorot_normal, sigmoid": ("glorot_normal", "sigmoid"),
    "too small, tanh": ("small", "tanh"),
}


def signals(pairs=None):
    """How large the outputs and the gradients of six layers are before training.

    Args:
        pairs: initializer and activation by name; those of the documents unless given.

    Returns:
        For each pair, by layer, the root mean square of the outputs and of the kernel's gradient.
    """
    import keras

    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    x = random.normal(size=(256, UNITS)).astype("float32")
    y = random.normal(size=(256, UNITS)).astype("float32")
    outputs, slopes = {}, {}
    for name, (kernel, activation) in (pairs or PAIRS).items():
        small = keras.initializers.RandomNormal(stddev=0.01)
        kernel = small if kernel == "small" else kernel
        model = dense(UNITS, *[(UNITS, activation)] * DEPTH, kernel=kernel)
        values, sizes = x, []
        for layer in model.layers:
            values = np.asarray(layer(values))
            sizes.append(np.sqrt(np.mean(np.square(values))))
        # A loss that is linear in the outputs, so that its own slope does not depend on them.
        found = gradients(model, lambda labels, z: keras.ops.sum(labels * z, axis=-1), x, y)
        outputs[name] = sizes
        slopes[name] = [np.sqrt(np.mean(np.square(g))) for g in found[::2]]
    return {"outputs": outputs, "gradients": slopes}


def _sizes_hold(numbers):
    outputs, slopes = numbers["outputs"], numbers["gradients"]

    def kept(by_layer, low, high):
        return low < by_layer[-1] / by_layer[0] < high

    # Expectations for wide layers; 128 units leave some 10 % of chance in each layer.
    return {
        "He keeps relu's outputs as large as they are": kept(outputs["he_normal, relu"], 0.5, 2),
        "Xavier lets relu's outputs shrink by sqrt(2) a layer": kept(
            outputs["glorot_normal, relu"], 0.5 * 2 ** (-5 / 2), 2 * 2 ** (-5 / 2)
        ),
        "Xavier keeps tanh's outputs and gradients within a factor of 4": (
            kept(outputs["glorot_normal, tanh"], 0.25, 4)
            and kept(slopes["glorot_normal, tanh"], 0.25, 4)
        ),
        "weights that are too small let the outputs vanish": kept(
            outputs["too small, tanh"], 0, 1e-3
        ),
        "with sigmoid the gradient still vanishes: below 1 / 100 in the first layer": (
            slopes["glorot_normal, sigmoid"][0] < 0.01 * slopes["glorot_normal, sigmoid"][-1]
        ),
    }


def _draw_signals(numbers):
    title = "Outputs of six layers before training"
    return curves(title, "layer", "root mean square", numbers["outputs"], scale="log")


CLAIMS = (
    Claim(
        name="random_start",
        document=3,
        section="Backpropagation",
        says="Hidden layers' weights must start at random, or else training will fail.",
        measure=random_start,
        holds=_equal_units_stay_equal,
        draw=_draw_start,
        otherwise={"start": "he_normal"},
    ),
    Claim(
        name="signal_sizes",
        document=5,
        section="Weight initialization techniques in Neural Network",
        says="Well chosen initial weights keep signals and gradients from vanishing: He for relu, "
        "Xavier for tanh.",
        measure=signals,
        holds=_sizes_hold,
        draw=_draw_signals,
        otherwise={"pairs": {**PAIRS, "he_normal, relu": ("small", "relu")}},
    ),
)
