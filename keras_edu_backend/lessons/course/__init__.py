"""The lessons, one module each, in the order of the ideas."""

import importlib

from keras_edu_backend.lessons.lesson import Lesson

NAMES = (
    "unit",
    "layers",
    "activations",
    "losses",
    "step",
    "backpropagation",
    "descent",
    "optimizers",
    "initialization",
    "dropout",
    "boundaries",
    "images",
    "fit",
    "rounding",
)


def find(name: str) -> Lesson:
    """The lesson of a name.

    Raises:
        KeyError: there is none.
    """
    if name not in NAMES:
        raise KeyError(name)
    return importlib.import_module(f"{__name__}.{name}").LESSON
