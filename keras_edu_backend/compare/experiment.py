"""What is compared: the sides (`Subject`), and what each of them is asked to do (`Experiment`).

Everything here is plain data. It travels to the worker processes as JSON and arrays, never as
code: a model is named by the import path of the function that builds it.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_edu_backend.compare.batch import Batch

DTYPES = ("float32", "float64")
QUANTITIES = (
    "parameters",
    "outputs",
    "activations",
    "gradients",
    "jax.grad",
    "finite differences",
    "training",
    "updates",
    "draws",
)
# What a network that learns by gradients is asked for, unless its experiment says otherwise.
BASIC = ("parameters", "outputs", "gradients", "training")
# Other ways to the star's gradients: they are compared with these.
WAYS_TO_GRADIENTS = ("jax.grad", "finite differences")
# In float32 the loss is too coarse for a difference quotient.
FLOAT64_ONLY = ("finite differences",)
KERAS_ADAPTER = "keras_edu_backend.compare.keras_adapter:KerasAdapter"
NOISE_ADAPTER = "keras_edu_backend.compare.noise:NoiseAdapter"
# What noise floors are measured of; the other ways to gradients share the gradients' floors.
NOISE_QUANTITIES = ("outputs", "activations", "gradients", "training", "updates")


@dataclasses.dataclass(frozen=True)
class Subject:
    """One side of a comparison: which backend runs, and how its model is made.

    Attributes:
        name: what reports call it, unique within a run.
        backend: value of ``KERAS_BACKEND`` in its worker process.
        library: who does the arithmetic. Two subjects of one library compile the same operations
            with the same compiler, so more is expected of them (see `verdict`).
        generator: whose random numbers it draws. Subjects of one generator draw the same bits from
            equal seeds.
        requires: modules that must be importable for the subject to be called installed.
        quantities: which of `QUANTITIES` this subject can be asked for at all. Keras takes
            gradients in one way, which is why `WAYS_TO_GRADIENTS` are not among them.
        build: import path ``"module:function"`` of the model's builder, in which ``{case}`` and
            ``{style}`` stand for the experiment's; empty: the builder that the experiment names.
        arguments: keyword arguments of ``build``, JSON values, beside the experiment's own.
        adapter: import path of the class that answers for the subject (see `adapter`).
        imports: modules that its worker imports before Keras.
    """

    name: str
    backend: str
    library: str = ""
    generator: str = ""
    requires: Sequence[str] = ()
    quantities: Sequence[str] = tuple(q for q in QUANTITIES if q not in WAYS_TO_GRADIENTS)
    build: str = ""
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)
    adapter: str = KERAS_ADAPTER
    imports: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class Point:
    """One place at which outputs and gradients are taken.

    Attributes:
        name: what reports call it, such as ``"kinks"``.
        weights: mapping of weight name (``"dense/kernel"``) to array, in the model's order.
        x: model input, first axis the instances; a tuple for several inputs.
        y: labels of the same instances; a tuple for several outputs.
        smooth: whether finite differences can be taken there: at a kink they cannot.
    """

    name: str
    weights: dict[str, np.ndarray]
    x: Batch
    y: Batch
    smooth: bool = True


@dataclasses.dataclass(frozen=True)
class Training:
    """A training run in a fixed order.

    Attributes:
        weights: initial weights, as in `Point`.
        x: training inputs, first axis the instances; a tuple for several inputs.
        y: labels; a tuple for several outputs.
        batches: one array of row numbers for each step, in order.
        epochs: how many passes over the data ``batches`` makes.
        batch_size: rows of a batch, for `fit` on the rows in their own order.
        fit: whether `fit` is run as well.
    """

    weights: dict[str, np.ndarray]
    x: Batch
    y: Batch
    batches: list[np.ndarray]
    epochs: int
    batch_size: int
    fit: bool = True

    @property
    def snapshots(self) -> list[int]:
        """Steps after which weights are kept: 1, 2, 4, 8, …, and the last."""
        last = len(self.batches)
        return sorted({step for step in (2**k for k in range(32)) if step < last} | {last})


@dataclasses.dataclass(frozen=True)
class Updates:
    """An optimizer's steps from given gradients, without a model.

    Attributes:
        optimizer: Keras's name of it, such as ``"sgd"``.
        hyperparameters: keyword arguments of the optimizer.
        weights: mapping of weight name to array, before the first step.
        gradients: for each step a mapping of weight name to array.
    """

    optimizer: str
    hyperparameters: dict[str, float]
    weights: dict[str, np.ndarray]
    gradients: list[dict[str, np.ndarray]]


@dataclasses.dataclass(frozen=True)
class Draws:
    """Random numbers from an initializer, or from a dropout layer that is fed with ones.

    Attributes:
        source: Keras's name of the initializer or layer, such as ``"HeNormal"``.
        arguments: keyword arguments of it, besides the seed.
        shape: shape of the array to draw.
        seed: the seed, an integer.
        law: distribution that a formula gives the numbers, and its parameters (see `laws`).
    """

    source: str
    arguments: dict[str, float]
    shape: list[int]
    seed: int
    law: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Experiment:
    """What every subject runs: a model on data, or a part without a model.

    Attributes:
        case: name of the network or part.
        style: how its Keras model is written, such as ``"functional"``, or which part it is.
        build: import path ``"module:function"`` of a function that returns the compiled model.
        points: where outputs, activations and gradients are taken.
        training: the training run; None for a part.
        parameter_counts: weights and biases per layer that the model must have, by layer name.
        arguments: keyword arguments of ``build``, JSON values.
        seed: what ``keras.utils.set_random_seed`` is given before the model is built.
        quantities: which of `QUANTITIES` are asked for.
        updates: the optimizer's steps; None for anything else.
        draws: the random numbers; None for anything else.
    """

    case: str
    style: str
    build: str = ""
    points: list[Point] = dataclasses.field(default_factory=list)
    training: Training | None = None
    parameter_counts: dict[str, int] = dataclasses.field(default_factory=dict)
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)
    seed: int = 0
    quantities: Sequence[str] = BASIC
    updates: Updates | None = None
    draws: Draws | None = None

    @property
    def name(self) -> str:
        """What files and messages call it; unique within a run."""
        return f"{self.case}-{self.style}"

    @property
    def weight_names(self) -> list[str]:
        """Names of the weights in the model's order."""
        return list(self.training.weights) if self.training else []


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
    parts = {
        name: kind(**document[name]) if document[name] else None
        for name, kind in (("updates", Updates), ("draws", Draws))
    }
    points = [Point(**_with_tuples(point)) for point in document["points"]]
    training = document["training"] and Training(**_with_tuples(document["training"]))
    return Experiment(**document | parts | {"points": points, "training": training})


def _with_tuples(document):
    """Files have lists in place of tuples."""
    batches = {name: document[name] for name in ("x", "y")}
    return document | {
        name: tuple(batch) if isinstance(batch, list) else batch for name, batch in batches.items()
    }


def _cast(value, dtype):
    if isinstance(value, dict):
        return {key: _cast(item, dtype) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cast(item, dtype) for item in value]
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(dtype)
    return value
