"""Changes to stock Keras, made in the workers that run it; each as small as shows its cause."""

import contextlib
from collections.abc import Collection, Iterator
from unittest import mock

from keras_edu_backend.compare.volumes import pooling


def name_without(quantity: str, remedies: Collection[str]) -> str:
    """What a quantity is called that was measured with these remedies.

    Args:
        quantity: one of `experiment.QUANTITIES`.
        remedies: names of functions in this module, in any order.

    Returns:
        Such as ``"gradients, with float64_promotion"``; without remedies, the quantity itself.
    """
    if not remedies:
        return quantity
    return f"{quantity}, with {' and '.join(sorted(remedies))}"


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
def gradients_added_up() -> Iterator[None]:
    """TensorFlow's optimizers get the gradient of an Embedding as an array, as on other backends.

    On TensorFlow it is ``IndexedSlices``, a list of rows, and Keras's elementwise functions act on
    the rows of one word before these are added up.
    """
    import keras
    import tensorflow as tf

    optimizer = keras.optimizers.Optimizer
    stock = optimizer.apply

    def apply(self, grads, trainable_variables=None):
        added_up = [None if each is None else tf.convert_to_tensor(each) for each in grads]
        return stock(self, added_up, trainable_variables)

    with mock.patch.object(optimizer, "apply", apply):
        yield


@contextlib.contextmanager
def kernels_normalized_in_passing() -> Iterator[None]:
    """SpectralNormalization computes with the normalized kernel and assigns none, as on JAX."""
    import keras
    from keras import ops

    wrapper = keras.layers.SpectralNormalization
    stock = wrapper.call

    def call(self, inputs, training=False):
        if not training:
            return stock(self, inputs, training=False)
        vector, kernel = ops.cond(
            ops.all(ops.equal(self.kernel.value, 0)),
            lambda: (self.vector_u.value, self.kernel.value),
            self.normalized_weights,
        )
        self.vector_u.assign(vector)
        with keras.StatelessScope(state_mapping=[(self.kernel, kernel)]):
            output = self.layer(inputs)
        return ops.cast(output, inputs.dtype)

    with mock.patch.object(wrapper, "call", call):
        yield


@contextlib.contextmanager
def slope_to_the_first_maximum() -> Iterator[None]:
    """TensorFlow's MaxPooling3D gives the slope to one of equal numbers, as in two dimensions."""
    import tensorflow as tf

    with mock.patch.multiple(tf.nn, **pooling(lambda x, maxima: maxima, first=True)):
        yield


@contextlib.contextmanager
def averages_without_padding() -> Iterator[None]:
    """PyTorch's average pooling pads with zeros, and divides by how many numbers a window holds."""
    import torch
    from keras.src.backend.torch import nn

    stock, zeros = nn.average_pool, nn.tnn.pad

    def average_pool(inputs, *args, **kwargs):
        inputs = nn.convert_to_tensor(inputs)
        with mock.patch.object(nn.tnn, "pad", lambda x, pad, mode: zeros(x, pad)):
            return stock(inputs, *args, **kwargs) / stock(torch.ones_like(inputs), *args, **kwargs)

    with mock.patch.object(nn, "average_pool", average_pool):
        yield
