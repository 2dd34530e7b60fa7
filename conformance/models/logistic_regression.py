"""Document 1's logistic regression: one sigmoid unit, which draws a straight line."""

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
                layers.Dense(1, activation="sigmoid"),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    points = keras.Input(shape=(2,))
    probability = layers.Dense(1, activation="sigmoid")(points)
    return _compiled(keras.Model(points, probability))


class LogisticRegression(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.probability = layers.Dense(1, activation="sigmoid")

    def call(self, points):
        """P(class = 1) of every point."""
        return self.probability(points)


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(LogisticRegression())
