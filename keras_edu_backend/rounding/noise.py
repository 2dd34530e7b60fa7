"""One rounding, drawn at random.

A correctly rounded operation returns x (1 + δ) with |δ| ≤ u, the unit roundoff of its dtype. Monte
Carlo arithmetic puts a random number ξ in [-1, 1) in δ's place: x + u |x| ξ, whose root mean square
is u |x| / √3.

ξ is a hash, not a stream of random numbers, because rounding is a function: equal operands give
equal results. A draw *by value* hashes the value itself, so that two equal units of a layer stay
equal. But a library may add up the same terms in another order at another position; a draw *by
position* hashes the index in the array instead and breaks such symmetries. Half of the draws of
sums and of elementary functions are of either kind; additions and multiplications are always by
value.

Arrays have a leading axis, one row for each draw; a single row stands for all of them.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np

from keras_edu_backend.rounding.units import UNIT_ROUNDOFF

# float64 is the arithmetic of the interpreter itself, in which a disturbance of 2^-53 would be
# lost. A program in float64 is disturbed by 2^-40 instead, and its floor divided by 2^13: far from
# kinks a floor is proportional to u.
FLOAT64_STAND_IN = 2.0**-40

# Rounding moves no number by this factor, but where it cancels to nothing.
CERTAIN = 1024

# Of large arrays pieces of one size are disturbed by a compiled program, the rest in NumPy.
CHUNK = 1 << 16


def _uniform(bits, salt, xp):
    """A number in [-1, 1) that depends on 64 bits and a salt: Murmur3's finaliser, 32 bits wide,
    because processors multiply eight of those at once and of 64-bit numbers not one."""
    low, high = bits.astype("uint32"), (bits >> xp.uint64(32)).astype("uint32")
    salt_low, salt_high = salt.astype("uint32"), (salt >> xp.uint64(32)).astype("uint32")
    mixed = low * xp.uint32(0x9E3779B1) ^ high ^ salt_low
    mixed = (mixed ^ (mixed >> xp.uint32(16))) * xp.uint32(0x85EBCA6B)
    mixed = (mixed ^ (mixed >> xp.uint32(13)) ^ salt_high) * xp.uint32(0xC2B2AE35)
    mixed = (mixed ^ (mixed >> xp.uint32(16))) * xp.uint32(0x85EBCA6B)
    mixed = mixed ^ (mixed >> xp.uint32(15))
    return mixed.astype("float64") * 2.0**-31 - 1.0


def disturbed(values, amplitude, salts, by_position):
    """values + amplitude · ξ, another ξ in each draw.

    Args:
        values: float64 array of shape (1 or draws, *shape).
        amplitude: largest disturbance, absolute; an array that broadcasts to ``values``.
        salts: uint64 array of shape (draws,), one for each draw; what makes this place unlike
            others is mixed into it already.
        by_position: boolean array of shape (draws,): which draws hash positions, not values.

    Returns:
        Array of shape (draws, *shape).
    """
    shape = values.shape[1:]
    size = int(np.prod(shape, dtype=int))
    rows = values.reshape(len(values), size)
    amplitude = np.atleast_1d(amplitude)
    amplitudes = np.broadcast_to(amplitude, (max(len(values), len(amplitude)), *shape))
    amplitudes = amplitudes.reshape(-1, size)
    whole = size - size % CHUNK
    found = np.empty((len(salts), size))
    with np.errstate(over="ignore", invalid="ignore"):
        found[:, whole:] = _noisy(
            rows[:, whole:],
            amplitudes[:, whole:],
            salts[:, None],
            by_position[:, None],
            np.uint64(whole),
            np,
        )
    with jax.enable_x64(True):
        for start in range(0, whole, CHUNK):
            part = slice(start, start + CHUNK)
            for draw in range(len(salts)):
                found[draw, part] = _compiled(
                    rows[draw if len(rows) > 1 else 0, part],
                    amplitudes[draw if len(amplitudes) > 1 else 0, part],
                    salts[draw],
                    by_position[draw],
                    np.uint64(start),
                )
    return found.reshape(len(salts), *shape)


def _noisy(rows, amplitudes, salt, by_position, start, xp):
    positions = xp.arange(rows.shape[-1], dtype="uint64") + start
    bits = rows.view(np.uint64) if xp is np else jax.lax.bitcast_convert_type(rows, jnp.uint64)
    noise = _uniform(xp.where(by_position, positions, bits), salt, xp)
    return xp.where(xp.isfinite(rows), rows + amplitudes * noise, rows)


@jax.jit
def _compiled(rows, amplitudes, salt, by_position, start):
    return _noisy(rows, amplitudes, salt, by_position, start, jnp)


def in_range(values, dtype):
    """Overflow to infinity and flush to zero where a narrower dtype would.

    XLA and TensorFlow run with denormal numbers flushed to zero on CPUs; below the smallest normal
    number no result is trusted (see `units.Floor`). Those of float16 are kept everywhere: it is
    computed in float32, and processors convert to it without flushing. What is certain to become 0
    is set to 0; the rest is rounding (`denormal_rounding`).

    Args:
        values: float64 array.
        dtype: the floating dtype of the program at this place.

    Returns:
        Array of the same shape.
    """
    if dtype == np.float64 or not values.size:
        return values
    ends = ends_of(dtype)
    size = np.abs(values)
    if not size.max() <= ends.largest:
        values = np.where(size > ends.largest, np.copysign(np.inf, values), values)
    if size.min() < ends.zero:
        values = np.where(size < ends.zero, 0.0, values)
    return values


def denormal_rounding(values, dtype):
    """How far rounding to a denormal number moves each value, at most: half their distance."""
    size = np.abs(values)
    return np.where((size > 0) & (size < ends_of(dtype).normal), ends_of(dtype).step, 0.0)


def far_from_the_ends(values, dtype):
    """Whether all values are exactly 0, or `CERTAIN` times away from overflow and denormal numbers.

    So `in_range` has nothing to do in the disturbed runs.
    """
    ends = ends_of(dtype)
    size = np.abs(values)
    if not size.size:
        return True
    small = (size < ends.normal * CERTAIN) & (size > 0)
    return bool(size.max() < ends.largest / CERTAIN and not small.any())


class Ends(NamedTuple):
    """Where a dtype ends.

    Attributes:
        largest: the largest number that does not round to infinity.
        normal: the smallest normal number.
        step: how far rounding moves a number below that, at most.
        zero: what is smaller becomes zero, whatever was rounded before.
    """

    largest: float
    normal: float
    step: float
    zero: float


@functools.cache
def ends_of(dtype):
    """The `Ends` of a floating dtype."""
    info = ml_dtypes.finfo(dtype)
    # What is beyond the largest number by half a unit in its last place rounds to infinity.
    largest = float(info.max) * (1 + UNIT_ROUNDOFF[np.dtype(dtype)] / 2)
    normal = float(info.tiny)
    if dtype == np.float16:
        step = float(info.smallest_subnormal) / 2
        return Ends(largest, normal, step, step / CERTAIN)
    return Ends(largest, normal, normal, normal)
