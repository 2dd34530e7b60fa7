"""Document 1's deep network for the spiral: 64, 32 and 16 tanh, 3 softmax units."""

import keras
from keras import layers


def _compiled(model):
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def sequential():
    """The network as a list of layers."""
    return _compiled(
        keras.Sequential(
            [
                keras.Input(shape=(2,)),
                layers.Dense(64, activation="tanh"),
                layers.Dense(32, activation="tanh"),
                layers.Dense(16, activation="tanh"),
                layers.Dense(3, activation="softmax"),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    points = keras.Input(shape=(2,))
    hidden1 = layers.Dense(64, activation="tanh")(points)
    hidden2 = layers.Dense(32, activation="tanh")(hidden1)
    hidden3 = layers.Dense(16, activation="tanh")(hidden2)
    probabilities = layers.Dense(3, activation="softmax")(hidden3)
    return _compiled(keras.Model(points, probabilities))


class SpiralANN(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.hidden1 = layers.Dense(64, activation="tanh")
        self.hidden2 = layers.Dense(32, activation="tanh")
        self.hidden3 = layers.Dense(16, activation="tanh")
        self.probabilities = layers.Dense(3, activation="softmax")

    def call(self, points):
        """Probabilities of the three arms."""
        hidden1 = self.hidden1(points)
        hidden2 = self.hidden2(hidden1)
        hidden3 = self.hidden3(hidden2)
        return self.probabilities(hidden3)


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(SpiralANN())
