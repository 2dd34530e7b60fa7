"""Document 2's take-home exercise: 64 relu, 32 relu, 1 sigmoid unit on 10 features."""

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
                keras.Input(shape=(10,)),
                layers.Dense(64, activation="relu"),
                layers.Dense(32, activation="relu"),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    features = keras.Input(shape=(10,))
    hidden1 = layers.Dense(64, activation="relu")(features)
    hidden2 = layers.Dense(32, activation="relu")(hidden1)
    probability = layers.Dense(1, activation="sigmoid")(hidden2)
    return _compiled(keras.Model(features, probability))


class TakeHome(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.hidden1 = layers.Dense(64, activation="relu")
        self.hidden2 = layers.Dense(32, activation="relu")
        self.probability = layers.Dense(1, activation="sigmoid")

    def call(self, features):
        """P(class = 1) of every instance."""
        hidden1 = self.hidden1(features)
        hidden2 = self.hidden2(hidden1)
        return self.probability(hidden2)


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(TakeHome())
