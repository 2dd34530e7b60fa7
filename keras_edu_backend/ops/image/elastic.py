"""Images wobbled, as if drawn on rubber."""

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import operation, result_type
from keras_edu_backend.ops.image.filters import blur
from keras_edu_backend.ops.image.layout import axes, on_batch
from keras_edu_backend.ops.image.sampling import check_sampling, sample

__all__ = ["elastic_transform"]


@operation(
    static=("sigma", "interpolation", "fill_mode", "fill_value", "seed", "data_format"),
    settings=("image_data_format",),
    compiled=False,
)
def elastic_transform(
    images,
    alpha=20.0,
    sigma=5.0,
    interpolation="bilinear",
    fill_mode="reflect",
    fill_value=0.0,
    seed=None,
    data_format=None,
    *,
    image_data_format,
):
    """y(x, y) = image(x + α d, y + α d), where d is noise, smoothed by a Gaussian of width σ.

    As in stock Keras, one field of noise serves both directions, so every pixel moves along the
    diagonal.

    Args:
        images: array ([batch,] height, width, channels).
        alpha: α, how far.
        sigma: σ, in pixels; also the noise's standard deviation before it is smoothed.
        interpolation: "nearest" or "bilinear".
        fill_mode: what lies beyond the edges; see ``map_coordinates``.
        fill_value: a number.
        seed: an integer, a ``keras.random.SeedGenerator``, or None for Keras's own.
        data_format: "channels_last" or "channels_first"; None for Keras's setting.
        image_data_format: that setting.
    Returns:
        Array of the shape and dtype of ``images``.
    Raises:
        ValueError: another rank, or an unknown choice.
    Source: ``keras.ops.image.elastic_transform``; Simard, Steinkraus and Platt (2003).
    """
    from keras.src.random.seed_generator import draw_seed

    check_sampling(interpolation, fill_mode)
    data_format = data_format or image_data_format
    axes(images, data_format)
    kernel_size = (int(6 * sigma) | 1,) * 2

    def wobble(batch):
        count, height, width, _ = batch.shape
        dtype = result_type(batch.dtype, float)
        noise = jax.random.normal(draw_seed(seed), (count, height, width), dtype) * sigma
        smooth = blur(noise[..., None], kernel_size, (sigma, sigma), "channels_last")[..., 0]
        y, x = jnp.meshgrid(jnp.arange(height), jnp.arange(width), indexing="ij")
        shift = alpha * smooth
        return sample(batch, y + shift, x + shift, interpolation, fill_mode, fill_value)

    return on_batch(wobble, images, data_format)
