"""Compare models across Keras backends: outputs, gradients, training and more.

``keras_edu_backend.compare(model)`` runs one model, anybody's, on several backends (`model`), and
says where and why they part.

`compare` runs the same `Experiment` on several `Subject`s, each in a process of its own, in float32
and in float64, and returns a `Report`. Importing this package loads neither Keras nor JAX.
"""

import sys
import tempfile
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_edu_backend.compare.engine import compare
from keras_edu_backend.compare.experiment import (
    Draws,
    Experiment,
    Point,
    Subject,
    Training,
    Updates,
)
from keras_edu_backend.compare.result import Comparison, Report

__all__ = [
    "Comparison",
    "Draws",
    "Experiment",
    "Point",
    "Report",
    "Subject",
    "Training",
    "Updates",
    "compare",
]


class _CallableModule(types.ModuleType):
    """``keras_edu_backend.compare`` is this package, and what users call."""

    def __call__(
        self,
        model: Any,
        x: Any = None,
        y: Any = None,
        backends: Sequence[str] = ("edu", "jax"),
        sample_weight: Any = None,
        **options: Any,
    ) -> Any:
        """Run a model on several backends, and say where and why they part.

        Args:
            model: a Keras model, or a TARGET: ``"model.keras"``, ``"file.py:function"``. A model is
                saved and loaded again on each backend, so its classes must be Keras's own; name
                the function that builds it where they are not.
            x: inputs, a tree of arrays; None: drawn as the model declares them.
            y: labels; None: drawn such as the loss takes.
            backends: two or more; the first gives weights and inputs.
            sample_weight: how much each row's loss counts; None: all alike.
            **options: of `model.run.compare_model`: ``loss``, ``optimizer``, ``steps``, ….

        Returns:
            A `model.result.Result`: prints as tables, shows itself in notebooks, has ``pairs``,
            ``verdict``, ``to_dict()``, ``plot()``.

        Raises:
            BadTarget: the model cannot be loaded or cannot run.
            ValueError: a backend that is unknown or not installed.

        >>> import keras_edu_backend
        >>> keras_edu_backend.activate()
        >>> import keras
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> found = keras_edu_backend.compare(model, backends=["edu", "jax"], steps=2)
        >>> [(pair.left, pair.right, pair.verdict) for pair in found.pairs]
        [('edu', 'jax', 'equal')]
        """
        from keras_edu_backend.compare.model.run import compare_model

        data = (x, y, sample_weight)
        if any(each is not None for each in data):
            options["data"] = data
        if isinstance(model, str):
            return compare_model(model, backends, **options)
        with tempfile.TemporaryDirectory(prefix="keras-edu-compare-") as folder:
            target = Path(folder) / f"{model.name}.keras"
            model.save(target)
            return compare_model(str(target), backends, **options)


sys.modules[__name__].__class__ = _CallableModule
