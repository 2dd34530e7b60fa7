"""Nested values as two files that hold no code: one JSON text and one ``.npz`` of arrays.

Parent and workers tell each other everything through such pairs. ``name.json`` holds the value with
``{"$array": "3"}`` where an array stood, and ``name.npz`` holds the arrays. The JSON is written
last, in one rename: whoever sees it, sees a complete pair.
"""

import json
import math
import os
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

_MARK = "$array"
_NUMBER = "$number"  # one that JSON has no name for: nan, inf, -inf


def save(path: str | os.PathLike, value: Any) -> None:
    """Write ``value`` as ``path``.json and ``path``.npz.

    Args:
        path: file name without its ending.
        value: nested dicts (string keys), lists, tuples, strings, numbers, booleans, None,
            and numpy arrays of numbers (a numpy scalar comes back as an array, too).

    Raises:
        TypeError: something in ``value`` is none of these.
    """
    path = Path(path)
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(_without_arrays(value, arrays), allow_nan=False)
    # mypy takes an array's name for savez's own flags; the names here are numbers.
    save_arrays = partial(np.savez, **arrays)  # type: ignore[arg-type]
    _write(path.with_name(path.name + ".npz"), save_arrays)
    _write(path.with_name(path.name + ".json"), lambda file: file.write(text.encode()))


def load(path: str | os.PathLike) -> Any:
    """Read what `save` wrote; tuples come back as lists.

    Args:
        path: file name without its ending.

    Returns:
        The value.

    Raises:
        ValueError: the files are damaged, or hold pickled objects.
        FileNotFoundError: one of the two is not there.
    """
    path = Path(path)
    try:
        value = json.loads(path.with_name(path.name + ".json").read_bytes())
        # Opened here, because numpy leaves a damaged file open.
        with open(path.with_name(path.name + ".npz"), "rb") as file:
            arrays = dict(np.load(file, allow_pickle=False))
        return _with_arrays(value, arrays)
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ValueError(f"{path}: not a readable pair of .json and .npz files: {error}") from error


def exists(path: str | os.PathLike) -> bool:
    """Whether a complete pair of this name was written."""
    return Path(path).with_name(Path(path).name + ".json").exists()


def _write(path, write):
    partial = path.with_name(path.name + ".partial")
    with open(partial, "wb") as file:
        write(file)
    os.replace(partial, path)


def _without_arrays(value, arrays):
    if isinstance(value, dict):
        return {key: _without_arrays(item, arrays) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_arrays(item, arrays) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else {_NUMBER: str(float(value))}
    if isinstance(value, (np.ndarray, np.generic)):
        if value.dtype.hasobject:
            raise TypeError(f"An array of {value.dtype} cannot be written without pickling it.")
        name = str(len(arrays))
        arrays[name] = value
        return {_MARK: name}
    return value


def _with_arrays(value, arrays):
    if isinstance(value, dict):
        if set(value) == {_MARK}:
            return arrays[value[_MARK]]
        if set(value) == {_NUMBER}:
            return float(value[_NUMBER])
        return {key: _with_arrays(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_arrays(item, arrays) for item in value]
    return value
