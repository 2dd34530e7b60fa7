"""Attention: each query takes a mean of the values, weighted by how well their keys match it."""

import jax
import jax.numpy as jnp
import numpy as np

from keras_edu_backend.operation import operation
from keras_edu_backend.ops.nn.distributions import softmax

__all__ = ["dot_product_attention"]

# JAX's choice; a comparison in float64 has float64 (`compare.float64`).
SOFTMAX = "float32"


@operation(
    promote=("query", "key", "value"),
    static=("is_causal", "flash_attention", "attn_logits_soft_cap"),
    compiled=False,
)
def dot_product_attention(
    query,
    key,
    value,
    bias=None,
    mask=None,
    scale=None,
    is_causal=False,
    flash_attention=None,
    attn_logits_soft_cap=None,
):
    """softmax(scale · Q Kᵀ + bias) V, for each head.

    Args:
        query: Q, shape (batch, targets, heads, depth).
        key: K, shape (batch, sources, key heads, depth). There may be fewer key heads than heads:
            each then serves heads / key heads of them in a row (grouped-query attention).
        value: V, shape (batch, sources, key heads, depth).
        bias: what to add to the logits, shape (batch or 1, heads or 1, targets, sources).
        mask: true where a target may look at a source; shape as bias, or without heads, or without
            batch and heads.
        scale: by default 1 / √depth, with which logits of random vectors have variance 1.
        is_causal: whether target i may look at sources 0 to i only.
        flash_attention: must not be true; None, the default, lets the backend decide.
        attn_logits_soft_cap: without effect, as in Keras but for its TPU kernel.
    Returns:
        Shape (batch, targets, heads, depth). The softmax is computed in float32 whatever the dtype.
        A target that may look at nothing takes the plain mean of all the values.
    Raises:
        ValueError: an argument of another rank.
        TypeError: heads that the key heads do not divide.
        RuntimeError: ``flash_attention=True``.
    Source: Vaswani et al. 2017, "Attention Is All You Need", equation 1;
    ``keras.ops.dot_product_attention``.
    """
    _check(query, key, value, flash_attention)
    batch, targets, heads, depth = query.shape
    sources, key_heads = key.shape[1:3]
    together = heads // key_heads
    scale = 1.0 / np.sqrt(depth) if scale is None else scale

    # So that the gradient adds up in float32 as well. JAX has no such thing for float16 on a CPU.
    in_float32 = jax.lax.DotAlgorithmPreset.BF16_BF16_F32
    precision = in_float32 if query.dtype == "bfloat16" else None

    def attend(query, bias, mask):
        """The formula, where there are as many heads as key heads."""
        logits = jnp.einsum(
            "btkd,bskd->bkts",
            query,
            key,
            precision=precision,
            preferred_element_type=jnp.promote_types(query.dtype, "float32"),
        )
        logits *= jnp.asarray(scale, logits.dtype)
        if bias is not None:
            logits = (logits + bias).astype(logits.dtype)

        allowed = True if mask is None else mask
        if is_causal:
            allowed = allowed & jnp.tril(jnp.ones((targets, sources), bool))
        if allowed is not True:
            logits = jnp.where(allowed, logits, _very_negative(logits.dtype))

        weights = softmax(logits.astype(SOFTMAX), axis=-1).astype(key.dtype)
        return jnp.einsum("bkts,bskd->btkd", weights, value)

    def grouped(per_head):
        """(…, heads, targets, sources) by key heads, and the heads that each of them serves."""
        per_head = _with_heads(per_head, heads)
        if per_head.shape[1] == 1:
            return jnp.repeat(per_head[:, :, None], together, axis=2)
        return per_head.reshape(per_head.shape[0], key_heads, together, *per_head.shape[2:])

    bias = None if bias is None else grouped(bias.astype(query.dtype))
    mask = None if mask is None else grouped(mask.astype(bool))
    in_axes = (3, None if bias is None else 2, None if mask is None else 2)
    by_group = query.reshape(batch, targets, key_heads, together, depth)
    outputs = jax.vmap(attend, in_axes, out_axes=3)(by_group, bias, mask)
    return outputs.reshape(batch, targets, heads, -1)


def _check(query, key, value, flash_attention):
    if not query.ndim == key.ndim == value.ndim == 4:
        raise ValueError(
            "`dot_product_attention` only supports 4D inputs, got query.shape="
            f"{query.shape}, key.shape={key.shape}, value.shape={value.shape}"
        )
    if query.shape[2] % key.shape[2]:
        raise TypeError(
            "dot_product_attention: the number of query heads must be a multiple of the number of "
            f"key heads, got query.shape={query.shape}, key.shape={key.shape}"
        )
    if flash_attention:
        raise RuntimeError(
            "dot_product_attention: flash attention is a kernel of cuDNN and of TPUs, which the "
            "edu backend does not call. Leave `flash_attention` at None or False."
        )


def _with_heads(per_head, heads):
    """An array of rank 2 to 4 as (batch or 1, heads or 1, targets, sources)."""
    while per_head.ndim < 4:
        axis = 0 if per_head.ndim < 3 or per_head.shape[0] in (1, heads) else 1
        per_head = jnp.expand_dims(per_head, axis)
    if per_head.shape[1] not in (1, heads):
        raise ValueError(
            f"dot_product_attention: a bias or mask must have 1 or {heads} heads, got shape "
            f"{per_head.shape}"
        )
    return per_head


def _very_negative(dtype):
    """Low enough for a softmax of 0, and yet finite, also in float32."""
    largest = min(float(jnp.finfo(dtype).max), float(jnp.finfo("float32").max))
    return jnp.asarray(-0.7 * largest, dtype)
