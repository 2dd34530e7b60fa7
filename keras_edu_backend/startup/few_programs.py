"""Random draws of many shapes share a few compiled programs: 0.8 s of 2.6 s of a cold start.

A program is compiled for each shape, and a model's weights have many. But with JAX's usual
generator the number in a place depends on the key and the place only, whatever the shape. So one
draw of a round size, cut, serves many shapes.
"""

import collections
import math

import jax
import numpy as np

# Shapes that share a program: few enough for a model to start quickly, and for the numbers drawn in
# vain not to matter.
SMALLEST_DRAW = 2**12
LARGEST_DRAW = 2**20
# A shape that is drawn this often gets a program of its own: by then the detours have cost as much
# as compiling it does, some tens of milliseconds.
DETOURS = 100
# So many kinds of draws are counted; then the counting begins anew.
MOST_COUNTED = 1000

drawn_before: collections.Counter = collections.Counter()


def drawn(draw, key, shape, dtype, draw_many=None):
    """The numbers of ``draw(key, shape, dtype)``, which each depend on the key and their place.

    Args:
        draw: ``draw(key, shape, dtype)``, the numbers.
        key: what they depend on.
        shape: how many are wanted.
        dtype: in which dtype.
        draw_many: the same as ``draw``, for one dimension of a round size and a key that is known.
    """
    request = draw.__qualname__, tuple(shape), str(dtype)
    if len(drawn_before) >= MOST_COUNTED:
        drawn_before.clear()
    if drawn_before[request] >= DETOURS:
        return draw(key, shape, dtype)
    known = all(isinstance(n, (int, np.integer)) and n > 0 for n in shape)
    size = int(math.prod(shape)) if known else None
    # So it is with JAX's usual generator; another may fill a shape as a whole.
    by_place = (
        jax.config.jax_threefry_partitionable and jax.config.jax_default_prng_impl == "threefry2x32"
    )
    if size and size <= LARGEST_DRAW and by_place and not isinstance(key, jax.core.Tracer):
        drawn_before[request] += 1
        round_size = max(SMALLEST_DRAW, 1 << (size - 1).bit_length())
        numbers = (draw_many or draw)(key, (round_size,), dtype)
        # Inside a program that is being traced, there is nothing to cut by hand.
        if not isinstance(numbers, jax.core.Tracer) and numbers.ndim == 1:
            return jax.device_put(np.asarray(numbers)[:size].reshape(shape))
    return draw(key, shape, dtype)
