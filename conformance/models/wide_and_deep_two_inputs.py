"""Document 3's Wide & Deep network with two inputs: 5 features wide, 6 deep.

The deep input passes two layers of 30 relu units; concatenate(wide, hidden2) feeds one output unit.
"""

import keras
from keras import layers


def _compiled(model):
    model.compile(optimizer="sgd", loss="mse")
    return model


def functional():
    """The network as a graph of layer calls."""
    wide = keras.Input(shape=(5,))
    deep = keras.Input(shape=(6,))
    hidden1 = layers.Dense(30, activation="relu")(deep)
    hidden2 = layers.Dense(30, activation="relu")(hidden1)
    concat = layers.concatenate([wide, hidden2])
    output = layers.Dense(1)(concat)
    return _compiled(keras.Model((wide, deep), output))


class WideAndDeepTwoInputs(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.hidden1 = layers.Dense(30, activation="relu")
        self.hidden2 = layers.Dense(30, activation="relu")
        self.output_unit = layers.Dense(1)

    def call(self, inputs):
        """One number for every instance."""
        wide, deep = inputs
        hidden1 = self.hidden1(deep)
        hidden2 = self.hidden2(hidden1)
        return self.output_unit(layers.concatenate([wide, hidden2]))


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(WideAndDeepTwoInputs())
