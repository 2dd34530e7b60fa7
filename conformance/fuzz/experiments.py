"""A drawn network as what a comparison runs."""

import numpy as np

from conformance.fuzz.faults import FAULTS
from conformance.fuzz.networks import build, data, weights
from keras_edu_backend.compare import Experiment, Point, Training
from keras_edu_backend.compare.batch import each, moved


def experiment(spec, fault="", off_kinks=False):
    """A network as an experiment: outputs and gradients at each draw, and four training steps.

    Args:
        spec: as `networks.drawn` returns it.
        fault: name of a fault to plant.
        off_kinks: whether weights and inputs are moved by a thousandth, such that no number
            stands exactly on a kink, and in training what a constraint has made of a weight.
    """
    import keras

    if fault:
        spec = spec | FAULTS[fault].needs
    if off_kinks:
        spec = spec | {"off_kinks": True}
    # To look for garbage takes longer than to build the model.
    keras.utils.clear_session(free_memory=False)
    model = build(spec)
    random = np.random.default_rng(spec["seed"])
    points = []
    for number, draw in enumerate(spec["draws"], start=1):
        values = weights(draw, {weight.path: tuple(weight.shape) for weight in model.weights})
        x, y = data(spec, draw)
        if off_kinks:
            values = {name: moved(value, random) for name, value in values.items()}
            x = each(lambda array: moved(array, random), x)
        points.append(Point(f"draw {number}", values, x, y))
    first = points[0]
    batches = []
    for _ in range(spec["epochs"]):
        order = random.permutation(len(first.x))
        batches += np.split(order, range(spec["batch"], len(first.x), spec["batch"]))
    return Experiment(
        case=f"network_{spec['seed']}",
        style="functional",
        build="conformance.fuzz.networks:build",
        arguments={"spec": spec, "fault": fault},
        points=points,
        training=Training(
            first.weights, first.x, first.y, batches, spec["epochs"], spec["batch"], fit=False
        ),
        parameter_counts={
            layer.name: layer.count_params() for layer in model.layers if layer.count_params()
        },
    )
