"""Networks of dense layers by their sizes. Only workers import this."""

import keras
from keras import layers


def build(sizes, activations, loss, optimizer):
    model = keras.Sequential([keras.Input((sizes[0],))])
    for units, activation in zip(sizes[1:], activations, strict=True):
        model.add(layers.Dense(units, activation))
    model.compile(optimizer, loss)
    return model
