"""Arrays as data, for many batches to be taken from them at a time."""

import functools
import os

import jax
import numpy as np
from keras.src import tree
from keras.src.distribution import distribution_lib
from keras.src.trainers.data_adapters import array_slicing
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter
from keras.src.trainers.data_adapters.generator_data_adapter import GeneratorDataAdapter

from keras_edu_backend.training.data import JAXEpochIterator
from keras_edu_backend.training.fast.host_memory import (
    WORTH_LENDING,
    LentRows,
    aligned,
    form_of,
    lend,
)


class EpochData(JAXEpochIterator):
    """The epoch iterator, with what the fast way asks of it.

    Attributes:
        rows: the `Rows`, where the data are arrays to take many batches from at a time, or None.
        watch: the `watchers.Watch` of who looks at single batches, once that is known.
        spread: whether chunks of batches go over the devices of a distribution, not each batch.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = Rows.of(self.data_adapter)
        self.watch = None
        self.spread = False

    @property
    def can_come_in_chunks(self):
        """Whether batches may be collected, and are not known to have changing shapes."""
        arrays = type(self.data_adapter) is ArrayDataAdapter
        if self.distributed and arrays:
            # All processes collect as many: nobody's clock and nobody's data decide.
            return True
        # Elsewhere each batch is on its way to the device while the one before it is used.
        alone = jax.default_backend() == "cpu" and jax.process_count() == 1
        return self.rows is None and alone and not self._shapes_change

    @property
    def distributed(self):
        """Whether batches go over the devices of a distribution."""
        return distribution_lib.distribution() is not None

    @functools.cached_property
    def _shapes_change(self):
        if not isinstance(self.data_adapter, GeneratorDataAdapter):
            return False
        # Keras has taken two batches from a generator, to see what they are like.
        first = self.data_adapter._first_batches
        shapes = [[getattr(leaf, "shape", None) for leaf in tree.flatten(batch)] for batch in first]
        return any(other != shapes[0] for other in shapes)

    def _get_iterator(self):
        if self.spread:
            return self.data_adapter.get_jax_iterator()
        return super()._get_iterator() if self.rows is None else Pass(self.rows)


class Rows:
    """Arrays as data: what one batch after another is taken from.

    Args:
        arrays: a structure of NumPy arrays with the same number of rows.
        batch_size: rows of a batch; the last of a pass has what is left.
        shuffle: False; True for all rows in a new order in each pass; ``"batch"`` for a new order
            within each batch.
    """

    # Data beyond this share of the device's memory stays outside and goes there batch by batch.
    LARGEST_SHARE = 0.25
    # Bytes of data that a pass may copy: a small part of the time of the steps on them.
    LARGEST_COPY = 64 * 2**20
    # Batches that there is room for at least, unless they are that large.
    SMALLEST_ROOM = 64

    def __init__(self, arrays, batch_size, shuffle):
        self.arrays = arrays
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.room = None
        self.count = next(a for a in tree.flatten(arrays) if a is not None).shape[0]
        self.batches = -(-self.count // batch_size)

    @classmethod
    def of(cls, adapter):
        """The rows behind a data adapter of Keras, or None where it has others than plain arrays
        that the device has room for."""
        if type(adapter) is not ArrayDataAdapter or distribution_lib.distribution() is not None:
            return None
        everything = slice(0, adapter._num_samples)

        def whole(sliceable):
            return sliceable.convert_to_jax_compatible(sliceable[everything])

        arrays = array_slicing.convert_to_sliceable(adapter._inputs, target_backend="jax")
        arrays = tree.map_structure(whole, arrays, none_is_leaf=False)
        leaves = [leaf for leaf in tree.flatten(arrays) if leaf is not None]
        if not leaves or not all(map(_is_plain, leaves)) or adapter._num_samples == 0:
            return None
        if sum(leaf.nbytes for leaf in leaves) > cls.LARGEST_SHARE * _device_memory():
            return None
        return cls(arrays, adapter.batch_size, adapter._shuffle)

    @functools.cached_property
    def copied_soon(self):
        """Whether the data are so few that each pass may copy them."""
        return self._bytes <= self.LARGEST_COPY

    @functools.cached_property
    def _bytes(self):
        return sum(array.nbytes for array in tree.flatten(self.arrays) if array is not None)

    def with_room(self):
        """The same rows in longer arrays: data of other lengths can share the loop over these.

        Returns:
            `Rows` with the attribute ``room``: for so many full batches there is space.
        """
        rows = Rows(self.arrays, self.batch_size, self.shuffle)
        least = min(self.SMALLEST_ROOM, self.LARGEST_COPY * self.batches // max(self._bytes, 1))
        rows.room = room_for(max(self.count // self.batch_size, least))
        return rows

    @property
    def length(self):
        """The number of rows in the arrays that the device reads."""
        # The loop takes full batches only, but in an order that may have any of the rows in them.
        return (self.room + 1) * self.batch_size if self.room else self.count

    def read(self):
        """All the arrays, for the device to read in one pass."""
        if self.room:
            return tree.map_structure(self._lengthened, self.arrays, none_is_leaf=False)
        return tree.map_structure(self._read, self.arrays, none_is_leaf=False)

    def _lengthened(self, array):
        longer = aligned((self.length, *array.shape[1:]), array.dtype)
        # Nobody takes the rows after these.
        longer[: self.count] = array
        return jax.device_put(longer)

    def _read(self, array):
        # In each pass anew: somebody may change the array between two.
        if array.nbytes < WORTH_LENDING:
            # The call of the loop takes NumPy's array in a third of the time of `device_put`.
            return array.copy()
        lent = self._lent.get(id(array))
        if lent is None:
            lent = self._lent[id(array)] = lend(array)
        elif isinstance(lent, LentRows):
            lent = lent.with_head_of(array)
        return lent

    @functools.cached_property
    def _lent(self):
        """The large arrays on the device, by the identity of those they were made of."""
        return {}

    @functools.cached_property
    def abstract(self):
        """Shapes and dtypes of what `read` gives."""

        def of(array):
            shape = (self.length, *array.shape[1:])
            return jax.ShapeDtypeStruct(shape, jax.dtypes.canonicalize_dtype(array.dtype))

        return tree.map_structure(of, self.arrays, none_is_leaf=False)

    @functools.cached_property
    def form(self):
        """The form of the arrays, with all their rows."""
        return form_of(self.abstract)

    def new_order(self):
        """The order of the rows in a pass, drawn as Keras draws it; None for their own."""
        if not self.shuffle:
            return None
        if self.shuffle == "batch":
            starts = range(0, self.count, self.batch_size)
            order = [
                start + np.random.permutation(min(self.batch_size, self.count - start))
                for start in starts
            ]
            return np.concatenate(order).astype("int32")
        return np.random.permutation(self.count).astype("int32")


class Pass:
    """One pass over rows, batch by batch or many batches at a time."""

    def __init__(self, rows):
        self.rows = rows
        self._next = 0

    @functools.cached_property
    def order(self):
        """The order of the rows, drawn when the first batch is asked for."""
        order = self.rows.new_order()
        if order is None or not self.rows.room:
            return order
        longer = np.zeros(self.rows.length, order.dtype)
        longer[: len(order)] = order
        return longer

    @functools.cached_property
    def data(self):
        """The arrays, for the device to read."""
        return self.rows.read()

    def __iter__(self):
        return self

    def __next__(self):
        rows = self.rows
        if self._next == rows.batches:
            raise StopIteration
        start = self._next * rows.batch_size
        chosen = slice(start, min(start + rows.batch_size, rows.count))
        if self.order is not None:
            chosen = self.order[chosen]
        self._next += 1
        return tree.map_structure(lambda array: array[chosen], rows.arrays, none_is_leaf=False)

    def take(self, count):
        """The numbers of the next batch and of the one after the next ``count``."""
        first = self._next
        self._next = min(first + count, self.rows.batches)
        return first, self._next


def room_for(batches):
    """A round number of batches, for so many to be in arrays that are for others as well."""
    # A power of two, so that epochs of many lengths share a few programs.
    return 1 << max(batches - 1, 0).bit_length()


def _is_plain(leaf):
    """Whether a leaf is a NumPy array of numbers that JAX takes as it is."""
    return (
        type(leaf) is np.ndarray and leaf.ndim > 0 and jax.dtypes.issubdtype(leaf.dtype, np.number)
    )


@functools.cache
def _device_memory():
    """Bytes of memory of the device, or of the machine where the device does not say."""
    try:
        statistics = jax.local_devices()[0].memory_stats()
    except jax.errors.JaxRuntimeError:
        statistics = None
    if statistics and "bytes_limit" in statistics:
        return statistics["bytes_limit"]
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30
