"""Who looks at single batches, and so how many steps may go in one call.

Keras tells callbacks when a batch begins and ends. Most callbacks do nothing then, and the steps
may run without a stop. A progress bar only wants to be told several times a second. Some look at
what came out of each batch, which can be told them afterwards. Any other callback may act (change a
weight, stop the training), so nothing may have happened beyond the batch it is told of.
"""

import dataclasses
import math

import jax
import numpy as np
from keras.src import callbacks as keras_callbacks
from keras.src.utils.python_utils import is_default

_HOOKS = {
    "train": ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}

# Callbacks that do nothing at batches when told to save at the end of epochs.
_SAVERS = (keras_callbacks.ModelCheckpoint, keras_callbacks.BackupAndRestore)
_ORBAX = "OrbaxCheckpoint"


@dataclasses.dataclass(frozen=True)
class Watch:
    """What the callbacks of a loop want of single batches.

    Attributes:
        acts: at least one may act between batches.
        each: at least one looks at each batch, but does not mind being told later.
        bar: there is a progress bar.
        until_not_finite: the loop must end at the first loss that is NaN or infinite.
    """

    acts: bool = False
    each: bool = False
    bar: bool = False
    until_not_finite: bool = False


def watch_of(callbacks, loop, steps_per_execution):
    """The `Watch` of a callback list.

    Args:
        callbacks: the ``CallbackList``.
        loop: ``"train"``, ``"test"`` or ``"predict"``.
        steps_per_execution: as given to ``compile``.
    """
    if type(callbacks) is not keras_callbacks.CallbackList:
        return Watch(acts=True)
    found = {_interest(callback, loop) for callback in callbacks.callbacks}
    until_not_finite = "loss" in found
    return Watch(
        # Stock looks at losses between executions only, and so goes on to the end of one.
        acts="acts" in found or (until_not_finite and steps_per_execution > 1),
        each="each" in found or until_not_finite,
        bar="bar" in found,
        until_not_finite=until_not_finite,
    )


def agreed(watch):
    """The `Watch` that all processes go by, since all must run the same programs.

    A callback may be in one of them alone, such as one that writes a log. What one of them has to
    have, all do; a progress bar is each one's own.
    """
    if jax.process_count() == 1:
        return watch
    from jax.experimental import multihost_utils

    wishes = multihost_utils.process_allgather(np.array(dataclasses.astuple(watch)))
    return dataclasses.replace(Watch(*map(bool, wishes.any(axis=0))), bar=watch.bar)


def start_no_idle_threads(callbacks):
    """Have Keras start threads for telling callbacks of batches only if one wants to be told.

    Starting them takes as long as a hundred steps of a tiny network.

    Args:
        callbacks: the ``CallbackList``, before its loop begins.
    """
    if not any(_interest(each, loop) for each in callbacks.callbacks for loop in _HOOKS):
        callbacks._async_train = callbacks._async_test = callbacks._async_predict = False


def _interest(callback, loop):
    """What one callback does at batches: nothing (None), ``"bar"``, ``"each"``, ``"loss"``, or it
    ``"acts"``."""
    hooks = [getattr(callback, name, None) for name in _HOOKS[loop]]
    if all(is_default(hook) for hook in hooks):
        return None
    kind = type(callback)
    if kind is keras_callbacks.ProgbarLogger:
        return "bar" if callback.verbose == 1 or callback.target is None else None
    if kind in _SAVERS or kind.__name__ == _ORBAX:
        return None if callback.save_freq == "epoch" else "acts"
    if kind is keras_callbacks.TerminateOnNaN:
        return "loss"
    if kind is keras_callbacks.TensorBoard:
        takes_times = callback.write_steps_per_second or getattr(callback, "_should_trace", False)
        return "acts" if takes_times else "each"
    # Keras's own word for callbacks that may be told late.
    return "each" if getattr(callback, "async_safe", False) else "acts"


class Pace:
    """How many executions to take in the next call, so that a call lasts about as long as wanted.

    Attributes:
        seconds: that time. Python cannot answer Ctrl-C, nor the bar move, while a call lasts.
    """

    _LARGEST_GROWTH = 16

    def __init__(self):
        self.seconds = 1.0
        self._executions = 1
        self._seconds_each = None

    def aim_at(self, seconds):
        """Have calls last so long from now on."""
        self.seconds = seconds

    def executions(self):
        """Number of executions for the next call."""
        if self._seconds_each is None:
            return 1
        count = int(self.seconds / max(self._seconds_each, 1e-9))
        return max(1, min(count, self._LARGEST_GROWTH * self._executions))

    def took(self, executions, seconds):
        """Learn from a call that has ended."""
        # The first call compiles; what it says of the time is too much, which the next corrects.
        self._seconds_each = seconds / executions
        self._executions = executions


class SamePace(Pace):
    """The pace of several processes: calls are the same in all, so no clock may decide."""

    _EXECUTIONS = 64

    def __init__(self):
        super().__init__()
        # Nor how long it takes to collect batches.
        self.seconds = math.inf

    def aim_at(self, seconds):
        """Nothing: it stays as it is."""

    def executions(self):
        """Number of executions for the next call."""
        return self._EXECUTIONS
