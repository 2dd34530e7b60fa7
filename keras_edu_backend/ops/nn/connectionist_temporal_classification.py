"""Connectionist temporal classification (CTC): a loss for labels without times.

A network says at every frame of a sequence how likely each class is; one class is the blank. An
alignment gives each frame a class, and reads as the labels that are left when runs of one class
are written once and the blanks dropped: ``a a - b - b b`` reads as ``a b b``. The probability of a
sequence of labels is the sum over all alignments that read as it.

Source: Graves et al. 2006, "Connectionist Temporal Classification".
"""

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import operation, result_type
from keras_edu_backend.ops.nn.distributions import log_softmax
from keras_edu_backend.ops.nn.encodings import one_hot

__all__ = ["ctc_loss"]

# Stands for log 0. Finite, so that the slope stays a number where no alignment fits the frames.
_LOG_ZERO = -1e5


@operation(static=("mask_index",))
def ctc_loss(target, output, target_length, output_length, mask_index=0):
    """-log Σ p(alignment) over the alignments of ``output`` that read as ``target``.

    Summed frame by frame. After each, for the first n labels of the target, there are two log
    probabilities: of having read them and being at the blank after them (n = 0 … labels), and of
    being at label n itself (n = 1 … labels). Frames past the end of a sequence change neither.

    Args:
        target: the labels, whole numbers of shape (batch, labels); not the blank.
        output: logits, shape (batch, frames, classes).
        target_length: how many labels of each row count, shape (batch,).
        output_length: how many frames of each row count, shape (batch,).
        mask_index: the class that is the blank.
    Returns:
        One loss for each row, of float32 at least. Around 1e5, for want of infinity, where there
        are too few frames for the labels.
    Source: ``keras.ops.ctc_loss``.
    """
    target = target.astype("int32")
    output = output.astype(result_type(output.dtype, "float32"))
    (rows, frames, classes), labels = output.shape, target.shape[1]

    log_p = log_softmax(output)
    log_p_blank = log_p[:, :, mask_index, None]
    which = one_hot(target, classes, dtype=log_p.dtype)
    log_p_label = jnp.einsum("btk,bnk->btn", log_p, which)
    counts = jnp.arange(frames) < jnp.expand_dims(output_length, 1)
    # Between two equal labels the blank is compulsory, or they would read as one.
    repeated = jnp.pad(target[:, :-1] == target[:, 1:], ((0, 0), (0, 1))).astype("float32")

    def join(at_blank, at_label):
        """Add ways to be at blank n that come from label n; none lead to the blank before all."""
        return jnp.concatenate([at_blank[:, :1], jnp.logaddexp(at_blank[:, 1:], at_label)], axis=1)

    def next_frame(state, frame):
        at_blank, at_label = state
        p_blank, p_label, count = frame
        # Where the next label is another, it may follow this one without a blank: as good as there.
        ready = join(at_blank, at_label + _LOG_ZERO * repeated)
        to_label = jnp.logaddexp(ready[:, :-1] + p_label, at_label + p_label)
        to_blank = join(ready + p_blank, at_label + p_blank + _LOG_ZERO * (1.0 - repeated))
        count = count[:, None]
        return (jnp.where(count, to_blank, at_blank), jnp.where(count, to_label, at_label)), None

    start = (
        jnp.full((rows, labels + 1), _LOG_ZERO, output.dtype).at[:, 0].set(0.0),
        jnp.full((rows, labels), _LOG_ZERO, output.dtype),
    )
    by_frame = [jnp.moveaxis(one, 1, 0) for one in (log_p_blank, log_p_label, counts)]
    (at_blank, at_label), _ = jax.lax.scan(next_frame, start, by_frame)

    # An alignment may end at the last label or at the blank after it.
    read = join(at_blank, at_label)
    last = jnp.clip(target_length.astype("int32"), 0, labels)
    return -jnp.take_along_axis(read, last[:, None], axis=1)[:, 0]
