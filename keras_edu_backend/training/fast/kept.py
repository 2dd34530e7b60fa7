"""What is kept of the outputs of the steps in one call: `LAST`, `EACH` or `JOINED`.

Chosen once for an epoch. `places` and `add` are for the program, the others for who calls it.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

# No index here counts from the end; to ask whether it does would be a kernel more in each turn.
_update = functools.partial(lax.dynamic_update_slice_in_dim, axis=0, allow_negative_indices=False)


class Last:
    """The last step's outputs: those of a step sum up those before it.

    Attributes:
        follows_from_state: whether the state after the last step may say them.
    """

    follows_from_state = True

    def places(self, forms, counts):
        """The form of what is kept, or None where the outputs do not fit together.

        Args:
            forms: the form of a step's outputs on a full batch, and of those on the partial one,
                as far as there are such.
            counts: how many batches there are of each.
        """
        return _formed(lambda shapes: shapes[0], forms) if _same_form(forms) else None

    def add(self, kept, outputs, i, is_partial):
        """What is kept after the outputs of step number ``i``, on the partial batch or a full."""
        return jax.tree.map(lambda old, new: new.astype(old.dtype), kept, outputs)

    def begin(self, places, before):
        """What to give to a call, after what the one before it gave (or None)."""
        return None

    def fetch(self, outputs):
        """The outputs of a call, when it has ended."""
        return jax.tree.map(np.asarray, outputs)

    def hand_on(self, outputs, call, in_chunks):
        """A list of what is known of the epoch's outputs after a call; not before they are whole.

        Args:
            outputs: what was kept.
            call: the `calls.Call`.
            in_chunks: whether each call has places of its own.
        """
        return [outputs]


class Each(Last):
    """Each step's outputs, stacked."""

    follows_from_state = False

    def places(self, forms, counts):
        """As for `Last`."""
        if not _same_form(forms):
            return None
        return _formed(lambda shapes: (sum(counts), *shapes[0]), forms)

    def add(self, kept, outputs, i, is_partial):
        """As for `Last`."""
        return jax.tree.map(lambda places, one: _update(places, one[None], i), kept, outputs)


class Joined(Last):
    """Each step's outputs, joined along the batch axis. Calls on the same rows fill the same
    places."""

    follows_from_state = False

    def places(self, forms, counts):
        """As for `Last`."""
        if any(a.ndim == 0 for a in jax.tree.leaves(forms)) or not _same_form(forms, cut=1):
            return None

        def shape(shapes):
            rows = sum(n * shape[0] for n, shape in zip(counts, shapes, strict=True))
            return rows, *shapes[0][1:]

        return _formed(shape, forms)

    def add(self, kept, outputs, i, is_partial):
        """As for `Last`."""

        def join(places, one):
            # The partial batch may have fewer rows; it comes last and ends where the places end.
            start = places.shape[0] - one.shape[0] if is_partial else i * one.shape[0]
            return _update(places, one, start)

        return jax.tree.map(join, kept, outputs)

    def begin(self, places, before):
        """As for `Last`."""
        return zeros(places) if before is None else before

    def fetch(self, outputs):
        """As for `Last`; the next call goes on with them, so they stay on the device."""
        return jax.block_until_ready(outputs)

    def hand_on(self, outputs, call, in_chunks):
        """As for `Last`."""
        if in_chunks:
            count, room = call.stop, call.batches.room
            return [jax.tree.map(lambda a: np.asarray(a)[: a.shape[0] * count // room], outputs)]
        return [outputs] if call.stop == call.batches.rows.batches else []


LAST, EACH, JOINED = Last(), Each(), Joined()


def zeros(forms):
    """Arrays of zeros of the given forms, in each of their places."""
    leaves, structure = jax.tree.flatten(forms)
    return jax.tree.unflatten(structure, _zeros(tuple(leaves)))


@functools.partial(jax.jit, static_argnums=0)
def _zeros(forms):
    # Compiled, since `jnp.zeros` by itself takes as long as some fifty steps of a small network.
    return [jnp.zeros(form.shape, form.dtype) for form in forms]


def _formed(shape, forms):
    """The forms as one, in each place with the shape that ``shape`` makes of theirs."""
    return jax.tree.map(
        lambda *each: jax.ShapeDtypeStruct(shape([one.shape for one in each]), each[0].dtype),
        *forms,
    )


def _same_form(forms, cut=0):
    return all(same_form(forms[0], form, cut) for form in forms[1:])


def same_form(left, right, cut=0):
    """Whether two structures of arrays agree in structure, dtypes and shapes from axis ``cut``."""
    if jax.tree.structure(left) != jax.tree.structure(right):
        return False
    pairs = zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    return all(a.shape[cut:] == b.shape[cut:] and a.dtype == b.dtype for a, b in pairs)
