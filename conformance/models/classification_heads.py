"""Document 3's three heads for classification on one hidden layer of 30 relu units.

Binary: one sigmoid unit. Multiclass: a softmax unit for each of 3 classes. Multilabel: a sigmoid
unit for each of 4 labels. Each head has its matching cross-entropy; Keras adds the losses up.
"""

import keras
from keras import layers


def _compiled(model):
    model.compile(
        optimizer="adam",
        loss=["binary_crossentropy", "categorical_crossentropy", "binary_crossentropy"],
    )
    return model


def functional():
    """The network as a graph of layer calls."""
    features = keras.Input(shape=(8,))
    hidden = layers.Dense(30, activation="relu")(features)
    binary = layers.Dense(1, activation="sigmoid")(hidden)
    multiclass = layers.Dense(3, activation="softmax")(hidden)
    multilabel = layers.Dense(4, activation="sigmoid")(hidden)
    return _compiled(keras.Model(features, [binary, multiclass, multilabel]))


class ClassificationHeads(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(30, activation="relu")
        self.binary = layers.Dense(1, activation="sigmoid")
        self.multiclass = layers.Dense(3, activation="softmax")
        self.multilabel = layers.Dense(4, activation="sigmoid")

    def call(self, features):
        """P(yes), the probabilities of 3 classes, and those of 4 labels."""
        hidden = self.hidden(features)
        return self.binary(hidden), self.multiclass(hidden), self.multilabel(hidden)


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(ClassificationHeads())
