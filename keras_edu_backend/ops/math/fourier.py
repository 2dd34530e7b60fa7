"""Discrete Fourier transforms. Keras passes a complex array as a pair: (real part, imaginary part).

These ops take the pair whole, as a constant as far as ``@operation`` is concerned: only what is
inside it is an array.
"""

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import as_array, operation

__all__ = ["_get_complex_tensor_from_tuple", "fft", "fft2", "ifft2", "irfft", "rfft"]


@operation(static=("x",), compiled=False)
def fft(x):
    """y[k] = Σ_n x[n] exp(-2πi k n / N) along the last axis.

    Args:
        x: the pair (real, imaginary) of floating arrays (..., N).
    Returns:
        The pair (real, imaginary), each (..., N).
    Raises:
        ValueError: not a pair of floating arrays of one shape.
    Source: ``keras.ops.fft``; Cooley and Tukey (1965).
    """
    return real_and_imaginary(jnp.fft.fft(complex_from_pair(x)))


@operation(static=("x",), compiled=False)
def fft2(x):
    """``fft`` along the last two axes. Source: ``keras.ops.fft2``."""
    return real_and_imaginary(jnp.fft.fft2(complex_from_pair(x)))


@operation(static=("x",), compiled=False)
def ifft2(x):
    """The x whose ``fft2`` is given. Source: ``keras.ops.ifft2``."""
    return real_and_imaginary(jnp.fft.ifft2(complex_from_pair(x)))


@operation(static=("fft_length",))
def rfft(x, fft_length=None):
    """The first half of the ``fft`` of a real array; the second is its mirrored conjugate.

    Args:
        x: floating array (..., N).
        fft_length: N to use instead: x is cut to it, or continued with zeros.
    Returns:
        The pair (real, imaginary), each (..., N // 2 + 1).
    Source: ``keras.ops.rfft``.
    """
    return real_and_imaginary(jnp.fft.rfft(x, n=fft_length))


@operation(static=("x", "fft_length"), compiled=False)
def irfft(x, fft_length=None):
    """The real array whose ``rfft`` is given.

    Args:
        x: the pair (real, imaginary), each (..., M).
        fft_length: the length N of the result, 2 (M - 1) unless it is given: both N = 2 (M - 1) and
            the next have an ``rfft`` of length M.
    Returns:
        Array (..., N).
    Raises:
        ValueError: not a pair of floating arrays of one shape.
    Source: ``keras.ops.irfft``.
    """
    return jnp.fft.irfft(complex_from_pair(x), n=fft_length)


def complex_from_pair(x):
    """real + i imaginary, from the pair (real, imaginary) of floating arrays of one shape."""
    expected = "Input `x` should be a tuple of two tensors - real and imaginary"
    if not isinstance(x, (tuple, list)):
        raise ValueError(f"{expected}; got one {type(x).__name__}")
    if len(x) != 2:
        raise ValueError(f"{expected}; got {len(x)}")
    real, imaginary = map(as_array, x)
    if real.shape != imaginary.shape:
        raise ValueError(
            f"{expected}. Both the real and imaginary parts should have the same shape; "
            f"got {real.shape} and {imaginary.shape}"
        )
    if not all(jnp.issubdtype(part.dtype, jnp.floating) for part in (real, imaginary)):
        raise ValueError(f"{expected}, of a floating dtype; got {real.dtype} and {imaginary.dtype}")
    return jax.lax.complex(real, imaginary)


def real_and_imaginary(z):
    """The pair (real part, imaginary part)."""
    return jnp.real(z), jnp.imag(z)


# Keras itself makes complex arrays by this name, in `keras.ops.polar`.
_get_complex_tensor_from_tuple = complex_from_pair
