"""From what the user gave ``fit`` to batches on the device."""

import functools

import jax
from keras.src import tree
from keras.src.distribution import distribution_lib
from keras.src.trainers.epoch_iterator import EpochIterator

from keras_edu_backend.distribution_lib import distribute_data_input


class JAXEpochIterator(EpochIterator):
    """Yields, for each execution of a step, its numbers and an iterator over batches of arrays.

    Attributes:
        passes: how often somebody will go through the data, as far as that is known.
    """

    def __init__(self, *args, passes=1, **kwargs):
        super().__init__(*args, **kwargs)
        self.passes = passes

    def refuse_no_data(self, caller):
        """Raise a ``ValueError`` where it is known from the start that there is no batch."""
        if self._num_batches == 0:
            raise ValueError(f"{caller}: the data is empty. Expected at least one sample.")

    def __next__(self):
        return next(self._epoch_iterator)

    def _get_iterator(self):
        batches = self.data_adapter.get_jax_iterator()
        if distribution_lib.distribution() is not None:
            return map(_spread_over_devices(), batches)
        if jax.default_backend() == "cpu":
            return batches
        return _one_ahead(map(to_device, batches))


def to_device(batch):
    """A batch with each of its arrays on the device, or on the devices of the distribution."""
    if distribution_lib.distribution() is not None:
        return _spread_over_devices()(batch)
    return tree.map_structure(jax.device_put, batch)


def _spread_over_devices():
    """A function that puts batches where the distribution wants them.

    The layout of the first batch serves for the others: they have the same structure.
    """
    distribution = distribution_lib.distribution()
    put = functools.partial(distribute_data_input, batch_dim_name=distribution.batch_dim_name)
    layouts = None

    def layout_of(array):
        return None if array is None else distribution.get_data_layout(array.shape)

    def spread(batch):
        nonlocal layouts
        if layouts is None:
            layouts = tree.map_structure(layout_of, batch)
        return tree.map_structure(
            lambda array, layout: None if array is None else put(array, layout), batch, layouts
        )

    return spread


def _one_ahead(batches):
    """The same batches, each asked for while the one before it is still in use.

    Asking for a batch starts its transfer, which then overlaps with the computation.
    """
    batches = iter(batches)
    for current in batches:
        while True:
            try:
                following = next(batches)
            except StopIteration:
                break
            except BaseException:
                yield current  # what came before the error is trained on
                raise
            yield current
            current = following
        yield current
