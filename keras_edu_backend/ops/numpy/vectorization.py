"""A function of small arrays becomes one of large ones."""

import jax.numpy as jnp

__all__ = ["vectorize"]


def vectorize(pyfunc, *, excluded=None, signature=None):
    """A function that applies ``pyfunc`` to every element, or every part that the signature names.

    Args:
        pyfunc: a function of arrays.
        excluded: positions and names of arguments to pass on whole.
        signature: the dimensions that one call takes and gives, such as ``"(m,n),(n)->(m)"``;
            without it, scalars.
    Returns:
        A function of arrays with any leading dimensions, which broadcast.
    Source: ``keras.ops.vectorize``.
    """
    return jnp.vectorize(pyfunc, excluded=frozenset(excluded or ()), signature=signature)
