"""How a Keras model, on whichever backend this process runs, answers for itself."""

import contextlib
import functools
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from unittest import mock

import keras
import numpy as np

from keras_edu_backend.compare import keras_gradients, keras_parts
from keras_edu_backend.compare.adapter import resolve
from keras_edu_backend.compare.batch import Batch, each, places, rows
from keras_edu_backend.compare.experiment import (
    Draws,
    Experiment,
    Point,
    Subject,
    Training,
    Updates,
)
from keras_edu_backend.model_calls import Call, calls_of

T = TypeVar("T")


class KerasAdapter:
    """Runs a compiled Keras model through Keras's public methods (see `adapter.Adapter`)."""

    def __init__(self, experiment: Experiment, subject: Subject):
        self.experiment = experiment
        self.path = experiment.build
        self.arguments = experiment.arguments
        if subject.build:
            self.path = subject.build.format(case=experiment.case, style=experiment.style)
            self.arguments = experiment.arguments | subject.arguments

    @functools.cached_property
    def model(self) -> keras.Model:
        """The model whose weights are set and which is looked at; parts have none."""
        return self._new_model()

    def parameters(self) -> dict[str, int]:
        """Count of weights and biases of each layer that has any, in the model's order."""
        counts = {layer.name: layer.count_params() for layer in self.model.layers}
        counts = {name: count for name, count in counts.items() if count}
        return renamed(counts, self.experiment.parameter_counts)

    def outputs(self, point: Point) -> dict[str, np.ndarray]:
        """What `predict` returns, and what calling the model eagerly returns."""
        self._set_weights(self.model, point.weights)
        called = self.model(_tensors(point.x), training=False)
        found = places("predict", self.model.predict(point.x, verbose=0)) | places("call", called)
        return {place: keras.ops.convert_to_numpy(output) for place, output in found.items()}

    def activations(self, point: Point) -> dict[str, np.ndarray]:
        """What each layer with weights hands on while the model is called eagerly."""
        self._set_weights(self.model, point.weights)
        with calls_of(self.model) as calls:
            self.model(_tensors(point.x), training=False)
        found = with_weights(self.model, calls)
        by_layer = {name: keras.ops.convert_to_numpy(output) for name, output in found.items()}
        return renamed(by_layer, self.experiment.parameter_counts)

    def gradients(self, point: Point) -> dict[str, np.ndarray]:
        """The training loss, and its derivative with respect to each trainable weight."""
        self._set_weights(self.model, point.weights)
        loss, gradients = self._loss_and_gradients(point.x, point.y)
        names = self._names(self.model, self.model.trainable_variables)
        return {"loss": loss, **dict(zip(names, gradients, strict=True))}

    def training(self, plan: Training) -> dict[str, np.ndarray]:
        """`train_on_batch` step by step, then `fit` on a new model with the same weights."""
        model = self._new_model()
        self._set_weights(model, plan.weights)
        losses = []
        found: dict[str, np.ndarray] = {}
        for step, numbers in enumerate(plan.batches, start=1):
            x, y = rows(plan.x, numbers), rows(plan.y, numbers)
            logs = model.train_on_batch(x, y, return_dict=True)
            losses.append(logs["loss"])
            if step in plan.snapshots:
                found |= self._weights(model, f"step {step}, ")
        return {"losses": _in_floatx(losses), **found} | (self._fit(plan) if plan.fit else {})

    def updates(self, plan: Updates) -> dict[str, np.ndarray]:
        """See `keras_parts.updates`."""
        return keras_parts.updates(plan)

    def draws(self, plan: Draws) -> dict[str, np.ndarray]:
        """See `keras_parts.draws`."""
        return keras_parts.draws(plan)

    @functools.cached_property
    def _loss_and_gradients(self):
        # Once for all points: on JAX it is compiled.
        return keras_gradients.of_loss(self.model)

    def _fit(self, plan):
        model = self._new_model()
        self._set_weights(model, plan.weights)
        history = model.fit(
            plan.x,
            plan.y,
            batch_size=plan.batch_size,
            epochs=plan.epochs,
            shuffle=False,
            verbose=0,
        )
        return {
            "fit, losses": _in_floatx(history.history["loss"]),
            **self._weights(model, "fit, "),
        }

    def _new_model(self):
        # The worker collects garbage, once for each experiment.
        keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(self.experiment.seed)
        with _nothing_drawn():
            model = resolve(self.path)(**self.arguments)
            if not model.built:
                # A subclassed model has no weights before its first call.
                model(_tensors(rows(self.experiment.points[0].x, slice(1))))
        return model

    def _set_weights(self, model, weights):
        expected = [tuple(weight.shape) for weight in weights.values()]
        actual = [tuple(variable.shape) for variable in model.weights]
        if expected != actual:
            raise ValueError(
                f"the model built by {self.path} has weights of shapes {actual}; "
                f"{self.experiment.case} has weights of shapes {expected}"
            )
        model.set_weights(list(weights.values()))

    def _weights(self, model, prefix):
        names = self._names(model, model.weights)
        values = (keras.ops.convert_to_numpy(variable) for variable in model.weights)
        # A copy: some backends hand out a view of memory that the next step overwrites.
        return {prefix + name: np.array(value) for name, value in zip(names, values, strict=True)}

    def _names(self, model, variables):
        """The case's names for these variables of the model."""
        names = dict(zip(map(id, model.weights), self.experiment.weight_names, strict=True))
        return [names[id(variable)] for variable in variables]


def with_weights(model: keras.Model, calls: Sequence[Call]) -> dict[str, Any]:
    """The output of each of the model's layers that has weights, by its name.

    Args:
        model: a Keras model.
        calls: what `calls_of` noted while it was called.
    """
    outputs = {id(call.owner): call.outputs[0] for call in calls}
    return {layer.name: outputs[id(layer)] for layer in model.layers if layer.weights}


@contextlib.contextmanager
def _nothing_drawn():
    """The weights are set anyway, and drawing them would be compiled anew for every shape."""
    initializers = keras.initializers
    kinds = (
        initializers.VarianceScaling,
        initializers.RandomUniform,
        initializers.RandomNormal,
        initializers.TruncatedNormal,
        initializers.Orthogonal,
    )
    with contextlib.ExitStack() as stack:
        for kind in kinds:
            stack.enter_context(mock.patch.object(kind, "__call__", _zeros))
        yield


def _zeros(initializer, shape, dtype=None, **options):
    return np.zeros(shape, dtype or keras.config.floatx())


def _tensors(batch: Batch):
    return each(keras.ops.convert_to_tensor, batch)


def _in_floatx(numbers: Sequence[float]) -> np.ndarray:
    """Python floats as an array of the dtype they were computed in."""
    return np.asarray(numbers, dtype=keras.config.floatx())


def renamed(by_layer: Mapping[str, T], expected: Mapping[str, int]) -> dict[str, T]:
    """The case's layer names in place of the model's, where there are as many of them."""
    names = expected if len(expected) == len(by_layer) else by_layer
    return dict(zip(names, by_layer.values(), strict=True))
