"""Nested values as files that hold no code: a JSON text and, for arrays, their bytes beside it.

Parent and workers tell each other everything through such files. ``name.json`` holds the value with
``{"$array": [offset, dtype, shape]}`` where an array stood, and ``name.arrays`` holds the numbers,
if there are any. The JSON is written last, in one rename: whoever sees it, sees all of it. Without
arrays, NumPy is not imported: in some workers it is measured what an import takes.

Arrays are mapped, not read: gradients of 25 million weights from four backends stay on the disk
until they are looked at, and the system may drop them from memory again.
"""

import json
import math
import mmap
import os
from pathlib import Path
from typing import Any

_MARK = "$array"
_NUMBER = "$number"  # one that JSON has no name for: nan, inf, -inf
_ALIGNED = 64  # bytes; some libraries are faster on addresses that are multiples of it


def save(path: str | os.PathLike, value: Any) -> None:
    """Write ``value`` as ``path``.json and ``path``.arrays.

    Args:
        path: file name without its ending.
        value: nested dicts (string keys), lists, tuples, strings, numbers, booleans, None,
            and arrays of numbers, which come back as NumPy's.

    Raises:
        TypeError: something in ``value`` is none of these.
    """
    path = Path(path)
    arrays: list[tuple[int, Any]] = []
    text = json.dumps(_without_arrays(value, arrays), allow_nan=False)
    if arrays:
        _write(path.with_name(path.name + ".arrays"), lambda file: _write_arrays(file, arrays))
    _write(path.with_name(path.name + ".json"), lambda file: file.write(text.encode()))


def load(path: str | os.PathLike) -> Any:
    """Read what `save` wrote; tuples come back as lists.

    Args:
        path: file name without its ending.

    Returns:
        The value. Its arrays may be written to, which changes no file.

    Raises:
        ValueError: the files are damaged, or hold pickled objects.
        FileNotFoundError: one of the two is not there.
    """
    path = Path(path)
    try:
        text = path.with_name(path.name + ".json").read_bytes()
        memory = _mapped(path) if _MARK.encode() in text else b""
        return _with_arrays(json.loads(text), memory)
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ValueError(f"{path}: not readable as .json and .arrays: {error}") from error


def exists(path: str | os.PathLike) -> bool:
    """Whether `save` has written a value of this name."""
    return Path(path).with_name(Path(path).name + ".json").exists()


def _mapped(path):
    with open(path.with_name(path.name + ".arrays"), "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


def _write_arrays(file, arrays):
    for offset, array in arrays:
        file.write(b"\0" * (offset - file.tell()))
        file.write(array.data)
    if not file.tell():
        file.write(b"\0")  # an empty file cannot be mapped


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

        value = np.asarray(value, order="C")
        if value.dtype.hasobject:
            raise TypeError(f"An array of {value.dtype} cannot be written without pickling it.")
        end = arrays[-1][0] + arrays[-1][1].nbytes if arrays else 0
        offset = -(-end // _ALIGNED) * _ALIGNED
        arrays.append((offset, value.reshape(-1).view(np.uint8)))
        return {_MARK: [offset, value.dtype.str, list(value.shape)]}
    return value


def _with_arrays(value, memory):
    if isinstance(value, dict):
        if set(value) == {_MARK}:
            return _array(memory, *value[_MARK])
        if set(value) == {_NUMBER}:
            return float(value[_NUMBER])
        return {key: _with_arrays(item, memory) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_arrays(item, memory) for item in value]
    return value


def _array(memory, offset, dtype, shape):
    import numpy as np

    if np.dtype(dtype).hasobject:
        raise ValueError(f"{dtype} is no dtype of numbers, and nothing is unpickled")
    return np.ndarray(shape, dtype, memory, offset)
