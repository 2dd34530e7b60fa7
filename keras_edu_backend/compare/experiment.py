"""What is compared: the sides (`Subject`), and what each of them is asked to do (`Experiment`).

Everything here is plain data. It travels to the worker processes as JSON and arrays, never as
code: a model is named by the import path of the function that builds it.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

QUANTITIES = ("parameters", "outputs", "gradients", "training")
DTYPES = ("float32", "float64")
KERAS_ADAPTER = "keras_edu_backend.compare.keras_adapter:KerasAdapter"


@dataclasses.dataclass(frozen=True)
class Subject:
    """One side of a comparison: which backend runs, and how its model is made.

    Attributes:
        name: what reports call it, unique within a run.
        backend: value of ``KERAS_BACKEND`` in its worker process.
        library: who does the arithmetic. Two subjects of one library compile the same operations
            with the same compiler, so more is expected of them (see `verdict`).
        requires: modules that must be importable for the subject to be called installed.
        quantities: which of `QUANTITIES` this subject can be asked for at all.
        build: import path ``"module:function"`` of the model's builder, in which ``{case}`` and
            ``{style}`` stand for the experiment's; empty: the builder that the experiment names.
        arguments: keyword arguments of ``build``, JSON values.
        adapter: import path of the class that answers for the subject (see `adapter`).
    """

    name: str
    backend: str
    library: str = ""
    requires: Sequence[str] = ()
    quantities: Sequence[str] = QUANTITIES
    build: str = ""
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)
    adapter: str = KERAS_ADAPTER


@dataclasses.dataclass(frozen=True)
class Point:
    """One place at which outputs and gradients are taken.

    Attributes:
        name: what reports call it, such as ``"kinks"``.
        weights: mapping of weight name (``"dense/kernel"``) to array, in the model's order.
        x: model input, first axis the batch.
        y: labels of the same batch.
    """

    name: str
    weights: dict[str, np.ndarray]
    x: np.ndarray
    y: np.ndarray


@dataclasses.dataclass(frozen=True)
class Training:
    """A training run in a fixed order.

    Attributes:
        weights: initial weights, as in `Point`.
        x: training inputs, first axis the instances.
        y: labels.
        batches: one array of row numbers for each step, in order.
        epochs: how many passes over the data ``batches`` makes.
        batch_size: rows of a batch, for `fit` on the rows in their own order.
    """

    weights: dict[str, np.ndarray]
    x: np.ndarray
    y: np.ndarray
    batches: list[np.ndarray]
    epochs: int
    batch_size: int

    @property
    def snapshots(self) -> list[int]:
        """Steps after which weights are kept: 1, 2, 4, 8, …, and the last."""
        last = len(self.batches)
        return sorted({step for step in (2**k for k in range(32)) if step < last} | {last})


@dataclasses.dataclass(frozen=True)
class Experiment:
    """One model on one set of data, to be run by every subject.

    Attributes:
        case: name of the network.
        style: how its Keras model is written, such as ``"functional"``.
        build: import path ``"module:function"`` of a function that returns the compiled model.
        points: where outputs and gradients are taken.
        training: the training run.
        parameter_counts: weights and biases per layer that the model must have, by layer name.
        arguments: keyword arguments of ``build``, JSON values.
        seed: what ``keras.utils.set_random_seed`` is given before the model is built.
    """

    case: str
    style: str
    build: str
    points: list[Point]
    training: Training
    parameter_counts: dict[str, int]
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)
    seed: int = 0

    @property
    def weight_names(self) -> list[str]:
        """Names of the weights in the model's order."""
        return list(self.training.weights)


def as_document(experiment: Experiment) -> dict[str, Any]:
    """The experiment as nested dicts and lists of JSON values and arrays (see `files`)."""
    return dataclasses.asdict(experiment)


def from_document(document: dict[str, Any], dtype: str) -> Experiment:
    """The experiment that `as_document` described, its floating arrays cast to ``dtype``.

    Args:
        document: what `as_document` returned.
        dtype: ``"float32"`` or ``"float64"``.

    Returns:
        An `Experiment`.
    """
    document = _cast(document, dtype)
    return Experiment(
        **document
        | {
            "points": [Point(**point) for point in document["points"]],
            "training": Training(**document["training"]),
        }
    )


def _cast(value, dtype):
    if isinstance(value, dict):
        return {key: _cast(item, dtype) for key, item in value.items()}
    if isinstance(value, list):
        return [_cast(item, dtype) for item in value]
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(dtype)
    return value
