"""Batch, stochastic and mini-batch gradient descent: noise, updates and cost."""

import jax
import numpy as np

from conformance.claims.claim import Claim
from conformance.claims.keras_models import dense, stepper
from conformance.claims.pictures import curves
from reference_models import gradient_descent
from reference_models.data import points
from reference_models.networks import logistic_regression

SIZES = (1, 10, 50)
DRAWS = 200


def gradient_noise(sizes=SIZES):
    """How far the gradient of a random batch is from that of all the data, by the batch's size.

    Args:
        sizes: of the batches.

    Returns:
        Variance of the gradient for each size, and what it should be: that of single examples
        divided by the size, (n - k) / (n - 1) of it because a batch takes no example twice.
    """
    import keras

    x, classes = points.moons()
    x, y = x.astype("float32"), classes[:, None].astype("float32")
    keras.utils.set_random_seed(0)
    step = stepper(dense(2, (1, "sigmoid")), "binary_crossentropy")

    def gradient(rows):
        return np.concatenate([np.ravel(g) for g in step(x[rows], y[rows])])

    random = np.random.default_rng(0)
    full = gradient(np.arange(len(x)))
    single = np.array([gradient(row) for row in np.arange(len(x))[:, None]])
    by_example = np.square(single - full).sum(axis=1).mean()
    found = []
    for size in sizes:
        batches = [random.choice(len(x), size, replace=False) for _ in range(DRAWS)]
        apart = [np.square(gradient(rows) - full).sum() for rows in batches]
        found.append(np.mean(apart))
    expected = [by_example / k * (len(x) - k) / (len(x) - 1) for k in SIZES]
    return {
        "batch sizes": list(SIZES),
        "variance": found,
        "expected": expected,
        "mean of single gradients apart from the full one": np.abs(
            single.mean(axis=0) - full
        ).max(),
        "size of the full one": np.abs(full).max(),
    }


def _noise_falls(numbers):
    ratios = np.divide(numbers["variance"], numbers["expected"])
    return {
        # Each is a mean of 200 draws, off by some 10 %.
        "the variance is that of one example divided by the batch's size": bool(
            np.all(np.abs(ratios - 1) < 0.5)
        ),
        "the mean over all examples is the full gradient": (
            numbers["mean of single gradients apart from the full one"]
            < 1000 * 2**-24 * max(1.0, numbers["size of the full one"])
        ),
    }


def _draw_noise(numbers):
    lines = {"measured": numbers["variance"], "one example's / size": numbers["expected"]}
    drawn = curves(
        "How noisy a batch's gradient is",
        "batch size",
        "squared distance from the full gradient",
        lines,
        numbers["batch sizes"],
        "log",
    )
    drawn.axes[0].set_xscale("log")
    return drawn


def batch_variants(sizes=(1000, 50, 1), epochs=3, learning_rate=0.05):
    """The three variants through Keras's ``fit``, beside the plain loops, from the same weights.

    Args:
        sizes: batch sizes, in the order of batch, mini-batch and stochastic descent.
        epochs: passes.
        learning_rate: of all three.

    Returns:
        Updates and final losses by variant.
    """
    import keras

    x, classes = points.separable()
    x, y = x.astype("float32"), classes[:, None].astype("float32")
    start = logistic_regression.init(jax.random.key(0))
    names = ("batch", "mini-batch", "stochastic")
    updates, losses, plain = {}, {}, {}
    for name, size in zip(names, sizes, strict=True):
        keras.utils.set_random_seed(0)
        model = dense(2, (1, "sigmoid"))
        model.set_weights([np.asarray(start[0]["kernel"]), np.asarray(start[0]["bias"])])
        model.compile(keras.optimizers.SGD(learning_rate), "binary_crossentropy")
        model.fit(x, y, batch_size=size, epochs=epochs, verbose=0)
        updates[name] = int(model.optimizer.iterations)
        losses[name] = float(model.evaluate(x, y, batch_size=1000, verbose=0))
        parameters = gradient_descent.mini_batch(
            logistic_regression.gradients,
            start,
            x,
            y,
            learning_rate,
            epochs,
            jax.random.key(1),
            batch_size=size,
        )
        plain[name] = float(logistic_regression.loss(parameters, x, y))
    return {"updates": updates, "loss": losses, "loss in plain JAX": plain, "epochs": epochs}


def _variants_differ(numbers):
    loss, plain = numbers["loss"], numbers["loss in plain JAX"]
    expected = {"batch": 1, "mini-batch": 20, "stochastic": 1000}  # of 1000 points, 50 at a time
    return {
        "an epoch is 1 update, 20 or 1000": numbers["updates"]
        == {name: numbers["epochs"] * count for name, count in expected.items()},
        "the more updates an epoch has, the lower the loss after it": (
            loss["stochastic"] < loss["mini-batch"] < loss["batch"]
        ),
        # Other shuffles, so other losses; one step of all the data has no order.
        "plain JAX comes to the same losses, within a tenth": all(
            abs(plain[name] / loss[name] - 1) < 0.1 for name in loss
        ),
    }


def _draw_variants(numbers):
    lines = {"Keras": list(numbers["loss"].values())}
    lines["plain JAX"] = list(numbers["loss in plain JAX"].values())
    drawn = curves("Three epochs of each variant", "updates", "loss", lines, scale="log")
    drawn.axes[0].set_xticks([1, 2, 3], [f"{k}\n{v}" for k, v in numbers["updates"].items()])
    return drawn


CLAIMS = (
    Claim(
        name="gradient_noise",
        document=4,
        section="Training the Network",
        says="The smaller the batch, the less accurate its estimate of the gradient.",
        measure=gradient_noise,
        holds=_noise_falls,
        draw=_draw_noise,
        otherwise={"sizes": (1000, 1000, 1000)},
    ),
    Claim(
        name="batch_variants",
        document=5,
        section="Gradient Descent Variants",
        says="Batch, stochastic and mini-batch descent differ in how many examples an update sees.",
        measure=batch_variants,
        holds=_variants_differ,
        draw=_draw_variants,
        otherwise={"sizes": (1000, 1000, 1000)},
    ),
)
