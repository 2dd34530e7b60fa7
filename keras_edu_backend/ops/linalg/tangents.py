"""Derivatives along a direction."""

import jax

from keras_edu_backend.wrong_calls import named

__all__ = ["jvp"]


@named(keep=True)
def jvp(fun, primals, tangents, has_aux=False):
    """f(x) and f'(x) v: how f changes when x moves along v, in one pass forwards.

    Args:
        fun: a function of arrays.
        primals: x, a tuple of its arguments.
        tangents: v, of the same structure.
        has_aux: whether ``fun`` returns a pair of what to derive and something to pass through.
    Returns:
        f(x) and f'(x) v; with ``has_aux`` the thing passed through as well.
    Source: ``keras.ops.jvp``.
    """
    return jax.jvp(fun, primals, tangents, has_aux=has_aux)
