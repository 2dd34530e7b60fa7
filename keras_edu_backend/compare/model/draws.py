"""The same random numbers on every backend, so that dropout masks do not tell two sides apart.

While `same_draws` is open, what a layer asks of ``keras.random`` comes from NumPy: it depends on
the layer's seed generator, on the function and on the shape, and on nothing else. So a mask is the
same on every backend, compiled or not, and the same in every step.
"""

import contextlib
import zlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import keras
import numpy as np


class OtherDraws(RuntimeError):
    """A layer draws in a way that cannot be given the same numbers on every backend."""


@contextlib.contextmanager
def same_draws(model: keras.Model, seed: int = 0) -> Iterator[list[str]]:
    """Let the model's random layers draw from NumPy; gives a list of what they drew so far.

    Args:
        model: its seed generators are known by their number, in the order of its layers.
        seed: of all draws.

    Raises:
        OtherDraws: (while open) a shape is not known when the step is compiled, or no such draws
            can be made.
    """
    drawn_so_far: list[str] = []
    generators: dict[int, int] = {}
    for layer in model._flatten_layers():
        for value in vars(layer).values():
            if isinstance(value, keras.random.SeedGenerator):
                generators.setdefault(id(value), len(generators))

    def numbers(kind, shape, given):
        if any(not isinstance(size, int | np.integer) for size in shape):
            raise OtherDraws(f"{kind} draws a shape that is not known in advance: {shape}")
        drawn_so_far.append(kind)
        number = generators.get(id(given), given if isinstance(given, int) else len(generators))
        return np.random.default_rng([seed, number & 0x7FFFFFFF, zlib.crc32(kind.encode())])

    def as_floats(values, dtype):
        return keras.ops.cast(np.asarray(values, np.float64), dtype or keras.config.floatx())

    def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
        drawn = as_floats(numbers("uniform", shape, seed).random(shape), dtype)
        return drawn * (maxval - minval) + minval

    def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
        return (
            as_floats(numbers("normal", shape, seed).standard_normal(shape), dtype) * stddev + mean
        )

    def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
        source = numbers("truncated_normal", shape, seed)
        drawn = source.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = source.standard_normal(int(outside.sum()))
        return as_floats(drawn, dtype) * stddev + mean

    def randint(shape, minval, maxval, dtype="int32", seed=None):
        drawn = numbers("randint", shape, seed).integers(int(minval), int(maxval), shape)
        return keras.ops.cast(drawn, dtype)

    def dropout(inputs, rate, noise_shape=None, seed=None):
        shape = tuple(inputs.shape)
        if noise_shape is not None:
            shape = tuple(
                n if n is not None else s for n, s in zip(noise_shape, shape, strict=True)
            )
        kept = numbers("dropout", shape, seed).random(shape) >= rate
        scaled = inputs / keras.ops.cast(1.0 - rate, inputs.dtype)
        return keras.ops.where(kept, scaled, keras.ops.zeros_like(inputs))

    def cannot(kind):
        def drawing(*args, **kwargs):
            raise OtherDraws(f"keras.random.{kind} draws other numbers on every backend")

        return drawing

    own: dict[str, Any] = {
        "uniform": uniform,
        "normal": normal,
        "truncated_normal": truncated_normal,
        "randint": randint,
        "dropout": dropout,
    }
    for kind in ("categorical", "shuffle", "gamma", "binomial", "beta"):
        own[kind] = cannot(kind)
    with mock.patch.multiple(keras.src.backend.random, **own):
        yield drawn_so_far
