"""Images at another size."""

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import operation
from keras_edu_backend.ops.image.layout import axes, check_choice

__all__ = ["resize", "scale_and_translate"]

_INTERPOLATIONS = ("bilinear", "nearest", "lanczos3", "lanczos5", "bicubic")
_METHODS = (
    *("linear", "bilinear", "trilinear"),
    *("cubic", "bicubic", "tricubic"),
    *("lanczos3", "lanczos5"),
)


@operation(
    static=(
        *("size", "interpolation", "antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio"),
        *("fill_mode", "fill_value", "data_format"),
    ),
    settings=("image_data_format",),
)
def resize(
    images,
    size,
    interpolation="bilinear",
    antialias=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    fill_mode="constant",
    fill_value=0.0,
    data_format=None,
    *,
    image_data_format,
):
    """Images of another height and width, each pixel a weighted mean of those about its place.

    Args:
        images: array ([batch,] height, width, channels).
        size: the new (height, width).
        interpolation: the weights: "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5".
        antialias: when shrinking, let the weights reach over all the pixels that become one.
        crop_to_aspect_ratio: first cut the middle out, in the proportions of the new size.
        pad_to_aspect_ratio: first put a border around it, to the proportions of the new size.
        fill_mode: must be "constant".
        fill_value: the value of the border.
        data_format: "channels_last" or "channels_first"; None for Keras's setting.
        image_data_format: that setting.
    Returns:
        Array of the new size, floating where ``images`` holds whole numbers (unless "nearest").
    Raises:
        ValueError: another rank, an unknown choice, or both cropping and padding.
    Source: ``keras.ops.image.resize``.
    """
    check_choice("interpolation", interpolation, _INTERPOLATIONS)
    check_choice("fill_mode", fill_mode, ("constant",))
    if pad_to_aspect_ratio and crop_to_aspect_ratio:
        raise ValueError(
            "resize: only one of `pad_to_aspect_ratio` and `crop_to_aspect_ratio` can be True"
        )
    if len(size) != 2:
        raise ValueError(f"resize: `size` must be (height, width); got {size}")
    spatial_axes = axes(images, data_format or image_data_format)[:2]
    if crop_to_aspect_ratio:
        images = _crop(images, spatial_axes, size)
    elif pad_to_aspect_ratio:
        images = _pad(images, spatial_axes, size, fill_value)
    shape = list(images.shape)
    for axis, length in zip(spatial_axes, size, strict=True):
        shape[axis] = length
    return jax.image.resize(images, shape, method=interpolation, antialias=antialias)


def _proportional(lengths, size):
    """The height that goes with this width in the proportions of ``size``, and the reverse."""
    height, width = lengths
    target_height, target_width = size
    return int(width * target_height / target_width), int(height * target_width / target_height)


def _crop(images, spatial_axes, size):
    """The middle of the images, in the proportions of ``size``."""
    lengths = [images.shape[axis] for axis in spatial_axes]
    for axis, length, wanted in zip(
        spatial_axes, lengths, _proportional(lengths, size), strict=True
    ):
        kept = max(min(length, wanted), 1)
        start = (length - kept) // 2
        images = jax.lax.slice_in_dim(images, start, start + kept, axis=images.ndim + axis)
    return images


def _pad(images, spatial_axes, size, fill_value):
    """The images within a border as wide on one side as on the other."""
    lengths = [images.shape[axis] for axis in spatial_axes]
    for axis, length, wanted in zip(
        spatial_axes, lengths, _proportional(lengths, size), strict=True
    ):
        border = (wanted - length) // 2
        if border > 0:
            widths = [(0, 0)] * images.ndim
            widths[axis] = (border, border)
            # A border between two whole numbers needs a floating image.
            images = images.astype(jnp.result_type(images, fill_value))
            return jnp.pad(images, widths, constant_values=fill_value)
    return images


# JAX's function is not compiled in one piece, and its rounding shows: neither is this.
@operation(static=("output_shape", "spatial_dims", "method", "antialias"), compiled=False)
def scale_and_translate(
    images,
    output_shape,
    scale,
    translation,
    spatial_dims,
    method,
    antialias=True,
):
    """y(p) = x((p - translation) / scale), between the pixels as ``method`` says.

    Args:
        images: array of any rank.
        output_shape: the shape of the result.
        scale: how many times larger it becomes, one number for each of ``spatial_dims``.
        translation: by how many pixels of the result it is then moved, likewise.
        spatial_dims: the axes that this is about.
        method: the weights: "linear", "cubic", "lanczos3", "lanczos5", or "bilinear", "trilinear",
            "bicubic", "tricubic", which are the same.
        antialias: when shrinking, let the weights reach over all the pixels that become one.
    Returns:
        Array of shape ``output_shape``, 0 where it lies outside of ``images``.
    Raises:
        ValueError: an unknown method.
    Source: ``keras.ops.image.scale_and_translate``.
    """
    check_choice("method", method, _METHODS)
    return jax.image.scale_and_translate(
        images, output_shape, spatial_dims, scale, translation, method, antialias
    )
