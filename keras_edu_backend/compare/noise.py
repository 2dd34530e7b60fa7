"""The noise floors of an experiment: how far rounding alone may move each number that is compared.

`NoiseAdapter` answers like any other side of a comparison, in a worker on edu, but with three
arrays for each place, stacked: the exact result, its floor and its jump (see
`rounding.units.Floor`). The programs are those that edu runs: the model's call, the loss and its
gradient, training steps, updates.
"""

import functools

import jax
import keras
import numpy as np

from keras_edu_backend.compare.batch import Batch, each, instances, places, rows
from keras_edu_backend.compare.experiment import Point, Training, Updates
from keras_edu_backend.compare.keras_adapter import KerasAdapter, renamed, with_weights
from keras_edu_backend.model_calls import calls_of
from keras_edu_backend.rounding import Floor, Program, measure, of_models, sums
from keras_edu_backend.rounding.interpreter import lift


def stacked(floor: Floor) -> np.ndarray:
    """A `Floor` as one array of shape (3, *shape), for files."""
    return np.stack([floor.exact, floor.noise, floor.jump])


class NoiseAdapter(KerasAdapter):
    """Measures floors in place of values (see `adapter.Adapter`)."""

    def outputs(self, point: Point) -> dict[str, np.ndarray]:
        """Floors of what `predict` and a call return."""
        found = self._measured("outputs", self._forward, self._state(point), _arrays(point.x))
        return places("predict", found) | places("call", found)

    def activations(self, point: Point) -> dict[str, np.ndarray]:
        """Floors of what each layer with weights hands on."""
        found = self._measured("layers", self._layers, self._state(point), _arrays(point.x))
        return renamed(found, self.experiment.parameter_counts)

    def gradients(self, point: Point) -> dict[str, np.ndarray]:
        """Floors of the loss and of its derivatives."""
        state, batch = self._state(point), _batch(point.x, point.y)
        function = of_models.loss_and_gradients(self.model, batch)
        loss, gradients = self._measured("gradients", function, *state, batch)
        names = self._names(self.model, self.model.trainable_variables)
        return {"loss": loss, **dict(zip(names, gradients, strict=True))}

    def training(self, plan: Training) -> dict[str, np.ndarray]:
        """Floors of every loss and of the weights at the snapshots, in the fixed order and in
        `fit`'s."""
        found = self._trained(plan, plan.batches, plan.snapshots, "")
        if plan.fit:
            count = instances(plan.x)
            epoch = np.split(np.arange(count), range(plan.batch_size, count, plan.batch_size))
            means = functools.partial(
                _mean_of_epochs, sizes=list(map(len, epoch)), epochs=plan.epochs
            )
            batches = epoch * plan.epochs
            found |= self._trained(plan, batches, [len(batches)], "fit, ", means)
        return found

    def updates(self, plan: Updates) -> dict[str, np.ndarray]:
        """Floors of the weights after each of an optimizer's steps."""
        configuration = {"class_name": plan.optimizer, "config": plan.hyperparameters}
        optimizer = keras.optimizers.get(configuration)
        optimizer.build([keras.Variable(value) for value in plan.weights.values()])
        state = [variable.value for variable in optimizer.variables]
        weights = list(plan.weights.values())
        gradients = [[step[name] for name in plan.weights] for step in plan.gradients]
        program = Program(optimizer.stateless_apply, state, gradients[0], weights)

        def run(rounding):
            found, leaves = [], list(map(lift, (*weights, *state)))
            for step in gradients:
                given = [*leaves[len(weights) :], *map(lift, step), *leaves[: len(weights)]]
                leaves = program.continue_from(rounding, given)
                found += leaves[: len(weights)]
            return found

        floors = measure(run, scaled=program.only_float64, dtypes=_dtypes(weights) * len(gradients))
        names = [f"step {n}, {name}" for n in range(1, len(gradients) + 1) for name in plan.weights]
        return dict(zip(names, map(stacked, floors), strict=True))

    def _measured(self, name, function, *arguments):
        """The floors of a function's result, its program made once for all points."""
        if name not in self._programs:
            self._programs[name] = Program(function, *arguments)
        program = self._programs[name]
        return program.in_tree(map(stacked, of_models.measured(program, *arguments)))

    @functools.cached_property
    def _programs(self):
        return {}

    def _state(self, point):
        self._set_weights(self.model, point.weights)
        return of_models.state_of(self.model)

    def _forward(self, state, x):
        return self.model.stateless_call(*state, x, training=False)[0]

    def _layers(self, state, x):
        with calls_of(self.model) as calls:
            self.model.stateless_call(*state, x, training=False)
        return with_weights(self.model, calls)

    def _trained(self, plan, batches, snapshots, prefix, summary=lambda losses, rounding: losses):
        """Floors of a run over batches."""
        model = self._new_model()
        self._set_weights(model, plan.weights)
        data = [_batch(rows(plan.x, numbers), rows(plan.y, numbers)) for numbers in batches]
        losses, weights = of_models.of_training(model, data, snapshots, summary)
        found = {f"{prefix}losses": stacked(losses)}
        for step, floors in weights.items():
            stage = prefix or f"step {step}, "
            names = (stage + name for name in self._names(model, model.weights))
            found |= dict(zip(names, map(stacked, floors), strict=True))
        return found


def _mean_of_epochs(losses, rounding, sizes, epochs):
    """The mean loss of each epoch of `fit`, a sum with its own rounding.

    Args:
        losses: shape (draws, steps).
        rounding: of the run.
        sizes: instances in each batch of an epoch.
        epochs: how many.
    """
    parts = losses.reshape(len(losses), epochs, -1)
    weights = np.asarray(sizes, np.float64)
    amplitude = rounding.amplitude(
        lambda: sums.reduce_sum(parts[0] * weights, (1,)) / weights.sum()
    )
    means = (parts * weights).sum(-1) / weights.sum()
    return rounding.disturb(means, amplitude * rounding.roundoff(keras.config.floatx()))


def _batch(x, y):
    return _arrays(x), _arrays(y), None


def _arrays(batch: Batch):
    return each(lambda array: jax.numpy.asarray(keras.ops.convert_to_tensor(array)), batch)


def _dtypes(arrays):
    return [np.dtype(array.dtype) for array in arrays]
