"""From numbers to a verdict, for parameter counts, outputs and gradients.

No verdict rests on one tolerance. The same experiment runs in float32 and in float64: a difference
that vanishes in float64 came from rounding, one that stays is real. (Training runs have their own
rules, in `training`.)
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from keras_edu_backend.compare.measure import Distance, distance, largest

# What one side found: an array for each place; and that for each dtype.
Values = Mapping[str, np.ndarray]
Results = Mapping[str, Values]

EQUAL, ROUNDING, DISTRIBUTED, AMPLIFIED, DIFFERENT, UNSUPPORTED = VERDICTS = (
    "equal",
    "rounding",
    "distributed",
    "amplified",
    "different",
    "unsupported",
)

# Two compilations of one formula by one library may group a sum or fuse a product differently, and
# no more than that: it costs a unit or two in the last place of the largest element.
ULP_LIMIT = 4

# 1e-12 is some 4,500 roundings of float64 (ε = 2.2e-16): room for a few layers with sums of up to
# 784 terms. A wrong formula, or one float32 number on the way (ε = 1.2e-7), is far above it.
FLOAT64_LIMIT = 1e-12

# Between libraries, kernels add in different orders. This limit was set after the fact: a bias's
# gradient in 2-4-2-1, a sum of terms of both signs, was 14 ULP apart on XLA and TensorFlow (3 and
# 17 off their own float64 results), which agree in float64. It is 1e-6 to 2e-6 of the largest.
ULP_LIMIT_BETWEEN_LIBRARIES = 16

# An ill-conditioned place (saturated units, say) magnifies that. How much is measured, not guessed:
# the star's float32 result is off from its own float64 result by its rounding error at this very
# place, and another library's rounding error may be a few times that.
OWN_ERROR_FACTOR = 4

# In float64 the same place loses as many digits, and its roundings are 2^29 times smaller. But one
# float32 result is a single sample, and where it lost all its digits its error says only that there
# were no more to lose. XLA's tanh, for one, is off by 0.6 ULP on average in float32, but by 5 at
# worst in float64, and TensorFlow's by 6 (20,000 numbers from 5 to 12): 17 times as much between
# the two. Twice that is allowed. (16 was tried first: tanh in 2-4-2-1 differed by 3.1e-8 on XLA and
# TensorFlow where 16 allows 3.0e-8, by 1.6e-8 on XLA and PyTorch.)
OWN_ERROR_IN_FLOAT64 = 32 / 2**29


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What became of one quantity in one precision.

    Attributes:
        verdict: one of `VERDICTS`.
        max_abs: largest absolute difference (see `measure.Distance`); None if not compared.
        max_rel: largest relative difference.
        max_ulp: largest difference in ULP.
        where: the place that decides the verdict; empty if nothing differs.
        note: what a reader should know besides.
    """

    verdict: str
    max_abs: float | None = None
    max_rel: float | None = None
    max_ulp: float | None = None
    where: str = ""
    note: str = ""


def unsupported(note: str) -> Judgement:
    """The `Judgement` for what was not compared, and why."""
    return Judgement(UNSUPPORTED, note=note)


def judge_parameters(
    left: Mapping[str, int],
    right: Mapping[str, int],
    expected: Mapping[str, int],
    names: Sequence[str],
) -> Judgement:
    """Compare parameter counts with each other and with the counts the model must have.

    Args:
        left: mapping of layer name to count.
        right: the same from the other side.
        expected: the counts that the case states.
        names: what to call the two sides.

    Returns:
        A `Judgement`.
    """
    for name, counts in zip(names, (left, right), strict=True):
        wrong = [layer for layer in expected if counts.get(layer) != expected[layer]]
        wrong += [layer for layer in counts if layer not in expected]
        if wrong:
            layer = wrong[0]
            note = f"{name} has {counts.get(layer, 'no')} parameters, {expected.get(layer, 'none')}"
            apart = max(abs(left.get(key, 0) - right.get(key, 0)) for key in {*left, *right})
            return Judgement(DIFFERENT, float(apart), where=layer, note=f"{note} expected")
    return Judgement(EQUAL, 0.0, 0.0, 0.0)


def judge_values(
    left: Results, right: Results, names: Sequence[str], strict: bool
) -> dict[str, Judgement]:
    """Compare arrays place by place, in both precisions.

    Args:
        left: mapping of dtype to the star's mapping of place to array; a dtype may be missing.
        right: the same from the other side.
        names: what to call the two sides.
        strict: whether both sides are one library, so that `ULP_LIMIT` is all the float32 results
            may differ by.

    Returns:
        Mapping of dtype to `Judgement`, for each dtype that both sides have.
    """
    found: dict[str, Judgement] = {}
    for dtype in ("float64", "float32"):
        if dtype in left and dtype in right:
            confirmed = found.get("float64") if dtype == "float32" else None
            found[dtype] = _judge(left, right, names, strict, dtype, confirmed)
    return found


def agrees(judgement: Judgement | None) -> bool:
    """Whether a judgement says that both sides compute the same function."""
    return judgement is not None and judgement.verdict not in (DIFFERENT, UNSUPPORTED)


def combine(
    verdicts: Sequence[str], distances: Sequence[Distance], places: Sequence[str], note: str = ""
) -> Judgement:
    """One `Judgement` from those of all places: the worst verdict, the largest numbers.

    Args:
        verdicts: one of `VERDICTS` for each place.
        distances: the `measure.Distance` of each place.
        places: their names.
        note: what a reader should know besides.

    Returns:
        A `Judgement` whose ``where`` is the place with the worst verdict and, among those, the
        largest relative difference.
    """
    rows = list(zip(verdicts, distances, places, strict=True))
    if not rows:
        return Judgement(EQUAL, 0.0, 0.0, 0.0)

    def badness(row):
        verdict, apart, _ = row
        return VERDICTS.index(verdict), apart.max_rel

    verdict, worst, where = max(rows, key=badness)

    return Judgement(
        verdict,
        max(apart.max_abs for apart in distances),
        max(apart.max_rel for apart in distances),
        max(apart.max_ulp for apart in distances),
        where=where if worst else "",
        note="; ".join(filter(None, (worst.problem, note))),
    )


def one_sided(left: Values, right: Values, names: Sequence[str]) -> Judgement | None:
    """A `Judgement` if there are places that only one side has, else None."""
    for name, more, other in ((names[0], left, right), (names[1], right, left)):
        for place in more:
            if place not in other:
                return Judgement(DIFFERENT, where=place, note=f"only {name} has it")
    return None


def _float64_limit(sides, place):
    """How much float64 results of two libraries may differ, relative to the largest magnitude.

    1 - tanh(z)² at z = 10 is 8e-9, where both numbers are of size 1: a rounding of the tanh by
    1e-16 is 1e-8 of the result. In float32 nothing is left of it, on one side or both.
    """
    lost = 0.0
    for side in sides:
        values, exact = (side.get(dtype, {}).get(place) for dtype in ("float32", "float64"))
        if values is not None and exact is not None and values.shape == exact.shape:
            own_error = distance(values, exact.astype("float32"), "float32")
            lost = max(lost, 0.0 if own_error.problem else own_error.max_abs)
    scale = largest(*(side["float64"][place] for side in sides))
    return max(FLOAT64_LIMIT, OWN_ERROR_IN_FLOAT64 * lost / scale if scale else 0.0)


def ulp_limit(star: Results, place: str) -> float:
    """How many ULP another library may be off at a place (see `OWN_ERROR_FACTOR`).

    Args:
        star: mapping of dtype to the star's mapping of place to array.
        place: the place.

    Returns:
        Number of ULP, at least `ULP_LIMIT_BETWEEN_LIBRARIES`.
    """
    values, exact = (star.get(dtype, {}).get(place) for dtype in ("float32", "float64"))
    if values is None or exact is None or values.shape != exact.shape:
        return ULP_LIMIT_BETWEEN_LIBRARIES
    own_error = distance(values, exact.astype("float32"), "float32")
    if own_error.problem:
        # NaN or infinity in float32 alone is no measure of rounding.
        return ULP_LIMIT_BETWEEN_LIBRARIES
    return max(ULP_LIMIT_BETWEEN_LIBRARIES, OWN_ERROR_FACTOR * own_error.max_ulp)


def _judge(left, right, names, strict, dtype, confirmed):
    only = one_sided(left[dtype], right[dtype], names)
    if only:
        return only
    places = list(left[dtype])
    distances = [distance(left[dtype][p], right[dtype][p], dtype, names) for p in places]
    note = ""
    if dtype == "float64":
        sides = (left, right)
        limits = [FLOAT64_LIMIT if strict else _float64_limit(sides, place) for place in places]
        verdicts = [
            _float64_verdict(apart, limit) for apart, limit in zip(distances, limits, strict=True)
        ]
    else:
        limits = [ULP_LIMIT if strict else ulp_limit(left, place) for place in places]
        verdicts = [
            _float32_verdict(apart, limit, confirmed)
            for apart, limit in zip(distances, limits, strict=True)
        ]
        note = _why_not_rounding(verdicts, distances, limits, confirmed)
    return combine(verdicts, distances, places, note)


def _float64_verdict(apart, limit):
    if not apart:
        return EQUAL
    return DIFFERENT if apart.max_rel > limit else ROUNDING


def _float32_verdict(apart, limit, confirmed):
    if not apart:
        return EQUAL
    if apart.max_ulp > limit or not agrees(confirmed):
        return DIFFERENT
    return ROUNDING


def _why_not_rounding(verdicts, distances, limits, confirmed):
    if DIFFERENT not in verdicts:
        return ""
    if confirmed is None:
        return "no float64 result tells rounding from error"
    if not agrees(confirmed):
        return f"stays in float64, at {confirmed.where}"
    beyond = [
        limit
        for verdict, apart, limit in zip(verdicts, distances, limits, strict=True)
        if verdict == DIFFERENT and not apart.problem
    ]
    return f"float64 agrees, but more than {min(beyond):.3g} ULP in float32" if beyond else ""
