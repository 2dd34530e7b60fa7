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

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np

from keras_edu_backend.rounding.units import UNIT_ROUNDOFF

# float64 is the arithmetic of the interpreter itself, in which a disturbance of 2^-53 would be
# lost. A program in float64 is disturbed by 2^-40 instead, and its floor divided by 2^13: far from
# kinks a floor is proportional to u.
FLOAT64_STAND_IN = 2.0**-40

# Above so many numbers NumPy's passes over memory cost more than a compiled program.
COMPILED_FROM = 1 << 15
CHUNK = 1 << 18


def _hashed(bits, salt, xp):
    """64 mixed bits: three rounds of multiply and xor-shift, as in Murmur3's finaliser."""
    mixed = (bits ^ (bits >> xp.uint64(29)) ^ salt) * xp.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> xp.uint64(32)) ^ salt) * xp.uint64(0xD6E8FEB86659FD93)
    mixed = (mixed ^ (mixed >> xp.uint64(32))) * xp.uint64(0xD6E8FEB86659FD93)
    return mixed ^ (mixed >> xp.uint64(32))


def _between_minus_one_and_one(bits, xp):
    """The upper 53 bits as a number in [-1, 1)."""
    return (bits >> xp.uint64(11)).astype("float64") * 2.0**-52 - 1.0


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
    if size < COMPILED_FROM:
        with np.errstate(over="ignore", invalid="ignore"):
            found = _noisy(rows, amplitudes, salts, by_position, np.uint64(0), np)
    else:
        found = _in_chunks(rows, amplitudes, salts, by_position)
    return found.reshape(len(salts), *shape)


def _noisy(rows, amplitudes, salts, by_position, start, xp):
    positions = xp.arange(rows.shape[1], dtype="uint64")[None] + start
    bits = rows.view(np.uint64) if xp is np else jax.lax.bitcast_convert_type(rows, jnp.uint64)
    bits = xp.where(by_position[:, None], positions, bits)
    noise = _between_minus_one_and_one(_hashed(bits, salts[:, None], xp), xp)
    return xp.where(xp.isfinite(rows), rows + amplitudes * noise, rows)


@functools.partial(jax.jit, static_argnames="xp")
def _compiled(rows, amplitudes, salts, by_position, start, xp=jnp):
    return _noisy(rows, amplitudes, salts, by_position, start, xp)


def _in_chunks(rows, amplitudes, salts, by_position):
    """`_noisy` by a compiled program of one size, so that one compilation serves all shapes."""
    size = rows.shape[1]
    found = np.empty((len(salts), size))
    with jax.enable_x64(True):
        for start in range(0, size, CHUNK):
            part = slice(start, start + CHUNK)
            short = max(0, start + CHUNK - size)
            pieces = [np.pad(a[:, part], ((0, 0), (0, short))) for a in (rows, amplitudes)]
            done = _compiled(*pieces, salts, by_position, np.uint64(start))
            found[:, part] = np.asarray(done)[:, : CHUNK - short]
    return found


def in_range(values, dtype):
    """Overflow to infinity and flush to zero where a narrower dtype would.

    XLA and TensorFlow run with denormal numbers flushed to zero on CPUs; below the smallest normal
    number no result is trusted (see `units.Floor`).

    Args:
        values: float64 array.
        dtype: the floating dtype of the program at this place.

    Returns:
        Array of the same shape.
    """
    if dtype == np.float64 or not values.size:
        return values
    largest, smallest = _range(dtype)
    size = np.abs(values)
    if not size.max() <= largest:
        values = np.where(size > largest, np.copysign(np.inf, values), values)
    if size.min() < smallest:
        values = np.where(size < smallest, 0.0, values)
    return values


@functools.cache
def _range(dtype):
    """The largest number that does not round to infinity, and the smallest normal one."""
    info = ml_dtypes.finfo(dtype)
    # What is beyond the largest number by half a unit in its last place rounds to infinity.
    return float(info.max) * (1 + UNIT_ROUNDOFF[np.dtype(dtype)] / 2), float(info.tiny)
