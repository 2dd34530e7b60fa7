"""The parts of training without a model, in Keras: an optimizer's steps, and random numbers."""

import keras
import numpy as np

from keras_edu_backend.compare.experiment import Draws, Updates


def updates(plan: Updates) -> dict[str, np.ndarray]:
    """Weights after every step of an optimizer that is given the gradients.

    Args:
        plan: the `experiment.Updates`.

    Returns:
        Mapping of ``"step 1, dense/kernel"`` and so on to array.
    """
    optimizer = keras.optimizers.get({"class_name": plan.optimizer, "config": plan.hyperparameters})
    variables = {name: keras.Variable(value) for name, value in plan.weights.items()}
    optimizer.build(list(variables.values()))
    found = {}
    for step, gradients in enumerate(plan.gradients, start=1):
        tensors = [keras.ops.convert_to_tensor(gradients[name]) for name in variables]
        optimizer.apply(tensors)
        for name, variable in variables.items():
            # A copy: some backends hand out a view of memory that the next step overwrites.
            found[f"step {step}, {name}"] = np.array(keras.ops.convert_to_numpy(variable))
    return found


def draws(plan: Draws) -> dict[str, np.ndarray]:
    """What an initializer draws, or what a dropout layer makes of ones while training.

    Args:
        plan: the `experiment.Draws`.

    Returns:
        Mapping of ``"draws"`` to array.
    """
    if hasattr(keras.initializers, plan.source):
        initializer = getattr(keras.initializers, plan.source)(**plan.arguments, seed=plan.seed)
        drawn = initializer(tuple(plan.shape), dtype=keras.config.floatx())
    else:
        layer = getattr(keras.layers, plan.source)(**plan.arguments, seed=plan.seed)
        drawn = layer(keras.ops.ones(plan.shape, dtype=keras.config.floatx()), training=True)
    return {"draws": keras.ops.convert_to_numpy(drawn)}
