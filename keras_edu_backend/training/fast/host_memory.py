"""Data that a CPU reads where it lies in NumPy's memory.

JAX on a CPU uses the memory of a NumPy array as it is, if it begins at a multiple of 64 bytes;
otherwise it copies the array. Large arrays come from NumPy 16 bytes after such a place: a data set
would be in memory twice. `lend` hands such an array over from its first well-placed number on, and
`aligned` makes arrays that need no such care.
"""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from keras_edu_backend.training.fast.stacked import Stacked

ALIGNMENT = 64  # bytes; XLA's, for arrays on a CPU

# Below this many bytes, a copy costs less than the care.
WORTH_LENDING = 4 * 2**20


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class LentRows:
    """An array's rows: its numbers from one place on, one after the other, and the rows before.

    Attributes:
        numbers: array of shape (rows · n − skipped,) with n numbers a row: all of the array but
            the first ``skipped``.
        head: array with the first rows, those that ``numbers`` lacks a part of.
        shape: the whole array's.
        skipped: int.
    """

    numbers: Any
    head: Any
    shape: tuple[int, ...] = dataclasses.field(metadata={"static": True})
    skipped: int = dataclasses.field(metadata={"static": True})

    @property
    def dtype(self):
        """The dtype of the array, as JAX has it."""
        return self.head.dtype

    def with_head_of(self, array):
        """The same, with the first rows as they are now in the array that this was made of."""
        head = jax.device_put(array[: len(self.head)].copy())
        return dataclasses.replace(self, head=head)

    def take(self, chosen):
        """The rows with the numbers ``chosen``, an array of shape (k,); of shape (k, …)."""
        in_head = (chosen < len(self.head)).reshape(-1, *[1] * (len(self.shape) - 1))

        def mostly():
            # A row of the head would begin before the numbers do: "clip" finds another.
            size = math.prod(self.shape[1:])
            rows = lax.gather(
                self.numbers,
                (chosen * size - self.skipped)[:, None],
                lax.GatherDimensionNumbers((1,), (), (0,)),
                slice_sizes=(size,),
                mode="clip",
            )
            return rows.reshape(len(chosen), *self.shape[1:])

        def with_some_of_head():
            return jnp.where(in_head, self.head.at[chosen].get(mode="clip"), mostly())

        # Not only is the head seldom wanted. A branch's result is an array in memory, as a batch
        # is that comes as an argument; otherwise XLA would merge the choice with the formulas that
        # use the rows, which may then round differently.
        return lax.cond(in_head.any(), with_some_of_head, mostly)


def lend(array: np.ndarray) -> Any:
    """An array for JAX to read, not copied where that is worth some care.

    Args:
        array: with one row or more.

    Returns:
        A JAX array, or `LentRows`.
    """
    skipped, between = divmod(-array.ctypes.data % ALIGNMENT, array.itemsize)
    if (
        jax.default_backend() != "cpu"
        or array.nbytes < WORTH_LENDING
        or skipped == 0
        or between
        or not array.flags.c_contiguous
        or array.dtype != jax.dtypes.canonicalize_dtype(array.dtype)
        or array.size > np.iinfo(np.int32).max
        or array.size - skipped < math.prod(array.shape[1:])
    ):
        return jax.device_put(array)
    rows_in_head = -(-skipped // math.prod(array.shape[1:]))
    return LentRows(
        numbers=jax.device_put(array.reshape(-1)[skipped:]),
        head=jax.device_put(array[:rows_in_head].copy()),
        shape=array.shape,
        skipped=skipped,
    )


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An array with any numbers in it, whose memory JAX can use as it is."""
    dtype = np.dtype(dtype)
    bytes_ = np.empty(math.prod(shape) * dtype.itemsize + ALIGNMENT, np.uint8)
    start = -bytes_.ctypes.data % ALIGNMENT
    return bytes_[start : bytes_.size - ALIGNMENT + start].view(dtype).reshape(shape)


def each_array(function: Any, data: Any) -> Any:
    """``function`` of each array in a structure; one that is lent or stacked counts as one."""
    return jax.tree.map(function, data, is_leaf=lambda each: isinstance(each, LentRows | Stacked))


def count_rows(data: Any) -> int:
    """The number of rows that all arrays of a structure have."""
    return jax.tree.leaves(each_array(lambda array: array.shape[0], data))[0]


def form_of(data: Any) -> tuple:
    """The structure of arrays, their shapes and dtypes: data of one form can share a program."""
    arrays, structure = jax.tree.flatten(data)
    return structure, tuple([(array.shape, array.dtype) for array in arrays])
