"""Document 1's network for moons and circles: 4 tanh, 2 tanh, 1 sigmoid unit."""

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
                layers.Dense(4, activation="tanh"),
                layers.Dense(2, activation="tanh"),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    points = keras.Input(shape=(2,))
    hidden1 = layers.Dense(4, activation="tanh")(points)
    hidden2 = layers.Dense(2, activation="tanh")(hidden1)
    probability = layers.Dense(1, activation="sigmoid")(hidden2)
    return _compiled(keras.Model(points, probability))


class MoonsCirclesANN(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.hidden1 = layers.Dense(4, activation="tanh")
        self.hidden2 = layers.Dense(2, activation="tanh")
        self.probability = layers.Dense(1, activation="sigmoid")

    def call(self, points):
        """P(class = 1) of every point."""
        hidden1 = self.hidden1(points)
        hidden2 = self.hidden2(hidden1)
        return self.probability(hidden2)


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(MoonsCirclesANN())
