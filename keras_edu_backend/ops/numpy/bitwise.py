"""Whole numbers as rows of bits, elementwise."""

import jax.numpy as jnp

from keras_edu_backend.operation import operation

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "left_shift",
    "right_shift",
]


@operation
def bitwise_and(x, y):
    """The bits that x and y both have. Source: ``keras.ops.bitwise_and``."""
    return jnp.bitwise_and(x, y)


@operation
def bitwise_or(x, y):
    """The bits that x or y has. Source: ``keras.ops.bitwise_or``."""
    return jnp.bitwise_or(x, y)


@operation
def bitwise_xor(x, y):
    """The bits that exactly one of x and y has. Source: ``keras.ops.bitwise_xor``."""
    return jnp.bitwise_xor(x, y)


@operation
def bitwise_invert(x):
    """The bits that x has not: -x - 1 for signed integers. Source: ``keras.ops.bitwise_invert``."""
    return jnp.invert(x)


@operation
def bitwise_not(x):
    """The bits that x has not, as ``bitwise_invert``. Source: ``keras.ops.bitwise_not``."""
    return jnp.invert(x)


@operation
def bitwise_left_shift(x, y):
    """x * 2**y, less the bits that fall off. Source: ``keras.ops.bitwise_left_shift``."""
    return jnp.left_shift(x, y)


@operation
def left_shift(x, y):
    """x * 2**y, as ``bitwise_left_shift``. Source: ``keras.ops.left_shift``."""
    return jnp.left_shift(x, y)


@operation
def bitwise_right_shift(x, y):
    """floor(x / 2**y). Source: ``keras.ops.bitwise_right_shift``."""
    return jnp.right_shift(x, y)


@operation
def right_shift(x, y):
    """floor(x / 2**y), as ``bitwise_right_shift``. Source: ``keras.ops.right_shift``."""
    return jnp.right_shift(x, y)
