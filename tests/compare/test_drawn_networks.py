"""Networks nobody has chosen: sizes, activations, losses and optimizers are drawn."""

import numpy as np
import pytest

from conformance.case import Data, fixed_order, probes
from conformance.weights import count_by_layer, dense, initial
from keras_edu_backend.compare import Experiment, Subject, Training, compare
from keras_edu_backend.compare.experiment import BASIC

pytestmark = pytest.mark.long

NETWORKS = 8
HIDDEN = [
    "relu",
    "leaky_relu",
    "relu6",
    "elu",
    "selu",
    "celu",
    "gelu",
    "silu",
    "mish",
    "sigmoid",
    "hard_sigmoid",
    "hard_silu",
    "tanh",
    "hard_tanh",
    "softplus",
    "softsign",
    "exponential",
    "linear",
]
HEADS = {
    "mean_squared_error": ("linear", "relu", "tanh"),
    "mean_absolute_error": ("linear", "softplus"),
    "huber": ("linear", "leaky_relu"),
    "log_cosh": ("linear", "softsign"),
    "poisson": ("softplus", "exponential"),
    "binary_crossentropy": ("sigmoid",),
    "categorical_crossentropy": ("softmax", "sigmoid"),
    "sparse_categorical_crossentropy": ("softmax",),
}
OPTIMIZERS = ("sgd", "adagrad", "rmsprop", "adam", "nadam", "adamax")


def labels(loss, random, rows, units):
    """Labels that the loss is meant for."""
    if loss == "binary_crossentropy":
        return random.integers(2, size=(rows, units)).astype(np.float32)
    if "categorical" in loss:
        classes = random.integers(units, size=rows)
        return classes if "sparse" in loss else np.eye(units, dtype=np.float32)[classes]
    y = random.normal(size=(rows, units)).astype(np.float32)
    return abs(y) if loss == "poisson" else y


def drawn(seed):
    """An experiment on a network drawn from a seed."""
    random = np.random.default_rng(seed)
    loss = str(random.choice(sorted(HEADS)))
    sizes = random.integers(1, 9, size=random.integers(2, 5)).tolist()
    sizes[-1] += "categorical" in loss  # two classes or more
    activations = [str(random.choice(HIDDEN)) for _ in sizes[1:-1]]
    activations.append(str(random.choice(HEADS[loss])))
    optimizer = str(random.choice(OPTIMIZERS))
    shapes = dense(*sizes)
    rows = 12
    x = random.normal(size=(rows, sizes[0])).astype(np.float32)
    y = labels(loss, random, rows, sizes[-1])
    weights = initial(shapes, random)
    return Experiment(
        case=f"drawn_{seed}",
        style="sequential",
        build="drawn:build",
        arguments={
            "sizes": sizes,
            "activations": activations,
            "loss": loss,
            "optimizer": optimizer,
        },
        points=probes(weights, Data(x, y), random),
        training=Training(weights, x, y, fixed_order(rows, 5, 2, random), epochs=2, batch_size=5),
        parameter_counts=count_by_layer(shapes),
        quantities=(*BASIC, "activations"),
    )


@pytest.mark.timeout(900)  # four processes that import Keras and compile every network
def test_drawn_networks_agree_with_stock_keras(import_paths):
    experiments = [drawn(seed) for seed in range(NETWORKS)]
    subjects = [
        Subject("edu", backend="edu", library="keras on jax"),
        Subject("jax", backend="jax", library="keras on jax"),
    ]
    report = compare(experiments, subjects, timeout=400, import_paths=import_paths)
    assert [backend["status"] for backend in report.backends] == ["ok", "ok"], report.backends
    assert len(report.comparisons) == NETWORKS * 5 * 2
    arguments = {experiment.case: experiment.arguments for experiment in experiments}
    apart = [(c, arguments[c.case]) for c in report.comparisons if c.verdict != "equal"]
    assert not apart
