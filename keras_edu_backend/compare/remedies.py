"""What takes the cause of a known difference away, in a worker that runs Keras (see `known`).

Each remedy is a context manager. It changes as little of stock Keras as shows the cause.
"""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from unittest import mock

import numpy as np


def name_without(quantity: str, remedies: Iterable[str]) -> str:
    """What a quantity is called that was measured with these remedies.

    Args:
        quantity: one of `experiment.QUANTITIES`.
        remedies: names of functions in this module, in any order.

    Returns:
        Such as ``"gradients, with float64_promotion"``.
    """
    return f"{quantity}, with {' and '.join(sorted(remedies))}"


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
def cross_entropy_of_probabilities() -> Iterator[None]:
    """TensorFlow's cross-entropy is that of the other backends: -Σ y log(clip(p / Σp)).

    The loss is given a copy of the outputs, to which the logits do not cling; and the sparse
    cross-entropy, which on TensorFlow clips first and divides by the sum after that, becomes the
    categorical one of the same labels, which does not.
    """
    import keras
    import tensorflow as tf
    from keras.src.backend.tensorflow import nn

    stock_loss, stock_sparse = keras.Model.compute_loss, nn.sparse_categorical_crossentropy

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        y_pred = tf.nest.map_structure(tf.identity, y_pred)
        return stock_loss(self, x, y, y_pred, sample_weight, training)

    def sparse(target, output, from_logits=False, axis=-1):
        if from_logits:
            return stock_sparse(target, output, from_logits, axis)
        labels = tf.cast(target, "int32")
        if labels.shape.rank == output.shape.rank:
            labels = tf.squeeze(labels, -1)
        one_hot = tf.one_hot(labels, output.shape[axis], dtype=output.dtype)
        return nn.categorical_crossentropy(one_hot, output, axis=axis)

    with (
        mock.patch.object(keras.Model, "compute_loss", compute_loss),
        mock.patch.object(nn, "sparse_categorical_crossentropy", sparse),
    ):
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
