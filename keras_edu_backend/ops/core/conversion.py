"""From what a program holds (numbers, NumPy, variables, sparse arrays) to JAX arrays and back."""

import functools

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
from jax.experimental import sparse as jax_sparse
from keras.src.backend.common import KerasVariable, standardize_dtype

from keras_edu_backend.jax_versions import INLINE
from keras_edu_backend.wrong_calls import explain


def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """``x`` as a JAX array, of the given dtype where one is given.

    Args:
        x: an array, a Keras variable, a sparse array, or whatever ``jax.numpy.asarray`` takes.
        dtype: a Keras dtype name, or None to keep x's own.
        sparse: False turns a sparse array into a dense one; None or True leaves it sparse.
        ragged: must not be true.
    Returns:
        A ``jax.Array``, or a sparse one where ``x`` is sparse and may stay so. ``x`` itself where
        nothing has to change.
    Raises:
        ValueError: ``ragged=True``; JAX has no ragged arrays.
    Source: ``keras.ops.convert_to_tensor``.
    """
    try:
        if ragged:
            raise ValueError("`ragged=True` was asked for, but JAX has no ragged arrays.")
        if dtype is not None:
            dtype = standardize_dtype(dtype)
        if isinstance(x, jax.Array):
            return x if dtype is None or x.dtype == dtype else _rewritten(x, dtype)
        if isinstance(x, KerasVariable):
            return x.value if dtype is None or x.dtype == dtype else _rewritten(x.value, dtype)
        if isinstance(x, jax_sparse.JAXSparse):
            if sparse is False:
                x = x.todense()
            return x if dtype is None or x.dtype == dtype else x.astype(dtype)
        if dtype is not None and _is_plain(x):
            # A transfer, where `asarray` would run a conversion on the device.
            return jax.device_put(np.asarray(x, jax.dtypes.canonicalize_dtype(dtype)))
        if dtype == "bfloat16":
            # NumPy reads bfloat16 from files as raw bytes: keep what is stored, then cast.
            return jnp.asarray(x).astype(dtype)
        return jnp.asarray(x, dtype)
    except Exception as error:
        explain(error, "convert_to_tensor", {"x": x, "dtype": dtype})
        raise


def _is_plain(x):
    """Whether ``x`` is a Python number, or a list of integers as a seed is."""
    if type(x) is list:
        return all(type(n) is int and 0 <= n < 2**31 for n in x)
    return type(x) in (bool, int, float)


@functools.partial(jax.jit, static_argnames="dtype", inline=INLINE)
def _rewritten(x, dtype):
    # `asarray` asks much before it runs its one primitive; compiled, it asks once.
    return jnp.asarray(x, dtype)


def convert_to_numpy(x):
    """``x`` as a NumPy array that owns its memory; a sparse array is made dense.

    Source: ``keras.ops.convert_to_numpy``.
    """
    if isinstance(x, jax_sparse.JAXSparse):
        x = x.todense()
    if is_tensor(x) and x.dtype == "bfloat16":
        return np.array(x, dtype=ml_dtypes.bfloat16)
    return np.array(x)


def is_tensor(x):
    """Whether ``x`` is one of this backend's tensors: a JAX array, dense or sparse.

    Source: ``keras.ops.is_tensor``.
    """
    return isinstance(x, (jax.Array, jax_sparse.JAXSparse))


def shape(x):
    """The sizes of ``x``'s dimensions, as a tuple. Source: ``keras.ops.shape``."""
    return x.shape


def cast(x, dtype):
    """``x`` with its numbers written in another dtype. Source: ``keras.ops.cast``."""
    try:
        return convert_to_tensor(x, dtype=dtype)
    except Exception as error:
        explain(error, "cast", {"x": x, "dtype": dtype})
        raise


def random_seed_dtype():
    """The dtype of a seed: JAX's random keys are pairs of 32-bit words without sign."""
    return "uint32"
