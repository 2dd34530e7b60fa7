"""The spectrum of a signal as it changes: Fourier transforms of short pieces, and the way back."""

import jax
import jax.numpy as jnp
import numpy as np

from keras_edu_backend.operation import operation
from keras_edu_backend.ops.math.fourier import complex_from_pair, real_and_imaginary

__all__ = ["extract_sequences", "istft", "stft"]

# The share of the constant in the two raised cosines.
_COSINE_WINDOWS = {"hann": 0.5, "hamming": 0.54}


@operation(static=("sequence_length", "sequence_stride"))
def extract_sequences(x, sequence_length, sequence_stride):
    """y[m, n] = x[m S + n]: pieces of length L that begin S apart.

    Args:
        x: array (..., time).
        sequence_length: L.
        sequence_stride: S.
    Returns:
        Array (..., pieces, L), where the pieces are those that fit: 1 + (time - L) // S.
    Raises:
        ValueError: x is a single number, or L or S is not positive.
    Source: ``keras.ops.extract_sequences``.
    """
    if x.ndim < 1 or sequence_length < 1 or sequence_stride < 1:
        raise ValueError(
            "extract_sequences: `x` must have an axis of time, and the length and the stride must "
            f"be positive; got shape {x.shape}, length {sequence_length}, stride {sequence_stride}"
        )
    pieces = 1 + (x.shape[-1] - sequence_length) // sequence_stride
    starts = sequence_stride * jnp.arange(pieces)
    return x[..., starts[:, None] + jnp.arange(sequence_length)]


@operation(
    static=("sequence_length", "sequence_stride", "fft_length", "window", "center"),
    compiled=False,
)
def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    """y[m, k] = Σ_n w[n] x[m S + n] exp(-2πi k n / N): the ``rfft`` of each windowed piece.

    Args:
        x: float32 or float64 array (..., time).
        sequence_length: the length L of the window w, at most N. It is put in the middle of N.
        sequence_stride: S, from one piece to the next.
        fft_length: N, the length of the pieces.
        window: "hann", "hamming", an array (L,), or None for ones all over N.
        center: continue x by its mirror image at both ends, N // 2 long, so that piece m is
            centred at m S.
    Returns:
        The pair (real, imaginary), each (..., pieces, N // 2 + 1).
    Raises:
        TypeError: x is of another dtype.
        ValueError: the window is unknown or of another length, or N < L.
    Source: ``keras.ops.stft``.
    """
    if x.dtype not in ("float32", "float64"):
        raise TypeError(f"stft: `x` must be `float32` or `float64`; got {x.dtype}")
    if fft_length < sequence_length:
        raise ValueError(
            "`fft_length` must equal or be larger than `sequence_length`; stft got "
            f"fft_length={fft_length} and sequence_length={sequence_length}"
        )
    w = _window(window, sequence_length, fft_length, x.dtype)
    if center:
        around = [(0, 0)] * (x.ndim - 1) + [(fft_length // 2, fft_length // 2)]
        x = jnp.pad(x, around, mode="reflect")
    spectrum = jax.scipy.signal.stft(
        x,
        window=w,
        nperseg=fft_length,
        noverlap=fft_length - sequence_stride,
        nfft=fft_length,
        boundary=None,
        padded=False,
    )[-1]
    # SciPy's transform is divided by the window's sum; Keras's is not.
    spectrum = spectrum / jnp.sqrt(1.0 / w.sum() ** 2)
    return real_and_imaginary(jnp.swapaxes(spectrum, -2, -1))


@operation(
    static=("x", "sequence_length", "sequence_stride", "fft_length", "length", "window", "center"),
    compiled=False,
)
def istft(
    x,
    sequence_length,
    sequence_stride,
    fft_length,
    length=None,
    window="hann",
    center=True,
):
    """The signal of a spectrum: x[t] = Σ_m w[t - m S] z[m, t - m S] / Σ_m w[t - m S]².

    z[m] is the ``irfft`` of piece m: the signal times w if the spectrum is one of ``stft``.
    Without a window the overlapping pieces are added up rather than averaged, as Keras has it: the
    result is N / S times the signal.

    Args:
        x: the pair (real, imaginary), each (..., pieces, N // 2 + 1).
        sequence_length: L, as for ``stft``.
        sequence_stride: S.
        fft_length: N.
        window: w.
        center: whether N // 2 elements at both ends are to be cut off.
        length: the length of the result, if it is not to be all there is.
    Returns:
        Array (..., time): N + S (pieces - 1) long, less N // 2 at both ends if centred.
    Raises:
        ValueError: not a pair of floating arrays of one shape, of two dimensions at least; or the
            window is unknown or of another length.
    Source: ``keras.ops.istft``; Griffin and Lim (1984).
    """
    spectrum = complex_from_pair(x)
    if spectrum.ndim < 2:
        raise ValueError(
            "istft: input `x` must have at least 2 dimensions, (..., pieces, frequencies); "
            f"got shape {spectrum.shape}"
        )
    w = _window(window, sequence_length, fft_length, spectrum.real.dtype)
    signal = _from_pieces(spectrum, w, sequence_stride)
    # SciPy's transform is multiplied by the window's sum; Keras's is not.
    signal = signal / (sequence_stride if window is None else w.sum())
    start = fft_length // 2 if center else 0
    if length is not None:
        return signal[..., start : start + length]
    return signal[..., start : signal.shape[-1] - start]


def _from_pieces(spectrum, w, sequence_stride):
    """The sum above, times the window's sum."""
    fft_length = w.shape[0]
    if sequence_stride == fft_length:
        # Pieces side by side. SciPy's function takes an overlap of 0 for one not given.
        pieces = jnp.fft.irfft(spectrum, n=fft_length) * w.sum() * w
        pieces = pieces / jnp.where(w * w > 1e-10, w * w, 1.0)
        return jnp.reshape(pieces, (*pieces.shape[:-2], -1))
    return jax.scipy.signal.istft(
        spectrum,
        window=w,
        nperseg=fft_length,
        noverlap=fft_length - sequence_stride,
        nfft=fft_length,
        boundary=False,
        time_axis=-2,
        freq_axis=-1,
    )[-1]


def _window(window, sequence_length, fft_length, dtype):
    """The window as an array (fft_length,): given by name or as an array, zeros around it."""
    if window is None:
        return jnp.ones(fft_length, dtype)
    if isinstance(window, str):
        if window not in _COSINE_WINDOWS:
            raise ValueError(
                "If a string is passed to `window`, it must be one of "
                f"{list(_COSINE_WINDOWS)}; got {window!r}"
            )
        window = _raised_cosine(_COSINE_WINDOWS[window], sequence_length)
    window = jnp.asarray(window, dtype)
    if window.shape != (sequence_length,):
        raise ValueError(
            f"The shape of `window` must be equal to [sequence_length], [{sequence_length}]; "
            f"got {list(window.shape)}"
        )
    before = (fft_length - sequence_length) // 2
    return jnp.pad(window, (before, fft_length - sequence_length - before))


def _raised_cosine(constant, length):
    """One period of a - (1 - a) cos(2π n / L)."""
    if length == 1:
        return np.ones(1)
    angle = np.linspace(-np.pi, np.pi, length + 1)[:-1]
    return constant + (1 - constant) * np.cos(angle)
