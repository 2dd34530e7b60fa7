"""Along one axis: running sums and products, differences, the area under a curve.

``axis=None`` takes the elements as if they stood in one row.
"""

import jax.numpy as jnp

from keras_edu_backend.operation import operation

__all__ = ["cumprod", "cumsum", "diff", "nancumprod", "nancumsum", "trapezoid"]

_running = operation(static=("axis", "dtype"))


@_running
def cumsum(x, axis=None, dtype=None):
    """y_i = x_1 + … + x_i. Source: ``keras.ops.cumsum``."""
    return jnp.cumsum(x, axis, dtype)


@_running
def cumprod(x, axis=None, dtype=None):
    """y_i = x_1 · … · x_i. Source: ``keras.ops.cumprod``."""
    return jnp.cumprod(x, axis, dtype)


@_running
def nancumsum(x, axis=None, dtype=None):
    """``cumsum`` with 0 in the place of NaN. Source: ``keras.ops.nancumsum``."""
    return jnp.nancumsum(x, axis, dtype)


@_running
def nancumprod(x, axis=None, dtype=None):
    """``cumprod`` with 1 in the place of NaN. Source: ``keras.ops.nancumprod``."""
    return jnp.nancumprod(x, axis, dtype)


@operation(static=("n", "axis"))
def diff(a, n=1, axis=-1):
    """y_i = a_{i+1} - a_i, ``n`` times over; booleans differ where they are not equal.

    Source: ``keras.ops.diff``.
    """
    return jnp.diff(a, n, axis)


@operation(static=("axis",))
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Σ_i (y_i + y_{i+1})/2 · (x_{i+1} - x_i): the area under the lines that join the points.

    Args:
        y: heights, of any shape.
        x: where they stand along ``axis``, shape (n,) or that of ``y``.
        dx: how far they stand apart; used where ``x`` is not given.
        axis: the axis to integrate along.
    Source: ``keras.ops.trapezoid``.
    """
    return jnp.trapezoid(y, x, dx, axis)
