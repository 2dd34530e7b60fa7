"""A batch: an array whose first axis is the instances, or a tuple of them.

Networks with several inputs or outputs take and give tuples, one array for each.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

Batch: TypeAlias = np.ndarray | tuple[np.ndarray, ...]


def each(function: Callable[[np.ndarray], Any], batch: Batch) -> Any:
    """The function of the array, or of each array of the tuple.

    Args:
        function: from array to anything.
        batch: the array or tuple.

    Returns:
        What the function returned, in a tuple where a tuple was given.
    """
    return tuple(map(function, batch)) if isinstance(batch, tuple) else function(batch)


def rows(batch: Batch, numbers: Any) -> Batch:
    """Some of the instances.

    Args:
        batch: the array or tuple.
        numbers: which, as an index array or a slice.

    Returns:
        A batch of those.
    """
    return each(lambda array: array[numbers], batch)


def moved(array: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """An array off every kink: moved by about a thousandth of its largest number.

    Args:
        array: of any dtype; what is not floating stays.
        random: says where to.
    """
    if array.dtype.kind != "f":
        return array
    size = 2.0**-10 * (np.abs(array).max(initial=0.0) or 1.0)
    found = (array + size * random.standard_normal(array.shape)).astype(array.dtype)
    return np.abs(found) if (array >= 0).all() else found  # a variance stays one


def instances(batch: Batch) -> int:
    """How many instances there are."""
    return len(batch[0] if isinstance(batch, tuple) else batch)


def places(name: str, batch: Any) -> dict[str, Any]:
    """An output by name: ``"call"``, or ``"call, output 1"`` and so on where there are several.

    Args:
        name: what the output is called.
        batch: an array, or a list or tuple of them.

    Returns:
        Mapping of place to array.
    """
    if not isinstance(batch, list | tuple):
        return {name: batch}
    return {f"{name}, output {number}": array for number, array in enumerate(batch, start=1)}
