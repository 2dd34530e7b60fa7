"""Convolutions are not put into a loop that XLA's CPU programs would be slow in."""

import jax
import jax.numpy as jnp
import pytest
from jax import lax

from keras_edu_backend.training.fast.slow_in_loops import slow_in_a_loop

pytestmark = pytest.mark.long

ORDERS = {1: ("NWC", "WIO"), 2: ("NHWC", "HWIO"), 3: ("NDHWC", "DHWIO")}


def convolution(rank, channels_first=False):
    """A convolution without padding of two-channel data, and its arguments."""
    data, kernel = ORDERS[rank]
    x, k = jnp.ones((3, *[5] * rank, 2)), jnp.ones((*[2] * rank, 2, 4))
    if channels_first:
        data, x = "NC" + data[1:-1], jnp.moveaxis(x, -1, 1)

    def function(x, k):
        return lax.conv_general_dilated(
            x, k, [1] * rank, "VALID", dimension_numbers=(data, kernel, data)
        )

    return function, x, k


def is_slow(function, *arguments):
    return slow_in_a_loop(jax.make_jaxpr(function)(*arguments).jaxpr)


on_cpu = pytest.mark.skipif("jax.default_backend() != 'cpu'", reason="only slow on a CPU")


@on_cpu
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_forward_is_quick_and_gradients_are_slow(rank):
    forward, x, k = convolution(rank)
    assert not is_slow(forward, x, k)
    for argument in (0, 1):
        gradient = jax.grad(lambda x, k: (forward(x, k) ** 2).sum(), argument)
        assert is_slow(gradient, x, k)


@on_cpu
def test_channels_before_space_are_slow():
    assert is_slow(*convolution(2, channels_first=True))


@on_cpu
def test_what_is_inside_of_other_functions_counts():
    function, x, k = convolution(2, channels_first=True)

    def scanned(x, k):
        return lax.scan(lambda total, one: (total + jax.jit(function)(one, k).sum(), None), 0.0, x)

    assert is_slow(scanned, x[None], k)
    assert not is_slow(lambda x: lax.map(jnp.tanh, x), x)


TRAINING = """
    import sys
    import keras, numpy
    from keras import layers

    class Acts(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    keras.utils.set_random_seed(1)
    random = numpy.random.default_rng(0)
    x, y = random.random((40, 8, 8, 3), dtype="float32"), random.integers(0, 4, 40)
    model = keras.Sequential([
        keras.Input((8, 8, 3)),
        layers.Conv2D(8, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(4, activation="softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy")
    callbacks = [Acts()] if "one by one" in sys.argv else []
    print(model.fit(x, y, batch_size=16, epochs=3, verbose=0, callbacks=callbacks).history)
    for epoch in range(2):
        batches = ((x[start : start + 16], y[start : start + 16]) for start in (0, 16, 32))
        print(model.fit(batches, verbose=0, callbacks=callbacks).history)
    for weight in model.get_weights():
        print(weight.tobytes().hex())
"""


def test_training_with_convolutions_gives_the_bits_of_single_steps_and_of_stock_keras(run_python):
    trained = run_python(TRAINING, KERAS_BACKEND="edu").lines()
    assert trained == run_python(TRAINING, "one by one", KERAS_BACKEND="edu").lines()
    assert trained == run_python(TRAINING, KERAS_BACKEND="jax").lines()
