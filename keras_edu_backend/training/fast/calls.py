"""An epoch's batches, divided into calls of the compiled loop.

Rows that lie on the device need only the numbers of the first and the last batch of a call. Batches
that come one after the other, from a generator, a data loader, or arrays too large for the device,
are collected into chunks first: never more than one chunk ahead of the computation, so that memory
stays bounded however much data there is.
"""

import dataclasses
import itertools
import time
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from keras_edu_backend.training.data import to_device
from keras_edu_backend.training.fast.host_memory import aligned, count_rows, form_of
from keras_edu_backend.training.fast.rows import Pass, room_for
from keras_edu_backend.training.fast.stacked import stacked_over_devices

# A chunk holds so many bytes at most, or one batch.
LARGEST_CHUNK = 32 * 2**20
MOST_BATCHES = 256


@dataclasses.dataclass
class Call:
    """What one call of the compiled loop takes.

    Attributes:
        begins: the epoch iterator's number of each execution's first batch.
        ends: likewise of its last batch.
        batches: the `rows.Pass` or the `Chunk` that the batches belong to.
        first: number of the first batch in there.
        stop: number of the one after the last.
        apart: batches that have to be taken one at a time instead, or None.
        error: what came instead of another batch, to be raised in its turn, or None.
    """

    begins: Sequence[int]
    ends: Sequence[int]
    batches: Any = None
    first: int = 0
    stop: int = 0
    apart: list | None = None
    error: BaseException | None = None


class Chunk:
    """Batches of one shape, one behind the other in arrays that have room for more.

    To the compiled loop it looks like rows in their own order. Chunks with the same room share a
    program; how many batches count is an argument of it.
    """

    order = None

    def __init__(self, batches, room):
        self.batch_size = _rows_of(batches[0])
        self.room = room
        self.data = self.abstract = jax.tree.map(self._joined, *batches)
        self.form = form_of(self.data)
        self.count = self.batch_size * self.room
        self.batches = self.room

    @property
    def rows(self):
        """The chunk itself: a `rows.Pass` has its `Rows` there."""
        # No attribute: an object that refers to itself keeps its arrays until Python's garbage
        # collector comes round, and a stream has many chunks.
        return self

    def one_by_one(self, count):
        """The first ``count`` batches, each for itself."""
        for start in range(0, count * self.batch_size, self.batch_size):
            yield jax.tree.map(lambda a, start=start: a[start : start + self.batch_size], self.data)

    def _joined(self, *parts):
        joined = aligned((self.batch_size * self.room, *parts[0].shape[1:]), parts[0].dtype)
        for number, part in enumerate(parts):
            joined[number * self.batch_size : (number + 1) * self.batch_size] = part
        # What the rest holds does not matter, but it must be numbers that harm nothing.
        joined[len(parts) * self.batch_size :] = 0
        return jax.device_put(joined)


class ChunkForm:
    """The form of a `Chunk` of batches like one, where there is no chunk yet."""

    def __init__(self, batch, room):
        self.batch_size = _rows_of(batch)
        count = self.batch_size * room
        self.abstract = jax.tree.map(
            lambda a: jax.ShapeDtypeStruct(
                (count, *a.shape[1:]), jax.dtypes.canonicalize_dtype(a.dtype)
            ),
            batch,
        )
        self.form = form_of(self.abstract)


class SpreadChunk(Chunk):
    """The same over the devices of a distribution (see `stacked`)."""

    def __init__(self, batches, room):
        self.parts = batches
        self.room = self.batches = room
        self.data = self.abstract = jax.tree.map(
            lambda *parts: stacked_over_devices(parts, room), *batches
        )
        # Of several processes each has read a part of the rows.
        self.count = count_rows(self.data)
        self.batch_size = self.count // room
        self.form = form_of(self.data)

    def one_by_one(self, count):
        """As for `Chunk`."""
        return map(to_device, self.parts[:count])


class SpreadForm:
    """The form of a `SpreadChunk` of batches like one."""

    def __init__(self, batch, room):
        one = jax.tree.map(lambda array: stacked_over_devices([array], 1), batch)
        self.abstract = jax.tree.map(
            lambda a: jax.ShapeDtypeStruct((room, *a.shape[1:]), a.dtype), one
        )
        self.batch_size = count_rows(one)
        self.form = form_of(self.abstract)


def calls_over_rows(epoch, pace, per_execution):
    """Calls on rows that lie on the device.

    Args:
        epoch: the epoch iterator, on a `Pass`.
        pace: the `watchers.Pace` that says how many executions a call should have.
        per_execution: batches of an execution.

    Yields:
        Each `Call`.
    """
    if epoch.rows.room:
        yield from _calls_over_rows_with_room(epoch.rows, pace, per_execution)
        return
    groups = _as_they_come if epoch.steps_per_epoch else _known_beforehand
    for begins, ends, batches in groups(epoch, pace, per_execution):
        first, stop = batches.take(len(begins) * per_execution)
        if first == stop:
            return
        yield Call(begins, ends, batches, first, stop)


def _calls_over_rows_with_room(rows, pace, per_execution):
    """The loop takes executions of full batches; what is left comes in steps of its own."""
    batches = Pass(rows)
    stop = rows.count // rows.batch_size // per_execution * per_execution
    first = 0
    while first < stop:
        first, then = batches.take(min(pace.executions() * per_execution, stop - first))
        begins = range(first, then, per_execution)
        ends = range(first + per_execution - 1, then + per_execution - 1, per_execution)
        yield Call(begins, ends, batches, first, then)
        first = then
    for begin in range(stop, rows.batches, per_execution):
        apart = list(itertools.islice(batches, per_execution))
        yield Call([begin], [begin + per_execution - 1], apart=apart)


def _known_beforehand(epoch, pace, per_execution):
    """The numbers of each call's executions, and the `Pass`; not counted one by one, since there
    may be thousands of them in a millisecond."""
    batches, count = Pass(epoch.rows), epoch.rows.batches
    begins = range(0, count, per_execution)
    ends = range(per_execution - 1, count + per_execution - 1, per_execution)
    start = 0
    while start < len(begins):
        stop = start + pace.executions()
        yield begins[start:stop], ends[start:stop], batches
        start = stop


def _as_they_come(epoch, pace, _):
    """The same, where an epoch may begin in the middle of a pass."""
    # An epoch iterator starts again whenever it is asked for an iterator; this does not.
    executions = (execution for execution in epoch)
    while group := list(itertools.islice(executions, pace.executions())):
        begins, ends, passes = zip(*group, strict=True)
        yield begins, ends, passes[0]


def calls_over_stream(executions, pace, per_execution, can_loop, looks=lambda: 0, spread=False):
    """Calls on batches that come one after the other.

    Args:
        executions: the epoch iterator.
        pace: as above; collecting ends when its time is over, however slowly batches come.
        per_execution: as above.
        can_loop: ``can_loop(form)`` says whether a loop is for chunks of such a `ChunkForm`.
        looks: how often this thread has looked at the model's variables. Batches that depend on
            them are collected no further than one execution ahead.
        spread: whether chunks go over the devices of a distribution.

    Yields:
        Each `Call`; one with ``apart`` for an execution whose batches do not fit into a chunk, or
        for which no loop is; one with ``error`` where a batch cannot be had.
    """
    kinds = (SpreadChunk, SpreadForm) if spread else (Chunk, ChunkForm)
    collected = _Collected(*kinds)
    error = None
    try:
        yield from _full_chunks(collected, executions, pace, per_execution, can_loop, looks)
    except GeneratorExit:
        raise
    except BaseException as raised:
        # One by one, the steps on the batches before would have been taken. So they still are.
        error = raised
    if collected.batches:
        yield collected.call()
    if error is not None:
        yield Call([], [], error=error)


def _full_chunks(collected, executions, pace, per_execution, can_loop, looks):
    """The calls until data end, or fail; ``collected`` then has what no call was made of."""
    usual = None
    with executions.catch_stop_iteration():
        seen = looks()
        for first, last, iterator in executions:
            batches = list(itertools.islice(iterator, per_execution))
            depends, seen = looks() != seen, looks()
            if usual is None and batches:
                usual, known = batches[0], executions.num_batches
                room = _room(usual, known and max(known, 2 * per_execution))
                if _fit(usual, usual) and not can_loop(collected.form(usual, room)):
                    room = 1
                collected.room = room
            fit = len(batches) == per_execution and all(_fit(one, usual) for one in batches)
            fit = fit and room >= 2 * per_execution
            if collected.batches and not (fit and len(collected.batches) + per_execution <= room):
                yield collected.call()
            if not batches:
                raise StopIteration  # data of unknown length ends here
            if not fit:
                yield Call([first], [last], apart=batches)
                collected.began = time.perf_counter()
                seen = looks()
                continue
            collected.add(first, last, batches)
            late = time.perf_counter() - collected.began > pace.seconds
            if late or depends or len(collected.begins) >= pace.executions():
                yield collected.call()
            seen = looks()


class _Collected:
    """Executions whose batches are to go into one chunk."""

    def __init__(self, chunk, form):
        self.chunk, self.form = chunk, form
        self.room = 1
        self._start_anew()

    def _start_anew(self):
        self.begins, self.ends, self.batches = [], [], []
        self.began = time.perf_counter()

    def add(self, first, last, batches):
        self.begins.append(first)
        self.ends.append(last)
        self.batches.extend(batches)

    def call(self):
        """The `Call` on what was collected; then collecting starts anew."""
        chunk = self.chunk(self.batches, self.room)
        call = Call(self.begins, self.ends, chunk, 0, len(self.batches))
        self._start_anew()
        return call


def _rows_of(batch):
    return jax.tree.leaves(batch)[0].shape[0]


def _room(batch, expected):
    """How many batches like this one a chunk has room for, if so many are expected (or None)."""
    size = sum(leaf.nbytes for leaf in jax.tree.leaves(batch))
    room = max(1, min(MOST_BATCHES, LARGEST_CHUNK // max(size, 1)))
    return room if expected is None else min(room, room_for(expected))


def _fit(batch, other):
    """Whether two batches can lie in one chunk."""
    if jax.tree.structure(batch) != jax.tree.structure(other):
        return False
    leaves = list(zip(jax.tree.leaves(batch), jax.tree.leaves(other), strict=True))
    return bool(leaves) and all(
        isinstance(a, np.ndarray)
        and a.ndim > 0
        and a.shape == b.shape
        and a.dtype == b.dtype
        and a.dtype != object
        and a.shape[0] == leaves[0][0].shape[0] > 0
        for a, b in leaves
    )
