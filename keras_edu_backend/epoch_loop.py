"""Through all batches of an epoch: one at a time where a callback may act between them, otherwise
many in one compiled call. The numbers are the same."""

import itertools

import jax
import numpy as np

from keras_edu_backend.many_steps import EACH, JOINED, LAST, ManySteps, zeros
from keras_edu_backend.watchers import watch_of

_BAR_MOVES_EVERY = 0.1
_CTRL_C_ANSWERED_WITHIN = 1.0


class EpochLoop:
    """The part of the trainer that takes the steps of an epoch and tells the callbacks."""

    def _take_steps(self, batches, function, parts, callbacks, name, stopped):
        """A step on each batch of an epoch.

        Args:
            batches: the ``JAXEpochIterator``.
            function: the steps, as ``make_train_function`` and its like leave them.
            parts: names of the parts of the state that the steps take.
            callbacks: the ``CallbackList``.
            name: ``"train"``, ``"test"`` or ``"predict"``.
            stopped: function that says whether a callback has ended the loop.
        Returns:
            List of outputs: of the last step for training and testing, of all for predicting. It
            is empty when there was no batch.
        """
        watch = batches.watch = batches.watch or watch_of(callbacks, name, self.steps_per_execution)
        predicting = name == "predict"
        keep = JOINED if predicting else EACH if watch.each else LAST
        hooks = (
            getattr(callbacks, f"on_{name}_batch_begin"),
            getattr(callbacks, f"on_{name}_batch_end"),
        )
        may_loop = (
            # Somebody may have put another kind of function in the place of ours.
            isinstance(function, ManySteps)
            and batches.rows is not None
            and not watch.acts
            # The places for predictions are for all of them.
            and not (predicting and (watch.each or batches.steps_per_epoch))
        )
        places = None
        if may_loop:
            places = function.places(self._running_values(parts), batches.rows, keep)
        outputs = []
        if places is not None:
            kept = zeros(places) if predicting else None
            # TerminateOnNaN looks at nothing but a loss, if there is one.
            until = watch.until_not_finite and isinstance(places, dict) and "loss" in places
            steps = self._in_long_calls(batches, function, parts, watch, keep, kept, until, hooks)
        else:
            steps = self._one_by_one(batches, function, parts, predicting, hooks)
        for output in steps:
            if not predicting or places is not None:
                outputs.clear()
            outputs.append(output)
            if stopped():
                break
        return outputs

    def _one_by_one(self, executions, function, parts, predicting, hooks):
        begin, end = hooks
        # Data of unknown length says that it has ended when a step asks for more.
        with executions.catch_stop_iteration():
            for first, last, batches in executions:
                begin(first)

                def step(state, batches=batches):
                    return function(state, batches)

                outputs = self._step_once(step, parts)
                end(last, {"outputs": outputs} if predicting else outputs)
                yield outputs

    def _in_long_calls(self, executions, function, parts, watch, keep, kept, until, hooks):
        """The loop in calls of about the same duration, of as many executions as that takes."""
        begin, end = hooks
        pace = function.pace
        pace.seconds = _BAR_MOVES_EVERY if watch.bar else _CTRL_C_ANSWERED_WITHIN
        # An epoch iterator starts again whenever it is asked for an iterator; a generator does not.
        executions = (execution for execution in executions)
        while group := list(itertools.islice(executions, pace.next())):
            (begins, _, batches), (_, ends, _) = group[0], group[-1]
            first, stop = batches.take(len(group) * function.per_execution)
            if first == stop:
                return
            if watch.bar and not watch.each:
                begin(begins)

            def many(state, kept=kept, batches=batches, first=first, stop=stop):
                return function.loop(state, kept, batches, first, stop, keep, until)

            outputs, reached = self._step_once(many, parts)
            # Either way of looking at the outputs waits until the call has ended.
            if keep == JOINED:
                kept = jax.block_until_ready(outputs)
                told = {"outputs": outputs}
            else:
                told = outputs = jax.tree.map(np.asarray, outputs)
            pace.took(len(group))
            if keep == EACH:
                outputs = _tell_of_each(
                    group, outputs, first, int(reached), function.per_execution, hooks
                )
            elif watch.bar:
                end(ends, told)
            yield outputs


def _tell_of_each(group, kept, first, reached, per_execution, hooks):
    """Call the hooks for each execution of a call that has ended, with the logs each had.

    Returns:
        The logs of the last one.
    """
    begin, end = hooks
    logs = {}
    for number, (begins, ends, _) in enumerate(group):
        last = min(first + (number + 1) * per_execution, reached) - 1
        if first + number * per_execution > last:
            break
        logs = jax.tree.map(lambda each, last=last: each[last], kept)
        begin(begins)
        end(ends, logs)
    return logs
