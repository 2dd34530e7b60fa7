"""How far rounding alone moves each value of a probe: measured on edu, for all sides at once.

The programs are those of the probes in `side`, as edu traces them; `rounding` says how their noise
floors are measured. Whoever is asked for float64 measures with the whole model in float64.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import keras
import numpy as np
from keras import tree

from keras_edu_backend.compare.model import side
from keras_edu_backend.compare.model.judge import HARD, TRAINING
from keras_edu_backend.model_calls import calls_of
from keras_edu_backend.rounding import Floor, Program, measure
from keras_edu_backend.rounding.interpreter import lift
from keras_edu_backend.target import one_line


def floors(
    problem: Mapping[str, Any],
    precision: str | None,
    wanted: Mapping[str, list[str]],
    steps: int,
    fed: Mapping[str, list],
) -> dict[str, Any]:
    """Floors of the places that differ.

    Args:
        problem: what `side.prepare` returned.
        precision: None or ``"float64"``, as in `side.answer`.
        wanted: mapping of probe to places; of ``training`` and ``gradients`` all are measured.
        steps: of training.
        fed: for each layer call what the first side gave it.

    Returns:
        ``floors``: mapping of probe to mapping of place to three arrays, stacked (see
        `rounding.units.Floor`); ``problems``: mapping of probe to why there are none.
    """
    found: dict[str, dict] = {}
    problems = {}
    on = _Floors(side.side_of(problem, precision), fed, steps)
    for probe, places in wanted.items():
        try:
            found[probe] = {
                place: np.stack([floor.exact, floor.noise, floor.jump])
                for place, floor in on.probe(probe, places).items()
            }
        except Exception as error:
            problems[probe] = one_line(error)
    return {"floors": found, "problems": problems}


class _Floors:
    """The floors of a side on edu."""

    def __init__(self, of, fed, steps):
        self.of, self.fed, self.steps = of, fed, steps
        self.model, self.problem, self.x = of.model, of.problem, of.x

    def probe(self, name, places):
        """The floors of a probe; of the layers only those of some places."""
        with self.of.as_at_first():
            if name == "outputs":
                return self._outputs_of(places)
            if name == "gradients":
                return self._gradients_of()
            if name == "training":
                return self._training_of()
            of = self._layers_of if name.endswith("layers") else self._made_of
            return of(name.removesuffix("layers").removesuffix("made"), set(places))

    def _outputs_of(self, places):
        found: dict[str, Floor] = {}
        for name, x in (("", self.x), (", hard inputs", self.problem["hard"])):
            if x is None or not any((", hard inputs" in place) == bool(name) for place in places):
                continue
            floors = _measured(self._forward, self._state(), _jax(x))
            for way in ("predict", "call"):
                found |= _named(f"{way}{name}", floors)
        return found

    def _layers_of(self, prefix, wanted):
        names: list[str] = []

        def arrays(state, x):
            with calls_of(self.model) as calls:
                self.model.stateless_call(*state, x, training=prefix == TRAINING)
            names[:] = []
            kept = []
            for call in calls:
                for place, output in zip(
                    side.places_of(prefix + call.path, len(call.outputs)), call.outputs, strict=True
                ):
                    if place in wanted:
                        names.append(place)
                        kept.append(output)
            return kept

        floors = _measured(arrays, self._state(), _jax(self._inputs(prefix)))
        return dict(zip(names, floors, strict=True))

    def _made_of(self, prefix, wanted):
        """Each layer call by itself, given what the first side gave it."""
        with calls_of(self.model) as calls:
            self.model(side.tensors(self._inputs(prefix)), training=prefix == TRAINING)
        found: dict[str, Floor] = {}
        for call in calls:
            key = prefix + call.path
            given = self.fed.get(key)
            places = side.places_of(key, len(call.outputs))
            if given is None or len(given) != len(call.inputs) or not wanted.intersection(places):
                continue

            def again(*arrays, call=call):
                left = iter(arrays)
                args, kwargs = tree.map_structure(
                    lambda leaf: next(left) if keras.ops.is_tensor(leaf) else leaf, call.arguments
                )
                with keras.StatelessScope():
                    return tree.flatten(call.owner(*args, **kwargs))

            dtypes = [keras.backend.standardize_dtype(array.dtype) for array in call.inputs]
            arrays = [jax.numpy.asarray(a, d) for a, d in zip(given, dtypes, strict=True)]
            found |= dict(zip(places, _measured(again, *arrays), strict=True))
        return found

    def _gradients_of(self):
        optimizer = self.model.optimizer
        optimizer.build(self.model.trainable_variables)
        batch = self._batch()
        metrics, state = _values(self.model.metrics_variables), _values(optimizer.variables)

        def program(trainable, fixed, batch):
            def loss(values):
                return self.model.compute_loss_and_updates(
                    values, fixed, metrics, *batch, training=True, optimizer_variables=state
                )[1][0]

            return jax.value_and_grad(loss)(trainable)

        loss, *gradients = _measured(program, *self._state(), batch)
        names = [self._path(variable) for variable in self.model.trainable_variables]
        return {"loss": loss, **dict(zip(names, gradients, strict=True))}

    def _training_of(self):
        model = self.model
        batch = self._batch()
        model.optimizer.build(model.trainable_variables)
        metrics = _values(model.metrics_variables)
        start = [*self._state(), _values(model.optimizer.variables)]

        def step_of_its_own(trainable, fixed, optimizer, batch):
            logs, state = model.train_step((trainable, fixed, optimizer, metrics), batch)
            return list(state[:3]), side.loss_in(logs)

        def step(trainable, fixed, optimizer, batch):
            differentiate = jax.value_and_grad(model.compute_loss_and_updates, has_aux=True)
            (_, (loss, _, fixed, _)), gradients = differentiate(
                *(trainable, fixed, metrics, *batch), training=True, optimizer_variables=optimizer
            )
            trainable, optimizer = model.optimizer.stateless_apply(optimizer, gradients, trainable)
            return [trainable, fixed, optimizer], loss

        # Keras's step goes without its metrics, of which the loss needs none.
        chosen = step_of_its_own if side.own(model, "train_step") else step
        program = Program(chosen, *start, batch)
        data = list(map(lift, jax.tree.leaves(batch)))
        order = [*model.trainable_variables, *model.non_trainable_variables]
        places = {id(variable): place for place, variable in enumerate(order)}
        kept = [v for v in model.weights if keras.backend.is_float_dtype(v.dtype)]

        def run(rounding):
            state, losses, weights = list(map(lift, jax.tree.leaves(start))), [], []
            for _ in range(self.steps):
                *state, loss = program.continue_from(rounding, [*state, *data])
                losses.append(loss)
                weights += [state[places[id(variable)]] for variable in kept]
            draws = max(map(len, losses))
            together = np.stack([np.broadcast_to(loss, (draws,)) for loss in losses], axis=1)
            return [together, *weights]

        dtypes = [keras.config.floatx(), *[v.dtype for v in kept] * self.steps]
        # A run has many chances to come near a kink; one pair of draws finds some of them.
        found = measure(
            run, kink_draws=2, scaled=program.only_float64, dtypes=list(map(np.dtype, dtypes))
        )
        names = [f"step {n}, {self._path(v)}" for n in range(1, self.steps + 1) for v in kept]
        return dict(zip(["losses", *names], found, strict=True))

    def _inputs(self, prefix):
        return self.problem["hard"] if prefix == HARD else self.x

    def _batch(self):
        """Inputs, labels and sample weights, when all that a step needs is built."""
        batch = _jax(self.of.batch)
        self.model._symbolic_build(data_batch=batch)
        return batch

    def _forward(self, state, x):
        return tree.flatten(self.model.stateless_call(*state, x, training=False)[0])

    def _state(self):
        return [
            _values(self.model.trainable_variables),
            _values(self.model.non_trainable_variables),
        ]

    def _path(self, variable):
        paths = dict(zip(map(id, self.model.weights), self.problem["paths"], strict=True))
        return paths[id(variable)]


def _measured(function: Callable[..., Any], *arguments: Any) -> list[Floor]:
    program = Program(function, *arguments)
    return measure(
        lambda rounding: program.run(rounding, *arguments),
        scaled=program.only_float64,
        dtypes=program.dtypes,
    )


def _named(name, floors):
    return dict(zip(side.places_of(name, len(floors)), floors, strict=True))


def _jax(values):
    return side.each(lambda a: jax.numpy.asarray(keras.ops.convert_to_tensor(a)), values)


def _values(variables):
    return [variable.value for variable in variables]
