"""JAX's random bits, in NumPy: those in place i are a function of the key and of i.

Threefry encrypts the place: rounds that add, rotate and mix two words of 32 bits, twenty of them,
and a part of the key on top after every four. For XLA that is a tenth of a second of compiling; for
the weights of a small network NumPy needs less than a millisecond.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, and
``jax.random``, whose bits these are.
"""

import numpy as np

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA  # keeps the third part of the key from being 0 when the first two are equal
_WORD = 0xFFFFFFFF


def bits(key, size):
    """Random bits: a xor b, where (a, b) = Threefry(key, (0, i)), for i = 0 to ``size - 1``.

    Args:
        key: two words of 32 bits.
        size: int below 2^32.
    Returns:
        NumPy array of uint32, shape (size,).
    """
    first, second = map(int, key)
    parts = first, second, first ^ second ^ _PARITY
    # A place has two words as well; the upper one of a small number is 0.
    a = np.full(size, parts[0], np.uint32)
    b = np.arange(size, dtype=np.uint32) + np.uint32(parts[1])
    for turn in range(5):
        for rotation in _ROTATIONS[turn % 2]:
            a += b
            b = (b << np.uint32(rotation)) | (b >> np.uint32(32 - rotation))
            b ^= a
        a += np.uint32(parts[(turn + 1) % 3])
        b += np.uint32((parts[(turn + 2) % 3] + turn + 1) & _WORD)
    return a ^ b


def unit_interval(key, size):
    """Evenly distributed float32 numbers, 0 <= u < 1: random bits as the digits of 1.…, less 1.

    Args:
        key: two words of 32 bits.
        size: int below 2^32.
    Returns:
        NumPy array of float32, shape (size,).
    """
    one = np.float32(1)
    digits = bits(key, size) >> np.uint32(9)  # 23 of them
    return (digits | one.view(np.uint32)).view(np.float32) - one
