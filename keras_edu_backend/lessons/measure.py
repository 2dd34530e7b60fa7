"""What runs in the process of a backend: a lesson's numbers for every state of its controls."""

import math
from typing import Any

from keras_edu_backend.lessons import course


def all_states(name: str) -> list[dict[str, Any]]:
    """A lesson's numbers on the Keras of this process.

    Args:
        name: the lesson's.

    Returns:
        For each of `Lesson.states`, in order, numbers, texts and lists of numbers by name.
    """
    import keras

    lesson = course.find(name)
    keras.utils.set_random_seed(1)
    return [plain(lesson.numbers(**state)) for state in lesson.states()]


def array(tensor: Any) -> Any:
    """A Keras tensor, of whichever framework, as a NumPy array."""
    import keras

    return keras.ops.convert_to_numpy(tensor)


def plain(value: Any) -> Any:
    """Numbers of NumPy and of each framework as Python's, which JSON can hold.

    Args:
        value: a number, a text, an array, or lists and dicts of these.
    """
    import keras
    import numpy as np

    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if keras.ops.is_tensor(value) or isinstance(value, keras.Variable):
        return keras.ops.convert_to_numpy(value).tolist()
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return value


def flat(value: Any) -> list[float]:
    """The numbers of a plain value, in order; of a text or None, there are none."""
    if isinstance(value, list):
        return [number for part in value for number in flat(part)]
    return [] if isinstance(value, str) or value is None else [float(value)]


def apart(one: Any, other: Any) -> float:
    """How far two plain values are apart: their largest difference, over the largest number.

    Returns:
        0 for the same bits; infinity where they cannot be compared.
    """
    left, right = flat(one), flat(other)
    if len(left) != len(right) or (not left and one != other):
        return math.inf
    largest = max((abs(n) for n in left if math.isfinite(n)), default=1.0) or 1.0
    furthest = 0.0
    for a, b in zip(left, right, strict=True):
        if a == b or (math.isnan(a) and math.isnan(b)):
            continue
        difference = abs(a - b) / largest
        furthest = max(furthest, difference if math.isfinite(difference) else math.inf)
    return furthest
