"""The largest elements, and whether a class is among them."""

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import operation

__all__ = ["in_top_k", "top_k"]


@operation(static=("k", "sorted"))
def top_k(x, k, sorted=True):
    """The k largest elements along the last axis, and their indices, the largest first.

    Args:
        x: array (..., n). Of equal elements the one with the lower index comes first.
        k: how many, at most n.
        sorted: False permits any order; it is the same order nevertheless.
    Returns:
        Values and indices (int32), both (..., k).
    Source: ``keras.ops.top_k``.
    """
    return jax.lax.top_k(x, k)


@operation(static=("k",))
def in_top_k(targets, predictions, k):
    """Whether fewer than k classes have a larger prediction than the target class.

    Ties count in the target's favour. A target whose prediction is NaN ranks last.

    Args:
        targets: integers (batch,): the class of each example.
        predictions: scores (batch, classes).
        k: how many places count as the top.
    Returns:
        Booleans (batch,).
    Source: ``keras.ops.in_top_k``.
    """
    of_target = jnp.take_along_axis(predictions, targets[..., None], axis=-1)
    of_target = jnp.where(jnp.isnan(of_target), -jnp.inf, of_target)
    return jnp.sum(predictions > of_target, axis=-1) < k
