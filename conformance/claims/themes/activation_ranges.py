"""What activations do to the size of signals: where they are sensitive, where they are centred."""

import numpy as np

from conformance.claims.claim import Claim
from conformance.claims.keras_models import dense, fitted
from conformance.claims.pictures import bars, curves
from reference_models.data import points

POINTS = np.linspace(-10, 10, 2001)


def ranges(names=("sigmoid", "tanh", "relu")):
    """How much an activation's output changes with its input, on both sides of its bend.

    Args:
        names: the activation with one saturated side or two, and its fellows.

    Returns:
        For each the largest change of the output for a step of 0.01 of the input, over that step,
        and the share of [-10, 10] in which it is below a hundredth of the largest.
    """
    import keras

    largest, saturated = {}, {}
    for name in names:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Activation(name)])
        outputs = model.predict(POINTS[:, None].astype("float32"), batch_size=2001, verbose=0)[:, 0]
        slopes = np.abs(np.diff(outputs) / np.diff(POINTS))
        largest[name] = slopes.max()
        saturated[name] = np.mean(slopes < largest[name] / 100)
    return {"largest slope": largest, "share that is saturated": saturated}


def _sensitive_and_saturated(numbers):
    slopes, share = numbers["largest slope"], numbers["share that is saturated"]
    return {
        "each has a sensitive range": all(slope > 0.2 for slope in slopes.values()),
        # σ' < σ'(0) / 100 where |z| > 5.99, tanh' where |z| > 2.99, and relu' is 0 where z < 0.
        "and a saturated one, of 40, 70 and 50 % of [−10, 10]": np.allclose(
            list(share.values()), (0.4, 0.7, 0.5), atol=0.01
        ),
    }


def _draw_ranges(numbers):
    title = "Share of [−10, 10] in which a step of the input hardly changes the output"
    return bars(title, "share", numbers["share that is saturated"])


def centred(names=("sigmoid", "tanh")):
    """Two networks of three hidden layers, alike but for their activation, on circles.

    Args:
        names: the activation that is not centred, and the one that is.

    Returns:
        Mean output of the hidden units before training, and the loss of each epoch.
    """
    import keras

    x, classes = points.circles()
    x, y = x[:500].astype("float32"), classes[:500, None].astype("float32")
    means, losses = {}, {}
    for role, name in zip(("not centred", "centred"), names, strict=True):
        keras.utils.set_random_seed(0)
        model = dense(2, (16, name), (16, name), (16, name), (1, "sigmoid"))
        hidden = keras.Model(model.inputs, [layer.output for layer in model.layers[:3]])
        means[role] = np.mean([np.mean(h) for h in hidden.predict(x, verbose=0)])
        optimizer = keras.optimizers.SGD(0.3)
        losses[role] = fitted(model, x, y, "binary_crossentropy", optimizer, 40)["loss"]
    return {"mean output at the start": means, "loss": losses}


def _faster(numbers):
    means = numbers["mean output at the start"]
    losses = {role: values[-1] for role, values in numbers["loss"].items()}
    return {
        "one activation's outputs are centred around 0": abs(means["centred"]) < 0.1,
        "the other's are not": abs(means["not centred"]) > 0.4,
        "the centred network learns sooner": losses["centred"] < losses["not centred"] / 2,
    }


def _draw_centred(numbers):
    return curves("Circles, three hidden layers", "epoch", "training loss", numbers["loss"])


CLAIMS = (
    Claim(
        name="activation_ranges",
        document=4,
        section="Activation functions: beyond the linearity",
        says="Activations have a sensitive range, and many a saturated one.",
        measure=ranges,
        holds=_sensitive_and_saturated,
        draw=_draw_ranges,
        otherwise={"names": ("linear", "tanh", "relu")},
    ),
    Claim(
        name="centred_outputs",
        document=3,
        section="Multilayer Perceptron (MLP)",
        says="tanh's outputs are centred around 0 at first, which often speeds up convergence.",
        measure=centred,
        holds=_faster,
        draw=_draw_centred,
        otherwise={"names": ("tanh", "sigmoid")},
    ),
)
