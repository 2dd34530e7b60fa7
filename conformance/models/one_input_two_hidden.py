"""Document 4's smallest network: one input, 2 hidden relu units, one output."""

import keras
from keras import layers


def _compiled(model):
    model.compile(optimizer="sgd", loss="mse")
    return model


def sequential():
    """The network as a list of layers."""
    return _compiled(
        keras.Sequential(
            [
                keras.Input(shape=(1,)),
                layers.Dense(2, activation="relu"),
                layers.Dense(1),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    numbers = keras.Input(shape=(1,))
    hidden = layers.Dense(2, activation="relu")(numbers)
    height = layers.Dense(1)(hidden)
    return _compiled(keras.Model(numbers, height))


class OneInputTwoHidden(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(2, activation="relu")
        self.height = layers.Dense(1)

    def call(self, numbers):
        """The height of the bent line at every number."""
        return self.height(self.hidden(numbers))


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(OneInputTwoHidden())
