"""Softmax and its kin: scores of any size made into a distribution along an axis."""

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import operation

__all__ = ["log_softmax", "softmax", "sparsemax"]


def _shifted(x, axis):
    """x less its maximum: softmax stays the same, and exp cannot overflow.

    As subtracting any number would do, the maximum counts as a constant in the derivative.
    """
    return x - jax.lax.stop_gradient(jnp.max(x, axis, keepdims=True, initial=-jnp.inf))


@operation(static=("axis",), compiled=False)
def softmax(x, axis=-1):
    """yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ): numbers between 0 and 1 whose sum along ``axis`` is 1.

    Slope: ∂yᵢ/∂xⱼ = yᵢ (1 - yᵢ) where i = j, else -yᵢ yⱼ.

    Args:
        x: scores, also called logits: a floating array of any shape.
        axis: the axis of the classes; several, or None for all, share one distribution.
    Returns:
        An array of x's shape and dtype. NaN throughout where a score is NaN or +infinity.
    Source: document 1, "Softmax regression"; ``keras.ops.softmax``.
    """
    exponentials = jnp.exp(_shifted(x, axis))
    return exponentials / jnp.sum(exponentials, axis, keepdims=True)


@operation(static=("axis",), nested=True)
def log_softmax(x, axis=-1):
    """xᵢ - log Σⱼ exp(xⱼ), which stays finite where softmax rounds to 0.

    Args:
        x: scores, also called logits: a floating array of any shape.
        axis: the axis of the classes; several, or None for all, share one distribution.
    Returns:
        An array of x's shape and dtype, nowhere above 0.
    Source: ``keras.ops.log_softmax``.
    """
    shifted = _shifted(x, axis)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis, keepdims=True))


@operation(static=("axis",))
def sparsemax(x, axis=-1):
    """max(0, xᵢ - τ), with τ such that few are left above 0.

    The k largest scores make up the support: those z₍ᵢ₎, sorted from the largest down, with
    z₍ᵢ₎ > (Σⱼ≤ᵢ z₍ⱼ₎ - 1) / i. The paper's τ is (Σⱼ≤ₖ z₍ⱼ₎ - 1) / k, and the result then sums to 1.
    Keras adds up the partial sums of the whole support in place of the last one alone, which is
    the same for k = 1 only; results here equal Keras's.

    Args:
        x: scores: an array of any shape.
        axis: the axis of the classes.
    Returns:
        A floating array of x's shape.
    Source: Martins & Astudillo 2016, "From Softmax to Sparsemax"; ``keras.ops.sparsemax``.
    """
    descending = -jnp.sort(-x, axis=axis)
    partial_sums = jnp.cumsum(descending, axis=axis)
    ranks = jnp.arange(1, x.shape[axis] + 1)
    ranks = jnp.expand_dims(ranks, [other for other in range(x.ndim) if other != axis % x.ndim])

    in_support = descending > (partial_sums - 1) / ranks
    total = jnp.sum(jnp.where(in_support, partial_sums, 0.0), axis, keepdims=True)
    tau = (total - 1) / jnp.sum(in_support, axis, keepdims=True)
    return jnp.maximum(x - tau, 0.0)
