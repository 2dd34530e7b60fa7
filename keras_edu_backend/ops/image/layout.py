"""How an image lies in an array, and what every op on images checks first.

One image is (height, width, channels) where the data format is ``"channels_last"`` and (channels,
height, width) where it is ``"channels_first"``; a batch of them has one more axis in front.
"""

import jax.numpy as jnp
from keras.src.backend.config import standardize_data_format


def axes(images, data_format):
    """The axes of height, width and channels, counted from the end.

    Raises:
        ValueError: the rank is neither 3 nor 4, or the data format is unknown.
    """
    data_format = standardize_data_format(data_format)
    if images.ndim not in (3, 4):
        raise ValueError(
            "Invalid images rank: expected rank 3 (single image) or rank 4 (batch of images); "
            f"got shape {images.shape}"
        )
    return (-3, -2, -1) if data_format == "channels_last" else (-2, -1, -3)


def on_batch(transform, images, data_format):
    """``transform`` of a batch (batch, height, width, channels), however the images came."""
    *_, channels = axes(images, data_format)
    batch = images if images.ndim == 4 else images[None]
    result = jnp.moveaxis(transform(jnp.moveaxis(batch, channels, -1)), -1, channels)
    return result if images.ndim == 4 else result[0]


def check_choice(name, value, allowed):
    """Raise ``ValueError`` unless the argument called ``name`` has one of the allowed values."""
    if value not in allowed:
        raise ValueError(
            f"Invalid value for argument `{name}`: expected one of {list(allowed)}; got {value!r}"
        )
