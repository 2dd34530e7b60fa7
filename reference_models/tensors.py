"""Tensors of rank 0 to 5: numbers arranged along that many axes, all of one type.

The rank is how many indices it takes to point at one number.

Source: document 2, "TensorFlow" (rank 0, 1 and 2); document 4, "Tensor: where it starts".
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Num

#: What real data looks like, axis by axis.
VECTOR_DATA = ("samples", "features")
TIME_SERIES = ("samples", "timesteps", "features")
IMAGES = ("samples", "height", "width", "channels")
IMAGES_CHANNELS_FIRST = ("samples", "channels", "height", "width")
VIDEO = ("samples", "frames", "height", "width", "channels")
VIDEO_CHANNELS_FIRST = ("samples", "frames", "channels", "height", "width")


def rank(tensor: Num[Array, "..."]) -> int:
    """Number of axes, which is the number of indices of one entry.

    Args:
        tensor: an array.
    Returns:
        0 for a scalar, 1 for a vector, 2 for a matrix, and so on.
    Source: document 4, "Tensor: where it starts".
    """
    return jnp.ndim(tensor)


def scalar() -> Int[Array, ""]:
    """Rank 0: the number 4, of shape ().

    Returns:
        The document's rank_0_tensor.
    Source: document 2, "TensorFlow".
    """
    return jnp.asarray(4)


def vector() -> Float[Array, "3"]:
    """Rank 1: [2, 3, 4], of shape (3,).

    Returns:
        The document's rank_1_tensor.
    Source: document 2, "TensorFlow".
    """
    return jnp.asarray([2.0, 3.0, 4.0])


def matrix() -> Int[Array, "2 3"]:
    """Rank 2: [[1, 2, 4], [5, 6, 7]], of shape (2, 3).

    Returns:
        The document's rank_2_tensor.
    Source: document 2, "TensorFlow".
    """
    return jnp.asarray([[1, 2, 4], [5, 6, 7]])


def of_axes(axes: tuple[str, ...], **sizes: int) -> Float[Array, "..."]:
    """A tensor of zeros with named axes: `of_axes(IMAGES, samples=2, height=28, ...)`.

    Args:
        axes: names of the axes in order, such as TIME_SERIES or VIDEO.
        sizes: the length of each.
    Returns:
        Zeros of that shape; its rank is the number of axes.
    Raises:
        ValueError: a size is missing, or belongs to no axis.
    Source: document 4, "Tensor: where it starts".
    """
    if set(sizes) != set(axes):
        raise ValueError(
            f"give a size for each of {', '.join(axes)}; got {', '.join(sizes) or 'none'}."
        )
    return jnp.zeros([sizes[axis] for axis in axes])


def channels_first(images: Num[Array, "... height width channels"]) -> Num[Array, "..."]:
    """Images or video with the channels moved before height and width.

    Args:
        images: (samples, height, width, channels), or video with frames after samples.
    Returns:
        The same numbers as (samples, channels, height, width), or likewise for video.
    Raises:
        ValueError: fewer than four axes.
    Source: document 4, "Images" and "Video", which name both orders.
    """
    if rank(images) < 4:
        raise ValueError(f"images have at least 4 axes; got shape {images.shape}.")
    return jnp.moveaxis(images, -1, -3)
