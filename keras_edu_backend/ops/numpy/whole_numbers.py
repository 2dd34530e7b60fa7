"""Which floating dtype whole numbers get in a function whose values are not whole.

Keras has three ways. For the trigonometric functions every dtype meets ``float`` on the promotion
lattice, which is what ``@operation(promote=..., at_least=float)`` does. The other two are here.
"""

import jax.numpy as jnp


def to_floating(x, floatx):
    """Whole numbers and truth values in the dtype ``floatx``; anything else as it is."""
    whole = x.dtype == bool or jnp.issubdtype(x.dtype, jnp.integer)
    return x.astype(floatx) if whole else x


def int64_to_floating(x, floatx):
    """64-bit integers in the dtype ``floatx``; anything else as it is.

    JAX takes care of the other whole numbers, and would make float64 of these.
    """
    return x.astype(floatx) if x.dtype == jnp.int64 else x
