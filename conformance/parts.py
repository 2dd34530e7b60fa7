"""The parts that need no network: optimizers, initializers and dropout.

An optimizer is given the same gradients on every backend, step by step. Random numbers are compared
bit for bit where one generator draws them, and with the formula of their distribution everywhere.
The names are those of the modules of `reference_models` that hold the same formulas.
"""

import math

import numpy as np

from conformance import weights
from keras_edu_backend.compare import Draws, Experiment, Updates

SEED = 1
STEPS = 10
FAN_IN, FAN_OUT = SHAPE = (200, 300)  # 60,000 numbers tell distributions apart

# Hyperparameters are Keras's defaults but for the momentum, which is 0 there.
OPTIMIZERS = {
    "sgd": ("sgd", {"learning_rate": 0.01}),
    "momentum": ("sgd", {"learning_rate": 0.01, "momentum": 0.9}),
    "adagrad": ("adagrad", {"learning_rate": 0.001}),
    "rmsprop": ("rmsprop", {"learning_rate": 0.001}),
    "adam": ("adam", {"learning_rate": 0.001}),
}


def optimizers():
    """Ten steps of each optimizer of document 5.

    Gradients grow smaller from step to step, some are exactly 0, and some are tiny: that is where
    dividing by their size matters.

    Returns:
        List of `Experiment`.
    """
    random = np.random.default_rng(SEED)
    shapes = weights.dense(8, 30, 1)
    initial = weights.with_biases(weights.initial(shapes, random), random)
    gradients = []
    for step in range(STEPS):
        drawn = {name: random.normal(0, 0.5**step, shape) for name, shape in shapes.items()}
        drawn["dense_1/bias"] *= 1e-9
        drawn["dense/bias"][:10] = 0
        gradients.append({name: value.astype(np.float32) for name, value in drawn.items()})
    return [
        Experiment(
            case="optimizers",
            style=style,
            quantities=("updates",),
            updates=Updates(optimizer, hyperparameters, initial, gradients),
        )
        for style, (optimizer, hyperparameters) in OPTIMIZERS.items()
    ]


def initializers():
    """Document 5's initial weights; "uniform" is ±1/√fan_in there.

    Returns:
        List of `Experiment`.
    """
    small = 1 / math.sqrt(FAN_IN)
    glorot, he = 2 / (FAN_IN + FAN_OUT), 2 / FAN_IN  # variances
    return [
        _drawn("initializers", "RandomUniform", _uniform(small), minval=-small, maxval=small),
        # A uniform number between -limit and limit has variance limit² / 3.
        _drawn("initializers", "GlorotUniform", _uniform(math.sqrt(3 * glorot))),
        _drawn("initializers", "GlorotNormal", _truncated_normal(math.sqrt(glorot))),
        _drawn("initializers", "HeUniform", _uniform(math.sqrt(3 * he))),
        _drawn("initializers", "HeNormal", _truncated_normal(math.sqrt(he))),
    ]


def dropout():
    """Inverted dropout of ones, and Gaussian dropout, whose noise has variance rate / (1 − rate).

    Returns:
        List of `Experiment`.
    """
    rate = 0.2
    noise = {"name": "normal", "mean": 1.0, "deviation": math.sqrt(rate / (1 - rate))}
    return [
        _drawn("dropout", "Dropout", {"name": "dropout", "rate": rate}, rate=rate),
        _drawn("dropout", "GaussianDropout", noise, rate=rate),
    ]


def _drawn(case, source, law, **arguments):
    return Experiment(
        case=case,
        style=source,
        quantities=("draws",),
        draws=Draws(source, arguments, list(SHAPE), SEED, law),
    )


def _uniform(limit):
    return {"name": "uniform", "low": -limit, "high": limit}


def _truncated_normal(deviation):
    return {"name": "truncated normal", "deviation": deviation}


# A function for each part, by its name.
PARTS = {part.__name__: part for part in (optimizers, initializers, dropout)}

# Whose code a report shows, by the names in `listings`: of Keras itself, and of its backends.
IN_KERAS = {
    "optimizers": ("SGD", "Adagrad", "RMSprop", "Adam"),
    "initializers": ("RandomUniform", "VarianceScaling", "compute_fans"),
    "dropout": ("Dropout", "GaussianDropout"),
}
OPERATIONS = {
    "optimizers": ("numpy.sqrt", "numpy.square"),
    "initializers": ("random.uniform", "random.truncated_normal"),
    "dropout": ("random.dropout", "random.normal"),
}
