"""Document 5's network for backpropagation: 4 and 4 sigmoid units, 1 sigmoid output."""

import keras
from keras import layers


def _compiled(model):
    model.compile(optimizer="sgd", loss="mse")
    return model


def sequential():
    """The network as a list of layers."""
    return _compiled(
        keras.Sequential(
            [
                keras.Input(shape=(4,)),
                layers.Dense(4, activation="sigmoid"),
                layers.Dense(4, activation="sigmoid"),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    features = keras.Input(shape=(4,))
    a2 = layers.Dense(4, activation="sigmoid")(features)
    a3 = layers.Dense(4, activation="sigmoid")(a2)
    prediction = layers.Dense(1, activation="sigmoid")(a3)
    return _compiled(keras.Model(features, prediction))


class TwoHiddenSigmoid(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.a2 = layers.Dense(4, activation="sigmoid")
        self.a3 = layers.Dense(4, activation="sigmoid")
        self.prediction = layers.Dense(1, activation="sigmoid")

    def call(self, features):
        """The prediction, between 0 and 1."""
        a2 = self.a2(features)
        a3 = self.a3(a2)
        return self.prediction(a3)


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(TwoHiddenSigmoid())
