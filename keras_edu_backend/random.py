"""Random numbers. The same seed gives the same numbers: JAX's generator is a function of a key.

A Keras seed (an integer, a ``SeedGenerator``, or ``None`` for the global one) is drawn into a key
of two 32-bit words; an array is taken for a key that was drawn before.
"""

import collections
import math

import jax
import jax.numpy as jnp
import numpy as np
from keras.src.backend.config import floatx
from keras.src.random.seed_generator import SeedGenerator, draw_seed, make_default_seed

from keras_edu_backend import processor
from keras_edu_backend.operation import as_array, operation
from keras_edu_backend.startup import threefry
from keras_edu_backend.wrong_calls import named

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "draw_seed",
    "dropout",
    "gamma",
    "make_default_seed",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]


def _key(seed):
    return seed if isinstance(seed, jax.Array) else draw_seed(seed)


# Shapes that share a program: few enough for a model to start quickly, and for the numbers drawn in
# vain not to matter.
_SMALLEST_DRAW = 2**12
_LARGEST_DRAW = 2**20
# Up to this many, NumPy makes the bits sooner than XLA has compiled a program for it.
_DRAWN_WITHOUT_XLA = 2**17
# A shape that is drawn this often gets a program of its own: by then the detours have cost as much
# as compiling it does, some tens of milliseconds.
_DETOURS = 100
# So many kinds of draws are counted; then the counting begins anew.
_MOST_COUNTED = 1000

_drawn_before: collections.Counter = collections.Counter()


def _drawn(draw, key, shape, dtype, draw_many=None):
    """Numbers that each depend on the key and their place only, with few programs for many shapes.

    A program is compiled for each shape, and a model's weights have many. But the number in a place
    is the same whatever the shape, so one draw of a round size, cut, serves many shapes.

    Args:
        draw: ``draw(key, shape, dtype)``, the numbers.
        key: what they depend on.
        shape: how many are wanted.
        dtype: in which dtype.
        draw_many: the same as ``draw``, for one dimension of a round size and a key that is known.
    """
    request = draw.__qualname__, tuple(shape), str(dtype)
    if len(_drawn_before) >= _MOST_COUNTED:
        _drawn_before.clear()
    if _drawn_before[request] >= _DETOURS:
        return draw(key, shape, dtype)
    known = all(isinstance(n, (int, np.integer)) and n > 0 for n in shape)
    size = int(math.prod(shape)) if known else None
    # So it is with JAX's usual generator; another may fill a shape as a whole.
    by_place = (
        jax.config.jax_threefry_partitionable and jax.config.jax_default_prng_impl == "threefry2x32"
    )
    if size and size <= _LARGEST_DRAW and by_place and not isinstance(key, jax.core.Tracer):
        _drawn_before[request] += 1
        round_size = max(_SMALLEST_DRAW, 1 << (size - 1).bit_length())
        numbers = (draw_many or draw)(key, (round_size,), dtype)
        # Inside a program that is being traced, there is nothing to cut by hand.
        if not isinstance(numbers, jax.core.Tracer) and numbers.ndim == 1:
            return jax.device_put(np.asarray(numbers)[:size].reshape(shape))
    numbers = draw(key, shape, dtype)
    if size and size > _LARGEST_DRAW and jax.default_backend() == "cpu":
        # While it works, a generator takes several times the memory of what it draws. What comes
        # next, the optimizer's zeros for one, should not take its own meanwhile.
        jax.block_until_ready(numbers)
    return numbers


def _scaled(draw, key, shape, dtype, mean, stddev):
    """mean + stddev · z with the z of ``draw(key, shape, dtype)``.

    ``mean`` and ``stddev`` broadcast against ``shape``; the result may be larger than that.
    """
    mean, stddev = _number_or_array(mean), _number_or_array(stddev)
    if _is_number(mean) and _is_number(stddev):

        def scaled(key, shape, dtype):
            return draw(key, shape, dtype) * stddev + mean

        scaled.__qualname__ = draw.__qualname__
        return _drawn(scaled, key, shape, dtype)
    # Each place has a mean and a deviation of its own, so numbers for other places will not do.
    return _drawn(draw, key, shape, dtype) * stddev + mean


def _number_or_array(value):
    """Python's and NumPy's numbers as they are: the former take the dtype beside them."""
    return value if isinstance(value, (bool, int, float, complex, np.number)) else as_array(value)


def _is_number(value):
    """Whether a value is one number, known now, for all places of a draw."""
    return np.ndim(value) == 0 and not isinstance(value, jax.core.Tracer)


@named
def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """mean + stddev · z, z from the normal distribution N(0, 1).

    Args:
        shape: of the z that are drawn.
        mean: number, or array that broadcasts against ``shape``.
        stddev: likewise.
        dtype: of the z; that of a ``mean`` or ``stddev`` array may widen it.
        seed: see the module.
    Source: ``keras.random.normal``.
    """

    return _scaled(jax.random.normal, _key(seed), shape, dtype or floatx(), mean, stddev)


@named
def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """mean + stddev · z, z from N(0, 1) cut off at -2 and 2. Arguments as of ``normal``.

    Source: ``keras.random.truncated_normal``.
    """

    def draw(key, shape, dtype):
        return jax.random.truncated_normal(key, lower=-2.0, upper=2.0, shape=shape, dtype=dtype)

    return _scaled(draw, _key(seed), shape, dtype or floatx(), mean, stddev)


@named
def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Evenly distributed numbers: minval <= u < maxval.

    Args:
        shape: of the result.
        minval: number, or array that broadcasts to ``shape``.
        maxval: likewise.
        dtype: of the result.
        seed: see the module.
    Source: ``keras.random.uniform``.
    """
    minval, maxval = _number_or_array(minval), _number_or_array(maxval)

    def draw(key, shape, dtype):
        return jax.random.uniform(key, shape=shape, dtype=dtype, minval=minval, maxval=maxval)

    def draw_many(key, shape, dtype):
        (size,) = shape
        # (A key may also be one of JAX's own type, which says what generator it is for.)
        if dtype != "float32" or size > _DRAWN_WITHOUT_XLA or key.dtype != "uint32":
            return draw(key, shape, dtype)
        if _numpy_rounds_alike(minval, maxval):
            return threefry.uniform(np.asarray(key), size, minval, maxval)
        return _between(threefry.unit_interval(np.asarray(key), size), minval, maxval)

    if _is_number(minval) and _is_number(maxval):
        return _drawn(draw, _key(seed), shape, dtype or floatx(), draw_many)
    return draw(_key(seed), shape, dtype or floatx())


def _numpy_rounds_alike(low, high):
    """Whether `threefry.uniform` is known to give XLA's bits for numbers from low to high."""
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


@named
def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Evenly distributed integers: minval <= n < maxval. Source: ``keras.random.randint``."""
    minval, maxval = _number_or_array(minval), _number_or_array(maxval)
    return jax.random.randint(_key(seed), shape=shape, minval=minval, maxval=maxval, dtype=dtype)


@named
def categorical(logits, num_samples, dtype="int32", seed=None):
    """Classes drawn with the probabilities softmax(logits).

    Args:
        logits: shape (batch, classes).
        num_samples: how many to draw for each row.
        dtype: an integer dtype.
        seed: see the module.
    Returns:
        Class numbers, shape (batch, num_samples).
    Raises:
        IndexError: ``logits`` have fewer dimensions than two.
    Source: ``keras.random.categorical``.
    """
    logits = as_array(logits)
    if logits.ndim < 2:
        raise IndexError(f"categorical: `logits` must be (batch, classes), got {logits.shape}")
    classes = jax.random.categorical(
        _key(seed), logits[..., None], axis=1, shape=(logits.shape[0], num_samples)
    )
    return classes.astype(dtype)


@named
def gamma(shape, alpha, dtype=None, seed=None):
    """The gamma distribution of shape parameter alpha: density ∝ x^(alpha-1) e^(-x).

    Source: ``keras.random.gamma``.
    """
    alpha = _number_or_array(alpha)
    return jax.random.gamma(_key(seed), alpha, shape=shape, dtype=dtype or floatx())


@named
def beta(shape, alpha, beta, dtype=None, seed=None):
    """The beta distribution: density ∝ x^(alpha-1) (1-x)^(beta-1) on [0, 1].

    Source: ``keras.random.beta``.
    """
    return jax.random.beta(
        _key(seed), jnp.array(alpha), jnp.array(beta), shape=shape, dtype=dtype or floatx()
    )


@named
def binomial(shape, counts, probabilities, dtype=None, seed=None):
    """How many of ``counts`` trials succeed, each with probability ``probabilities``.

    Source: ``keras.random.binomial``.
    """
    return jax.random.binomial(
        _key(seed),
        jnp.array(counts),
        jnp.array(probabilities),
        shape=shape,
        dtype=dtype or floatx(),
    )


@named
def shuffle(x, axis=0, seed=None):
    """``x`` with its elements along ``axis`` in random order, each line in an order of its own.

    Source: ``keras.random.shuffle``.
    """
    return jax.random.permutation(_key(seed), as_array(x), axis, independent=True)


@named
def dropout(inputs, rate, noise_shape=None, seed=None):
    """x · mask / (1 - rate): each element is kept with probability 1 - rate, else 0.

    Dividing by the probability of being kept leaves the expectation as it was, so that nothing has
    to be scaled when the layer is used without dropout.

    Args:
        inputs: an array of floating dtype.
        rate: the probability of being dropped, 0 <= rate <= 1.
        noise_shape: the shape of the mask, which is broadcast over the inputs: 1 where elements
            along an axis are dropped together, None where the axis is the inputs' own.
        seed: see the module.
    Source: document 2 names the layer; Srivastava et al., JMLR 15 (2014); ``keras.random.dropout``.
    """
    inputs = as_array(inputs)
    if rate == 0.0:
        return inputs
    if rate == 1.0:
        return jnp.zeros_like(inputs)
    shape = [
        size if wanted is None else wanted
        for size, wanted in zip(inputs.shape, noise_shape or (None,) * inputs.ndim, strict=True)
    ]
    return _dropped(inputs, _key(seed), 1.0 - rate, tuple(shape))


@operation(static=("keep_probability", "mask_shape"))
def _dropped(inputs, key, keep_probability, mask_shape):
    kept = jnp.broadcast_to(jax.random.bernoulli(key, keep_probability, mask_shape), inputs.shape)
    return jnp.where(kept, inputs / keep_probability, jnp.zeros_like(inputs))
