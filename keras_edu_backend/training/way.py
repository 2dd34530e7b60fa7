"""Which way the steps are taken: the only place that knows of the folder ``fast``.

The folder may be deleted. Then steps go one by one, with the same numbers. ``JAXEpochIterator`` is
Keras's name for the data of a run of epochs.
"""

try:
    from keras_edu_backend.training.fast import EpochData as JAXEpochIterator
    from keras_edu_backend.training.fast import ManySteps as Steps
    from keras_edu_backend.training.fast import choose, start_no_idle_threads
except ModuleNotFoundError as missing:
    if missing.name != "keras_edu_backend.training.fast":
        raise
    from keras_edu_backend.training.compiled import Steps  # type: ignore[assignment]
    from keras_edu_backend.training.data import JAXEpochIterator
    from keras_edu_backend.training.one_by_one import (
        leave_as_they_are as start_no_idle_threads,
    )
    from keras_edu_backend.training.one_by_one import take_one_by_one as choose

__all__ = ["JAXEpochIterator", "Steps", "choose", "start_no_idle_threads"]
