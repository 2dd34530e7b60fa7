"""Through all batches of an epoch: one at a time where a callback may act between them, otherwise
many in one compiled call. The numbers are the same."""

import functools
import itertools
import time

import jax
import numpy as np

from keras_edu_backend.training.fast.calls import calls_over_rows, calls_over_stream
from keras_edu_backend.training.fast.many_steps import EACH, JOINED, LAST, ManySteps, zeros
from keras_edu_backend.training.fast.watchers import watch_of

_BAR_MOVES_EVERY = 0.1
_CTRL_C_ANSWERED_WITHIN = 1.0


class EpochLoop:
    """The part of the trainer that takes the steps of an epoch and tells the callbacks."""

    def _take_steps(self, batches, function, state, callbacks, name, stopped):
        """A step on each batch of an epoch.

        Args:
            batches: the ``JAXEpochIterator``.
            function: the steps, as ``make_train_function`` and its like leave them.
            state: the state whose values the steps take.
            callbacks: the ``CallbackList``.
            name: ``"train"``, ``"test"`` or ``"predict"``.
            stopped: function that says whether a callback has ended the loop.
        Returns:
            List of outputs: of the last step for training and testing, of all for predicting. It
            is empty when there was no batch.
        """
        watch = batches.watch = batches.watch or watch_of(callbacks, name, self.steps_per_execution)
        keep = JOINED if name == "predict" else EACH if watch.each else LAST
        begin = getattr(callbacks, f"on_{name}_batch_begin")
        end = getattr(callbacks, f"on_{name}_batch_end")
        if keep == JOINED:
            tell, end = end, lambda last, outputs: tell(last, {"outputs": outputs})
        loop = self._one_by_one
        # To predict one batch, a step is enough: the very program that stock Keras has.
        one_step = keep == JOINED and batches.num_batches == 1
        # Somebody may have put another kind of function in the place of ours.
        if (
            isinstance(function, ManySteps)
            and not watch.acts
            and not (watch.each and keep == JOINED)
            and not one_step
        ):
            # A loop over rows is compiled for their number. Where that is another each time, there
            # would be no end of compiling. Chunks have few sizes, and so have arrays with room for
            # more rows, which are worth making for several passes.
            rows = batches.rows
            if rows is not None and not rows.room and function.is_one_size_too_many(rows):
                several = batches.passes > 1 and not batches.steps_per_epoch
                batches.rows = rows.with_room() if several else None
            if batches.rows is not None:
                places = _places(function, state, batches.rows, keep)
                # The places for predictions are for all rows.
                if places is not None and not (keep == JOINED and batches.steps_per_epoch):
                    function.will_loop_over(batches.rows)
                    loop = functools.partial(self._in_long_calls, places)
            elif batches.can_come_in_chunks and function.may_loop:
                loop = functools.partial(self._in_long_calls, None)
        outputs = []
        for output in loop(batches, function, state, keep, watch, begin, end):
            if keep != JOINED:
                outputs.clear()
            outputs.append(output)
            if stopped():
                break
        return outputs

    def _one_by_one(self, executions, function, state, keep, watch, begin, end):
        # Data of unknown length says that it has ended when a step asks for more.
        with executions.catch_stop_iteration():
            for first, last, batches in executions:
                begin(first)
                outputs = _step_on(function, batches, state)
                end(last, outputs)
                yield outputs

    def _in_long_calls(self, places_for_rows, executions, function, state, keep, watch, begin, end):
        """The loop in calls of about the same duration, of as many executions as that takes.

        Rows that lie on the device have the places of their outputs from the caller, streams None.
        """
        pace, size = function.pace, function.per_execution
        pace.seconds = _BAR_MOVES_EVERY if watch.bar else _CTRL_C_ANSWERED_WITHIN
        if executions.rows is not None:
            calls = calls_over_rows(executions, pace, size)
        else:

            def can_loop(form):
                return _places(function, state, form, keep) is not None

            calls = calls_over_stream(executions, pace, size, can_loop, lambda: state.looks)
        # While the device computes, the next chunk is collected; unless this one may be the last.
        look_ahead = executions.rows is None and not watch.until_not_finite
        kept = None
        call = next(calls, None)
        while call is not None:
            if call.error is not None:
                raise call.error
            places = None if call.apart is not None else places_for_rows
            if executions.rows is None and call.apart is None:
                places = _places(function, state, call.batches.rows, keep)
            if places is None:
                yield from _apart(call, function, state, begin, end)
                call = next(calls, None)
                continue
            if watch.bar and not watch.each:
                begin(call.begins[0])
            if keep == JOINED and (kept is None or executions.rows is None):
                kept = zeros(places)
            # TerminateOnNaN looks at nothing but a loss, if there is one.
            until = watch.until_not_finite and isinstance(places, dict) and "loss" in places
            began = time.perf_counter()
            outputs, reached = state.step(
                functools.partial(
                    function.loop,
                    kept=kept,
                    batches=call.batches,
                    first=call.first,
                    stop=call.stop,
                    keep=keep,
                    while_finite=until,
                )
            )
            following = next(calls, None) if look_ahead else None
            # Either way of looking at the outputs waits until the call has ended.
            if keep == JOINED:
                kept = outputs = jax.block_until_ready(outputs)
            else:
                outputs = jax.tree.map(np.asarray, outputs)
            pace.took(len(call.begins), time.perf_counter() - began)
            if keep == EACH:
                outputs = _tell_of_each(call, outputs, int(reached), size, begin, end)
            elif watch.bar:
                end(call.ends[-1], outputs)
            if keep == JOINED and executions.rows is None:
                yield _beginning(outputs, call.stop, call.batches.room)
            elif keep != JOINED or call.stop == executions.rows.batches:
                yield outputs
            call = following if look_ahead else next(calls, None)


def _places(function, state, rows, keep):
    """`ManySteps.places` for the values of a state."""
    with state.as_arguments() as values:
        return function.places(values, rows, keep)


def _step_on(function, batches, state):
    if isinstance(function, ManySteps):
        # Before the step, not within it: the data may look at the model, and if a batch cannot be
        # had, no step of the execution is to be taken.
        batches = iter(list(itertools.islice(batches, function.per_execution)))
    return state.step(lambda values: function(values, batches))


def _apart(call, function, state, begin, end):
    """The batches of a call one at a time, an execution after the other."""
    batches = iter(call.apart if call.apart is not None else call.batches.one_by_one(call.stop))
    for first, last in zip(call.begins, call.ends, strict=True):
        begin(first)
        outputs = _step_on(function, batches, state)
        end(last, outputs)
        yield outputs


def _beginning(outputs, count, of):
    """The part of a chunk's joined outputs that comes from ``count`` batches ``of`` its room."""
    return jax.tree.map(lambda a: np.asarray(a)[: a.shape[0] * count // of], outputs)


def _tell_of_each(call, kept, reached, per_execution, begin, end):
    """Call the hooks for each execution of a call that has ended, with the logs each had.

    Returns:
        The logs of the last one.
    """
    logs = {}
    for number, (begins, ends) in enumerate(zip(call.begins, call.ends, strict=True)):
        last = min(call.first + (number + 1) * per_execution, reached) - 1
        if call.first + number * per_execution > last:
            break
        logs = jax.tree.map(lambda each, last=last: each[last], kept)
        begin(begins)
        end(ends, logs)
    return logs
