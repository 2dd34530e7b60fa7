"""A drawn network as what a comparison runs."""

import numpy as np

from conformance.fuzz.faults import FAULTS
from conformance.fuzz.networks import build, data, weights
from keras_edu_backend.compare import Experiment, Point, Training
from keras_edu_backend.compare.batch import each, moved


def experiment(spec, fault="", off_kinks=False):
    """A network as an experiment: outputs, gradients and four training steps.

    Args:
        spec: as `networks.drawn` returns it.
        fault: name of a fault to plant.
        off_kinks: whether weights and inputs are moved by a thousandth, such that no number
            stands exactly on a kink.
    """
    import keras

    if fault:
        spec = spec | FAULTS[fault].needs
    keras.utils.clear_session()
    model = build(spec)
    values = weights(spec, {weight.path: tuple(weight.shape) for weight in model.weights})
    x, y = data(spec)
    random = np.random.default_rng(spec["seed"])
    if off_kinks:
        values = {name: moved(value, random) for name, value in values.items()}
        x = each(lambda array: moved(array, random), x)
    batches = []
    for _ in range(spec["epochs"]):
        order = random.permutation(len(x))
        batches += np.split(order, range(spec["batch"], len(x), spec["batch"]))
    return Experiment(
        case=f"network_{spec['seed']}",
        style="functional",
        build="conformance.fuzz.networks:build",
        arguments={"spec": spec, "fault": fault},
        points=[Point("drawn", values, x, y)],
        training=Training(values, x, y, batches, spec["epochs"], spec["batch"], fit=False),
        parameter_counts={
            layer.name: layer.count_params() for layer in model.layers if layer.count_params()
        },
    )
