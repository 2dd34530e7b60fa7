"""Differences between stock Keras backends whose cause was found. They stay differences.

A known difference is not a wider tolerance. It names a cause, bounds what the cause can do, and
names a *remedy* that takes the cause away. The engine checks the bound, runs the subject once more
with the remedy, and looks whether the difference is gone. Only then is it reported as known.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from keras_edu_backend.compare.measure import distance
from keras_edu_backend.compare.training import first_weights, traces_of
from keras_edu_backend.compare.verdict import Results, Values, ulp_limit

CLIP = 1e-7  # keras.config.epsilon(): cross-entropy clips probabilities to [CLIP, 1 − CLIP]


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What a bound may look at: both sides' results of one experiment.

    Attributes:
        quantity: what differs.
        dtype: the precision in which it does.
        left: the star's results: mapping of quantity to mapping of dtype to values. Where several
            causes act on the quantity, those other than the bound's own are removed from it.
        right: the other side's.
        exact: each side's values of the quantity in ``dtype`` with all the causes removed; empty:
            the same as above.
    """

    quantity: str
    dtype: str
    left: Mapping[str, Results]
    right: Mapping[str, Results]
    exact: Sequence[Values] = ()

    def values(self) -> tuple[Values, Values]:
        """The values of the quantity on both sides."""
        return self.left[self.quantity][self.dtype], self.right[self.quantity][self.dtype]


@dataclasses.dataclass(frozen=True)
class KnownDifference:
    """One difference and its cause.

    Attributes:
        backends: the Keras backends that depart from the others.
        dtypes: the precisions in which they do.
        quantities: what departs.
        remedy: name of a function in `remedies`: what takes the cause away.
        bound: function from `Evidence` to a text that says what was checked; empty if the
            difference is more than the cause can make.
        explanation: what happens, in words for the reader of a report.
    """

    backends: tuple[str, ...]
    dtypes: tuple[str, ...]
    quantities: tuple[str, ...]
    remedy: str
    bound: Callable[[Evidence], str]
    explanation: str


def first_update_of_adam(evidence: Evidence) -> str:
    """The first update is at most 6.8e-6 of the largest weight too small.

    Adam's step is α = learning_rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ). With both β rounded to float32, 0.9
    becomes 0.89999998 and 0.999 becomes 0.99900001, and the first step is smaller by the factor
    √((1 − 0.99900001287) / 0.001) · 0.1 / (1 − 0.89999997616) = 1 − 6.67e-6. A weight that begins
    at zero, as biases do, is off by all of it.

    Args:
        evidence: of a training run.

    Returns:
        What was checked, or empty.
    """
    start = first_weights(traces_of(*evidence.values(), evidence.dtype, ("left", "right")))
    return "after the first update weights are at most 6.8e-6 apart" if start <= 6.8e-6 else ""


def rounding_of_float32(evidence: Evidence) -> str:
    """The difference is no larger than calculating in float32 makes it.

    How large that is at a place, say where units are saturated, is measured: it is what a side's
    float32 result is away from its float64 one, the causes removed from it where they could be.

    Args:
        evidence: of anything; of a training run the first loss is looked at.

    Returns:
        What was checked, or empty.
    """

    def looked_at(values):
        return {"losses": values["losses"][:1]} if evidence.quantity == "training" else values

    star, other = map(looked_at, evidence.values())
    sides = [
        {
            "float32": looked_at(side[evidence.quantity].get("float32", values)),
            "float64": looked_at(exact),
        }
        for side, values, exact in zip(
            (evidence.left, evidence.right),
            evidence.values(),
            evidence.exact or evidence.values(),
            strict=True,
        )
    ]
    for place in star:
        left, right = (np.asarray(side[place], np.float32) for side in (star, other))
        # Where a tanh saturates, for instance, only the exact values show how far off float32 is.
        limit = max(ulp_limit(side, place) for side in sides)
        if distance(left, right, "float32").max_ulp > limit:
            return ""
    return "the difference is no more than rounding in float32 makes"


def only_other_probabilities(evidence: Evidence) -> str:
    """What differs has probabilities outside [1e-7, 1 − 1e-7], or scores that do not sum to 1.

    Of gradients that is asked of each point by itself; of a training run, whose batches have no
    outputs in the evidence, that some point has such outputs.

    Args:
        evidence: of gradients or of a training run.

    Returns:
        What was checked, or empty.
    """
    outputs = evidence.left.get("outputs", {}).get(evidence.dtype, {})
    if evidence.quantity == "training":
        found = any(map(_logits_matter, outputs.values()))
        return "probabilities are clipped, or scores do not sum to 1" if found else ""
    limits = {"float32": 1e-5, "float64": 1e-12}
    left, right = evidence.values()
    for place, values in left.items():
        apart = distance(values, right[place], evidence.dtype)
        point = place.partition(": ")[0]
        possible = any(
            _logits_matter(scores)
            for output, scores in outputs.items()
            if output.startswith(f"{point}: call")
        )
        if not possible and apart.max_rel > limits[evidence.dtype]:
            return ""
    return "gradients differ only where probabilities are clipped or scores do not sum to 1"


def _logits_matter(scores):
    """Whether cross-entropy can tell these scores from the logits that they were made of."""
    clipped = scores.min() < CLIP or scores.max() > 1 - CLIP
    # One column is a probability by itself.
    return clipped or (scores.shape[-1] > 1 and np.abs(scores.sum(-1) - 1).max() > 1e-5)


KNOWN_DIFFERENCES = (
    KnownDifference(
        backends=("tensorflow",),
        dtypes=("float64",),
        quantities=("training", "updates"),
        remedy="float64_hyperparameters",
        bound=first_update_of_adam,
        explanation=(
            "Keras optimizers cast hyperparameters such as Adam's beta_1 with "
            "ops.cast(number, 'float64'). On TensorFlow tf.cast turns a Python float into float32 "
            "first, so float64 training uses 0.8999999762 for 0.9 and 0.9990000129 for 0.999, and "
            "Adam's first update is 6.67e-6 too small."
        ),
    ),
    KnownDifference(
        backends=("tensorflow",),
        dtypes=("float32", "float64"),
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
        backends=("edu", "jax"),
        dtypes=("float64",),
        quantities=("outputs", "activations", "gradients", "training"),
        remedy="float64_promotion",
        bound=rounding_of_float32,
        explanation=(
            "Keras's type promotion (keras.backend.result_type) turns float64 into float32. On JAX "
            "few operations ask it for the precision to calculate in, but keras.ops.tanh and "
            "keras.ops.mean do, and with mean the losses MSE, MAE, Huber and binary cross-entropy: "
            "a float64 model calculates these steps in float32 (tanh hands on float32), here as in "
            "stock Keras."
        ),
    ),
    KnownDifference(
        backends=("torch", "numpy"),
        dtypes=("float64",),
        quantities=("outputs", "activations", "gradients", "training", "updates"),
        remedy="float64_promotion",
        bound=rounding_of_float32,
        explanation=(
            "Keras's type promotion (keras.backend.result_type) turns float64 into float32 on "
            "every backend but TensorFlow. JAX's operations do not ask it; PyTorch's and NumPy's "
            "do, so that a float64 model calculates in float32 there."
        ),
    ),
)


def known_of(backend: str, dtype: str, quantity: str) -> tuple[KnownDifference, ...]:
    """The known differences of a backend from the others.

    Args:
        backend: Keras backend, such as ``"tensorflow"``.
        dtype: ``"float32"`` or ``"float64"``.
        quantity: one of `experiment.QUANTITIES`.

    Returns:
        A tuple of `KnownDifference`, each with another cause.
    """
    return tuple(
        known
        for known in KNOWN_DIFFERENCES
        if backend in known.backends and dtype in known.dtypes and quantity in known.quantities
    )
