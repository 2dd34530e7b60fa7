"""Pooling: each channel of an image in fewer numbers, one for each window of pixels."""

import math

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import operation
from keras_edu_backend.ops.nn.layout import per_axis, spatial_axes

__all__ = ["adaptive_average_pool", "adaptive_max_pool", "average_pool", "max_pool"]


@operation(
    static=("pool_size", "strides", "padding", "data_format"), settings=("image_data_format",)
)
def max_pool(
    inputs, pool_size, strides=None, padding="valid", data_format=None, *, image_data_format
):
    """y = max of x over each window.

    The slope is 1 at the window's largest element, at the first of them where several are equal,
    and 0 at the others.

    Args:
        inputs: a batch of images of one, two, three or more dimensions of space.
        pool_size: the window's size, one number or one for each dimension.
        strides: how far apart the windows begin; by default their size.
        padding: ``"valid"`` takes the windows that lie within the image; ``"same"`` adds a border,
            of elements that do not count, so that one window begins at every stride.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        image_data_format: Keras's setting, which ``data_format=None`` stands for.
    Returns:
        A batch of smaller images.
    Raises:
        ValueError: an unknown padding or data format.
        TypeError: a window of other dimensions than the images.
    Source: ``keras.ops.max_pool``.
    """
    data_format = data_format or image_data_format
    windows = _windows(inputs.ndim, pool_size, strides, padding, data_format)
    return jax.lax.reduce_window(inputs, -jnp.inf, jax.lax.max, *windows)


@operation(
    static=("pool_size", "strides", "padding", "data_format"), settings=("image_data_format",)
)
def average_pool(
    inputs, pool_size, strides=None, padding="valid", data_format=None, *, image_data_format
):
    """y = mean of x over each window, counting the elements within the image only.

    Args:
        inputs: a batch of images of one, two, three or more dimensions of space.
        pool_size: the window's size, one number or one for each dimension.
        strides: how far apart the windows begin; by default their size.
        padding: ``"valid"`` takes the windows that lie within the image; ``"same"`` adds a border,
            of elements that do not count, so that one window begins at every stride.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        image_data_format: Keras's setting, which ``data_format=None`` stands for.
    Returns:
        A batch of smaller images.
    Raises:
        ValueError: an unknown padding or data format.
        TypeError: a window of other dimensions than the images.
    Source: ``keras.ops.average_pool``.
    """
    data_format = data_format or image_data_format
    windows = _windows(inputs.ndim, pool_size, strides, padding, data_format)

    def sums(x):
        return jax.lax.reduce_window(x, 0.0, jax.lax.add, *windows)

    if padding == "valid":
        return sums(inputs) / math.prod(windows[0])
    # Windows at the edge hold fewer elements: as many as the sum of a 1 for each of them. Along an
    # axis that is not pooled every count is the same, so one stands for all.
    window = windows[0]
    shape = [size if window[axis] > 1 else 1 for axis, size in enumerate(inputs.shape)]
    return sums(inputs) / sums(jnp.ones(shape, inputs.dtype))


@operation(static=("output_size", "data_format"), settings=("image_data_format",))
def adaptive_max_pool(inputs, output_size, data_format=None, *, image_data_format):
    """Max pooling to a given size: window i of k along n pixels goes from ⌊in/k⌋ to ⌈(i+1)n/k⌉.

    Args:
        inputs: a batch of images of one, two or three dimensions of space.
        output_size: the size to arrive at, one number or one for each dimension.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        image_data_format: Keras's setting, which ``data_format=None`` stands for.
    Returns:
        A batch of images of size ``output_size``.
    Raises:
        ValueError: more dimensions than three, or an unknown data format.
    Source: ``keras.ops.adaptive_max_pool``.
    """

    def maxima(x, window):
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, (1,) * x.ndim, "VALID")

    return _adaptive_pool(inputs, output_size, data_format or image_data_format, maxima)


@operation(static=("output_size", "data_format"), settings=("image_data_format",))
def adaptive_average_pool(inputs, output_size, data_format=None, *, image_data_format):
    """Average pooling to a given size: window i of k along n pixels goes from ⌊in/k⌋ to ⌈(i+1)n/k⌉.

    Args:
        inputs: a batch of images of one, two or three dimensions of space.
        output_size: the size to arrive at, one number or one for each dimension.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        image_data_format: Keras's setting, which ``data_format=None`` stands for.
    Returns:
        A batch of images of size ``output_size``.
    Raises:
        ValueError: more dimensions than three, or an unknown data format.
    Source: ``keras.ops.adaptive_average_pool``.
    """

    def means(x, window):
        sums = jax.lax.reduce_window(x, 0.0, jax.lax.add, window, (1,) * x.ndim, "VALID")
        return sums / math.prod(window)

    return _adaptive_pool(inputs, output_size, data_format or image_data_format, means)


def _windows(rank, pool_size, strides, padding, data_format):
    """Size, strides and padding of the windows, as ``jax.lax.reduce_window`` takes them."""
    if padding not in ("valid", "same"):
        raise ValueError(f"pooling: padding must be 'valid' or 'same', got {padding!r}")
    axes = spatial_axes(rank, data_format)
    if rank < 2:
        raise TypeError("pooling: inputs must have a batch axis and channels, got a vector")

    def everywhere(name, value):
        numbers = per_axis(value, len(axes))
        if len(numbers) != len(axes):
            raise TypeError(
                f"pooling: `{name}` must have one number for each of the {len(axes)} dimensions of "
                f"space that inputs of rank {rank} have, got {value}"
            )
        numbers = iter(numbers)
        return tuple(next(numbers) if axis in axes else 1 for axis in range(rank))

    size = everywhere("pool_size", pool_size)
    steps = size if strides is None else everywhere("strides", strides)
    return size, steps, padding.upper()


def _adaptive_pool(x, output_size, data_format, pool):
    """Pool one axis of space after the other: maxima and means of boxes come out the same."""
    axes = spatial_axes(x.ndim, data_format)
    if not 1 <= len(axes) <= 3:
        raise ValueError(
            "adaptive pooling: inputs must have one, two or three dimensions of space, "
            f"got shape {x.shape}"
        )
    for axis, size in zip(axes, per_axis(output_size, len(axes)), strict=True):
        if size < 1:
            # Two types, since stock Keras divides by 0 and makes windows of a negative size.
            raise (TypeError if size else ZeroDivisionError)(
                f"adaptive pooling: `output_size` must be at least 1, got {size}"
            )
        x = _adaptive_pool_axis(x, axis, size, pool)
    return x


def _adaptive_pool_axis(x, axis, output_size, pool):
    """Windows are ⌈n/k⌉ long or one longer. Pool with each size at stride 1, then pick.

    Both sizes are pooled, and the places worked out in the program, also where one size is enough:
    XLA forms its loops by what it sees, and adds in stock's order only where it sees as much. Stock
    takes ⌊i n/k⌋ and ⌈(i+1) n/k⌉, which XLA multiplies by a rounded 1/k and
    so takes one off (docs/differences.md); half a step towards the window's middle, neither stands
    on an edge, and both are right.
    """
    length = x.shape[axis]
    small = -(-length // output_size)
    blocks = []
    for size in (small, small + 1):
        window = [1] * x.ndim
        window[axis] = size
        blocks.append(pool(x, tuple(window)))
    order = jnp.arange(output_size)
    starts = jnp.floor((order * length + 0.5) / output_size).astype(jnp.int32)
    ends = jnp.ceil(((order + 1) * length - 0.5) / output_size).astype(jnp.int32)
    picked = jnp.where(ends - starts > small, starts + blocks[0].shape[axis], starts)
    return jnp.take(jnp.concatenate(blocks, axis), picked, axis)
