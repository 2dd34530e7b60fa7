"""Compile-time constants (axes, shapes, modes, dtypes) in a form that ``jax.jit`` compares rightly.

jit looks for the program of a constant by its type and ``==``, and by ``==`` alone for what a tuple
holds. To ``==`` there is no difference between 0.0 and -0.0, nor between (1,) and (True,), and a
NaN is like no other: two programs would count as one, or one as many.
"""

import numpy as np

# What jit compares rightly by itself: alone, and in a tuple.
PLAIN_TYPES = frozenset({int, bool, str, type(None)})
_PLAIN_PARTS = PLAIN_TYPES - {bool}


class Exactly:
    """A constant that equals only those that are written alike."""

    def __init__(self, value):
        self.value = value
        self.written = repr(value)

    def __eq__(self, other):
        if type(other) is not Exactly:
            return NotImplemented
        return type(self.value) is type(other.value) and self.written == other.written

    def __hash__(self):
        return hash(self.written)


def is_plain(value):
    """Whether jit's own comparison is right for a constant that is none of `PLAIN_TYPES`."""
    if type(value) is float:
        return value < 0 or value > 0
    return type(value) is tuple and all([type(one) in _PLAIN_PARTS for one in value])


def as_constant(value):
    """A compile-time constant in a form jit can compare, and whether it has one.

    Lists become tuples. Arrays, symbolic dimensions and the like have none: the op then runs
    without being compiled as a whole.
    """
    value, known = _as_plain(value)
    if known and isinstance(value, (tuple, float, complex, np.generic)) and not is_plain(value):
        value = Exactly(value)
    return value, known


def _as_plain(value):
    if isinstance(value, (list, tuple)):
        parts = [_as_plain(one) for one in value]
        return tuple(part for part, _ in parts), all(known for _, known in parts)
    if isinstance(value, np.integer):
        return int(value), True
    known = (int, float, complex, str, bytes, type(None), type, np.dtype, np.generic, slice)
    return value, isinstance(value, known)
