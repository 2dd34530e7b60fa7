"""Filters: each pixel becomes a weighted sum of its neighbours, channel by channel."""

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import operation
from keras_edu_backend.ops.image.layout import on_batch

__all__ = ["gaussian_blur", "sobel_edges"]

# The slope along one axis, averaged along the other.
_SOBEL_X = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))
_SOBEL_Y = ((-1, -2, -1), (0, 0, 0), (1, 2, 1))


@operation(static=("kernel_size", "data_format"), settings=("image_data_format",))
def gaussian_blur(
    images,
    kernel_size=(3, 3),
    sigma=(1.0, 1.0),
    data_format=None,
    *,
    image_data_format,
):
    """Each pixel becomes the mean of its neighbours, weighted by exp(-x²/2σ_x² - y²/2σ_y²).

    Beyond the edges the image counts as 0.

    Args:
        images: floating array ([batch,] height, width, channels).
        kernel_size: how many neighbours take part along x and along y, the pixel itself included.
        sigma: (σ_x, σ_y), in pixels.
        data_format: "channels_last" or "channels_first"; None for Keras's setting.
        image_data_format: that setting.
    Returns:
        Array of the same shape and dtype.
    Raises:
        ValueError: another rank.
    Source: ``keras.ops.image.gaussian_blur``.
    """
    return blur(images, kernel_size, sigma, data_format or image_data_format)


def blur(images, kernel_size, sigma, data_format):
    """The formula of ``gaussian_blur``."""

    def weights(size, sigma):
        x = jnp.arange(size, dtype=images.dtype) - jnp.array((size - 1) / 2, images.dtype)
        weight = jnp.exp(-0.5 * (x / sigma) ** 2)
        return weight / jnp.sum(weight)

    along_x, along_y = map(weights, map(int, kernel_size), jnp.asarray(sigma, images.dtype))
    return _filter(images, jnp.outer(along_y, along_x), data_format)


@operation(static=("data_format",))
def sobel_edges(images, data_format=None):
    """How steeply each channel rises along y and along x, by Sobel's 3 x 3 filters.

    Args:
        images: array (batch, height, width, channels).
        data_format: "channels_last", also meant by None, or "channels_first".
    Returns:
        Array of one more axis, the last: (along y, along x).
    Source: ``keras.ops.image.sobel_edges``.
    """
    edges = [
        _filter(images, jnp.array(kernel, images.dtype), data_format or "channels_last")
        for kernel in (_SOBEL_Y, _SOBEL_X)
    ]
    return jnp.stack(edges, axis=-1)


def _filter(images, kernel, data_format):
    """The images, of which each channel is convolved with one kernel, zeros beyond the edges."""

    def convolve(batch):
        channels = batch.shape[-1]
        return jax.lax.conv_general_dilated(
            batch,
            jnp.tile(kernel[:, :, None, None], (1, 1, 1, channels)),
            window_strides=(1, 1),
            padding="SAME",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=channels,
        )

    return on_batch(convolve, images, data_format)
