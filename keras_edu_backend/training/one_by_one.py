"""An epoch one execution at a time: a batch, a step, and the callbacks told of it."""

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

from keras_edu_backend.training.compiled import Steps


@dataclasses.dataclass
class OneByOne:
    """A way to take the steps of an epoch.

    Attributes:
        executions: the ``JAXEpochIterator``.
        function: the steps, as ``make_train_function`` and its like leave them.
        state: the state whose values the steps take.
        begin: ``begin(batch number)`` tells the callbacks that an execution begins.
        end: ``end(batch number, outputs)`` tells them that it has ended.
    """

    executions: Any
    function: Callable
    state: Any
    begin: Callable
    end: Callable

    def outputs(self):
        """Takes the steps; gives the outputs of each execution."""
        # Data of unknown length says that it has ended when a step asks for more.
        with self.executions.catch_stop_iteration():
            for first, last, batches in self.executions:
                self.begin(first)
                outputs = self.step_on(batches)
                self.end(last, outputs)
                yield outputs

    def step_on(self, batches):
        """An execution on the next batches of an iterator."""
        function = self.function
        # Somebody may have put another kind of function in the place of ours.
        if isinstance(function, Steps):
            # Before the step, not within it: the data may look at the model, and if a batch cannot
            # be had, no step of the execution is to be taken.
            batches = iter(list(itertools.islice(batches, function.per_execution)))
        return self.state.step(lambda values: function(values, batches))


def take_one_by_one(way, callbacks, name, steps_per_execution):
    """The way through an epoch: `OneByOne`, as it comes."""
    return way


def leave_as_they_are(callbacks):
    """Callbacks need nothing for this way."""
