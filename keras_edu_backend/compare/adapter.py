"""What a subject must be able to do to take part in a comparison.

`KerasAdapter` is the one for Keras models; whoever wants to set something else beside them writes
another class of this shape and names it in `Subject.adapter`.
"""

import importlib
from typing import Any, Protocol

import numpy as np

from keras_edu_backend.compare.experiment import (
    Draws,
    Experiment,
    Point,
    Subject,
    Training,
    Updates,
)


class Unsupported(Exception):
    """The subject does not have this quantity, and never claimed to: not a defect."""


class Adapter(Protocol):
    """Answers for one subject in one experiment, inside that subject's worker process.

    Every method returns a mapping of place to array. Places are compared in order; the star's
    names for them are the ones reported. An adapter has a method for each quantity that its
    experiments ask for (`METHODS` names it), and needs no other.
    """

    def __init__(self, experiment: Experiment, subject: Subject):
        """Make the model; arrays in ``experiment`` already have the dtype of this process."""

    def parameters(self) -> dict[str, int]:
        """Weights and biases of each layer that has any."""

    def outputs(self, point: Point) -> dict[str, np.ndarray]:
        """The model's outputs at the point's weights and inputs."""

    def activations(self, point: Point) -> dict[str, np.ndarray]:
        """There, the output of each layer that has weights, by the layer's name."""

    def gradients(self, point: Point) -> dict[str, np.ndarray]:
        """The loss there, and its gradient with respect to every trainable weight."""

    def autodiff(self, point: Point) -> dict[str, np.ndarray]:
        """The loss and its gradient as `gradients` has them, taken in another way."""

    def differences(self, point: Point) -> dict[str, np.ndarray]:
        """Slopes of the loss by finite differences, as `slopes` describes them."""

    def training(self, plan: Training) -> dict[str, np.ndarray]:
        """``"losses"``: one number per step; ``"step 4, dense/kernel"``: weights at snapshots.

        `fit` over the same rows in their own order may follow, as ``"fit, losses"`` and
        ``"fit, dense/kernel"``.
        """

    def updates(self, plan: Updates) -> dict[str, np.ndarray]:
        """``"step 4, dense/kernel"``: weights after each step of an optimizer."""

    def draws(self, plan: Draws) -> dict[str, np.ndarray]:
        """``"draws"``: the random numbers."""


# The method that answers for a quantity, where it is not called the same.
METHODS = {"jax.grad": "autodiff", "finite differences": "differences"}


def resolve(path: str) -> Any:
    """The object that an import path names.

    Args:
        path: ``"package.module:attribute"``.

    Returns:
        The attribute.

    Raises:
        ValueError: ``path`` is not written that way.
        ImportError: there is no such module, or it has no such attribute.
    """
    module, separator, attribute = path.partition(":")
    if not (module and separator and attribute):
        raise ValueError(f"Expected an import path 'package.module:function', got {path!r}.")
    try:
        return getattr(importlib.import_module(module), attribute)
    except AttributeError:
        raise ImportError(f"Module {module!r} has no attribute {attribute!r}.") from None
