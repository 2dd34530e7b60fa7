"""Convolutions: the same small weighted sum taken at every place of an image.

The weighted sums themselves are ``jax.lax.conv_general_dilated``, which every accelerator has
tuned; what is here says which axes, strides, borders and groups of channels Keras means.

Kernels have the shape (*size, channels in, channels out), one size for each dimension of space.
"""

import jax
from keras.src.backend.common import backend_utils

from keras_edu_backend.operation import operation
from keras_edu_backend.ops.nn.layout import channel_axis, per_axis

__all__ = ["conv", "conv_transpose", "depthwise_conv", "separable_conv"]


@operation(
    static=("strides", "padding", "data_format", "dilation_rate"), settings=("image_data_format",)
)
def conv(
    inputs,
    kernel,
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
    *,
    image_data_format,
):
    """y[p, o] = Σ_d,i x[strides · p + dilation_rate · d, i] · kernel[d, i, o].

    Args:
        inputs: a batch of images; cast to the kernel's dtype.
        kernel: shape (*size, channels / groups, filters). Where the image has more channels than
            the kernel takes, they are cut into groups, each with filters of its own.
        strides: how far apart the places p are, one number or one for each dimension.
        padding: ``"valid"`` stays within the image; ``"same"`` adds a border of zeros, so that
            there is a place at every stride; or pairs (before, after), one for each dimension.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        dilation_rate: how far apart the pixels under the kernel are.
        image_data_format: Keras's setting, which ``data_format=None`` stands for.
    Returns:
        A batch of images with as many channels as there are filters.
    Raises:
        ValueError: the channels cannot be grouped; an image smaller than the kernel, or of fewer
            dimensions.
        IndexError: a kernel of fewer dimensions than the image.
    Source: ``keras.ops.conv``.
    """
    data_format = data_format or image_data_format
    channels, taken = inputs.shape[channel_axis(data_format)], kernel.shape[-2]
    if channels % taken:
        raise ValueError(
            "conv: the number of input channels must be evenly divisible by the kernel's, "
            f"got {channels} channels and a kernel for {taken}"
        )
    result = _convolve(
        inputs.astype(kernel.dtype),
        kernel,
        strides,
        padding,
        data_format,
        dilation_rate,
        groups=channels // taken,
    )
    if result.size == 0 and inputs.size != 0:
        raise ValueError(
            f"conv: empty output, shape {result.shape}: the image, shape {inputs.shape}, is "
            f"smaller than the kernel, shape {kernel.shape}, with dilation {dilation_rate}"
        )
    return result


@operation(
    static=("strides", "padding", "data_format", "dilation_rate"), settings=("image_data_format",)
)
def depthwise_conv(
    inputs,
    kernel,
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
    *,
    image_data_format,
):
    """y[p, i m] = Σ_d x[strides · p + dilation_rate · d, i] · kernel[d, i, m]: no channels mixed.

    Args:
        inputs: a batch of images.
        kernel: shape (*size, channels, multiplier): ``multiplier`` filters for each channel.
        strides: how far apart the places p are, as for ``conv``.
        padding: the border, as for ``conv``.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        dilation_rate: how far apart the pixels under the kernel are, as for ``conv``.
        image_data_format: Keras's setting, which ``data_format=None`` stands for.
    Returns:
        A batch of images with channels · multiplier channels.
    Raises:
        ValueError: the image and the kernel differ in their number of channels.
    Source: ``keras.ops.depthwise_conv``.
    """
    data_format = data_format or image_data_format
    backend_utils.check_conv_input_channels(inputs, kernel, data_format)
    *size, channels, multiplier = kernel.shape
    # A group of one channel each.
    kernel = kernel.reshape(*size, 1, channels * multiplier)
    return _convolve(inputs, kernel, strides, padding, data_format, dilation_rate, groups=channels)


@operation(
    static=("strides", "padding", "data_format", "dilation_rate"), settings=("image_data_format",)
)
def separable_conv(
    inputs,
    depthwise_kernel,
    pointwise_kernel,
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
    *,
    image_data_format,
):
    """First each channel over space, then the channels of each pixel.

    Args:
        inputs: a batch of images.
        depthwise_kernel: shape (*size, channels, multiplier), as for ``depthwise_conv``.
        pointwise_kernel: shape (1, …, 1, channels · multiplier, filters), as for ``conv``.
        strides: of the first step, as for ``conv``.
        padding: the first step's border, as for ``conv``.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        dilation_rate: how far apart the pixels under the kernel are, as for ``conv``.
        image_data_format: Keras's setting, which ``data_format=None`` stands for.
    Returns:
        A batch of images with as many channels as there are filters.
    Raises:
        ValueError: the image and the kernel differ in their number of channels.
    Source: ``keras.ops.separable_conv``.
    """
    data_format = data_format or image_data_format
    over_space = depthwise_conv(
        inputs, depthwise_kernel, strides, padding, data_format, dilation_rate
    )
    return conv(over_space, pointwise_kernel, data_format=data_format)


@operation(
    static=("strides", "padding", "output_padding", "data_format", "dilation_rate"),
    settings=("image_data_format",),
)
def conv_transpose(
    inputs,
    kernel,
    strides=1,
    padding="valid",
    output_padding=None,
    data_format=None,
    dilation_rate=1,
    *,
    image_data_format,
):
    """y[strides · p + dilation_rate · d, o] += x[p, i] · kernel[d, o, i]: conv's gradient for x.

    Each pixel lays down a copy of the kernel, and copies that overlap add up.

    Args:
        inputs: a batch of images.
        kernel: shape (*size, filters, channels).
        strides: how far apart the copies are, one number or one for each dimension.
        padding: ``"valid"`` keeps all that was laid down; ``"same"`` trims it to strides times the
            image.
        output_padding: rows more on the far side; by default as many as make those sizes.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        dilation_rate: how far apart the kernel's elements are laid down.
        image_data_format: Keras's setting, which ``data_format=None`` stands for.
    Returns:
        A batch of larger images with as many channels as there are filters.
    Raises:
        ValueError: the image and the kernel differ in their number of channels; unknown padding.
    Source: ``keras.ops.conv_transpose``.
    """
    data_format = data_format or image_data_format
    backend_utils.check_conv_transpose_input_channels(inputs, kernel, data_format)
    borders = backend_utils.compute_conv_transpose_padding_args_for_jax(
        inputs.shape, kernel.shape, strides, padding, output_padding, dilation_rate
    )
    space = inputs.ndim - 2
    return jax.lax.conv_transpose(
        inputs,
        kernel,
        per_axis(strides, space),
        borders,
        rhs_dilation=per_axis(dilation_rate, space),
        dimension_numbers=_axis_letters(space, data_format),
        transpose_kernel=True,
    )


def _convolve(inputs, kernel, strides, padding, data_format, dilation_rate, groups):
    if kernel.ndim != inputs.ndim:
        # Two types, since stock Keras meets the two mistakes in different places.
        raise (IndexError if kernel.ndim < inputs.ndim else ValueError)(
            f"convolution: a batch of images of rank {inputs.ndim} needs a kernel of the same "
            f"rank, got shape {kernel.shape}"
        )
    space = inputs.ndim - 2
    return jax.lax.conv_general_dilated(
        inputs,
        kernel,
        per_axis(strides, space),
        padding,
        rhs_dilation=per_axis(dilation_rate, space),
        dimension_numbers=_axis_letters(space, data_format),
        feature_group_count=groups,
    )


def _axis_letters(space, data_format):
    """The axes of image, kernel and result: N batch, C channels, I in, O out; the rest is space."""
    letters = "".join(chr(ord("a") + i) for i in range(space))
    image = f"N{letters}C" if channel_axis(data_format) == -1 else f"NC{letters}"
    return image, f"{letters}IO", image
