"""As many steps as may be in one compiled call.

Between two steps of a small network, Python takes longer than the steps: arguments are checked,
batches cut, results unpacked. Here the loop over batches is part of the compiled program, and
Python is asked once for many steps. The numbers are those of one step at a time, since the loop's
body is that step and the batches are the same.
"""

import functools

import jax
import jax.numpy as jnp
from jax import lax

from keras_edu_backend.jax_versions import INLINE
from keras_edu_backend.startup import collector_waits
from keras_edu_backend.training.compiled import Steps, debugging
from keras_edu_backend.training.fast.host_memory import LentRows, count_rows, each_array
from keras_edu_backend.training.fast.kept import LAST, same_form, zeros
from keras_edu_backend.training.fast.slow_in_loops import slow_in_a_loop
from keras_edu_backend.training.fast.stacked import Stacked
from keras_edu_backend.training.fast.watchers import Pace, SamePace
from keras_edu_backend.training.state import with_changes

# So many numbers of rows have a loop of their own in each function of a model; later ones share
# loops over chunks.
_MOST_SIZES = 4
# The same where arrays may have room for more rows at little cost: later ones share loops over such
# arrays, which leave the partial batch out, so that a new length costs one program, as it does step
# by step.
_MOST_SIZES_BEFORE_ROOM = 1
# It has so many loops at most, and takes data of yet other forms step by step.
_MOST_LOOPS = 16

# No index here counts from the end; to ask whether it does would be a kernel more in each turn.
_slice = functools.partial(lax.dynamic_slice_in_dim, allow_negative_indices=False)


class ManySteps(Steps):
    """A step of training, testing or predicting, and loops over it.

    The arguments are those of `Steps`.

    Attributes:
        pace: the `watchers.Pace` of the loops.
        takes_streams_apart: whether most batches of a stream did not fit into its chunks, as where
            each has another length: then chunks are not worth their programs.
    """

    def __init__(self, step, parts, compiled, shardings, per_execution, join, sum_up=None):
        super().__init__(step, parts, compiled, shardings, per_execution, join, sum_up)
        self.pace = Pace() if jax.process_count() == 1 else SamePace()
        self._known_places = {}
        self._forms_of_rows = set()
        self.takes_streams_apart = False
        self._compiled_whole = compiled
        # Under a name of its own, the step is traced once for each shape of batches, however many
        # programs it becomes a part of. It must be a function of its own, too: JAX takes equal
        # bound methods for the same, and would go on with the trace from before a model was
        # compiled anew.
        self._traced = jax.jit(self._step_to_changes, inline=INLINE)
        static = ("batch_size", "keep", "while_finite")
        self._program = jax.jit(
            self._loop,
            donate_argnums=(*self._written_over, 2),
            static_argnames=static,
            out_shardings=None if shardings is None else (None, shardings),
        )
        if compiled:
            self._step = _with_collector_waiting(self._step)

    def is_one_size_too_many(self, rows, room):
        """Whether a loop over these rows would be one more than there should be.

        Args:
            rows: the `rows.Rows`.
            room: whether they may have room for more instead.
        """
        known = self._forms_of_rows
        most = _MOST_SIZES_BEFORE_ROOM if room else _MOST_SIZES
        return len(known) >= most and (rows.batch_size, rows.form) not in known

    def will_loop_over(self, rows):
        """Note that there is to be a loop over rows like these."""
        if not rows.room:
            self._forms_of_rows.add((rows.batch_size, rows.form))

    @property
    def may_loop(self):
        """Whether steps may go into a loop. With JAX's switches for debugging they go one by one,
        so that an error names its op and comes before another step is taken."""
        return self._compiled_whole and not debugging()

    def places(self, state, rows, keep):
        """The form of what a loop keeps of its outputs, or None where a loop cannot do the steps.

        It cannot where the state changes its form from step to step (a metric that turns float32
        into float64, say), or where the outputs of the full and the partial batch do not fit; and
        it should not where XLA would compute the steps more slowly in a loop (`slow_in_loops`).

        Args:
            state: the values that the steps start from.
            rows: the `rows.Rows`, or chunk, that batches are taken from.
            keep: what to keep, `kept.LAST` or another.
        """
        if not self.may_loop:
            return None
        # The same for every epoch of a `fit`, unless a callback changes which variables there are.
        of_state = tuple([a.aval for part in state for a in part])
        question = (keep, rows.batch_size, rows.form, tuple(map(len, state)), of_state)
        if question not in self._known_places:
            if len(self._known_places) >= _MOST_LOOPS:
                return None
            with collector_waits():
                found = self._places(state, rows.abstract, rows.batch_size, keep)
            self._known_places[question] = found
        return self._known_places[question]

    def _traces(self, state, data, batch_size):
        """The step traced for the full and for the partial batch, as far as there are such."""
        full, rest = divmod(count_rows(data), batch_size)
        for size in [batch_size] * bool(full) + [rest] * bool(rest):
            batch = each_array(
                lambda a, size=size: jax.ShapeDtypeStruct((size, *a.shape[1:]), a.dtype), data
            )
            yield self._traced.trace(state, batch)

    def _places(self, state, data, batch_size, keep):
        forms = []
        for traced in self._traces(state, data, batch_size):
            outputs, changed = traced.out_info
            if not same_form(state, with_changes(state, changed)):
                return None
            if slow_in_a_loop(traced.jaxpr.jaxpr):
                return None
            forms.append(outputs)
        full, rest = divmod(count_rows(data), batch_size)
        return keep.places(forms, [full] * bool(full) + [1] * bool(rest))

    def loop(self, state, kept, batches, first, stop, keep=LAST, while_finite=False):
        """Steps on the batches with the numbers ``first`` to ``stop - 1``, in one call.

        Args:
            state: the values of the model's variables.
            kept: what ``keep.begin`` gave.
            batches: the `rows.Pass` that the batches belong to.
            first: int, the number of the first batch.
            stop: int, the number of the one after the last.
            keep: as for `places`.
            while_finite: end after the first step with a ``"loss"`` that is not finite.
        Returns:
            ``(kept, reached), state``, with the number of the batch after the last one taken.
        """
        with collector_waits():  # the first call compiles
            outputs, changed = self._program(
                *self._apart(state),
                kept,
                batches.data,
                batches.order,
                first,
                stop,
                batch_size=batches.rows.batch_size,
                keep=keep,
                while_finite=while_finite,
            )
        return outputs, self._after(state, changed)

    def _loop(
        self, weights, metrics, kept, data, order, first, stop, *, batch_size, keep, while_finite
    ):
        """The program: a loop over the full batches, then the partial one, if it is wanted."""
        state = weights + metrics
        full, rest = divmod(count_rows(data), batch_size)
        only_state = keep.follows_from_state and self._sum_up is not None
        if only_state:
            kept = {}
        elif kept is None:
            kept = zeros(self._places(state, data, batch_size, keep))

        def step(carry, size):
            i, _, moving, kept = carry
            batch = _batch(data, order, i, batch_size, size)
            outputs, changed = self._traced(with_changes(state, moving), batch)
            moving = jax.tree.map(_as_before, moving, with_changes(moving, changed))
            finite = jnp.isfinite(outputs["loss"]).all() if while_finite else True
            if not only_state:
                kept = keep.add(kept, outputs, i, is_partial=size != batch_size)
            return i + 1, jnp.asarray(finite), moving, kept

        moving = state if self._trains else self._moving(state, data, batch_size)
        carry = (jnp.int32(first), jnp.asarray(True), moving, kept)
        if full:
            carry = lax.while_loop(
                lambda carry: (carry[0] < jnp.minimum(stop, full)) & carry[1],
                lambda carry: step(carry, batch_size),
                carry,
            )
        if rest:
            carry = lax.cond(
                (carry[0] < stop) & carry[1],
                lambda carry: step(carry, rest),
                lambda carry: carry,
                carry,
            )
        reached, _, moving, kept = carry
        if only_state:
            # Once at the end is enough.
            kept = self._sum_up(with_changes(state, moving))
        return (kept, reached), moving

    def _moving(self, state, data, batch_size):
        """The values of the state that steps change, with None for the others."""
        moving = tuple([None] * len(part) for part in state)
        for traced in self._traces(state, data, batch_size):
            _, changed = traced.out_info
            moving = with_changes(moving, changed)
        return tuple(
            [None if new is None else value for value, new in zip(*parts, strict=True)]
            for parts in zip(state, moving, strict=True)
        )


def _with_collector_waiting(step):
    """A compiled step, whose first call for a form of batches traces it."""

    def waiting(state, batch):
        with collector_waits():
            return step(state, batch)

    return waiting


def _as_before(old, new):
    """A value's new state, of the old one's type: the next call is to find the program it needs.

    A step may leave a Python number's weak type on a value. A variable made of a Python number has
    it from the start, and keeps it.
    """
    return new if new.weak_type == old.weak_type else new.astype(old.dtype)


def _batch(data, order, i, batch_size, size):
    """Batch number ``i`` of the data, of ``size`` rows, in their order."""
    start = i * batch_size

    def rows(array):
        if isinstance(array, Stacked):
            return array.batch(i)
        if order is None and not isinstance(array, LentRows):
            return _slice(array, start, size)
        chosen = start + jnp.arange(size)
        if order is not None:
            chosen = _slice(order, start, size)
        if isinstance(array, LentRows):
            return array.take(chosen)
        # The order is a permutation of the rows: no need to check on the device that they exist.
        return array.at[chosen].get(mode="promise_in_bounds", wrap_negative_indices=False)

    return each_array(rows, data)
