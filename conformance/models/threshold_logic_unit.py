"""Document 3's threshold logic unit: a weighted sum, then a step.

Fitted one instance at a time, it learns by the perceptron rule.
"""

import keras
from keras import layers, ops


def step(z):
    """1 where z >= 0, else 0.

    A step's slope is 0, and Keras learns by gradients alone. So the gradient is told to take the
    slope of z in its place: z - stop_gradient(z) is 0, and its slope is 1.
    """
    fired = ops.cast(z >= 0, z.dtype)
    return fired + (z - ops.stop_gradient(z))


def _compiled(model):
    # The squared error's gradient is 2 (answer - y): half of it makes the perceptron rule
    # of w = w + x (y - answer).
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse")
    return model


def sequential():
    """The network as a list of layers."""
    return _compiled(
        keras.Sequential(
            [
                keras.Input(shape=(2,)),
                layers.Dense(1, activation=step),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    instances = keras.Input(shape=(2,))
    answers = layers.Dense(1, activation=step)(instances)
    return _compiled(keras.Model(instances, answers))


class ThresholdLogicUnit(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.answers = layers.Dense(1, activation=step)

    def call(self, instances):
        """0 on one side of a line, 1 on the other."""
        return self.answers(instances)


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(ThresholdLogicUnit())
