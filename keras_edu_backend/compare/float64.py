"""Keras and its backends, changed so that a model in float64 computes in float64 throughout."""

import functools
import types

import numpy as np

from keras_edu_backend.compare.volumes import pooling

# Where softplus(x) and x are the same float64.
LINEAR = 40.0


def make_float64_real() -> None:
    """Let a model compute in float64 on every backend, for the rest of the process.

    Otherwise rounding to a smaller type would hide in float64, and a verdict could not tell it from
    a difference (docs/differences.md says what each library does):

    - Every floating-point dtype policy becomes float64, also one that a layer names itself, such as
      ``mixed_float16``.
    - What Keras keeps in float32 is float64: type promotion on every backend but TensorFlow
      (keras-team/keras#23704), the filters of MelSpectrogram.
    - JAX has the softmax of attention in float64 as well.
    - TensorFlow has in float64 Python numbers that become tensors, such as an optimizer's
      hyperparameters, the constants of gelu and the slope of a leaky relu; and it pools volumes,
      which its own kernel refuses.
    - PyTorch has in float64 the sixth in the slope of hard_sigmoid and the root of a whole number;
      a softplus(x) that is x only where float64 has no room for the rest, not from 20 on; and
      convolutions to or from one channel, which it cannot differentiate.
    """
    import keras
    from keras.src.backend.common import dtypes

    policy = keras.dtype_policies.DTypePolicy
    parse = policy._parse_name

    def in_float64(self, name):
        compute, variable = parse(self, name)
        if "float" in compute and "float" in variable:
            return "float64", "float64"
        return compute, variable

    policy._parse_name = in_float64
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    mel = keras.layers.MelSpectrogram
    mel.linear_to_mel_weight_matrix = functools.partialmethod(
        mel.linear_to_mel_weight_matrix, dtype="float64"
    )
    own = {"jax": _jax, "tensorflow": _tensorflow, "torch": _torch}.get(keras.backend.backend())
    if own is not None:
        own()


def _jax():
    from jax._src.nn import functions

    from keras_edu_backend.ops.nn import attention

    # `jax.nn.dot_product_attention` casts to np.float32, a name in its module.
    vars(functions)["np"] = types.SimpleNamespace(**vars(np) | {"float32": np.float64})
    attention.SOFTMAX = "float64"


def _tensorflow():
    import tensorflow as tf

    def in_full(function):
        def called(x, *args, **kwargs):
            return function(np.float64(x) if type(x) is float else x, *args, **kwargs)

        return called

    def leaky_relu(features, alpha=0.2, name=None):
        return tf.where(features > 0, features, alpha * features)

    def gelu(features, approximate=False, name=None):
        if not approximate:
            return 0.5 * features * tf.math.erfc(-features * 2**-0.5)
        inner = (2 / np.pi) ** 0.5 * (features + 0.044715 * features**3)
        return 0.5 * features * (1 + tf.tanh(inner))

    tf.cast, tf.convert_to_tensor = in_full(tf.cast), in_full(tf.convert_to_tensor)
    tf.nn.leaky_relu, tf.nn.gelu = leaky_relu, gelu
    pools = pooling(lambda x, maxima: x.dtype == tf.float64, first=False)
    for name, function in pools.items():
        setattr(tf.nn, name, function)


def _torch():
    import torch
    from torch.nn import functional

    def contiguous(conv):
        return lambda x, kernel, *args, **more: conv(x, kernel.contiguous(), *args, **more)

    torch.set_default_dtype(torch.float64)  # of the root of a whole number, in Muon
    for name in ("conv2d", "conv_transpose1d", "conv_transpose2d"):
        setattr(functional, name, contiguous(getattr(functional, name)))
    functional.hardsigmoid = lambda input, inplace=False: functional.relu6(input + 3) / 6
    functional.softplus = functools.partial(functional.softplus, threshold=LINEAR)
