"""Keras models with one defect each, and the same model without. Only workers import this."""

import keras
from keras import layers, ops

FEATURES, UNITS, CLASSES = 4, 4, 3
WIDTH = 3


class Transposed(layers.Dense):
    """Dense with its kernel transposed; it is square, so that the shapes still fit."""

    def call(self, inputs):
        return self.activation(ops.matmul(inputs, ops.transpose(self.kernel)) + self.bias)


class WithoutBias(layers.Dense):
    """Dense that has a bias and does not add it."""

    def call(self, inputs):
        return self.activation(ops.matmul(inputs, self.kernel))


def relu_with_slope_one_at_zero(x):
    return ops.where(x >= 0, x, 0.0 * x)


def sound():
    return _compiled(layers.Dense(UNITS, activation="relu"))


def relu():
    return _compiled(layers.Dense(UNITS, activation=relu_with_slope_one_at_zero))


def transposed():
    return _compiled(Transposed(UNITS, activation="relu"))


def forgotten_bias():
    return _compiled(WithoutBias(UNITS, activation="relu"))


def missing_bias():
    return _compiled(layers.Dense(UNITS, activation="relu", use_bias=False))


def learning_rate():
    return _compiled(layers.Dense(UNITS, activation="relu"), rate=0.0101)


def adam():
    return _compiled(layers.Dense(UNITS, activation="relu"), optimizer=keras.optimizers.Adam(0.01))


def adam_of_another_rate():
    return _compiled(
        layers.Dense(UNITS, activation="relu"), optimizer=keras.optimizers.Adam(0.01001)
    )


def sigmoid_scores():
    return _compiled(
        layers.Dense(UNITS, activation="relu"),
        optimizer=keras.optimizers.Adam(0.01),
        scores="sigmoid",
    )


def sigmoid_scores_at_another_rate():
    return _compiled(
        layers.Dense(UNITS, activation="relu"),
        optimizer=keras.optimizers.Adam(0.01001),
        scores="sigmoid",
    )


def two_inputs():
    return _wide_and_deep()


def other_loss_weight():
    return _wide_and_deep(loss_weights=(0.8, 0.2))


def swapped_inputs():
    return _wide_and_deep(deep=0)


def forgotten_concatenation():
    return _wide_and_deep(concatenated=lambda wide, hidden: hidden)


def other_way_round():
    return _wide_and_deep(concatenated=lambda wide, hidden: layers.concatenate([hidden, wide]))


def _wide_and_deep(
    loss_weights=(0.9, 0.1),
    deep=1,
    concatenated=lambda wide, hidden: layers.concatenate([wide, hidden]),
):
    """Two inputs of one width, so that they can be mistaken for each other; two outputs."""
    inputs = keras.Input((WIDTH,)), keras.Input((WIDTH,))
    hidden = layers.Dense(UNITS, activation="relu")(inputs[deep])
    main = layers.Dense(1)(concatenated(inputs[1 - deep], hidden))
    model = keras.Model(inputs, (main, layers.Dense(1)(hidden)))
    model.compile("sgd", loss=["mse", "mse"], loss_weights=list(loss_weights))
    return model


def _compiled(hidden, rate=0.01, optimizer=None, scores="softmax"):
    output = layers.Dense(CLASSES, activation=scores)
    model = keras.Sequential([keras.Input((FEATURES,)), hidden, output])
    model.compile(optimizer or keras.optimizers.SGD(rate), loss="categorical_crossentropy")
    return model
