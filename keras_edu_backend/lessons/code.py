"""Our functions beside Keras's, read from their files at that moment."""

import ast
import dataclasses
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from keras_edu_backend.lessons.lesson import Code
from keras_edu_backend.lessons.sides import Measured

TRAINERS = {"jax": "JAXTrainer", "tensorflow": "TensorFlowTrainer", "torch": "TorchTrainer"}


@dataclasses.dataclass(frozen=True)
class Listing:
    """A function's text.

    Attributes:
        place: its file and line, as ``"keras/src/layers/core/dense.py, line 10"``.
        text: its lines, without the docstring.
    """

    place: str
    text: str


@dataclasses.dataclass(frozen=True)
class Beside:
    """Both sides of a name.

    Attributes:
        title: the name.
        formula: one line, or nothing.
        ours: the functions of this backend that run.
        theirs: Keras's and those of its production backend.
        note: what has to be known about ours.
        their_note: and about theirs.
    """

    title: str
    formula: str
    ours: tuple[Listing, ...]
    theirs: tuple[Listing, ...]
    note: str = ""
    their_note: str = ""


def beside(one: Measured, backends: Sequence[str]) -> Iterator[Beside]:
    """Both sides of every name of a lesson.

    Args:
        one: the lesson, measured.
        backends: the sides; the second is the one that stands beside ours.
    """
    from keras_edu_backend.plugin import activate, is_active

    if not is_active():
        activate()
    other = next(iter(backends[1:]), "jax")
    said = {
        side: {answer["name"]: answer for answer in one.code.get(side, [])}
        for side in ("edu", other)
    }
    for name in one.lesson.code:
        if isinstance(name, str):
            ours, theirs = (
                said[side].get(name, {"functions": [], "error": one.missing.get(side, "not asked")})
                for side in ("edu", other)
            )
            yield explained(name, ours, theirs, other)
        else:
            yield read(name, other)


def ran(name: str) -> dict[str, Any]:
    """What runs under a name that `explain` knows, on the Keras of this process."""
    from keras_edu_backend.explain.measure import measure
    from keras_edu_backend.explain.subjects import find

    return measure(find(name).path, compiled=False)


def explained(name: str, ours: dict[str, Any], theirs: dict[str, Any], backend: str) -> Beside:
    """Put together what `ran` said on two backends.

    Args:
        name: the name.
        ours: what it said on edu.
        theirs: what it said on the other backend.
        backend: the other's name.
    """
    from keras_edu_backend.explain.explanation import put_together
    from keras_edu_backend.explain.subjects import find

    found = put_together(find(name), ours, theirs, backend)
    return Beside(
        f"keras.{found.subject.path}",
        found.formula.partition(" Source:")[0].replace("``", ""),
        tuple(map(_listing, found.ours.functions)),
        tuple(map(_listing, found.theirs.functions)),
        found.ours.note,
        found.theirs.note,
    )


def _listing(function):
    return Listing(f"{function['file']}, line {function['line']}", function["source"])


def read(code: Code, backend: str) -> Beside:
    """The two functions that a lesson names itself.

    Args:
        code: what the lesson names.
        backend: the one whose function stands beside ours.

    Raises:
        LookupError: a file has no such function.
    """
    theirs = code.theirs.format(backend=backend, trainer=TRAINERS.get(backend))
    return Beside(code.title, "", (_named(code.ours),), (_named(theirs),))


def _named(place):
    from keras_edu_backend.explain.sources import source

    shown, _, name = place.partition(":")
    package, _, rest = shown.partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"{package} is not installed.")
    file = Path(spec.submodule_search_locations[0]) / rest
    node: Any = ast.parse(file.read_text(encoding="utf-8"))
    for part in name.split("."):
        inside = [n for n in node.body if getattr(n, "name", None) == part]
        if not inside:
            raise LookupError(f"{shown} has no {name}.")
        node = inside[-1]
    return Listing(
        f"{shown}, line {node.lineno}",
        source({"at": str(file), "line": node.lineno, "file": shown}),
    )
