"""From two sides' numbers to a verdict.

A difference is measured in noise floors (`rounding.units.Floor`): how far rounding alone moves that
very number. What is within `FACTOR` floors is rounding. What is beyond is looked at in float64: a
difference that shrinks with the unit roundoff comes from a *less accurate algorithm*, one that
stays is real. There is no other limit.

In a training run rounding feeds back into every step. Its floor is that of the whole run so far, so
a run that amplifies rounding has a floor that grows, and two sides may part as far as it reaches.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from keras_edu_backend.rounding.units import FACTOR, UNIT_ROUNDOFF, Floor

# What one side found: an array for each place; and that for each dtype. Likewise the floors.
Values = Mapping[str, np.ndarray]
Results = Mapping[str, Values]
Floors = Mapping[str, Mapping[str, Floor]]

EQUAL, ROUNDING, DISTRIBUTED, AMPLIFIED, DIFFERENT, UNSUPPORTED = VERDICTS = (
    "equal",
    "rounding",
    "distributed",
    "amplified",
    "different",
    "unsupported",
)

# Of a NaN or an infinity that one side alone has.
OUT_OF_RANGE = "float64 agrees: a number on the way overflows, or becomes 0, in less precision"
# Of a difference beyond the floors where a side cannot run in float64.
NO_FLOAT64 = "no float64 result tells rounding from error"
OTHER_BITS = "other bits, where one library is expected to give the same"

# The number of the step that `fit` counts as.
AFTER_ALL = 2**63 - 1

# A difference that comes from rounding is as many floors in float64 as in float32; a real one is
# 2^29 times as many. Half-way between the two, in digits:
HALF_WAY = (UNIT_ROUNDOFF[np.dtype(np.float32)] / UNIT_ROUNDOFF[np.dtype(np.float64)]) ** 0.5


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What became of one quantity in one precision.

    Attributes:
        verdict: one of `VERDICTS`.
        max_abs: largest absolute difference; None if not compared.
        max_rel: largest difference relative to the largest magnitude of its array.
        floors: largest difference in noise floors, kinks left out.
        where: the place that decides the verdict; empty if nothing differs.
        note: what a reader should know besides.
        less_accurate: for each side that computes a place less accurately than the star's algorithm
            allows: ``place``, ``side``, ``floors``, ``digits`` (decimal digits lost).
    """

    verdict: str
    max_abs: float | None = None
    max_rel: float | None = None
    floors: float | None = None
    where: str = ""
    note: str = ""
    less_accurate: tuple[dict, ...] = ()


def unsupported(note: str) -> Judgement:
    """The `Judgement` for what was not compared, and why."""
    return Judgement(UNSUPPORTED, note=note)


def agrees(judgement: Judgement | None) -> bool:
    """Whether a judgement says that both sides compute the same function."""
    return judgement is not None and judgement.verdict not in (DIFFERENT, UNSUPPORTED)


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


class Apart(NamedTuple):
    """How far two arrays at one place are apart."""

    place: str
    same_bits: bool
    max_abs: float
    max_rel: float
    floors: float
    at_kink: int
    problem: str = ""
    # Numbers that neither side nor the floor can hold, infinite on one and NaN on the other.
    out_of_range: int = 0
    # Of a difference in float64: how many of float32's floors it is, where these are known.
    in_single: float = np.inf

    @property
    def within(self) -> bool:
        """Whether rounding may make this difference."""
        return not self.problem and self.floors <= FACTOR

    @property
    def loses_digits(self) -> bool:
        """Whether what is beyond rounding can be an algorithm's.

        Where branches are within reach of rounding, each side takes its own, and the draws for the
        floor see only some of all that can be taken.
        """
        return not self.within and not self.at_kink

    @property
    def within_single(self) -> bool:
        """Whether a difference in float64 is within float32's floor, which is as far as a step or a
        constant that is float32 moves numbers."""
        return self.in_single <= FACTOR


def apart(
    place: str,
    left: np.ndarray,
    right: np.ndarray,
    floor: Floor | None,
    dtype: str,
    names: Sequence[str] = ("left", "right"),
    single: Floor | None = None,
) -> Apart:
    """Measure the difference at one place.

    Args:
        place: its name.
        left: the star's array.
        right: the other side's.
        floor: how far rounding moves these numbers; None: only their own last rounding counts.
        dtype: the precision that was asked for.
        names: what to call the two sides.
        single: the floor in float32, of a difference in float64.
    """
    left, right = np.asarray(left), np.asarray(right)
    problem = _problem(left, right, dtype, names)
    if problem:
        return Apart(place, False, np.inf, np.inf, np.inf, 0, problem)
    if left.dtype == right.dtype and _same_bits(left, right):
        return Apart(place, True, 0.0, 0.0, 0.0, 0)
    measured = True
    if floor is None or floor.exact.shape != left.shape:
        measured = False
        unit = UNIT_ROUNDOFF[np.dtype(dtype)] / 3**0.5
        tiny = float(np.finfo(dtype).tiny)
        noise = np.maximum(unit * np.abs(left.astype(np.float64)), tiny)
        floor = Floor(left.astype(np.float64), noise, np.zeros(left.shape))
    floors, kinks = floor.floors(left, right), floor.at_kink(left, right)
    held = np.isfinite(left) | np.isfinite(right) | np.isfinite(floor.exact)
    out = measured & ~held & (floors > 0)
    left, right = left.astype(np.float64), right.astype(np.float64)
    with np.errstate(invalid="ignore"):
        difference = np.nan_to_num(np.abs(left - right), nan=0.0, posinf=0.0)
    finite = np.abs(np.concatenate([left[np.isfinite(left)], right[np.isfinite(right)]]))
    largest = finite.max(initial=0.0)
    explained = kinks | out
    in_single = np.inf
    if single is not None and single.exact.shape == left.shape:
        in_single = float(np.where(explained, 0.0, single.floors(left, right)).max(initial=0.0))
    return Apart(
        place,
        False,
        float(difference.max(initial=0.0)),
        float(difference.max(initial=0.0) / largest) if largest else 0.0,
        float(np.where(explained, 0.0, floors).max(initial=0.0)),
        int(kinks.sum()),
        _one_sided_nan(left, right, explained, names),
        int(out.sum()),
        in_single,
    )


def measure_apart(
    left: Results,
    right: Results,
    floors: Floors,
    names: Sequence[str],
    training: bool = False,
) -> dict[str, dict[str, Apart]]:
    """How far two sides are apart at each place of the left one, in each of its precisions.

    Args: as of `judge`. The right side has all the places.
    """
    pieces = _by_time if training else _as_they_are
    found: dict[str, dict[str, Apart]] = {}
    for dtype, values in left.items():
        floors_in_single = floors.get("float32", {}) if dtype == "float64" else {}
        singles = {p: floor for p, _, _, floor in pieces(values, right[dtype], floors_in_single)}
        found[dtype] = {
            place: apart(place, one, other, floor, dtype, names, singles[place])
            for place, one, other, floor in pieces(values, right[dtype], floors.get(dtype, {}))
        }
    return found


def judge(
    left: Results,
    right: Results,
    floors: Floors,
    names: Sequence[str],
    same_library: bool = False,
    training: bool = False,
) -> dict[str, Judgement]:
    """Compare arrays place by place, in both precisions.

    Args:
        left: mapping of dtype to the star's mapping of place to array; a dtype may be missing.
        right: the same from the other side.
        floors: the same, of `Floor`; places may be missing.
        names: what to call the two sides.
        same_library: whether equal bits are expected, so that other bits are mentioned.
        training: whether the places are a run's, in the order of time.

    Returns:
        Mapping of dtype to `Judgement`, for each dtype that both sides have.
    """
    found: dict[str, Judgement] = {}
    comparable: dict[str, Values] = {}
    for dtype in ("float64", "float32"):
        if dtype in left and dtype in right:
            only = _one_sided(left[dtype], right[dtype], names)
            if only:
                found[dtype] = only
            else:
                comparable[dtype] = left[dtype]
    measured = measure_apart(comparable, right, floors, names, training)
    for dtype, places in measured.items():
        other = measured.get("float32" if dtype == "float64" else "float64")
        missing = found.get("float64") if dtype == "float32" else None
        found[dtype] = _judged(
            dtype, places, other, missing, floors, (left, right), names, same_library, training
        )
    return found


def _judged(dtype, places, other, missing, floors, sides, names, same_library, training):
    """The judgement in one precision, from how far apart every place is."""
    verdicts = {place: judge_place(dtype, each, other) for place, each in places.items()}
    worst = max((verdict for verdict, _ in verdicts.values()), key=VERDICTS.index, default=EQUAL)
    max_abs = max((each.max_abs for each in places.values()), default=0.0)
    max_rel = max((each.max_rel for each in places.values()), default=0.0)
    max_floors = max((each.floors for each in places.values()), default=0.0)
    if worst == EQUAL:
        return Judgement(EQUAL, max_abs, max_rel, max_floors)
    candidates = [places[place] for place, (verdict, _) in verdicts.items() if verdict == worst]
    # What a run shows first is where to look; elsewhere the largest difference is.
    where = candidates[0] if training else max(candidates, key=lambda each: each.floors)
    notes = [where.problem, verdicts[where.place][1]]
    if worst == DIFFERENT and missing is not None and missing.note:
        notes.append(f"float64: {missing.note}")
    if worst == ROUNDING and training:
        growth = growth_of(places, floors.get(dtype, {}))
        if growth:
            worst, where = AMPLIFIED, growth[0]
            notes = [growth[1]]
        else:
            where = max(candidates, key=lambda each: each.floors)
    kinks = sum(each.at_kink for each in places.values())
    if kinks:
        notes.append(f"{kinks} numbers at a kink, not judged")
    out = sum(each.out_of_range for each in places.values())
    if out:
        notes.append(f"{out} numbers out of range on both sides, not judged")
    if same_library and worst in (ROUNDING, AMPLIFIED):
        notes.append(OTHER_BITS)
    losses = tuple(
        _less_accurate(each, dtype, floors, sides, names)
        for each in places.values()
        if dtype == "float32" and each.loses_digits and verdicts[each.place][0] != DIFFERENT
    )
    return Judgement(
        worst,
        max_abs,
        max_rel,
        max_floors,
        where=where.place,
        note="; ".join(filter(None, notes)),
        less_accurate=losses,
    )


def judge_place(dtype: str, here: Apart, other: Mapping[str, Apart] | None) -> tuple[str, str]:
    """The verdict at one place, and what to say of it.

    Args:
        dtype: the precision.
        here: how far the sides are apart.
        other: how far at each place in the other precision; None: not known.
    """
    if here.same_bits:
        return EQUAL, ""
    there = (other or {}).get(here.place)
    if here.within:
        if dtype == "float32" and here.at_kink and there is not None and _stays(there):
            # Fewer branches are within reach of float64's rounding.
            return DIFFERENT, f"at kinks in float32, and {there.floors:.2g} floors apart in float64"
        return ROUNDING, ""
    beyond = f"{here.floors:.2g} floors apart"
    if here.problem:
        agrees_there = there is not None and not there.problem and _explained(there)
        return DIFFERENT, OUT_OF_RANGE if dtype == "float32" and agrees_there else ""
    if there is None and dtype == "float64":
        return DIFFERENT, beyond
    if there is None:
        return DIFFERENT, f"{beyond}, and {NO_FLOAT64}"
    if dtype == "float64":
        if here.within_single:
            return ROUNDING, f"{beyond} in float64, within float32's: something is float32 there"
        if FACTOR < there.floors < np.inf and here.floors <= there.floors * HALF_WAY:
            return ROUNDING, f"{beyond}, as many as in float32: a less accurate algorithm"
        return DIFFERENT, beyond
    if there.problem:
        return DIFFERENT, f"{beyond}; float64: {there.problem}"
    if there.floors <= max(FACTOR, here.floors * HALF_WAY) or there.within_single:
        why = "rounding decides branches here" if here.at_kink else "a less accurate algorithm"
        return ROUNDING, f"{beyond} in float32; float64 agrees: {why}"
    return DIFFERENT, f"{beyond}, and as far apart in float64"


def _explained(there):
    """Whether rounding, in either precision, makes a difference in float64."""
    return there.within or there.within_single


def _stays(there):
    """Whether a difference in float64 is too large for rounding in either precision."""
    return there.floors > FACTOR * HALF_WAY and not there.within_single


def _less_accurate(here, dtype, floors, sides, names):
    """Which side lost digits at a place: the one that is farther from the exact result."""
    floor = floors.get(dtype, {}).get(here.place)
    side = names[1]
    if floor is not None:
        off = [floor.floors(values[dtype][here.place]) for values in sides]
        side = names[int(np.nanmax(off[0]) > np.nanmax(off[1])) ^ 1]
    digits = float(np.log10(here.floors)) if np.isfinite(here.floors) else 0.0
    return {"place": here.place, "side": side, "floors": here.floors, "digits": digits}


def growth_of(places: Mapping[str, Apart], floors: Mapping[str, Floor]) -> tuple[Apart, str] | None:
    """The first place of a run that is farther apart than its steps' own roundings add up to.

    The floor after the first update is what one step rounds. k steps that hand their rounding on
    unchanged add up to k times that at most; what is beyond was amplified on the way.
    """
    for each in places.values():
        step, (_, _, name) = _step(each.place), each.place.partition(", ")
        first, now = floors.get(f"step 1, {name}"), floors.get(each.place)
        if first is None or now is None or not 1 < step < AFTER_ALL or name == "loss":
            continue
        start, grown = float(first.noise.max(initial=0.0)), float(now.noise.max(initial=0.0))
        if each.max_abs > FACTOR * step * start:
            note = (
                f"rounding grew: the floor of {name} from {start:.2g} after step 1 to {grown:.2g} "
                f"after step {step}, where the sides are {each.max_abs:.2g} apart"
            )
            return each, note
    return None


def _as_they_are(left, right, floors):
    return [(place, left[place], right[place], floors.get(place)) for place in left]


def _by_time(left, right, floors):
    """Every loss and weight of two runs in the order of time, `fit` last."""
    pieces = []
    for place in left:
        floor = floors.get(place)
        if not place.endswith("losses"):
            pieces.append((place, left[place], right[place], floor))
            continue
        if np.shape(left[place]) != np.shape(right[place]):
            pieces.append((place, left[place], right[place], None))
            continue
        for number, pair in enumerate(zip(left[place], right[place], strict=True)):
            fit = place.startswith("fit")
            name = f"fit, epoch {number + 1}, loss" if fit else f"step {number + 1}, loss"
            here = floor and Floor(*(a[number] for a in (floor.exact, floor.noise, floor.jump)))
            pieces.append((name, *pair, here))
    # A loss comes from the weights before its step.
    return sorted(pieces, key=lambda piece: (_step(piece[0]), not piece[0].endswith("loss")))


def _step(place):
    """Which step a place belongs to."""
    found = re.match(r"step (\d+), ", place)
    return int(found.group(1)) if found else AFTER_ALL


def _one_sided(left, right, names):
    """A `Judgement` if there are places that only one side has, else None."""
    for name, more, other in ((names[0], left, right), (names[1], right, left)):
        for place in more:
            if place not in other:
                return Judgement(DIFFERENT, where=place, note=f"only {name} has it")
    return None


def _problem(left, right, dtype, names):
    for name, array in zip(names, (left, right), strict=True):
        if left.dtype != right.dtype and array.dtype != dtype and array.dtype.kind not in "iu":
            return f"{name} has dtype {array.dtype}, {dtype} was asked for"
    if left.shape != right.shape:
        return f"{names[0]} has shape {left.shape}, {names[1]} has shape {right.shape}"
    return ""


def _one_sided_nan(left, right, explained, names):
    """What to say where one side only is NaN or infinite and nothing explains it."""
    with np.errstate(invalid="ignore"):
        for what, test in (("NaN", np.isnan), ("infinity", np.isinf)):
            one_side = (test(left) != test(right)) & ~explained
            if one_side.any():
                place = tuple(map(int, np.argwhere(one_side)[0]))
                name = names[0] if test(left)[place] else names[1]
                return f"{name} has {what} at {list(place)}, the other side has not"
        if (np.isinf(left) & np.isinf(right) & (left != right) & ~explained).any():
            return "infinities of opposite sign"
    return ""


def _same_bits(left, right):
    both_nan = np.isnan(left) & np.isnan(right)
    left, right = (np.where(both_nan, 0, array).astype(array.dtype) for array in (left, right))
    return left.tobytes() == right.tobytes()
