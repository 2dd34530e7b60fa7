"""Windows: weights that fade a stretch of N samples in and out, for spectra and filters.

With t = n / (N - 1), which goes from 0 to 1 over the samples n = 0 … N - 1. They are computed in
JAX's default floating dtype, and given in ``keras.config.floatx()``.
"""

import jax.numpy as jnp

from keras_edu_backend.operation import operation

__all__ = ["bartlett", "blackman", "hamming", "hanning", "kaiser"]


@operation(static=("x",), settings=("floatx",), compiled=False)
def bartlett(x, *, floatx):
    """1 - |2t - 1|, for N = x samples. Source: ``keras.ops.bartlett``."""
    return jnp.bartlett(x).astype(floatx)


@operation(static=("x",), settings=("floatx",), compiled=False)
def hanning(x, *, floatx):
    """0.5 - 0.5 cos(2 pi t), for N = x samples. Source: ``keras.ops.hanning``."""
    return jnp.hanning(x).astype(floatx)


@operation(static=("x",), settings=("floatx",), compiled=False)
def hamming(x, *, floatx):
    """0.54 - 0.46 cos(2 pi t), for N = x samples. Source: ``keras.ops.hamming``."""
    return jnp.hamming(x).astype(floatx)


@operation(static=("x",), settings=("floatx",), compiled=False)
def blackman(x, *, floatx):
    """0.42 - 0.5 cos(2 pi t) + 0.08 cos(4 pi t), for N = x samples.

    Source: ``keras.ops.blackman``.
    """
    return jnp.blackman(x).astype(floatx)


@operation(static=("x",), settings=("floatx",), compiled=False)
def kaiser(x, beta, *, floatx):
    """I_0(beta sqrt(1 - (2t - 1)**2)) / I_0(beta), for N = x samples.

    The greater beta, the narrower the window; beta = 0 makes it flat.
    Source: ``keras.ops.kaiser``.
    """
    return jnp.kaiser(x, beta).astype(floatx)
