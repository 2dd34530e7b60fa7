"""What takes the cause of a known difference away, in a worker that runs Keras (see `known`).

Each remedy is a context manager. It changes as little of stock Keras as shows the cause.
"""

import contextlib
import sys
from collections.abc import Iterator
from unittest import mock

import numpy as np


@contextlib.contextmanager
def float64_hyperparameters() -> Iterator[None]:
    """Optimizers hold their hyperparameters as `numpy.float64`, which no backend rounds."""
    import keras

    stock = keras.optimizers.Optimizer.build

    def build_with_float64(self, variables):
        for name, value in list(vars(self).items()):
            if type(value) is float:
                setattr(self, name, np.float64(value))
        stock(self, variables)

    with mock.patch.object(keras.optimizers.Optimizer, "build", build_with_float64):
        yield


@contextlib.contextmanager
def loss_from_probabilities() -> Iterator[None]:
    """The loss is given a copy of the outputs, to which TensorFlow's logits do not cling."""
    import keras
    import tensorflow as tf

    stock = keras.Model.compute_loss

    def compute_loss(self, x=None, y=None, y_pred=None, **keywords):
        return stock(self, x=x, y=y, y_pred=tf.nest.map_structure(tf.identity, y_pred), **keywords)

    with mock.patch.object(keras.Model, "compute_loss", compute_loss):
        yield


@contextlib.contextmanager
def float64_promotion() -> Iterator[None]:
    """float64 and anything smaller make float64."""
    from keras.src.backend.common import dtypes

    with mock.patch.dict(dtypes.BIT64_TO_BIT32_DTYPE, {"float64": "float64"}):
        _forget_compiled_programs()
        try:
            yield
        finally:
            _forget_compiled_programs()


def _forget_compiled_programs():
    """JAX traces an operation once for each dtype and shape: it would not ask again."""
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
