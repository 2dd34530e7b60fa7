"""Document 3's Wide & Deep network with an auxiliary output on hidden2, and `WideAndDeepModel`.

The losses of both outputs are weighed: 0.9 for the main one, 0.1 for the auxiliary one.
"""

import keras
from keras import layers


def _compiled(model):
    model.compile(optimizer="sgd", loss=["mse", "mse"], loss_weights=[0.9, 0.1])
    return model


def functional():
    """The network as a graph of layer calls."""
    wide = keras.Input(shape=(5,))
    deep = keras.Input(shape=(6,))
    hidden1 = layers.Dense(30, activation="relu")(deep)
    hidden2 = layers.Dense(30, activation="relu")(hidden1)
    concat = layers.concatenate([wide, hidden2])
    main_output = layers.Dense(1)(concat)
    aux_output = layers.Dense(1)(hidden2)
    return _compiled(keras.Model((wide, deep), (main_output, aux_output)))


class WideAndDeepModel(keras.Model):
    """The document's class; its number of units and activation can be chosen."""

    def __init__(self, units=30, activation="relu", **keywords):
        super().__init__(**keywords)
        self.hidden1 = layers.Dense(units, activation=activation)
        self.hidden2 = layers.Dense(units, activation=activation)
        self.main_output = layers.Dense(1)
        self.aux_output = layers.Dense(1)

    def call(self, inputs):
        """The main output and the auxiliary one."""
        wide, deep = inputs
        hidden1 = self.hidden1(deep)
        hidden2 = self.hidden2(hidden1)
        concat = layers.concatenate([wide, hidden2])
        return self.main_output(concat), self.aux_output(hidden2)


def subclassed():
    """The network as an instance of the document's class."""
    return _compiled(WideAndDeepModel())
