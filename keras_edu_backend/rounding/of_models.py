"""Noise floors of a Keras model on edu: of what it returns, of gradients, of a training run.

The programs are those that ``fit`` runs: `PureSteps.compute_loss_and_updates` differentiated, and
the optimizer's update, or the ``train_step`` of the model's own class.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import keras
import numpy as np

from keras_edu_backend.rounding.interpreter import lift
from keras_edu_backend.rounding.monte_carlo import Program, free_less_held, measure
from keras_edu_backend.rounding.units import Floor


def own(model: keras.Model, method: str) -> bool:
    """Whether a method is of the model's own class."""
    return getattr(type(model), method) is not getattr(keras.Model, method)


def loss_in(logs: Mapping[str, Any]) -> Any:
    """What a step of training says of its loss; of a step of the user's own, all that it says."""
    return logs["loss"] if "loss" in logs else [logs[name] for name in sorted(logs)]


def values(variables: Sequence[keras.Variable]) -> list[jax.Array]:
    """The variables' arrays."""
    return [variable.value for variable in variables]


def state_of(model: keras.Model) -> list[list[jax.Array]]:
    """Values of the trainable variables, and of the others."""
    return [values(model.trainable_variables), values(model.non_trainable_variables)]


def measured(program: Program, *arguments: Any) -> list[Floor]:
    """The floors of each array of a program's result.

    Args:
        program: made from arguments of the same shapes.
        arguments: trees of arrays.
    """
    return measure(
        lambda rounding: program.run(rounding, *arguments),
        scaled=program.only_float64,
        dtypes=program.dtypes,
    )


def loss_and_gradients(model: keras.Model, batch: tuple[Any, Any, Any]) -> Callable[..., Any]:
    """The function (trainable, others, batch) → loss, gradients, as a step of training takes them.

    Args:
        model: compiled.
        batch: inputs, labels and sample weights (or None), trees of arrays; only their shapes
            count here.
    """
    metrics, optimizer = _built(model, batch)

    def function(trainable, fixed, batch):
        def loss(trainable):
            return model.compute_loss_and_updates(
                *(trainable, fixed, metrics, *batch), training=True, optimizer_variables=optimizer
            )[1][0]

        return jax.value_and_grad(loss)(trainable)

    return function


def of_training(
    model: keras.Model,
    batches: Sequence[tuple[Any, Any, Any]],
    snapshots: Sequence[int],
    summary: Callable[[np.ndarray, Any], np.ndarray] = lambda losses, rounding: losses,
) -> tuple[Floor, dict[int, list[Floor]]]:
    """Floors of a run from the model's weights on, whose rounding goes into every later step.

    Args:
        model: compiled.
        batches: of each step the inputs, labels and sample weights (or None), trees of arrays.
        snapshots: numbers of steps, from 1, after which the weights are looked at.
        summary: of the losses, an array of shape (draws, steps), what is compared of them; its
            second argument is the run's `Rounding`.

    Returns:
        Floors of the losses, and by number of the step those of each floating weight, in the order
        of ``model.weights``.
    """
    metrics, optimizer = _built(model, batches[0])
    start = [*state_of(model), optimizer]

    def own_step(trainable, fixed, optimizer, batch):
        logs, state = model.train_step((trainable, fixed, optimizer, metrics), batch)
        loss = loss_in(logs)
        return list(state[:3]), jax.numpy.stack(loss) if isinstance(loss, list) else loss

    def keras_step(trainable, fixed, optimizer, batch):
        differentiate = jax.value_and_grad(model.compute_loss_and_updates, has_aux=True)
        (_, (loss, _, fixed, _)), gradients = differentiate(
            *(trainable, fixed, metrics, *batch), training=True, optimizer_variables=optimizer
        )
        trainable, optimizer = model.optimizer.stateless_apply(optimizer, gradients, trainable)
        return [trainable, fixed, optimizer], loss

    # Keras's step goes without its metrics, of which the loss needs none.
    step = own_step if own(model, "train_step") else keras_step
    programs: dict[int, Program] = {}

    def program_of(batch):
        rows = len(jax.tree.leaves(batch)[0])
        if rows not in programs:
            programs[rows] = Program(step, *start, batch)
        return programs[rows]

    order = [*model.trainable_variables, *model.non_trainable_variables]
    place_of = {id(variable): place for place, variable in enumerate(order)}
    weights = [v for v in model.weights if keras.backend.is_float_dtype(v.dtype)]

    def run(rounding):
        state, losses, kept = list(map(lift, jax.tree.leaves(start))), [], []
        paths = [_Path(rounding.held) for _ in weights]
        for number, batch in enumerate(batches, start=1):
            given = [*state, *map(lift, jax.tree.leaves(batch))]
            *state, loss = program_of(batch).continue_from(rounding, given)
            losses.append(loss)
            now = [
                path.after_a_step(state[place_of[id(variable)]])
                for path, variable in zip(paths, weights, strict=True)
            ]
            if number in snapshots:
                kept += now
        draws = max(map(len, losses))
        by_step = [np.broadcast_to(loss, (draws, *np.shape(loss)[1:])) for loss in losses]
        return [summary(np.stack(by_step, axis=1), rounding), *kept]

    dtypes = [keras.config.floatx(), *[v.dtype for v in weights] * len(snapshots)]
    losses, *found = measure(
        run,
        # A run has many chances to come near a kink; one pair of draws finds some of them.
        kink_draws=2,
        scaled=program_of(batches[0]).only_float64,
        dtypes=list(map(np.dtype, dtypes)),
    )
    count = len(weights)
    return losses, {
        step: found[number * count : (number + 1) * count]
        for number, step in enumerate(sorted(snapshots))
    }


class _Path:
    """What branches change in a weight, added up along a run.

    The change of one step may undo that of another, as two signs of a gradient that is nothing but
    rounding do under Lion. A library may take one of the two branches and not the other.

    Args:
        held: as in `Rounding`.
    """

    def __init__(self, held):
        self.half_is_free = len(held) > 0 and not held.all()
        self.apart = self.length = 0.0

    def after_a_step(self, weight):
        """The weight, in the free draws as far from the held ones as all steps changed it."""
        if not self.half_is_free or len(weight) == 1:
            return weight
        apart = free_less_held(weight)
        with np.errstate(invalid="ignore"):
            step = apart - self.apart
            self.length = self.length + np.maximum(step.max(0), 0) - np.minimum(step.min(0), 0)
        self.apart = apart
        held = np.split(weight, 2)[1]
        return np.concatenate([held + self.length, held])


def _built(model, batch):
    """The values of the metrics and of the optimizer, when all that a step needs is built."""
    model.optimizer.build(model.trainable_variables)
    model._symbolic_build(data_batch=batch)
    return values(model.metrics_variables), values(model.optimizer.variables)
