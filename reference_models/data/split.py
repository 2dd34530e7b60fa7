"""Data set apart for training, for validation after every epoch, and for the final test."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

Pair = tuple[Any, Any]


class Data(NamedTuple):
    """Pairs (x, y); `notice` says so where other data stands in for the document's."""

    train: Pair
    validation: Pair | None = None
    test: Pair | None = None
    notice: str | None = None


def floats(values):
    """values in JAX's default float type: float32, or float64 where that is switched on.

    Args:
        values: an array of numbers.
    Returns:
        A JAX array.
    """
    return jnp.asarray(values, dtype=float)


def one_hot(classes, number_of_classes):
    """A row per class number, 1 at that column and 0 elsewhere.

    Args:
        classes: class numbers.
        number_of_classes: width of a row.
    Returns:
        A JAX array of the default float type.
    Source: document 2, "Loading the Data" (to_categorical).
    """
    return floats(np.eye(number_of_classes)[np.asarray(classes)])


def instances(n, seed):
    """The random generator from which a network draws n sample instances.

    Args:
        n: how many instances are wanted.
        seed: decides which.
    Returns:
        A numpy random generator.
    Raises:
        ValueError: n is below 1.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, the number of instances; got {n}.")
    return np.random.default_rng(seed)


def choose(what, name, choices):
    """choices[name], or an error that lists what there is.

    Args:
        what: what is chosen, for the message.
        name: the choice.
        choices: what there is, by name.
    Returns:
        The value under name.
    Raises:
        ValueError: no such name.
    """
    if name not in choices:
        raise ValueError(f"unknown {what} {name!r}; choose one of {', '.join(sorted(choices))}.")
    return choices[name]
