"""A step as a compiled program, called for one batch after the other."""

import itertools

import jax
import jax.numpy as jnp
from keras.src import tree

from keras_edu_backend.training.state import TRAIN_STATE, changes, with_changes


class Steps:
    """A step of training, testing or predicting, compiled.

    Args:
        step: ``step(state, batch) → outputs, state``, a pure function.
        parts: names of the parts of the state. Of ``TRAIN_STATE``, a step writes the new values
            over the old ones, but for the metrics; the values of another state stay where they
            are, and a step makes new ones of those that it changes.
        compiled: whether JAX compiles it. Otherwise it is called as it is, batch by batch.
        shardings: where the state's arrays are to lie after a step, or None.
        per_execution: how many steps a call takes, Keras's ``steps_per_execution``.
        join: makes the outputs of a call out of the list of its steps' outputs.
        sum_up: ``sum_up(state)`` gives the same as the last step's outputs, where that is so; for
            those who take many steps without looking at outputs.
    """

    def __init__(self, step, parts, compiled, shardings, per_execution, join, sum_up=None):
        self.per_execution = per_execution
        self._trains = parts == TRAIN_STATE
        self._before_metrics = len([part for part in parts if part != "metrics_variables"])
        self._join = join
        self._sum_up = sum_up
        self._written_over = (0,) if self._trains else ()

        def step_to_changes(state, batch):
            outputs, after = step(state, batch)
            return outputs, after if self._trains else changes(state, after)

        self._step = self._step_to_changes = step_to_changes
        if compiled:
            program = jax.jit(
                lambda weights, metrics, batch: step_to_changes(weights + metrics, batch),
                donate_argnums=self._written_over,
                out_shardings=None if shardings is None else (None, shardings),
            )
            self._step = lambda state, batch: program(*self._apart(state), batch)

    def _apart(self, state):
        """A state in two: what training may write the new state over, and the metrics.

        Metrics begin every epoch from the same arrays, so those must outlast a step.
        """
        return state[: self._before_metrics], state[self._before_metrics :]

    def __call__(self, state, batches):
        """The step on the next ``per_execution`` batches, one after the other.

        Args:
            state: the values of the model's variables.
            batches: an iterator; ``StopIteration`` is raised when it has nothing left.
        Returns:
            The joined outputs, and the new state.
        """
        outputs = []
        for batch in itertools.islice(batches, self.per_execution):
            output, changed = self._step(state, batch)
            state = self._after(state, changed)
            outputs.append(output)
        if not outputs:
            raise StopIteration
        return self._join(outputs), state

    def _after(self, state, changed):
        return changed if self._trains else with_changes(state, changed)


def debugging():
    """Whether a switch of JAX's is on that looks at the results of each op."""
    settings = jax.config
    return settings.jax_debug_nans or settings.jax_debug_infs or settings.jax_disable_jit


def concatenated(outputs, concatenate=jnp.concatenate):
    """The outputs of several batches as one, along the batch axis, in each of their places."""
    return tree.map_structure(lambda *parts: concatenate(parts), *outputs)


def last(outputs):
    """What stays of the outputs of several steps when each already sums up those before it."""
    return outputs[-1]
