"""Images seen from elsewhere: turned, stretched, sheared, in perspective.

A transform is eight numbers (a0, a1, a2, b0, b1, b2, c0, c1). It says where in the image each pixel
(x, y) of the result comes from:

    x' = (a0 x + a1 y + a2) / k,   y' = (b0 x + b1 y + b2) / k,   k = c0 x + c1 y + 1

With c0 = c1 = 0 it keeps parallels parallel, and is called affine.
"""

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import operation
from keras_edu_backend.ops.image.layout import axes, on_batch
from keras_edu_backend.ops.image.sampling import check_sampling, sample

__all__ = ["affine_transform", "compute_homography_matrix", "perspective_transform"]


@operation(
    static=("interpolation", "fill_mode", "fill_value", "data_format"),
    settings=("image_data_format",),
)
def affine_transform(
    images,
    transform,
    interpolation="bilinear",
    fill_mode="constant",
    fill_value=0,
    data_format=None,
    *,
    image_data_format,
):
    """y(x, y) = image(x', y'), with the eight numbers of each image's transform given.

    Args:
        images: array ([batch,] height, width, channels).
        transform: array ([batch,] 8).
        interpolation: "nearest" or "bilinear".
        fill_mode: what lies beyond the edges; see ``map_coordinates``.
        fill_value: a number.
        data_format: "channels_last" or "channels_first"; None for Keras's setting.
        image_data_format: that setting.
    Returns:
        Array of the shape and dtype of ``images``.
    Raises:
        ValueError: another rank, or an unknown choice.
    Source: ``keras.ops.image.affine_transform``.
    """
    check_sampling(interpolation, fill_mode)
    data_format = data_format or image_data_format
    axes(images, data_format)
    if transform.ndim not in (1, 2):
        raise ValueError(
            "Invalid transform rank: expected rank 1 (single transform) or rank 2 (batch of "
            f"transforms); affine_transform got shape {transform.shape}"
        )
    return _project(images, transform, interpolation, fill_mode, fill_value, data_format)


@operation(static=("interpolation", "fill_value", "data_format"), settings=("image_data_format",))
def perspective_transform(
    images,
    start_points,
    end_points,
    interpolation="bilinear",
    fill_value=0,
    data_format=None,
    *,
    image_data_format,
):
    """y(x, y) = image(x', y'), with the transform that takes ``end_points`` to ``start_points``.

    Args:
        images: array ([batch,] height, width, channels).
        start_points: four places (x, y) in each image, ([batch,] 4, 2).
        end_points: where they are to come to lie.
        interpolation: "nearest" or "bilinear".
        fill_value: the value of what lies beyond the edges.
        data_format: "channels_last" or "channels_first"; None for Keras's setting.
        image_data_format: that setting.
    Returns:
        Array of the shape and dtype of ``images``.
    Raises:
        ValueError: another rank or shape, or an unknown interpolation.
    Source: ``keras.ops.image.perspective_transform``.
    """
    check_sampling(interpolation, "constant")
    data_format = data_format or image_data_format
    axes(images, data_format)
    for name, points in (("start_points", start_points), ("end_points", end_points)):
        if points.ndim not in (2, 3) or points.shape[-2:] != (4, 2):
            raise ValueError(
                f"Invalid {name} shape: expected (4, 2) for a single image or (N, 4, 2) for a "
                f"batch; perspective_transform got {points.shape}"
            )
    if start_points.shape != end_points.shape:
        raise ValueError(
            "start_points and end_points must have the same shape; perspective_transform got "
            f"{start_points.shape} and {end_points.shape}"
        )
    transform = _homography(start_points.astype("float32"), end_points.astype("float32"))
    return _project(images, transform, interpolation, "constant", fill_value, data_format)


@operation
def compute_homography_matrix(start_points, end_points):
    """The transform with (x', y') = ``start_points`` at (x, y) = ``end_points``: eight equations.

    Each point gives two that are linear in the eight unknowns:

        a0 x + a1 y + a2 - x' (c0 x + c1 y) = x',   b0 x + b1 y + b2 - y' (c0 x + c1 y) = y'

    Args:
        start_points: floating array (batch, 4, 2).
        end_points: floating array (batch, 4, 2), no three of them on a line.
    Returns:
        Array (batch, 8).
    Source: ``keras.ops.image.perspective_transform``.
    """
    return _homography(start_points, end_points)


def _homography(start_points, end_points):
    x, y = jnp.moveaxis(end_points, -1, 0)
    one, zero = jnp.ones_like(x), jnp.zeros_like(x)
    a = jnp.stack([x, y, one], axis=-1)
    b = jnp.stack([zero, zero, zero], axis=-1)
    equations = []
    for from_, left, right in zip(jnp.moveaxis(start_points, -1, 0), (a, b), (b, a), strict=True):
        c = jnp.stack([-from_ * x, -from_ * y], axis=-1)
        equations.append(jnp.concatenate([left, right, c], axis=-1))
    known = jnp.concatenate([start_points[..., 0], start_points[..., 1]], axis=-1)
    return jnp.linalg.solve(jnp.concatenate(equations, axis=-2), known[..., None])[..., 0]


def _project(images, transforms, interpolation, fill_mode, fill_value, data_format):
    """The images, of which each pixel comes from where its transform says."""

    def project(batch):
        count, height, width, _ = batch.shape
        y, x = jnp.meshgrid(jnp.arange(height), jnp.arange(width), indexing="ij")

        def origin(transform):
            a0, a1, a2, b0, b1, b2, c0, c1 = transform
            k = c0 * x + c1 * y + 1
            return (b0 * x + b1 * y + b2) / k, (a0 * x + a1 * y + a2) / k

        each = jnp.broadcast_to(transforms, (count, 8))
        return sample(batch, *jax.vmap(origin)(each), interpolation, fill_mode, fill_value)

    return on_batch(project, images, data_format)
