"""``keras_edu_backend.ops.math``: against formulas written out in NumPy, and against its twin."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
import twins

from keras_edu_backend.ops import math as ops

RANDOM = np.random.default_rng(0)
FLOATS = ("float32", "bfloat16", "float16")

# float32 results of sums of up to a few dozen terms of about 1, against float64.
SUMS = {"rtol": 1e-5, "atol": 1e-5}


def normal(*shape):
    return RANDOM.normal(size=shape).astype("float32")


def dft(x):
    """Σ_n x[n] exp(-2πi k n / N), the definition, in complex128."""
    n = np.arange(x.shape[-1])
    return x.astype("complex128") @ np.exp(-2j * np.pi * np.outer(n, n) / x.shape[-1])


@pytest.mark.parametrize(
    ("name", "reduce", "nothing"),
    [
        ("segment_sum", np.sum, 0),
        ("segment_prod", np.prod, 1),
        ("segment_max", np.max, -np.inf),
        ("segment_min", np.min, np.inf),
    ],
)
def test_segments_reduce_their_own_elements(name, reduce, nothing):
    data, ids = normal(6, 2), np.array([2, 0, 2, 3, 0, 9])
    result = np.array(getattr(ops, name)(data, ids, num_segments=4))
    for segment in range(4):
        own = data[ids == segment]
        expected = reduce(own, axis=0) if len(own) else np.full(2, nothing)
        np.testing.assert_allclose(result[segment], expected, **SUMS)


def test_segments_need_their_number():
    with pytest.raises(ValueError, match="num_segments"):
        keras.ops.segment_sum(normal(3), np.array([0, 1, 1]))


def test_top_k_takes_the_first_of_equals():
    values, indices = ops.top_k(np.array([1.0, 3.0, 2.0, 3.0]), 3)
    assert values.tolist() == [3.0, 3.0, 2.0]
    assert indices.tolist() == [1, 3, 2]


def test_in_top_k_favours_ties_and_not_nan():
    predictions = np.array([[0.5, 0.5, 0.1], [0.5, 0.5, 0.1], [np.nan, 0.2, 0.1]], "float32")
    assert ops.in_top_k(np.array([1, 2, 0]), predictions, 1).tolist() == [True, False, False]
    assert ops.in_top_k(np.array([1, 2, 0]), predictions, 3).tolist() == [True, True, True]


def test_logsumexp_neither_overflows_nor_loses_the_axis():
    x = np.array([[1000.0, 1000.0], [-1000.0, -1001.0]])
    expected = [1000 + np.log(2), -1000 + np.log1p(np.exp(-1))]
    # One rounding at 1000: a relative 6e-8.
    np.testing.assert_allclose(ops.logsumexp(x, axis=1), expected, rtol=1e-7)
    assert ops.logsumexp(x, axis=1, keepdims=True).shape == (2, 1)
    assert ops.logsumexp(x).shape == ()
    assert ops.logsumexp(np.array([-np.inf, -np.inf])) == -np.inf


def test_slope_of_logsumexp_is_the_softmax():
    x = jnp.array([1.0, 2.0, -3.0, 100.0])
    np.testing.assert_allclose(jax.grad(ops.logsumexp)(x), jax.nn.softmax(x), rtol=1e-6)


def test_distances_of_bytes_do_not_wrap_around():
    x, y = np.array([[0, 3]], "uint8"), np.array([[4, 0], [255, 3]], "uint8")
    assert ops.cdist(x, y).tolist() == [[5.0, 255.0]]


@pytest.mark.parametrize("shapes", [((3,), (2, 3)), ((2, 3), (2, 4))])
def test_distances_need_vectors_of_one_length(shapes):
    with pytest.raises(ValueError, match="cdist"):
        ops.cdist(*map(np.zeros, shapes))


@pytest.mark.parametrize("length", [8, 15])
def test_fourier_transforms_equal_their_definition(length):
    real, imaginary = normal(3, length), normal(3, length)
    expected = dft(real + 1j * imaginary)
    result = ops.fft((real, imaginary))
    np.testing.assert_allclose(result[0], expected.real, **SUMS)
    np.testing.assert_allclose(result[1], expected.imag, **SUMS)
    half = ops.rfft(real)
    np.testing.assert_allclose(
        np.array(half[0]) + 1j * np.array(half[1]), dft(real)[:, : length // 2 + 1], **SUMS
    )
    np.testing.assert_allclose(ops.irfft(half, fft_length=length), real, **SUMS)
    both_ways = ops.ifft2(ops.fft2((real, imaginary)))
    np.testing.assert_allclose(both_ways[0], real, **SUMS)
    np.testing.assert_allclose(both_ways[1], imaginary, **SUMS)


@pytest.mark.parametrize(
    "pair",
    [
        np.ones((2, 3), "float32"),
        (np.ones(3, "float32"),),
        (np.ones(3, "float32"), np.ones(4, "float32")),
        (np.ones(3, "int32"), np.ones(3, "int32")),
    ],
    ids=["array", "one", "two lengths", "whole numbers"],
)
@pytest.mark.parametrize("name", ["fft", "fft2", "ifft2", "irfft"])
def test_fourier_transforms_need_a_pair_of_floating_arrays(name, pair):
    with pytest.raises(ValueError, match="tuple of two tensors"):
        getattr(ops, name)(pair)


def test_sequences_are_views_of_the_signal_even_beside_infinity():
    x = normal(2, 20)
    x[0, 7] = np.inf
    expected = np.lib.stride_tricks.sliding_window_view(x, 5, axis=-1)[:, ::3]
    np.testing.assert_array_equal(ops.extract_sequences(x, 5, 3), expected)


def test_short_time_transform_is_that_of_each_windowed_piece():
    x, length, stride, size = normal(64), 10, 4, 16
    window = np.zeros(size)
    window[3:13] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    real, imaginary = ops.stft(x, length, stride, size, "hann", center=False)
    assert real.shape == (13, 9)
    for piece in range(13):
        expected = dft(x[stride * piece :][:size] * window)[:9]
        np.testing.assert_allclose(real[piece], expected.real, **SUMS)
        np.testing.assert_allclose(imaginary[piece], expected.imag, **SUMS)


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize(
    ("length", "stride", "size", "window"),
    [
        (16, 4, 16, "hann"),
        (12, 4, 16, "hamming"),
        (16, 16, 16, "hamming"),
        (16, 5, 17, np.ones(16)),
    ],
    ids=["hann", "hamming", "without overlap", "array"],
)
def test_signal_returns_from_its_short_time_transform(length, stride, size, window, center):
    x = normal(2, 160)
    spectrum = ops.stft(x, length, stride, size, window, center)
    back = np.array(ops.istft(spectrum, length, stride, size, window=window, center=center))
    assert back.shape[-1] <= 160
    # Uncentred, the ends lie under the window's foot, where it is all but 0.
    ends = 0 if center else size
    inside = slice(ends, back.shape[-1] - ends - size)
    # The window divides out; near its foot that costs digits.
    np.testing.assert_allclose(back[:, inside], x[:, inside], rtol=1e-4, atol=1e-4)
    cut = ops.istft(spectrum, length, stride, size, length=50, window=window, center=center)
    np.testing.assert_array_equal(cut, back[:, :50])


@pytest.mark.parametrize(
    ("error", "arguments", "said"),
    [
        (TypeError, (np.ones(32, "float16"), 8, 4, 16), "float32"),
        (ValueError, (np.ones(32, "float32"), 8, 4, 4), "fft_length"),
        (ValueError, (np.ones(32, "float32"), 8, 4, 16, "kaiser"), "hann"),
        (ValueError, (np.ones(32, "float32"), 8, 4, 16, np.ones(7)), "window"),
    ],
)
def test_short_time_transform_says_what_is_wrong(error, arguments, said):
    with pytest.raises(error, match=said):
        ops.stft(*arguments)


CASES = twins.Cases()
SPECIAL_FLOATS = np.array([-2.0, -1.0, -0.5, 0.0, 0.25, 1.0, 3.0, 9.0, np.inf, np.nan])
IDS = np.array([0, 2, 2, 7], "int32")
for op in ("segment_sum", "segment_prod", "segment_max", "segment_min"):
    for dtype in ("bfloat16", "int32"):
        CASES.add(
            f"{op}, {dtype}",
            lambda m, x, op=op: getattr(m, op)(x, IDS, num_segments=4),
            (normal(4, 3) * 3, dtype),
            gradient=() if dtype == "int32" else (0,),
        )
for dtype in (*FLOATS, "int32", "uint8"):
    floating = dtype in FLOATS
    x = (np.abs(normal(4, 6)) * 3, dtype)
    gradient = (0,) if floating else ()
    for kwargs in ({"axis": 1}, {}, {"axis": (0, 1), "keepdims": True})[
        : 3 if dtype == "float32" else 1
    ]:
        CASES.add(
            f"logsumexp {kwargs}, {dtype}",
            lambda m, x, kwargs=kwargs: m.logsumexp(x, **kwargs),
            x,
            gradient=gradient,
        )
    for op in ("rsqrt", "erf", "erfc", "erfinv"):
        CASES.add(
            f"{op}, {dtype}",
            lambda m, x, op=op: getattr(m, op)(x),
            (SPECIAL_FLOATS if floating else np.arange(4), dtype),
            gradient=gradient,
        )
    CASES.add(f"top_k, {dtype}", lambda m, x: m.top_k(x, 2), x, gradient=gradient)
    CASES.add(
        f"sequences, {dtype}", lambda m, x: m.extract_sequences(x, 3, 2), x, gradient=gradient
    )
SPECIAL = {"none": [-np.inf, -np.inf], "all": [np.inf, 1.0], "nan": [np.nan, 1.0], "empty": []}
for name, numbers in SPECIAL.items():
    CASES.add(f"logsumexp of {name}", lambda m, x: m.logsumexp(x), np.array(numbers, "float32"))
# Squares are added: fused into one rounding where the whole is compiled, which stock is not.
CASES.add(
    "cdist", lambda m, x, y: m.cdist(x, y), normal(4, 6), normal(3, 6), eager_ulp=1, gradient=(0, 1)
)
CASES.add("cdist to itself", lambda m, x: m.cdist(x, x), normal(3, 4), ulp=1)
CASES.add("logdet", lambda m, x: m.logdet(x), normal(2, 3, 3))
CASES.add("fft", lambda m, x, y: m.fft((x, y)), normal(2, 6), normal(2, 6))
CASES.add("ifft2", lambda m, x, y: m.ifft2((x, y)), normal(2, 6), normal(2, 6))
CASES.add("rfft", lambda m, x: m.rfft(x, fft_length=9), normal(2, 6))
CASES.add("irfft", lambda m, x, y: m.irfft((x, y)), normal(2, 6), normal(2, 6))
for kwargs in ({}, {"center": False}, {"window": "hamming"}, {"window": None}):
    # The window multiplies and its sum divides: one rounding less where they are fused.
    CASES.add(
        f"stft {kwargs}",
        lambda m, x, k=kwargs: m.stft(x, 8, 3, 17, **k),
        normal(2, 64),
        ulp=1,
        eager_ulp=1,
    )
    CASES.add(
        f"istft {kwargs}",
        lambda m, x, y, k=kwargs: m.istft((x, y), 8, 3, 17, **k),
        normal(2, 5, 9),
        normal(2, 5, 9),
    )


@pytest.fixture(scope="module")
def found():
    return twins.differences(__file__)


@pytest.mark.parametrize("name", list(CASES))
def test_equals_stock_keras(found, name):
    assert found[name] == []


if __name__ == "__main__":
    from keras.src.backend.jax import math as twin

    CASES.report(ops, twin)
