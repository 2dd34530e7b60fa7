"""Reading labels from what a network trained with the CTC loss says at each frame."""

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import operation, result_type
from keras_edu_backend.ops.nn.distributions import log_softmax

__all__ = ["ctc_decode"]

# What fills a path up after its last label.
_END = -1


@operation(static=("strategy", "beam_width", "top_paths", "merge_repeated", "mask_index"))
def ctc_decode(
    inputs,
    sequence_lengths,
    strategy="greedy",
    beam_width=100,
    top_paths=1,
    merge_repeated=True,
    mask_index=0,
):
    """The likely labels of each sequence: the most likely alignment's, or the most likely labels.

    Args:
        inputs: logits, shape (batch, frames, classes).
        sequence_lengths: how many frames of each row count, shape (batch,).
        strategy: ``"greedy"`` reads the alignment of the best class at each frame;
            ``"beam_search"`` adds up the alignments that read the same.
        beam_width: how many paths the beam search keeps from frame to frame.
        top_paths: how many paths the beam search returns, ``beam_width`` at most.
        merge_repeated: whether greedy reading writes runs of one class once.
        mask_index: the class that is the blank; None for the last.
    Returns:
        The paths, whole numbers of shape (paths, batch, frames) filled up with -1, and their
        scores. Greedy: one path; minus the sum of its logits, shape (batch, 1). Beam search:
        ``top_paths`` paths, the best first; their log probabilities, shape (batch, top_paths).
    Raises:
        ValueError: an unknown strategy, or more paths than the beam holds.
    Source: ``keras.ops.ctc_decode``.
    """
    inputs = inputs.astype(result_type(inputs.dtype, "float32"))
    blank = inputs.shape[-1] - 1 if mask_index is None else mask_index
    if strategy == "greedy":
        return _greedy(inputs, sequence_lengths, merge_repeated, blank)
    if strategy == "beam_search":
        if top_paths > beam_width:
            raise ValueError(
                f"ctc_decode: top_paths, {top_paths}, is more than beam_width, {beam_width}"
            )
        return _beam_search(inputs, sequence_lengths, beam_width, top_paths, blank)
    raise ValueError(
        f"ctc_decode: Invalid strategy {strategy!r}, expected 'greedy' or 'beam_search'"
    )


def _greedy(logits, lengths, merge_repeated, blank):
    within = jnp.arange(logits.shape[1]) < lengths[:, None]
    best = jnp.where(within, jnp.argmax(logits, axis=-1), blank)
    score = -jnp.sum(jnp.where(within, jnp.max(logits, axis=-1), 0.0), axis=1, keepdims=True)

    dropped = best == blank
    if merge_repeated:
        dropped = dropped.at[:, 1:].set(dropped[:, 1:] | (best[:, 1:] == best[:, :-1]))
    # Sorting by what is dropped moves the labels to the front; a stable sort keeps their order.
    front = jnp.argsort(dropped, axis=1, stable=True)
    return jnp.take_along_axis(jnp.where(dropped, _END, best), front, axis=1)[None], score


def _beam_search(logits, lengths, beam_width, top_paths, blank):
    """Prefix beam search: the paths read so far that are the most likely, frame by frame.

    For each path there are two log probabilities, of the alignments that read as it and end in a
    blank, and of those that end in its last label: the same label once more makes the path longer
    in the first case and leaves it as it is in the second.
    """
    frames, classes = logits.shape[1:]

    def one_row(log_p, length):
        def next_frame(state, frame):
            log_p_now, time = frame
            read = _keep_best(*_go_on(*state, log_p_now, blank), beam_width, classes)
            # The first frame always counts, as in Keras.
            counts = (time < length) | (time == 0)
            return jax.tree.map(lambda new, old: jnp.where(counts, new, old), read, state), None

        # Before the first frame: the empty path, for certain, and room for others.
        paths = jnp.full((beam_width, frames), _END, "int32")
        never = jnp.full(beam_width, -jnp.inf, log_p.dtype)
        start = (paths, never.at[0].set(0.0), never)
        (paths, to_blank, to_label), _ = jax.lax.scan(
            next_frame, start, (log_p, jnp.arange(frames))
        )
        scores = jnp.logaddexp(to_blank, to_label)[:top_paths]
        return jnp.where(scores[:, None] > -jnp.inf, paths[:top_paths], _END), scores

    paths, scores = jax.vmap(one_row)(log_softmax(logits), lengths)
    return jnp.swapaxes(paths, 0, 1), scores


def _go_on(paths, at_blank, at_label, log_p, blank):
    """All that the paths can have become one frame later, with the two log probabilities of each.

    From (beams, frames) paths, (beams + beams · classes, frames): those that stay as they are, then
    those that grow by each class.
    """
    beams, frames = paths.shape
    classes = jnp.arange(len(log_p))
    beam = jnp.arange(beams)
    total = jnp.logaddexp(at_blank, at_label)
    size = jnp.sum(paths != _END, axis=1)
    last = paths[beam, size - 1]

    stay_at_blank = total + log_p[blank]
    stay_at_label = at_label + log_p[last]
    grow = jnp.where(classes == last[:, None], at_blank[:, None], total[:, None]) + log_p
    grow = grow.at[:, blank].set(-jnp.inf)

    # A path may grow into another one of the beam: that one then takes its probability over.
    shorter = paths.at[beam, size - 1].set(_END)
    becomes = jnp.all(paths[:, None] == shorter, axis=2) & (size[:, None] + 1 == size)
    becomes = becomes & (total > -jnp.inf)
    taken = jnp.where(becomes, grow[:, last], -jnp.inf)
    stay_at_label = jnp.logaddexp(stay_at_label, jnp.max(taken, axis=0))
    grow = grow.at[:, last].min(jnp.where(becomes, -jnp.inf, jnp.inf))

    at_end = jnp.arange(frames) == size[:, None, None]
    grown = jnp.where(at_end, classes[:, None].astype(paths.dtype), paths[:, None])
    never = jnp.full(grow.size, -jnp.inf, log_p.dtype)
    return (
        jnp.concatenate([paths, grown.reshape(-1, frames)]),
        jnp.concatenate([stay_at_blank, never]),
        jnp.concatenate([stay_at_label, grow.ravel()]),
    )


def _keep_best(paths, at_blank, at_label, count, classes):
    """The most likely paths. Among equals those whose first difference is the lower class come
    first, and the longer before the shorter, as TensorFlow has it."""
    total = jnp.logaddexp(at_blank, at_label)
    columns = jnp.where(paths == _END, classes, paths).T
    places = jnp.arange(len(total))
    *_, order = jax.lax.sort([-total, *columns, places], num_keys=1 + len(columns))
    best = order[:count]
    return paths[best], at_blank[best], at_label[best]
