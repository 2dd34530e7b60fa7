"""What the tests of the comparison engine share: small experiments on the models of `planted`."""

from pathlib import Path

import numpy as np
import pytest

from conformance.case import Data, fixed_order, probes
from conformance.weights import count_by_layer, dense, initial, layers
from keras_edu_backend.compare import Experiment, Training
from keras_edu_backend.compare.experiment import BASIC


@pytest.fixture(scope="session")
def import_paths():
    """Where workers find `planted` and `stub`, and this project itself."""
    return [Path(__file__).parent, Path(__file__).parents[2]]


@pytest.fixture(scope="session")
def small_experiments():
    """`small_experiments(cases, build)`: an experiment for each case, with 4 features, 4 hidden
    units and 3 classes. In ``build``, the star's model, {case} stands for the case."""
    random = np.random.default_rng(0)
    shapes = dense(4, 4, 3)
    x = random.normal(size=(12, 4)).astype(np.float32)
    y = np.eye(3, dtype=np.float32)[np.arange(12) % 3]
    weights = initial(shapes, random)
    points = probes(weights, Data(x, y), random)
    training = Training(weights, x, y, fixed_order(12, 6, 2, random), epochs=2, batch_size=6)

    def make(cases, build):
        return [
            Experiment(
                case=case,
                style="sequential",
                build=build.format(case=case),
                points=points,
                training=training,
                parameter_counts=count_by_layer(shapes),
            )
            for case in cases
        ]

    return make


@pytest.fixture(scope="session")
def two_input_experiments():
    """`two_input_experiments(cases, build)`: the same for models with two inputs of 3 features, 4
    hidden units and two outputs."""
    random = np.random.default_rng(1)
    shapes = layers((3, 4), (7, 1), (4, 1))
    x = tuple(random.normal(size=(2, 12, 3)).astype(np.float32))
    y = tuple(random.normal(size=(2, 12, 1)).astype(np.float32))
    weights = initial(shapes, random)
    points = probes(weights, Data(x, y), random)
    training = Training(weights, x, y, fixed_order(12, 6, 2, random), epochs=2, batch_size=6)

    def make(cases, build):
        return [
            Experiment(
                case=case,
                style="functional",
                build=build,
                points=points,
                training=training,
                parameter_counts=count_by_layer(shapes),
                quantities=(*BASIC, "activations"),
            )
            for case in cases
        ]

    return make
