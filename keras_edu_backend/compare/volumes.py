"""TensorFlow pools volumes: written out, since its own has no float64, and wrong slopes at ties."""

import functools
from collections.abc import Callable
from typing import Any


def pooling(applies: Callable[[Any, bool], bool], first: bool) -> dict[str, Callable]:
    """What to put in place of the functions of `tf.nn`, by name.

    Args:
        applies: function from an input and whether its maxima are asked for: whether pooling is
            written out; if not, TensorFlow's own function is called.
        first: of equal numbers of a window that are its maximum, the first alone has the slope; all
            of them have it otherwise, as TensorFlow's kernel does.

    Returns:
        A dict of functions that take what Keras calls these with: input, window, strides, padding.
    """
    import tensorflow as tf

    def written_out(stock, maxima):
        @functools.wraps(stock)
        def pool(input, size, strides, padding, *args, **kwargs):
            if len(input.shape) != 5 or not applies(input, maxima):
                return stock(input, size, strides, padding, *args, **kwargs)
            windows, real = _windows(input, size, strides, padding)
            if maxima:
                return _maxima(windows, real, first)
            return tf.reduce_sum(windows, -2) / tf.reduce_sum(tf.cast(real, windows.dtype), -2)

        return pool

    stock = tf.nn.pool
    pools = {
        "max_pool": written_out(tf.nn.max_pool, True),
        "avg_pool": written_out(tf.nn.avg_pool, False),
    }

    def pool(input, window_shape, pooling_type, strides, padding, data_format):
        if len(input.shape) != 5 or not applies(input, pooling_type == "MAX"):
            return stock(input, window_shape, pooling_type, strides, padding, data_format)
        kind = {"MAX": "max_pool", "AVG": "avg_pool"}[pooling_type]
        return pools[kind](input, window_shape, strides, padding, data_format)

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
