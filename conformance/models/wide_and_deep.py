"""Document 3's Wide & Deep network: the input also goes straight to the output.

Two layers of 30 relu units are the deep path; concatenate(input, hidden2) feeds one output unit.
"""

import keras
from keras import layers


def _compiled(model):
    model.compile(optimizer="sgd", loss="mse")
    return model


def functional():
    """The network as a graph of layer calls."""
    features = keras.Input(shape=(8,))
    hidden1 = layers.Dense(30, activation="relu")(features)
    hidden2 = layers.Dense(30, activation="relu")(hidden1)
    concat = layers.concatenate([features, hidden2])
    output = layers.Dense(1)(concat)
    return _compiled(keras.Model(features, output))


class WideAndDeep(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.hidden1 = layers.Dense(30, activation="relu")
        self.hidden2 = layers.Dense(30, activation="relu")
        self.output_unit = layers.Dense(1)

    def call(self, features):
        """One number for every instance."""
        hidden1 = self.hidden1(features)
        hidden2 = self.hidden2(hidden1)
        return self.output_unit(layers.concatenate([features, hidden2]))


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(WideAndDeep())
