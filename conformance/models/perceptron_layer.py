"""Document 2's hand-built layers as Dense layers: 5 perceptrons of dimension 3, 2 of dimension 5.

The document only runs them forward; the loss is added so that they can be compared in training.
"""

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
                keras.Input(shape=(3,)),
                layers.Dense(5, activation="sigmoid"),
                layers.Dense(2, activation="sigmoid"),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    inputs = keras.Input(shape=(3,))
    layer1 = layers.Dense(5, activation="sigmoid")(inputs)
    layer2 = layers.Dense(2, activation="sigmoid")(layer1)
    return _compiled(keras.Model(inputs, layer2))


class PerceptronLayers(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.layer1 = layers.Dense(5, activation="sigmoid")
        self.layer2 = layers.Dense(2, activation="sigmoid")

    def call(self, inputs):
        """The second layer's outputs for the first layer's outputs."""
        return self.layer2(self.layer1(inputs))


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(PerceptronLayers())
