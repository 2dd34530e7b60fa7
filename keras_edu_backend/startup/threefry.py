"""JAX's random bits, in NumPy: 0.3 s of 2.1 s of a cold start.

Those in place i are a function of the key and of i. Threefry encrypts the place: rounds that add,
rotate and mix two words of 32 bits, twenty of them, and a part of the key on top after every four.
For XLA that is a tenth of a second of compiling; for the weights of a small network NumPy needs
less than a millisecond.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, and
``jax.random``, whose bits these are.
"""

import jax
import jax.numpy as jnp
import numpy as np

from keras_edu_backend import processor

# Up to this many, NumPy makes the bits sooner than XLA has compiled a program for it.
DRAWN_WITHOUT_XLA = 2**17

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA  # keeps the third part of the key from being 0 when the first two are equal
_WORD = 0xFFFFFFFF


def draws_of_uniform(draw, low, high):
    """``draw`` for evenly distributed numbers from low to high, without XLA where they are few.

    Args:
        draw: ``draw(key, shape, dtype)``, the numbers as ``jax.random.uniform`` draws them.
        low: number.
        high: number.
    Returns:
        A function like ``draw``, with the same bits, for one dimension and a key that is known.
    """

    def draw_many(key, shape, dtype):
        (size,) = shape
        # (A key may also be one of JAX's own type, which says what generator it is for.)
        if dtype != "float32" or size > DRAWN_WITHOUT_XLA or key.dtype != "uint32":
            return draw(key, shape, dtype)
        if rounds_like_xla(low, high):
            return uniform(np.asarray(key), size, low, high)
        return _between(unit_interval(np.asarray(key), size), low, high)

    return draw_many


def rounds_like_xla(low, high):
    """Whether `uniform` is known to give XLA's bits for numbers from low to high."""
    return (
        all(isinstance(limit, (int, float, np.number)) for limit in (low, high))
        # Far from overflow, and from the smallest numbers, which XLA's programs take for 0.
        and 2.0**-64 < max(abs(low), abs(high)) < 2.0**64
        and jax.default_backend() == "cpu"
        and processor.rounds_products_and_sums_once()
    )


@jax.jit
def _between(u, low, high):
    """Numbers from 0 to 1, spread over low to high; XLA rounds it as in ``jax.random``."""
    low, high = jnp.asarray(low, u.dtype), jnp.asarray(high, u.dtype)
    return jnp.maximum(low, u * (high - low) + low)


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


def uniform(key, size, low, high):
    """Evenly distributed float32 numbers, low <= x < high: ``max(low, u · (high - low) + low)``.

    The product and the sum are rounded together, once. XLA's programs do so on a processor with an
    instruction for it (`processor.rounds_products_and_sums_once`), and so do their numbers.

    Args:
        key: two words of 32 bits.
        size: int below 2^32.
        low: float.
        high: float.
    Returns:
        NumPy array of float32, shape (size,).
    """
    low, high = np.float32(low), np.float32(high)
    # In float64 the product of two float32 numbers is exact.
    product = unit_interval(key, size).astype(np.float64) * np.float64(high - low)
    return np.maximum(low, sum_in_float32(product, np.float64(low)))


def sum_in_float32(a, b):
    """a + b of float64 numbers, rounded to float32 once: not to float64 first.

    Rounding twice goes wrong where the first rounding ends in the middle between two float32
    numbers. It never does when the first goes to odd, towards the neighbour whose last digit is 1.

    Source: Boldo, Melquiond, "Emulation of a FMA and correctly rounded sums", IEEE TC 57 (2008);
    what a sum loses by rounding: Knuth, "The art of computer programming" 2, 4.2.2.
    """
    total = a + b
    b_as_added = total - a
    lost = (a - (total - b_as_added)) + (b - b_as_added)
    even = total.view(np.int64) % 2 == 0
    odd = np.nextafter(total, np.copysign(np.inf, lost))
    return np.where((lost != 0) & even, odd, total).astype(np.float32)
