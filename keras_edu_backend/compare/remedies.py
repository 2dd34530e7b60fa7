"""What takes the cause of a known difference away, in a worker that runs Keras (see `known`).

Each remedy is a context manager. It changes as little of stock Keras as shows the cause.
"""

import contextlib
from collections.abc import Iterator
from unittest import mock

import numpy as np


@contextlib.contextmanager
def float64_hyperparameters() -> Iterator[None]:
    """Optimizers hold their hyperparameters as `numpy.float64`, which no backend rounds."""
    import keras

    stock = keras.Model.compile

    def compile_with_float64(self, *arguments, **keywords):
        stock(self, *arguments, **keywords)
        for name, value in vars(self.optimizer).items():
            if type(value) is float:
                setattr(self.optimizer, name, np.float64(value))

    with mock.patch.object(keras.Model, "compile", compile_with_float64):
        yield


@contextlib.contextmanager
def loss_from_probabilities() -> Iterator[None]:
    """The loss is given a copy of the outputs, to which TensorFlow's logits do not cling."""
    import keras
    import tensorflow as tf

    stock = keras.Model.compute_loss

    def compute_loss(self, x=None, y=None, y_pred=None, **keywords):
        return stock(self, x=x, y=y, y_pred=tf.identity(y_pred), **keywords)

    with mock.patch.object(keras.Model, "compute_loss", compute_loss):
        yield


@contextlib.contextmanager
def float64_promotion() -> Iterator[None]:
    """float64 and anything smaller make float64."""
    from keras.src.backend.common import dtypes

    with mock.patch.dict(dtypes.BIT64_TO_BIT32_DTYPE, {"float64": "float64"}):
        yield
