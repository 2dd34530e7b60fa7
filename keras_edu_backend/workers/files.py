"""Nested values as files that hold no code: a JSON text and, for arrays, a ``.npz`` beside it.

Parent and workers tell each other everything through such files. ``name.json`` holds the value with
``{"$array": "3"}`` where an array stood, and ``name.npz`` holds the arrays, if there are any. The
JSON is written last, in one rename: whoever sees it, sees all of it. Without arrays, NumPy is not
imported: in some workers it is measured what an import takes.
"""

import json
import math
import os
from pathlib import Path
from typing import Any

_MARK = "$array"
_NUMBER = "$number"  # one that JSON has no name for: nan, inf, -inf


def save(path: str | os.PathLike, value: Any) -> None:
    """Write ``value`` as ``path``.json and ``path``.npz.

    Args:
        path: file name without its ending.
        value: nested dicts (string keys), lists, tuples, strings, numbers, booleans, None,
            and arrays of numbers, which come back as NumPy's.

    Raises:
        TypeError: something in ``value`` is none of these.
    """
    path = Path(path)
    arrays: dict[str, Any] = {}
    text = json.dumps(_without_arrays(value, arrays), allow_nan=False)
    if arrays:
        import numpy as np

        _write(path.with_name(path.name + ".npz"), lambda file: np.savez(file, **arrays))
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
        text = path.with_name(path.name + ".json").read_bytes()
        arrays = _arrays(path) if _MARK.encode() in text else {}
        return _with_arrays(json.loads(text), arrays)
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ValueError(f"{path}: not readable as .json and .npz files: {error}") from error


def exists(path: str | os.PathLike) -> bool:
    """Whether `save` has written a value of this name."""
    return Path(path).with_name(Path(path).name + ".json").exists()


def _arrays(path):
    import numpy as np

    # Opened here, because numpy leaves a damaged file open.
    with open(path.with_name(path.name + ".npz"), "rb") as file:
        return dict(np.load(file, allow_pickle=False))


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
    if hasattr(value, "__array__"):
        import numpy as np

        value = np.asarray(value)
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
