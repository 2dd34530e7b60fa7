"""Document 1's network for the sine wave: three layers of 64 tanh units, 1 sigmoid unit."""

import keras
from keras import layers


def _compiled(model):
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def sequential():
    """The network as a list of layers."""
    return _compiled(
        keras.Sequential(
            [
                keras.Input(shape=(2,)),
                layers.Dense(64, activation="tanh"),
                layers.Dense(64, activation="tanh"),
                layers.Dense(64, activation="tanh"),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    points = keras.Input(shape=(2,))
    hidden1 = layers.Dense(64, activation="tanh")(points)
    hidden2 = layers.Dense(64, activation="tanh")(hidden1)
    hidden3 = layers.Dense(64, activation="tanh")(hidden2)
    probability = layers.Dense(1, activation="sigmoid")(hidden3)
    return _compiled(keras.Model(points, probability))


class SineANN(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.hidden1 = layers.Dense(64, activation="tanh")
        self.hidden2 = layers.Dense(64, activation="tanh")
        self.hidden3 = layers.Dense(64, activation="tanh")
        self.probability = layers.Dense(1, activation="sigmoid")

    def call(self, points):
        """P(class = 1) of every point."""
        hidden1 = self.hidden1(points)
        hidden2 = self.hidden2(hidden1)
        hidden3 = self.hidden3(hidden2)
        return self.probability(hidden3)


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(SineANN())
