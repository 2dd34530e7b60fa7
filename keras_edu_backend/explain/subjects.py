"""What a name means: a public layer, activation, loss, initialiser, optimiser or op of Keras."""

import dataclasses
import difflib
import inspect
from typing import Any

import keras

# Where a name without a module is looked for, in this order.
ROOMS = ("layers", "activations", "losses", "initializers", "optimizers", "ops")
_KINDS = ("layer", "activation", "loss", "initialiser", "optimiser", "op")
_NOT_ONES = {"get", "serialize", "deserialize", "Layer", "Loss", "Initializer", "Optimizer"}


@dataclasses.dataclass(frozen=True)
class Subject:
    """What a name stands for.

    Attributes:
        room: the module of Keras it is in: one of `ROOMS`.
        name: its name there.
        thing: the class or function.
    """

    room: str
    name: str
    thing: Any = dataclasses.field(repr=False)

    @property
    def path(self):
        """``"layers.Dense"``."""
        return f"{self.room}.{self.name}"

    @property
    def kind(self):
        """What it is, in one word: ``"layer"``, ``"activation"``,  …"""
        return _KINDS[ROOMS.index(self.room)]

    @property
    def is_class(self):
        """Whether it is a class, to be made before it is called."""
        return inspect.isclass(self.thing)


def every():
    """Every `Subject` there is."""
    found = []
    for room in ROOMS:
        module = getattr(keras, room)
        for name in sorted(dir(module)):
            thing = getattr(module, name)
            if not name.startswith("_") and name not in _NOT_ONES and _belongs(room, thing):
                found.append(Subject(room, name, thing))
    return found


def find(text):
    """The `Subject` that a name means.

    Args:
        text: ``"Dense"``, ``"ops.relu"``, ``"keras.layers.Dense"``.

    Raises:
        ValueError: there is none; the message names the nearest.
    """
    wanted = text.removeprefix("keras.")
    subjects = every()
    for matches in (str, str.lower):
        for subject in subjects:
            if matches(wanted) in (matches(subject.path), matches(subject.name)):
                return subject
    known = {subject.name: subject.name for subject in subjects}
    known |= {name.lower(): name for name in known}
    near = difflib.get_close_matches(wanted.rpartition(".")[2].lower(), known, n=3)
    hint = (
        f" Did you mean {', '.join(dict.fromkeys(known[name] for name in near))}?" if near else ""
    )
    raise ValueError(
        f"{text!r} is no public layer, activation, loss, initialiser, optimiser or op of "
        f"Keras.{hint}"
    )


def _belongs(room, thing):
    """Whether a member of a module is one of the kind that the module is for."""
    if room == "layers":
        return inspect.isclass(thing) and issubclass(thing, keras.Layer)
    if room == "optimizers":
        return inspect.isclass(thing) and issubclass(thing, keras.Optimizer)
    if room == "initializers":
        return inspect.isclass(thing) and issubclass(thing, keras.Initializer)
    if room == "losses" and inspect.isclass(thing):
        return issubclass(thing, keras.Loss)
    return inspect.isfunction(thing)
