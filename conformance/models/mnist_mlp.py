"""Document 4's network for handwritten digits: 512 relu, 10 softmax units on 784 pixels."""

import keras
from keras import layers


def _compiled(model):
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def sequential():
    """The network as a list of layers."""
    return _compiled(
        keras.Sequential(
            [
                keras.Input(shape=(784,)),
                layers.Dense(512, activation="relu"),
                layers.Dense(10, activation="softmax"),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    pixels = keras.Input(shape=(784,))
    hidden = layers.Dense(512, activation="relu")(pixels)
    digits = layers.Dense(10, activation="softmax")(hidden)
    return _compiled(keras.Model(pixels, digits))


class MnistMLP(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(512, activation="relu")
        self.digits = layers.Dense(10, activation="softmax")

    def call(self, pixels):
        """Probabilities of the ten digits."""
        return self.digits(self.hidden(pixels))


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(MnistMLP())
