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
from keras_edu_backend.model_calls import calls_of, told_of, with_arrays
from keras_edu_backend.rounding import Floor, Program, of_models
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
        told = told_of(self.model, training=prefix == TRAINING)

        def arrays(state, x):
            with calls_of(self.model) as calls:
                self.model.stateless_call(*state, x, **told)
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
            told = told_of(self.model, training=prefix == TRAINING)
            self.model(side.tensors(self._inputs(prefix)), **told)
        found: dict[str, Floor] = {}
        for call in calls:
            key = prefix + call.path
            given = self.fed.get(key)
            places = side.places_of(key, len(call.outputs))
            if given is None or len(given) != len(call.inputs) or not wanted.intersection(places):
                continue

            def again(*arrays, call=call):
                args, kwargs = with_arrays(call.arguments, arrays)
                with keras.StatelessScope():
                    return tree.flatten(call.owner(*args, **kwargs))

            dtypes = [keras.backend.standardize_dtype(array.dtype) for array in call.inputs]
            arrays = [jax.numpy.asarray(a, d) for a, d in zip(given, dtypes, strict=True)]
            found |= dict(zip(places, _measured(again, *arrays), strict=True))
        return found

    def _gradients_of(self):
        batch = _jax(self.of.batch)
        function = of_models.loss_and_gradients(self.model, batch)
        loss, *gradients = _measured(function, *self._state(), batch)
        names = [self._path(variable) for variable in self.model.trainable_variables]
        return {"loss": loss, **dict(zip(names, gradients, strict=True))}

    def _training_of(self):
        steps = range(1, self.steps + 1)
        batches = [_jax(self.of.batch)] * self.steps
        losses, found = of_models.of_training(self.model, batches, steps)
        kept = [v for v in self.model.weights if keras.backend.is_float_dtype(v.dtype)]
        weights = {
            f"step {step}, {self._path(variable)}": floor
            for step in steps
            for variable, floor in zip(kept, found[step], strict=True)
        }
        return {"losses": losses, **weights}

    def _inputs(self, prefix):
        return self.problem["hard"] if prefix == HARD else self.x

    def _forward(self, state, x):
        return tree.flatten(self.model.stateless_call(*state, x, training=False)[0])

    def _state(self):
        return of_models.state_of(self.model)

    def _path(self, variable):
        paths = dict(zip(map(id, self.model.weights), self.problem["paths"], strict=True))
        return paths[id(variable)]


def _measured(function: Callable[..., Any], *arguments: Any) -> list[Floor]:
    return of_models.measured(Program(function, *arguments), *arguments)


def _named(name, floors):
    return dict(zip(side.places_of(name, len(floors)), floors, strict=True))


def _jax(values):
    return side.each(lambda a: jax.numpy.asarray(keras.ops.convert_to_tensor(a)), values)
