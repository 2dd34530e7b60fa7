"""Sums, products and extremes over groups of elements: element i belongs to segment_ids[i]."""

import jax

from keras_edu_backend.operation import operation

__all__ = ["segment_max", "segment_min", "segment_prod", "segment_sum"]


@operation(static=("num_segments", "sorted"))
def segment_sum(data, segment_ids, num_segments=None, sorted=False):
    """y[s] = Σ data[i] over the i with segment_ids[i] = s; 0 where there are none.

    Args:
        data: array (n, ...).
        segment_ids: integers (n,). Elements whose id is not in [0, num_segments) count nowhere.
        num_segments: how many segments there are, an integer: the result's shape depends on it.
        sorted: a promise that the ids ascend, which makes it faster on some devices.
    Returns:
        Array (num_segments, ...) of the dtype of ``data``.
    Raises:
        ValueError: ``num_segments`` is not given.
    Source: ``keras.ops.segment_sum``.
    """
    return _by_segment(jax.ops.segment_sum, data, segment_ids, num_segments, sorted)


@operation(static=("num_segments", "sorted"))
def segment_prod(data, segment_ids, num_segments=None, sorted=False):
    """y[s] = Π data[i] over the i with segment_ids[i] = s; 1 where there are none.

    See ``segment_sum``. Source: ``keras.ops.segment_prod``.
    """
    return _by_segment(jax.ops.segment_prod, data, segment_ids, num_segments, sorted)


@operation(static=("num_segments", "sorted"))
def segment_max(data, segment_ids, num_segments=None, sorted=False):
    """y[s] = max data[i] over the i with segment_ids[i] = s; the dtype's least if there are none.

    See ``segment_sum``. Source: ``keras.ops.segment_max``.
    """
    return _by_segment(jax.ops.segment_max, data, segment_ids, num_segments, sorted)


@operation(static=("num_segments", "sorted"))
def segment_min(data, segment_ids, num_segments=None, sorted=False):
    """y[s] = min data[i] over the i with segment_ids[i] = s; the dtype's most if there are none.

    See ``segment_sum``. Source: ``keras.ops.segment_min``.
    """
    return _by_segment(jax.ops.segment_min, data, segment_ids, num_segments, sorted)


def _by_segment(reduce, data, segment_ids, num_segments, ascending):
    if num_segments is None:
        raise ValueError(
            "Argument `num_segments` must be set when using the JAX backend. It is the size of "
            f"{reduce.__name__}'s result, which a compiled program has to know beforehand."
        )
    return reduce(data, segment_ids, num_segments, indices_are_sorted=ascending)
