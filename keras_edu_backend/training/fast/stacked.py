"""Batches over several devices, many of them in one call.

On one device the batches of a chunk lie one behind the other. Cut over devices along the rows, a
batch from the middle would lie on one of them. So here the batches lie in an array of shape (room,
batch, …), whose second axis is cut as the first of a batch is: to take batch number i moves nothing
between devices.
"""

import dataclasses
from typing import Any

import jax
import numpy as np
from jax import lax
from keras.src.distribution import distribution_lib

from keras_edu_backend.distribution_lib import distribute_data_input, to_jax_layout


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Stacked:
    """Rows in batches.

    Attributes:
        array: of shape (room, batch, …).
    """

    array: Any

    @property
    def shape(self):
        """That of all rows, one behind the other."""
        room, size, *rest = self.array.shape
        return room * size, *rest

    @property
    def dtype(self):
        """The array's."""
        return self.array.dtype

    def batch(self, i):
        """Batch number ``i``."""
        return lax.dynamic_index_in_dim(self.array, i, keepdims=False)


def stacked_over_devices(batches: list[np.ndarray], room: int) -> Stacked:
    """The batches, and zeros for the rest of the room, on the devices of the distribution.

    Args:
        batches: of one shape and dtype; of several processes, the rows that this one has read.
        room: how many batches there is space for.
    """
    distribution = distribution_lib.distribution()
    of_batch = to_jax_layout(distribution.get_data_layout(batches[0].shape))
    along = jax.sharding.PartitionSpec(None, *of_batch.spec)
    array = np.zeros((room, *batches[0].shape), batches[0].dtype)
    np.stack(batches, out=array[: len(batches)])
    layout = jax.sharding.NamedSharding(of_batch.mesh, along)
    return Stacked(distribute_data_input(array, layout, distribution.batch_dim_name))
