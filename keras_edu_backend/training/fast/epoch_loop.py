"""Through all batches of an epoch: one at a time where a callback may act between them, otherwise
many in one compiled call. The numbers are the same."""

import dataclasses
import functools
import time
from typing import Any

import jax

from keras_edu_backend.training.data import to_device
from keras_edu_backend.training.fast.calls import calls_over_rows, calls_over_stream
from keras_edu_backend.training.fast.kept import EACH, JOINED, LAST, Last
from keras_edu_backend.training.fast.many_steps import ManySteps
from keras_edu_backend.training.fast.watchers import Watch, agreed, watch_of
from keras_edu_backend.training.one_by_one import OneByOne

_BAR_MOVES_EVERY = 0.1
_CTRL_C_ANSWERED_WITHIN = 1.0


def choose(way, callbacks, name, steps_per_execution):
    """The way through an epoch: `InLongCalls` where nobody minds, otherwise the one given.

    Args:
        way: the `OneByOne`.
        callbacks: the ``CallbackList``.
        name: ``"train"``, ``"test"`` or ``"predict"``.
        steps_per_execution: as given to ``compile``.
    """
    batches, function, state = way.executions, way.function, way.state
    if batches.watch is None:
        watch = watch_of(callbacks, name, steps_per_execution)
        batches.watch = agreed(watch) if batches.distributed else watch
    watch = batches.watch
    predicts = name == "predict"
    keep = JOINED if predicts else EACH if watch.each else LAST
    # To predict one batch, a step is enough: the very program that stock Keras has.
    one_by_one = watch.acts or (predicts and (watch.each or batches.num_batches == 1))
    # Predictions over devices are gathered batch by batch.
    one_by_one = one_by_one or (predicts and batches.distributed)
    # Somebody may have put another kind of function in the place of ours.
    if one_by_one or not isinstance(function, ManySteps):
        return way
    # A loop over rows is compiled for their number. Where that is another each time, there would be
    # no end of compiling. Chunks have few sizes, and so have arrays with room for more rows, which
    # are worth making for several passes.
    rows = batches.rows
    if rows is not None and not rows.room:
        room = batches.passes > 1 and not batches.steps_per_epoch and rows.copied_soon
        if function.is_one_size_too_many(rows, room):
            batches.rows = rows.with_room() if room else None
    in_long_calls = functools.partial(InLongCalls, **vars(way), keep=keep, watch=watch)
    if batches.rows is not None:
        places = _places(function, state, batches.rows, keep)
        # The places for predictions are for all rows.
        if places is not None and not (predicts and batches.steps_per_epoch):
            function.will_loop_over(batches.rows)
            return in_long_calls(places_for_rows=places)
    elif batches.can_come_in_chunks and function.may_loop and not function.takes_streams_apart:
        batches.spread = batches.distributed
        return in_long_calls()
    return way


@dataclasses.dataclass
class InLongCalls(OneByOne):
    """An epoch in calls of about the same duration, of as many executions as that takes.

    Attributes:
        keep: what becomes of the outputs: `kept.LAST` or another.
        watch: the `watchers.Watch`.
        places_for_rows: the places of the outputs, for rows that lie on the device; streams have
            None.
    """

    keep: Last = LAST
    watch: Watch = Watch()
    places_for_rows: Any = None

    def outputs(self):
        """Takes the steps; gives the outputs of each call."""
        executions, function, state = self.executions, self.function, self.state
        keep, watch, begin, end = self.keep, self.watch, self.begin, self.end
        pace, size = function.pace, function.per_execution
        pace.aim_at(_BAR_MOVES_EVERY if watch.bar else _CTRL_C_ANSWERED_WITHIN)
        in_chunks = executions.rows is None
        if not in_chunks:
            calls = calls_over_rows(executions, pace, size)
        else:

            def can_loop(form):
                return _places(function, state, form, keep) is not None

            calls = calls_over_stream(
                executions, pace, size, can_loop, lambda: state.looks, executions.spread
            )
        # While the device computes, the next chunk is collected; unless this one may be the last.
        look_ahead = in_chunks and not watch.until_not_finite
        kept = None
        taken = apart = 0
        call = next(calls, None)
        while call is not None:
            if call.error is not None:
                raise call.error
            taken += len(call.begins)
            places = None if call.apart is not None else self.places_for_rows
            if in_chunks and call.apart is None:
                places = _places(function, state, call.batches.rows, keep)
            if places is None:
                apart += len(call.begins)
                function.takes_streams_apart = in_chunks and 2 * apart > taken > 1
                yield from self._apart(call)
                call = next(calls, None)
                continue
            if watch.bar and not watch.each:
                begin(call.begins[0])
            kept = keep.begin(places, None if in_chunks else kept)
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
            kept = outputs = keep.fetch(outputs)
            pace.took(len(call.begins), time.perf_counter() - began)
            if watch.each:
                outputs = _tell_of_each(call, outputs, int(reached), size, begin, end)
            elif watch.bar:
                end(call.ends[-1], outputs)
            yield from keep.hand_on(outputs, call, in_chunks)
            call = following if look_ahead else next(calls, None)

    def _apart(self, call):
        """The batches of a call one at a time, an execution after the other."""
        if call.apart is None:
            batches = iter(call.batches.one_by_one(call.stop))
        else:
            batches = map(to_device, call.apart) if self.executions.spread else iter(call.apart)
        for first, last in zip(call.begins, call.ends, strict=True):
            self.begin(first)
            outputs = self.step_on(batches)
            self.end(last, outputs)
            yield outputs


def _places(function, state, rows, keep):
    """`ManySteps.places` for the values of a state."""
    with state.as_arguments() as values:
        return function.places(values, rows, keep)


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
