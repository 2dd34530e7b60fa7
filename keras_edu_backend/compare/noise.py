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
from keras_edu_backend.compare.keras_adapter import KerasAdapter, recorded, renamed
from keras_edu_backend.rounding import Floor, Program, measure, sums
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
        x, y = _arrays(point.x), _arrays(point.y)
        loss, gradients = self._measured("gradients", self._gradients, self._state(point), x, y)
        names = self._names(self.model, self.model.trainable_variables)
        return {"loss": loss, **dict(zip(names, gradients, strict=True))}

    def training(self, plan: Training) -> dict[str, np.ndarray]:
        """Floors of every loss and of the weights at the snapshots, in the fixed order and in
        `fit`'s. Those in float64 follow from float32's (`units.Floor.in_float64`)."""
        if keras.config.floatx() == "float64":
            return {}
        found = self._trained(plan, plan.batches, plan.snapshots, "")
        if plan.fit:
            found |= self._trained(plan, _in_order(plan) * plan.epochs, [], "fit, ")
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
        program = self._programs.setdefault(name, None) or Program(function, *arguments)
        self._programs[name] = program
        floors = measure(
            lambda rounding: program.run(rounding, *arguments),
            scaled=program.only_float64,
            dtypes=program.dtypes,
        )
        return program.in_tree(map(stacked, floors))

    @functools.cached_property
    def _programs(self):
        return {}

    def _state(self, point):
        self._set_weights(self.model, point.weights)
        variables = self.model.trainable_variables, self.model.non_trainable_variables
        return [[variable.value for variable in part] for part in variables]

    def _forward(self, state, x):
        return self.model.stateless_call(*state, x, training=False)[0]

    def _layers(self, state, x):
        layers = [layer for layer in self.model.layers if layer.weights]
        with recorded(layers) as found:
            self.model.stateless_call(*state, x, training=False)
        return {layer.name: found[layer.name] for layer in layers}

    def _gradients(self, state, x, y):
        trainable, fixed = state

        def loss(values):
            return self.model.compute_loss_and_updates(
                values, fixed, [], x, y, None, training=True, optimizer_variables=_values(optimizer)
            )[1][0]

        optimizer = self.model.optimizer
        optimizer.build(self.model.trainable_variables)
        return jax.value_and_grad(loss)(trainable)

    def _trained(self, plan, batches, snapshots, prefix):
        """Floors of a run over batches; of `fit` the epochs' losses and the last weights."""
        model = self._new_model()
        self._set_weights(model, plan.weights)
        first = [_arrays(rows(batch, batches[0])) for batch in (plan.x, plan.y)]
        model._symbolic_build(data_batch=(*first, None))
        parts = model.trainable_variables, model.non_trainable_variables, model.optimizer.variables
        start = [[variable.value for variable in part] for part in parts]
        count = len(jax.tree.leaves(start))
        programs: dict[int, Program] = {}

        def step(state, x, y):
            metrics = _values(model, "metrics_variables")
            differentiate = jax.value_and_grad(model.compute_loss_and_updates, has_aux=True)
            trainable, fixed, optimizer = state
            (_, (loss, _, fixed, _)), gradients = differentiate(
                trainable, fixed, metrics, x, y, None, training=True, optimizer_variables=optimizer
            )
            trainable, optimizer = model.optimizer.stateless_apply(optimizer, gradients, trainable)
            return [trainable, fixed, optimizer], loss

        def program_of(x, y):
            size = len(jax.tree.leaves(x)[0])
            if size not in programs:
                programs[size] = Program(step, start, x, y)
            return programs[size]

        data = [
            [_arrays(rows(batch, numbers)) for batch in (plan.x, plan.y)] for numbers in batches
        ]
        order = _weights_in_state(model)
        sizes = [len(numbers) for numbers in batches]

        def run(rounding):
            state, losses, kept = list(map(lift, jax.tree.leaves(start))), [], []
            for number, (x, y) in enumerate(data, start=1):
                given = [*state, *map(lift, jax.tree.leaves((x, y)))]
                *state, loss = program_of(x, y).continue_from(rounding, given)
                losses.append(loss)
                if number in snapshots or (prefix and number == len(data)):
                    kept += [state[place] for place in order]
            return [_together(losses, sizes, plan, prefix, rounding), *kept]

        assert count == len(jax.tree.leaves(start))
        scaled = program_of(*data[0]).only_float64
        weights = [variable.value for variable in model.weights]
        times = max(1, len(snapshots))
        dtypes = [weights[0].dtype, *_dtypes(weights) * times]
        # A run has many chances to come near a kink; one pair of draws finds some of them.
        measured = measure(run, kink_draws=2, scaled=scaled, dtypes=dtypes)
        floors = list(map(stacked, measured))
        stages = [f"step {number}, " for number in snapshots] or [prefix]
        names = [stage + name for stage in stages for name in self._names(model, model.weights)]
        return {f"{prefix}losses": floors[0], **dict(zip(names, floors[1:], strict=True))}


def _together(losses, sizes, plan, prefix, rounding):
    """The losses as one array; of `fit` their mean in each epoch, a sum of its own."""
    draws = max(map(len, losses))
    by_step = np.stack([np.broadcast_to(loss, (draws,)) for loss in losses], axis=1)
    if not prefix:
        return by_step
    parts = by_step.reshape(draws, plan.epochs, -1)
    weights = np.asarray(sizes[: parts.shape[-1]], np.float64)
    amplitude = rounding.amplitude(
        lambda: sums.reduce_sum(parts[0] * weights, (1,)) / weights.sum()
    )
    means = (parts * weights).sum(-1) / weights.sum()
    return rounding.disturb(means, amplitude * rounding.roundoff(keras.config.floatx()))


def _weights_in_state(model):
    """For each of the model's weights its place among the leaves of the state."""
    order = [*model.trainable_variables, *model.non_trainable_variables]
    places_of = {id(variable): place for place, variable in enumerate(order)}
    return [places_of[id(variable)] for variable in model.weights]


def _in_order(plan):
    total = instances(plan.x)
    return np.split(np.arange(total), range(plan.batch_size, total, plan.batch_size))


def _arrays(batch: Batch):
    return each(lambda array: jax.numpy.asarray(keras.ops.convert_to_tensor(array)), batch)


def _values(owner, name="variables"):
    return [variable.value for variable in getattr(owner, name)]


def _dtypes(arrays):
    return [np.dtype(array.dtype) for array in arrays]
