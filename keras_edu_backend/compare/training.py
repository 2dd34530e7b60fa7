"""From two training runs to a verdict: rounding, its amplification, or a real difference.

Training feeds every rounding error back into the next step, and optimizers that divide by the
gradient's size turn the rounding of a tiny gradient into a visible step. Two correct runs therefore
drift apart, slowly at first, then by a factor from step to step. What tells such a drift from a
defect: in float64, where rounding is 5e8 times smaller, the runs agree, or part no sooner than
rounding lets them and without a jump. So float64 decides, and float32 only has to begin alike:
there, one tiny gradient that is rounded to zero on one side is enough for RMSprop or Adam to take a
whole step on the other.
"""

import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from keras_edu_backend.compare.measure import Distance, distance, largest
from keras_edu_backend.compare.verdict import (
    AMPLIFIED,
    DIFFERENT,
    EQUAL,
    FLOAT64_LIMIT,
    ROUNDING,
    ULP_LIMIT,
    Judgement,
    Results,
    Values,
    agrees,
    one_sided,
    ulp_limit,
)

# Losses of one library in float32 over a few epochs of training.
LOSS_LIMIT = 1e-5

# A loss that has fallen below this part of the run's largest is compared on that scale: a loss of
# nearly zero is the small remainder of rounded numbers of size 1.
LOSS_FLOOR = 0.01

# How many times more than ever before in the run two float64 runs may differ at once. Runs of
# correct backends have stayed below 2e-14 where they were measured (784-512-10, Adam, 160 steps,
# JAX and TensorFlow), so a drift beyond 1e-12 takes many steps to build up. A defect that sets in
# later than the first step jumps from rounding to its own size.
JUMP = 100


@dataclasses.dataclass(frozen=True)
class Trace:
    """One number of the run on both sides, and when it was taken.

    Attributes:
        step: after how many updates.
        place: what it is, such as ``"step 4, dense/kernel"``.
        apart: the `measure.Distance`.
    """

    step: int
    place: str
    apart: Distance


def judge_training(
    left: Results, right: Results, names: Sequence[str], strict: bool
) -> dict[str, Judgement]:
    """Compare two training runs in both precisions.

    Args:
        left: mapping of dtype to the star's run, as `adapter.Adapter.training` returns it.
        right: the same from the other side.
        names: what to call the two sides.
        strict: whether both sides are one library.

    Returns:
        Mapping of dtype to `verdict.Judgement`, for each dtype that both sides have.
    """
    found = {}
    if "float64" in left and "float64" in right:
        found["float64"] = judge_float64(left["float64"], right["float64"], names)
    if "float32" in left and "float32" in right:
        limit = ULP_LIMIT if strict else max(ULP_LIMIT, first_loss_limit(left))
        found["float32"] = judge_float32(
            left["float32"], right["float32"], names, strict, limit, found.get("float64")
        )
    return found


def judge_float64(left: Values, right: Values, names: Sequence[str]) -> Judgement:
    """Compare two float64 runs.

    Args:
        left: the star's run.
        right: the other.
        names: what to call the two sides.

    Returns:
        A `verdict.Judgement`.
    """
    only = one_sided(left, right, names)
    if only:
        return only
    traces = traces_of(left, right, "float64", names)
    broken = next((trace for trace in traces if trace.apart.problem), None)
    if broken:
        return _judgement(DIFFERENT, traces, broken.place, broken.apart.problem)
    if not any(trace.apart for trace in traces):
        return _judgement(EQUAL, traces)
    worst = max(traces, key=lambda trace: trace.apart.max_rel)
    if worst.apart.max_rel <= FLOAT64_LIMIT:
        return _judgement(ROUNDING, traces, worst.place)
    jump = first_jump(traces, FLOAT64_LIMIT)
    if jump:
        note = f"not rounding: {jump.apart.max_rel:.2g} relative, at once"
        return _judgement(DIFFERENT, traces, jump.place, note)
    start = next(trace for trace in traces if trace.apart.max_rel > FLOAT64_LIMIT)
    return _judgement(AMPLIFIED, traces, start.place, _growth(start, worst))


def judge_float32(
    left: Values,
    right: Values,
    names: Sequence[str],
    strict: bool,
    first_loss_ulp: float,
    confirmed: Judgement | None,
) -> Judgement:
    """Compare two float32 runs, knowing what became of them in float64.

    Args:
        left: the star's run.
        right: the other.
        names: what to call the two sides.
        strict: whether both sides are one library, so that losses must agree within `LOSS_LIMIT`.
        first_loss_ulp: how many ULP the loss may differ by before the first update.
        confirmed: the `verdict.Judgement` in float64; None if there is none.

    Returns:
        A `verdict.Judgement`.
    """
    only = one_sided(left, right, names)
    if only:
        return only
    traces = traces_of(left, right, "float32", names)
    broken = next((trace for trace in traces if trace.apart.problem), None)
    if broken:
        return _judgement(DIFFERENT, traces, broken.place, broken.apart.problem)
    apart = [trace for trace in traces if trace.apart]
    if not apart:
        return _judgement(EQUAL, traces)
    start = next((trace for trace in apart if trace.apart.max_ulp > ULP_LIMIT), apart[0])
    worst = max(traces, key=lambda trace: trace.apart.max_rel)
    if not agrees(confirmed):
        note = f"stays in float64, at {confirmed.where}" if confirmed else "no float64 result"
        return _judgement(DIFFERENT, traces, start.place, note)
    first = traces[0]
    if first.apart.max_ulp > first_loss_ulp:
        note = f"more than {first_loss_ulp:.3g} ULP before the first update"
        return _judgement(DIFFERENT, traces, first.place, note)
    if strict:
        far = [t for t in traces if _is_loss(t) and t.apart.max_rel > LOSS_LIMIT]
        if far:
            note = f"loss {far[0].apart.max_rel:.2g} apart, more than {LOSS_LIMIT:g}"
            return _judgement(DIFFERENT, traces, far[0].place, note)
    if start.apart.max_ulp <= ULP_LIMIT:
        return _judgement(ROUNDING, traces, worst.place)
    return _judgement(AMPLIFIED, traces, start.place, _growth(start, worst))


def traces_of(left: Values, right: Values, dtype: str, names: Sequence[str]) -> list[Trace]:
    """Every loss and weight of two runs, in the order of time.

    Args:
        left: the star's run.
        right: the other, with the same places.
        dtype: precision of both.
        names: what to call the two sides.

    Returns:
        List of `Trace`: the loss before the first update first. What `fit` did comes last.
    """
    traces = []
    for place in left:
        step = _step(place)
        if place.endswith("losses"):
            traces += _loss_traces(left[place], right[place], place, dtype, names)
        else:
            traces.append(Trace(step, place, distance(left[place], right[place], dtype, names)))
    # A loss after an update comes from the weights after it: they are where it starts.
    return sorted(traces, key=lambda trace: (trace.step, _is_loss(trace)))


def first_jump(traces: Sequence[Trace], level: float) -> Trace | None:
    """The first trace that is beyond rounding without having grown there, or None.

    Args:
        traces: in the order of time.
        level: relative difference that is rounding.

    Returns:
        A `Trace` more than `JUMP` times what any trace up to the step before it came to, or None.
    """
    reached = level
    for step in sorted({trace.step for trace in traces}):
        now = [trace for trace in traces if trace.step == step]
        jump = next((trace for trace in now if trace.apart.max_rel > JUMP * reached), None)
        if jump:
            return jump
        reached = max(reached, *(trace.apart.max_rel for trace in now))
    return None


def first_weights(traces: Sequence[Trace]) -> float:
    """The largest relative difference of any weight after the first update; 0 if none differs."""
    return max((t.apart.max_rel for t in traces if t.place.startswith("step 1, ")), default=0.0)


def first_loss_limit(star: Results) -> float:
    """ULP by which another library's loss may differ before the first update."""
    first = {
        dtype: {"loss": run["losses"][:1]} for dtype, run in star.items() if len(run["losses"])
    }
    return ulp_limit(first, "loss")


def _loss_traces(left, right, place, dtype, names):
    if left.shape != right.shape:
        return [Trace(0, place, distance(left, right, dtype, names))]
    floor = LOSS_FLOOR * largest(left, right)
    traces = []
    for index, (a, b) in enumerate(zip(left, right, strict=True)):
        scale = max(largest(a, b), floor)
        apart = distance(a, b, dtype, names, scale=scale)
        if place == "losses":
            traces.append(Trace(index, f"step {index + 1}, loss", apart))
        else:
            traces.append(Trace(_step(place), f"fit, epoch {index + 1}, loss", apart))
    return traces


def _step(place):
    """Updates made before the place's number was taken; `fit` counts as after all of them."""
    found = re.match(r"step (\d+), ", place)
    return int(found.group(1)) if found else np.iinfo(np.int64).max


def _is_loss(trace):
    return trace.place.endswith(", loss")


def _growth(start, worst):
    return (
        f"starts at {start.place} ({start.apart.max_rel:.2g} relative), "
        f"comes to {worst.apart.max_rel:.2g} at {worst.place}"
    )


def _judgement(verdict, traces, where="", note=""):
    return Judgement(
        verdict,
        max(trace.apart.max_abs for trace in traces),
        max(trace.apart.max_rel for trace in traces),
        max(trace.apart.max_ulp for trace in traces),
        where=where,
        note=note,
    )
