"""Images cut into pieces, put together again, and pixels traded for channels."""

import functools

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import operation
from keras_edu_backend.ops.nn.layout import channel_axis, per_axis

__all__ = ["depth_to_space", "fold", "space_to_depth", "unfold"]


@operation(static=("kernel_size", "dilation", "padding", "stride"))
def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """The patch under each place of a sliding window, as a column: im2col.

    A convolution is the product of its kernel, as a matrix, with these columns.

    Args:
        input: images, shape (batch, channels, height, width).
        kernel_size: the window's height and width, or one number for both.
        dilation: how far apart the pixels under the window are.
        padding: how many zeros to put around the image.
        stride: how far apart the places are.
    Returns:
        Shape (batch, channels · kernel height · kernel width, places).
    Source: ``keras.ops.unfold``.
    """
    border = per_axis(padding, 2)
    patches = jax.lax.conv_general_dilated_patches(
        jnp.pad(input, [(0, 0), (0, 0), *((width, width) for width in border)]),
        filter_shape=per_axis(kernel_size, 2),
        window_strides=per_axis(stride, 2),
        padding="VALID",
        rhs_dilation=per_axis(dilation, 2),
    )
    return patches.reshape(*patches.shape[:2], -1)


@operation(static=("output_size", "kernel_size", "dilation", "padding", "stride"))
def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Each patch's pixels back where unfold found them, added up where patches overlap: col2im.

    Unfolding is linear, and this is its transpose, the way gradients take through it.

    Args:
        x: columns, shape (batch, channels · kernel height · kernel width, places).
        output_size: the image's height and width, or one number for both.
        kernel_size: the window's height and width, as the image was unfolded with.
        dilation: how far apart the pixels under the window were.
        padding: how many zeros were put around the image.
        stride: how far apart the places were.
    Returns:
        Images, shape (batch, channels, height, width).
    Raises:
        ValueError: x is of another rank.
        TypeError: columns of another shape than unfolding such an image gives.
    Source: ``keras.ops.fold``.
    """
    height, width = per_axis(kernel_size, 2)
    if x.ndim != 3:
        raise ValueError(f"fold: `x` must be (batch, columns' size, places), got shape {x.shape}")
    if x.shape[1] % (height * width) or x.shape[1] == 0:
        raise TypeError(
            f"fold: columns of {x.shape[1]} numbers are not made of patches of {height} x {width}"
        )
    image = jax.ShapeDtypeStruct(
        (x.shape[0], x.shape[1] // (height * width), *per_axis(output_size, 2)), x.dtype
    )
    take_apart = functools.partial(
        unfold, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    (images,) = jax.linear_transpose(take_apart, image)(x)
    return images


@operation(static=("block_size", "data_format"))
def depth_to_space(x, block_size, data_format="channels_last"):
    """The channels of each pixel laid out as a block of pixels: pixel shuffle.

    Args:
        x: images, shape (batch, height, width, channels) or (batch, channels, height, width).
        block_size: the block's height and width, b.
        data_format: ``"channels_last"``, where the channels of a pixel are ordered (row, column,
            new channel), or ``"channels_first"``, where they are ordered (new channel, row,
            column).
    Returns:
        Images of b times the height and width, with channels / b² channels.
    Source: Shi et al. 2016; ``keras.ops.depth_to_space``.
    """
    b = block_size
    if channel_axis(data_format) == -1:
        batch, height, width, channels = x.shape
        blocks = x.reshape(batch, height, width, b, b, channels // b**2)
        return blocks.swapaxes(2, 3).reshape(batch, height * b, width * b, -1)
    batch, channels, height, width = x.shape
    blocks = x.reshape(batch, channels // b**2, b, b, height, width)
    blocks = jnp.einsum("ncijhw->nchiwj", blocks)
    return blocks.reshape(batch, -1, height * b, width * b)


@operation(static=("block_size", "data_format"))
def space_to_depth(x, block_size, data_format="channels_last"):
    """Each block of pixels made the channels of one pixel: depth_to_space undone.

    Args:
        x: images, shape (batch, height, width, channels) or (batch, channels, height, width).
        block_size: the block's height and width, b, which divide the image's.
        data_format: ``"channels_last"`` or ``"channels_first"``.
    Returns:
        Images of height / b and width / b, with b² channels for each.
    Source: ``keras.ops.space_to_depth``.
    """
    b = block_size
    if channel_axis(data_format) == -1:
        batch, height, width, _ = x.shape
        blocks = x.reshape(batch, height // b, b, width // b, b, -1)
        return blocks.swapaxes(2, 3).reshape(batch, height // b, width // b, -1)
    batch, _, height, width = x.shape
    blocks = x.reshape(batch, -1, height // b, b, width // b, b)
    blocks = jnp.einsum("nchiwj->ncijhw", blocks)
    return blocks.reshape(batch, -1, height // b, width // b)
