"""Document 1's softmax regression: 3 softmax units, one for each arm of the spiral."""

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
                layers.Dense(3, activation="softmax"),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    points = keras.Input(shape=(2,))
    probabilities = layers.Dense(3, activation="softmax")(points)
    return _compiled(keras.Model(points, probabilities))


class SoftmaxRegression(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.probabilities = layers.Dense(3, activation="softmax")

    def call(self, points):
        """Probabilities of the three arms."""
        return self.probabilities(points)


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(SoftmaxRegression())
