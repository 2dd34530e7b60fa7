"""Random numbers. The same seed gives the same numbers: JAX's generator is a function of a key.

A Keras seed (an integer, a ``SeedGenerator``, or ``None`` for the global one) is drawn into a key
of two 32-bit words; an array is taken for a key that was drawn before.
"""

import jax
import jax.numpy as jnp
import numpy as np
from keras.src.backend.config import floatx
from keras.src.random.seed_generator import SeedGenerator, draw_seed, make_default_seed

from keras_edu_backend.operation import as_array, operation
from keras_edu_backend.startup import drawn, draws_of_uniform
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


# Numbers that are waited for on a processor, see `_drawn`.
_MANY = 2**20


def _drawn(draw, key, shape, dtype, draw_many=None):
    """The numbers of ``draw(key, shape, dtype)``; see `startup.drawn`."""
    numbers = drawn(draw, key, shape, dtype, draw_many)
    traced = isinstance(numbers, jax.core.Tracer)
    if not traced and numbers.size > _MANY and jax.default_backend() == "cpu":
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

    if _is_number(minval) and _is_number(maxval):
        few = draws_of_uniform(draw, minval, maxval)
        return _drawn(draw, _key(seed), shape, dtype or floatx(), few)
    return draw(_key(seed), shape, dtype or floatx())


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
