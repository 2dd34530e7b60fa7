"""Document 4's function approximator: three layers of 50 relu units, one output."""

import keras
from keras import layers


def _compiled(model):
    model.compile(optimizer="adam", loss="mse")
    return model


def sequential():
    """The network as a list of layers."""
    return _compiled(
        keras.Sequential(
            [
                keras.Input(shape=(1,)),
                layers.Dense(50, activation="relu"),
                layers.Dense(50, activation="relu"),
                layers.Dense(50, activation="relu"),
                layers.Dense(1),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    x = keras.Input(shape=(1,))
    hidden1 = layers.Dense(50, activation="relu")(x)
    hidden2 = layers.Dense(50, activation="relu")(hidden1)
    hidden3 = layers.Dense(50, activation="relu")(hidden2)
    height = layers.Dense(1)(hidden3)
    return _compiled(keras.Model(x, height))


class FunctionApproximator(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.hidden1 = layers.Dense(50, activation="relu")
        self.hidden2 = layers.Dense(50, activation="relu")
        self.hidden3 = layers.Dense(50, activation="relu")
        self.height = layers.Dense(1)

    def call(self, x):
        """The curve's height at every x."""
        hidden1 = self.hidden1(x)
        hidden2 = self.hidden2(hidden1)
        hidden3 = self.hidden3(hidden2)
        return self.height(hidden3)


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(FunctionApproximator())
