"""Colours: red, green and blue; hue, saturation and value; shades of grey."""

import jax.numpy as jnp

from keras_edu_backend.operation import operation, result_type
from keras_edu_backend.ops.image.layout import axes

__all__ = ["hsv_to_rgb", "rgb_to_grayscale", "rgb_to_hsv"]

# How bright the eye finds red, green and blue light of one strength (ITU-R BT.601).
_LUMINANCE = (0.2989, 0.5870, 0.1140)


@operation(static=("data_format",), settings=("image_data_format",))
def rgb_to_grayscale(images, data_format=None, *, image_data_format):
    """Y = 0.2989 R + 0.5870 G + 0.1140 B. Images of one channel stay as they are.

    Args:
        images: array ([batch,] height, width, 3 or 1), of any dtype.
        data_format: "channels_last" or "channels_first"; None for Keras's setting.
        image_data_format: that setting.
    Returns:
        Images of one channel and the same dtype.
    Raises:
        ValueError: another rank or number of channels.
    Source: ``keras.ops.image.rgb_to_grayscale``.
    """
    *_, channels = axes(images, data_format or image_data_format)
    if images.shape[channels] not in (1, 3):
        raise ValueError(
            "Invalid channel size: expected 3 (RGB) or 1 (Grayscale). rgb_to_grayscale got images "
            f"of shape {images.shape}"
        )
    if images.shape[channels] == 1:
        return images
    dtype = result_type(images.dtype, float)
    luminance = jnp.tensordot(
        images.astype(dtype), jnp.array(_LUMINANCE, dtype), axes=(channels, 0)
    )
    return jnp.expand_dims(luminance, channels).astype(images.dtype)


@operation(static=("data_format",), settings=("image_data_format",), compiled=False)
def rgb_to_hsv(images, data_format=None, *, image_data_format):
    """V = max(R, G, B), S = (V - min) / V, H = the angle of the colour on its circle / 360°.

    On the circle red lies at 0, green at 1/3, blue at 2/3; between them the angle is that of the
    strongest channel, turned by the difference of the other two. Grey has hue 0, black has
    saturation 0.

    Args:
        images: floating array ([batch,] height, width, 3), from 0 to 1.
        data_format: "channels_last" or "channels_first"; None for Keras's setting.
        image_data_format: that setting.
    Returns:
        Array of the same shape and dtype, from 0 to 1.
    Raises:
        ValueError: another rank, number of channels or kind of dtype.
    Source: ``keras.ops.image.rgb_to_hsv``; A. R. Smith, "Color gamut transform pairs" (1978).
    """
    *_, channels = axes(images, data_format or image_data_format)
    r, g, b = _planes(images, channels)
    value = jnp.maximum(jnp.maximum(r, g), b)
    chroma = value - jnp.minimum(jnp.minimum(r, g), b)
    saturation = jnp.where(value > 0, chroma / jnp.where(value > 0, value, 1), 0)
    sixth = 1 / (6 * jnp.where(chroma > 0, chroma, 1))
    hue = jnp.select(
        [value == r, value == g],
        [sixth * (g - b), sixth * (b - r) + 2 / 6],
        sixth * (r - g) + 4 / 6,
    )
    # Reds on the side of blue come out below 0, one turn too low.
    hue = jnp.where(chroma > 0, hue, 0) + (hue < 0).astype(hue.dtype)
    return jnp.stack([hue, saturation, value], axis=channels)


@operation(static=("data_format",), settings=("image_data_format",), compiled=False)
def hsv_to_rgb(images, data_format=None, *, image_data_format):
    """Each channel is V (1 - S + S p), where p is how far the hue favours it: 1, 0 or between.

    p is 1 within a sixth of a turn of the channel's own hue, 0 beyond a third, a ramp between.

    Args:
        images: floating array ([batch,] height, width, 3): hue, saturation, value, from 0 to 1.
        data_format: "channels_last" or "channels_first"; None for Keras's setting.
        image_data_format: that setting.
    Returns:
        Array of the same shape and dtype: red, green, blue.
    Raises:
        ValueError: another rank, number of channels or kind of dtype.
    Source: ``keras.ops.image.hsv_to_rgb``; A. R. Smith, "Color gamut transform pairs" (1978).
    """
    *_, channels = axes(images, data_format or image_data_format)
    hue, saturation, value = _planes(images, channels, clear_dust=False)
    sixths = jnp.mod(hue, 1) * 6
    favours = (
        jnp.clip(jnp.abs(sixths - 3) - 1, 0, 1),
        jnp.clip(2 - jnp.abs(sixths - 2), 0, 1),
        jnp.clip(2 - jnp.abs(sixths - 4), 0, 1),
    )
    rgb = [value * ((1 - saturation) + saturation * p) for p in favours]
    return jnp.stack(rgb, axis=channels)


def _planes(images, channels, clear_dust=True):
    """The three channels of floating images; ``clear_dust`` makes what is nearly 0 exactly 0."""
    if not jnp.issubdtype(images.dtype, jnp.floating):
        raise ValueError(f"Invalid images dtype: expected float dtype; got {images.dtype}")
    if images.shape[channels] != 3:
        raise ValueError(
            f"Invalid channel size: expected 3 channels; got images of shape {images.shape}"
        )
    if clear_dust:
        images = jnp.where(jnp.abs(images) < jnp.finfo(images.dtype).eps, 0, images)
    return jnp.moveaxis(images, channels, 0)
