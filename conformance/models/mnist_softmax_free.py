"""Document 5's first network for digits: 10 sigmoid units on 784 pixels, no hidden layer."""

import keras
from keras import layers


def _compiled(model):
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def sequential():
    """The network as a list of layers."""
    return _compiled(
        keras.Sequential(
            [
                keras.Input(shape=(784,)),
                layers.Dense(10, activation="sigmoid"),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    pixels = keras.Input(shape=(784,))
    scores = layers.Dense(10, activation="sigmoid")(pixels)
    return _compiled(keras.Model(pixels, scores))


class MnistSoftmaxFree(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.scores = layers.Dense(10, activation="sigmoid")

    def call(self, pixels):
        """A score for each digit; they need not sum to 1."""
        return self.scores(pixels)


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(MnistSoftmaxFree())
