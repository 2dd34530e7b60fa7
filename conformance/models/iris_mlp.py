"""Document 2's network for the iris flowers: 4 relu, 128 relu, 3 softmax units."""

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
                keras.Input(shape=(4,)),
                layers.Dense(4, activation="relu"),
                layers.Dense(128, activation="relu"),
                layers.Dense(3, activation="softmax"),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    inputs = keras.Input(shape=(4,))
    hidden1 = layers.Dense(4, activation="relu")(inputs)
    hidden2 = layers.Dense(128, activation="relu")(hidden1)
    outputs = layers.Dense(3, activation="softmax")(hidden2)
    return _compiled(keras.Model(inputs, outputs))


class IrisMLP(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.hidden1 = layers.Dense(4, activation="relu")
        self.hidden2 = layers.Dense(128, activation="relu")
        self.species = layers.Dense(3, activation="softmax")

    def call(self, inputs):
        """Probabilities of the three species."""
        return self.species(self.hidden2(self.hidden1(inputs)))


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(IrisMLP())
