"""Many steps in one compiled call: the same numbers sooner. The README beside this tells how."""

from keras_edu_backend.training.fast.epoch_loop import choose
from keras_edu_backend.training.fast.many_steps import ManySteps
from keras_edu_backend.training.fast.rows import EpochData
from keras_edu_backend.training.fast.watchers import start_no_idle_threads

__all__ = ["EpochData", "ManySteps", "choose", "start_no_idle_threads"]
