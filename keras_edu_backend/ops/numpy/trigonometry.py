"""Trigonometric and hyperbolic functions and their inverses, elementwise. Angles are in radians."""

import jax.numpy as jnp

from keras_edu_backend import sparse
from keras_edu_backend.operation import operation

__all__ = [
    "angle",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cos",
    "cosh",
    "deg2rad",
    "rad2deg",
    "sin",
    "sinc",
    "sinh",
    "tan",
    "tanh",
]


@operation(promote=("x",), at_least=float, sparse=sparse.zero_preserving)
def sin(x):
    """sin(x). Source: ``keras.ops.sin``."""
    return jnp.sin(x)


@operation(promote=("x",), at_least=float, sparse=sparse.densified)
def cos(x):
    """cos(x). Source: ``keras.ops.cos``."""
    return jnp.cos(x)


@operation(promote=("x",), at_least=float, sparse=sparse.zero_preserving)
def tan(x):
    """sin(x) / cos(x). Source: ``keras.ops.tan``."""
    return jnp.tan(x)


@operation(promote=("x",), at_least=float, sparse=sparse.zero_preserving)
def arcsin(x):
    """The y in [-pi/2, pi/2] with sin(y) = x. Source: ``keras.ops.arcsin``."""
    return jnp.arcsin(x)


@operation(promote=("x",), at_least=float, sparse=sparse.densified)
def arccos(x):
    """The y in [0, pi] with cos(y) = x. Source: ``keras.ops.arccos``."""
    return jnp.arccos(x)


@operation(promote=("x",), at_least=float, sparse=sparse.zero_preserving)
def arctan(x):
    """The y in (-pi/2, pi/2) with tan(y) = x. Source: ``keras.ops.arctan``."""
    return jnp.arctan(x)


@operation(promote=("x1", "x2"), at_least=float)
def arctan2(x1, x2):
    """The angle in [-pi, pi] of the point with ordinate x1 and abscissa x2.

    Source: ``keras.ops.arctan2``.
    """
    return jnp.arctan2(x1, x2)


@operation(promote=("x",), at_least=float, sparse=sparse.zero_preserving)
def sinh(x):
    """(exp(x) - exp(-x)) / 2. Source: ``keras.ops.sinh``."""
    return jnp.sinh(x)


@operation(promote=("x",), at_least=float, sparse=sparse.densified)
def cosh(x):
    """(exp(x) + exp(-x)) / 2. Source: ``keras.ops.cosh``."""
    return jnp.cosh(x)


@operation(promote=("x",), at_least=float, sparse=sparse.zero_preserving)
def tanh(x):
    """sinh(x) / cosh(x). Source: ``keras.ops.tanh``."""
    return jnp.tanh(x)


@operation(promote=("x",), at_least=float, sparse=sparse.zero_preserving)
def arcsinh(x):
    """log(x + sqrt(x**2 + 1)), the inverse of sinh. Source: ``keras.ops.arcsinh``."""
    return jnp.arcsinh(x)


@operation(promote=("x",), at_least=float, sparse=sparse.densified)
def arccosh(x):
    """log(x + sqrt(x**2 - 1)), the inverse of cosh. Source: ``keras.ops.arccosh``."""
    return jnp.arccosh(x)


@operation(promote=("x",), at_least=float, sparse=sparse.zero_preserving)
def arctanh(x):
    """log((1 + x) / (1 - x)) / 2, the inverse of tanh. Source: ``keras.ops.arctanh``."""
    return jnp.arctanh(x)


@operation(promote=("x",), at_least=float)
def sinc(x):
    """sin(pi * x) / (pi * x), and 1 at 0. Source: ``keras.ops.sinc``."""
    return jnp.sinc(x)


@operation(promote=("x",), at_least=float)
def angle(x):
    """The angle of the complex number x; 0 or pi for a real one. Source: ``keras.ops.angle``."""
    return jnp.angle(x)


@operation
def deg2rad(x):
    """x * pi / 180. Source: ``keras.ops.deg2rad``."""
    return jnp.deg2rad(x)


@operation
def rad2deg(x):
    """x * 180 / pi. Source: ``keras.ops.rad2deg``."""
    return jnp.rad2deg(x)
