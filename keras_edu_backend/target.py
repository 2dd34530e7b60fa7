"""TARGET: how a command line names a model.

A target is a ``.keras`` file, or ``file.py:function`` (``package.module:function``) of a function
without arguments that returns a model, ``(model, inputs)``, ``(model, inputs, labels)`` or
``(model, inputs, labels, sample_weight)``. A ``.keras`` file is loaded in Keras's safe mode, in
which it runs no code of its own, unless whoever names it asks for that.
"""

import dataclasses
import importlib
import importlib.util
import os
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

UNSAFE = "Let a .keras file run code that it holds, such as a Lambda layer's."


class BadTarget(ValueError):
    """A target that names no model; the message is one line that says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Target:
    """What a target named.

    Attributes:
        model: a Keras model.
        inputs: what to call it with (an array, or a list, tuple or dict of arrays); None: unsaid.
        labels: what to train it on, of the same shape of tree as its outputs; None: unsaid.
        sample_weight: how much each row's loss counts, as ``fit`` takes it; None: all alike.
    """

    model: Any
    inputs: Any = None
    labels: Any = None
    sample_weight: Any = None


def load(text: str, unsafe: bool = False) -> Target:
    """The model that a command line names, on the Keras backend of this process.

    Args:
        text: ``"model.keras"``, ``"file.py:function"`` or ``"package.module:function"``.
        unsafe: whether a ``.keras`` file may run code that it holds.

    Returns:
        A `Target`.

    Raises:
        BadTarget: there is no such file or function, it is no Keras file, it holds code, or the
            function raises or returns something else.
    """
    if text.endswith(".keras"):
        return Target(_load_file(text, unsafe))
    source, separator, name = text.rpartition(":")
    if not (separator and source and name.isidentifier()):
        raise BadTarget(
            f"{text!r} names no model: give FILE.keras, FILE.py:FUNCTION or MODULE:FUNCTION."
        )
    function = _function(source, name)
    try:
        made = function()
    except Exception as error:
        raise BadTarget(f"{text}: {name}() raised {one_line(error)}") from error
    return _as_target(made, text, name)


def _load_file(text, unsafe):
    """A model from a ``.keras`` file, in safe mode without running any code of the file's."""
    path = Path(text)
    if not path.is_file():
        raise BadTarget(f"{text}: there is no such file.")
    if not zipfile.is_zipfile(path):
        raise BadTarget(f"{text} is not a Keras file: model.save('….keras') writes one.")
    import keras

    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if os.path.isabs(name) or ".." in Path(name).parts:
                    raise BadTarget(f"{text}: refused, its entry {name!r} leaves the archive.")
        return keras.saving.load_model(path, safe_mode=not unsafe)
    except BadTarget:
        raise
    except Exception as error:
        hint = ""
        if "safe_mode" in str(error) or "Could not locate class" in str(error):
            hint = "; name a function that builds the model instead, FILE.py:FUNCTION"
            if "safe_mode" in str(error):
                hint += ", or give --unsafe if you trust the file"
        raise BadTarget(f"{text} cannot be loaded: {one_line(error)}{hint}") from error


def _function(source, name):
    """The function called ``name`` in a file or an importable module."""
    if source.endswith(".py"):
        path = Path(source).resolve()
        if not path.is_file():
            raise BadTarget(f"{source}: there is no such file.")
        specification = importlib.util.spec_from_file_location(path.stem, path)
        assert specification is not None and specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules.setdefault(path.stem, module)
        sys.path.insert(0, str(path.parent))
        load_module = lambda: specification.loader.exec_module(module)  # noqa: E731
    else:
        sys.path.insert(0, os.getcwd())
        module = None
        load_module = lambda: importlib.import_module(source)  # noqa: E731
    try:
        module = load_module() or module
    except Exception as error:
        raise BadTarget(f"{source} cannot be imported: {one_line(error)}") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise BadTarget(f"{source} has no function {name!r}.")
    return function


def _as_target(made, text, name):
    """What the function returned, told apart by its type."""
    import keras

    parts = made if isinstance(made, tuple) else (made,)
    if not (1 <= len(parts) <= 4 and isinstance(parts[0], keras.Model)):
        raise BadTarget(
            f"{text}: {name}() returned {type(made).__name__}; expected a Keras model, "
            "(model, inputs), (model, inputs, labels) or (model, inputs, labels, sample_weight)."
        )
    return Target(*parts)


def one_line(error):
    """An exception as one line: its type and the first line of what it says.

    Of what Keras wraps ("Exception encountered when calling …") what was raised inside follows.
    """
    plain = re.sub(r"\x1b\[\d+m", "", str(error))
    lines = [line.strip() for line in plain.splitlines()]
    said = [line for line in lines if line and not line.startswith("Arguments received by")]
    count = 2 if said and said[0].startswith("Exception encountered when calling") else 1
    return ": ".join([type(error).__name__, *(line.rstrip(".:") for line in said[:count])])
