"""How alike two images are."""

import jax.numpy as jnp

from keras_edu_backend.operation import operation

__all__ = ["psnr"]


@operation(compiled=False)
def psnr(x1, x2, max_val):
    """Peak signal-to-noise ratio, 20 log₁₀(max_val) - 10 log₁₀(mean (x1 - x2)²), in decibels.

    Args:
        x1: images of any shape.
        x2: the images to compare them with, of the same shape.
        max_val: the largest value a pixel can have.
    Returns:
        One number for all the images together; infinity where they are equal.
    Raises:
        ValueError: the shapes differ.
    Source: ``keras.ops.psnr``.
    """
    if x1.shape != x2.shape:
        raise ValueError(
            f"psnr: both arrays must have the same shape, got {x1.shape} and {x2.shape}"
        )
    mean_squared_error = jnp.mean(jnp.square(x1 - x2))
    return 20 * jnp.log10(max_val.astype(x2.dtype)) - 10 * jnp.log10(mean_squared_error)
