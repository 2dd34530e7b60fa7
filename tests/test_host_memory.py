"""Arrays that JAX reads in NumPy's own memory: the same rows, and no copy."""

import gc
import math

import jax
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_edu_backend.training.fast import calls, host_memory
from keras_edu_backend.training.fast.host_memory import LentRows, aligned, count_rows, lend

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        jax.default_backend() != "cpu", reason="other devices have memory of their own"
    ),
]


def beginning_at(place, shape, dtype):
    """An array of random numbers that begins ``place`` bytes after an aligned one."""
    dtype = np.dtype(dtype)
    room = aligned((math.prod(shape) * dtype.itemsize + place,), np.uint8)
    array = room[place:].view(dtype).reshape(shape)
    array[...] = np.random.default_rng(0).integers(0, 100, shape)
    return array


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    rows=st.integers(1, 40),
    row=st.lists(st.integers(1, 7), max_size=3),
    dtype=st.sampled_from(["float32", "float16", "int32", "uint8"]),
    place=st.integers(0, 63),
    seed=st.integers(0, 5),
)
def test_lent_rows_are_the_arrays_rows(rows, row, dtype, place, seed):
    itemsize = np.dtype(dtype).itemsize
    array = beginning_at(place // itemsize * itemsize, (rows, *row), dtype)
    worth, host_memory.WORTH_LENDING = host_memory.WORTH_LENDING, 0
    try:
        lent = lend(array)
    finally:
        host_memory.WORTH_LENDING = worth
    assert lent.shape == array.shape and lent.dtype == array.dtype
    chosen = np.random.default_rng(seed).permutation(rows).astype("int32")[: seed + 1]
    taken = jax.jit(lambda lent, i: lent.take(i) if isinstance(lent, LentRows) else lent[i])
    np.testing.assert_array_equal(taken(lent, chosen), array[chosen])


def test_a_large_array_of_numpy_is_not_copied():
    array = np.ones((3000, 784), np.float32)
    lent = lend(array)
    numbers = lent.numbers if isinstance(lent, LentRows) else lent
    first = numbers.unsafe_buffer_pointer() - array.ctypes.data
    assert 0 <= first < host_memory.ALIGNMENT
    assert count_rows({"x": lent, "y": np.zeros((3000, 1))}) == 3000


@pytest.mark.parametrize("shape", [(5,), (3, 4), (1, 1, 1), (70_000, 3)])
@pytest.mark.parametrize("dtype", ["float32", "int32", "float16"])
def test_an_aligned_array_is_not_copied(shape, dtype):
    array = aligned(shape, dtype)
    assert array.shape == shape and array.dtype == dtype and array.flags.c_contiguous
    assert array.ctypes.data % host_memory.ALIGNMENT == 0
    assert jax.device_put(array).unsafe_buffer_pointer() == array.ctypes.data


@pytest.mark.parametrize("make", [np.asfortranarray, lambda a: a[::2], lambda a: a[:, 1:]])
def test_an_array_that_does_not_lie_in_one_piece_is_copied(make):
    array = make(np.random.default_rng(0).random((9000, 784), np.float32))
    lent = lend(array)
    assert isinstance(lent, jax.Array)
    np.testing.assert_array_equal(lent, array)


def network(features):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((features,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_training_on_lent_rows_is_training_on_a_copy(monkeypatch):
    random = np.random.default_rng(0)
    x = beginning_at(16, (16_500, 65), "float32")
    x[...] = random.normal(size=x.shape)
    y = random.normal(size=(len(x), 1)).astype("float32")
    results = []
    for worth_lending in (1, 10**12):
        monkeypatch.setattr(host_memory, "WORTH_LENDING", worth_lending)
        assert isinstance(lend(x), LentRows) is (worth_lending == 1)
        model = network(65)
        history = model.fit(x, y, epochs=2, verbose=0, validation_split=0.1).history
        results.append([history, model.get_weights(), model.predict(x, verbose=0)])
    for lent, copied in zip(*map(jax.tree.leaves, results), strict=True):
        np.testing.assert_array_equal(lent, copied)


def test_a_chunk_of_a_stream_is_freed_when_its_call_has_ended():
    batch = (np.ones((32, 1000), np.float32), np.ones((32, 1), np.float32))
    room = calls._room(batch, None)
    most = 0

    class Looks(keras.callbacks.Callback):
        async_safe = True

        def on_train_batch_end(self, batch, logs=None):
            nonlocal most
            chunks = [a for a in jax.live_arrays() if a.shape == (32 * room, 1000)]
            most = max(most, len(chunks))

    gc.collect()
    gc.disable()  # freed at once, not when Python finds the time
    try:
        network(1000).fit(
            (batch for _ in range(6 * room)),
            steps_per_epoch=6 * room,
            verbose=0,
            callbacks=[Looks()],
        )
    finally:
        gc.enable()
    # The one that was computed with, and the next one, collected meanwhile.
    assert 1 <= most <= 2
