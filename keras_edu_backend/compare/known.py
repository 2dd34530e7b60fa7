"""Differences between stock Keras backends whose cause was found. They stay differences.

A known difference is not a wider tolerance. It names a cause, says where the cause can act, and
names a *remedy* that takes the cause away. The engine checks where it acted, runs the subject once
more with the remedy, and looks whether the difference is gone. Only then is it reported as known.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable

import numpy as np

from keras_edu_backend.compare.experiment import DTYPES
from keras_edu_backend.compare.verdict import (
    DIFFERENT,
    Floors,
    Results,
    judge_place,
    measure_apart,
)

CLIP = 1e-7  # keras.config.epsilon(): cross-entropy clips probabilities to [CLIP, 1 − CLIP]


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What a bound may look at.

    Attributes:
        quantity: what differs.
        dtype: the precision in which it does.
        left: the star's values of it, by dtype.
        right: the other side's.
        floors: of these values, by dtype.
        outputs: the star's outputs, by dtype.
    """

    quantity: str
    dtype: str
    left: Results
    right: Results
    floors: Floors
    outputs: Results


@dataclasses.dataclass(frozen=True)
class KnownDifference:
    """One difference and its cause.

    Attributes:
        backends: the Keras backends that depart from the others.
        quantities: what departs.
        remedy: name of a function in `remedies`: what takes the cause away.
        bound: function from `Evidence` to a text that says what was checked; empty if the
            difference is more than the cause can make.
        explanation: what happens, in words for the reader of a report.
        weight: end of the name of a weight without which the cause cannot act.
    """

    backends: tuple[str, ...]
    quantities: tuple[str, ...]
    remedy: str
    bound: Callable[[Evidence], str]
    explanation: str
    weight: str = ""


def only_other_probabilities(evidence: Evidence) -> str:
    """What differs has probabilities outside [1e-7, 1 − 1e-7], or scores that do not sum to 1.

    Of gradients that is asked of each point by itself; of a training run, whose batches have no
    outputs in the evidence, that some point has such outputs.

    Args:
        evidence: of gradients or of a training run.

    Returns:
        What was checked, or empty.
    """
    dtype = evidence.dtype
    outputs = evidence.outputs.get(dtype, {})
    if evidence.quantity == "training":
        found = any(map(_logits_matter, outputs.values()))
        return "probabilities are clipped, or scores do not sum to 1" if found else ""
    for place in _different(evidence):
        point = place.partition(": ")[0]
        possible = any(
            _logits_matter(scores)
            for output, scores in outputs.items()
            if output.startswith(f"{point}: call")
        )
        if not possible:
            return ""
    return "gradients differ only where probabilities are clipped or scores do not sum to 1"


def _different(evidence, start=""):
    """The places, of those whose name begins so, that are different by the rules of `verdict`."""
    left, right = (
        {dtype: {p: a for p, a in places.items() if p.startswith(start)} for dtype, places in of}
        for of in (evidence.left.items(), evidence.right.items())
    )
    both = {dtype: places for dtype, places in left.items() if dtype in right}
    measured = measure_apart(both, right, evidence.floors, ("left", "right"))
    (other,) = set(DTYPES) - {evidence.dtype}
    return [
        place
        for place, here in measured[evidence.dtype].items()
        if judge_place(evidence.dtype, here, measured.get(other))[0] == DIFFERENT
    ]


def _logits_matter(scores):
    """Whether cross-entropy can tell these scores from the logits that they were made of."""
    clipped = scores.min() < CLIP or scores.max() > 1 - CLIP
    if scores.shape[-1] == 1:  # one column is a probability by itself
        return clipped
    # A softmax's sum is off by its own roundings, one for each class.
    rounding = scores.shape[-1] * np.finfo(scores.dtype).eps
    return clipped or np.abs(scores.sum(-1) - 1).max() > rounding


def first_embeddings(evidence: Evidence) -> str:
    """A table of an Embedding is among what departs first in a run.

    Other weights may depart with it: `global_clipnorm` scales all gradients by one norm. Whether
    they depart for that reason, the run with the remedy tells.

    Args:
        evidence: of a training run.

    Returns:
        What was checked, or empty.
    """
    snapshots = re.findall(r"^step (\d+), ", "\n".join(evidence.left[evidence.dtype]), re.M)
    for step in sorted(set(map(int, snapshots))):
        departing = _different(evidence, f"step {step}, ")
        if departing:
            tables = [place for place in departing if place.endswith("/embeddings")]
            what = (
                "only tables of Embeddings do" if tables == departing else "such a table does, too"
            )
            return f"after step {step}, the first that differs, {what}" if tables else ""
    return ""


def only_normalized_kernels(evidence: Evidence) -> str:
    """Of gradients, those of kernels alone differ. A training run may differ in all that follows.

    Args:
        evidence: of gradients or of a training run of a model that has a SpectralNormalization.

    Returns:
        What was checked, or empty.
    """
    if evidence.quantity == "training":
        return "the model has a SpectralNormalization"
    only = all(place.endswith(("/kernel", "/embeddings")) for place in _different(evidence))
    return "of the gradients only those of kernels differ" if only else ""


def _only_pooling(evidence):
    """No weight or output says whether a model pools: the run with the remedy alone decides."""
    return "pooling alone was done in another way"


KNOWN_DIFFERENCES = (
    KnownDifference(
        backends=("tensorflow",),
        quantities=("gradients", "training"),
        remedy="cross_entropy_of_probabilities",
        bound=only_other_probabilities,
        explanation=(
            "On TensorFlow, Keras takes cross-entropy from the logits that its softmax or sigmoid "
            "left on the tensor. The other backends take it from the probabilities, clipped to "
            "[1e-7, 1 - 1e-7], whose gradient is 0 outside: a wrong and certain prediction is "
            "corrected on TensorFlow only. And where sigmoids score the classes, their logits are "
            "taken for those of a softmax: TensorFlow then minimises another loss than the "
            "backends that divide the scores by their sum."
        ),
    ),
    KnownDifference(
        backends=("tensorflow",),
        quantities=("training",),
        remedy="gradients_added_up",
        bound=first_embeddings,
        explanation=(
            "On TensorFlow the gradient of an Embedding is a list of rows, one for each word of "
            "the batch. Keras squares the rows, or takes their absolute value, before it adds up "
            "those of the same word, so optimizers with such moments (Adam and most others) move "
            "a repeated word further than on the other backends, and norms that gradients are "
            "clipped by are too small."
        ),
        weight="/embeddings",
    ),
    KnownDifference(
        backends=("tensorflow", "torch"),
        quantities=("gradients", "training"),
        remedy="kernels_normalized_in_passing",
        bound=only_normalized_kernels,
        explanation=(
            "In training, SpectralNormalization assigns the normalized kernel to the variable. On "
            "TensorFlow and PyTorch the kernel is overwritten, and its gradient does not go "
            "through the division by σ. On JAX the layer computes with the normalized kernel and "
            "differentiates the division, but the step of training keeps no value that was "
            "assigned to a trainable variable: the kernel itself stays as large as it is, also "
            "when the trained model is called."
        ),
        weight="/vector_u",
    ),
    KnownDifference(
        backends=("tensorflow",),
        quantities=("gradients", "training"),
        remedy="slope_to_the_first_maximum",
        bound=_only_pooling,
        explanation=(
            "Where several numbers of a window are its maximum, MaxPooling3D on TensorFlow gives "
            "each of them the whole slope, unless XLA compiles it; on the other backends, and in "
            "one and two dimensions, the first one has it."
        ),
    ),
    KnownDifference(
        backends=("torch",),
        quantities=("outputs", "gradients", "training"),
        remedy="averages_without_padding",
        bound=_only_pooling,
        explanation=(
            'On PyTorch, average pooling with padding "same" repeats the last number of an input '
            "that needs more padding behind than before, and counts it in the mean of the last "
            "window. The other backends leave padding out of the mean."
        ),
    ),
)


def known_of(
    backend: str, quantity: str, weights: Iterable[str] | None = None
) -> tuple[KnownDifference, ...]:
    """The known differences of a backend from the others.

    Args:
        backend: Keras backend, such as ``"tensorflow"``.
        quantity: one of `experiment.QUANTITIES`.
        weights: names of the model's weights, where they are known.

    Returns:
        A tuple of `KnownDifference`, each with another cause.
    """
    names = None if weights is None else tuple(weights)
    return tuple(
        known
        for known in KNOWN_DIFFERENCES
        if backend in known.backends and quantity in known.quantities
        if names is None or any(name.endswith(known.weight) for name in names)
    )
