"""TensorFlow pools volumes: written out, since its own has no float64, and wrong slopes at ties."""

import functools
from collections.abc import Callable
from typing import Any


def pooling(applies: Callable[[Any, bool], bool], first: bool) -> dict[str, Any]:
    """What to put in place of the functions of `tf.nn`, by name.

    Args:
        applies: function from an input and whether its maxima are asked for: whether pooling is
            written out; if not, TensorFlow's own function is called.
        first: of equal numbers of a window that are its maximum, the first alone has the slope; all
            of them have it otherwise, as TensorFlow's kernel does.

    Returns:
        A dict of functions that take what TensorFlow's own do.
    """
    import tensorflow as tf

    def written_out(stock, maxima):
        @functools.wraps(stock)
        def pool(input, ksize, strides, padding, data_format=None, name=None):
            volumes = len(input.shape) == 5 and data_format in (None, "NDHWC")
            if not volumes or not applies(input, maxima):
                return stock(input, ksize, strides, padding, data_format, name)
            windows, real = _windows(input, ksize, strides, padding)
            if maxima:
                return _maxima(windows, real, first)
            return tf.reduce_sum(windows, -2) / tf.reduce_sum(tf.cast(real, windows.dtype), -2)

        return pool

    stock = tf.nn.pool
    most, mean = written_out(tf.nn.max_pool, True), written_out(tf.nn.avg_pool, False)
    pools = {"max_pool": most, "avg_pool": mean}

    @functools.wraps(stock)
    def pool(input, window_shape, pooling_type, strides=None, padding="VALID", *format, **more):
        if len(input.shape) != 5 or strides is None or more.keys() - {"data_format", "name"}:
            return stock(input, window_shape, pooling_type, strides, padding, *format, **more)
        kind = {"MAX": "max_pool", "AVG": "avg_pool"}[pooling_type]
        return pools[kind](input, window_shape, strides, padding, *format, **more)

    return pools | {"pool": pool}


def _windows(x, size, strides, padding):
    """The numbers of each window, (batch, …, numbers, channels), and which are no padding."""
    import tensorflow as tf

    def of_each_axis(number):
        return [1, *((number,) * 3 if isinstance(number, int) else number), 1]

    def cut(array):
        found = tf.extract_volume_patches(array, of_each_axis(size), of_each_axis(strides), padding)
        return tf.reshape(found, tf.concat([tf.shape(found)[:-1], [-1, x.shape[-1]]], 0))

    return cut(x), cut(tf.ones_like(x)) > 0


def _maxima(windows, real, first):
    import tensorflow as tf

    windows = tf.where(real, windows, windows.dtype.min)
    top = tf.stop_gradient(tf.reduce_max(windows, -2, keepdims=True))
    chosen = windows == top
    if first:
        chosen &= tf.cumsum(tf.cast(chosen, tf.int32), -2) == 1
    # Zeros, whose slope is 1 where a number is chosen.
    slopes = tf.where(chosen, windows - tf.stop_gradient(windows), tf.zeros_like(windows))
    return top[..., 0, :] + tf.reduce_sum(slopes, -2)
