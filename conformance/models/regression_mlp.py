"""Document 3's regression MLP: 30 relu units, and an output whose activation sets its range.

No activation: any number; relu and softplus: positive ones; sigmoid: 0 to 1; tanh: −1 to 1. The
loss is "mse", "mae" where there are many outliers, or "huber", a combination of both.
"""

import keras
from keras import layers


def _compiled(model, error):
    model.compile(optimizer="sgd", loss=error)
    return model


def sequential(output=None, error="mse"):
    """The network as a list of layers."""
    return _compiled(
        keras.Sequential(
            [
                keras.Input(shape=(8,)),
                layers.Dense(30, activation="relu"),
                layers.Dense(1, activation=output),
            ]
        ),
        error,
    )


def functional(output=None, error="mse"):
    """The network as a graph of layer calls."""
    features = keras.Input(shape=(8,))
    hidden = layers.Dense(30, activation="relu")(features)
    number = layers.Dense(1, activation=output)(hidden)
    return _compiled(keras.Model(features, number), error)


class RegressionMLP(keras.Model):
    """The network as a class."""

    def __init__(self, output=None):
        super().__init__()
        self.hidden = layers.Dense(30, activation="relu")
        self.number = layers.Dense(1, activation=output)

    def call(self, features):
        """One number for every instance."""
        return self.number(self.hidden(features))


def subclassed(output=None, error="mse"):
    """The network as an instance of a class of its own."""
    return _compiled(RegressionMLP(output), error)
