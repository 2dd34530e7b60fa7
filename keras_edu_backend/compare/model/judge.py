"""From the values of two sides to a verdict, and to the place that makes the difference.

A layer that is different may only hand on what an earlier one made. So each layer is also given
what the first side gave it: what differs then is *made* there. The first layer that makes a
difference beyond rounding is the cause, and the others behind it that make one are named as well.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_edu_backend.compare.model.result import Layer, Pair
from keras_edu_backend.compare.verdict import (
    AMPLIFIED,
    DIFFERENT,
    EQUAL,
    ROUNDING,
    VERDICTS,
    Apart,
    growth_of,
    judge_place,
    measure_apart,
)
from keras_edu_backend.rounding.units import Floor

# What a place of ``layers`` and ``made`` begins with, by how the layers were called: as for
# ``predict``, in training mode, on hard inputs.
TRAINING = "training, "
HARD = "hard inputs, "
PREFIXES = {"": "predict", TRAINING: "training", HARD: "hard inputs"}


@dataclasses.dataclass
class Values:
    """What one side found, in each precision: probe → place → array; and why a probe failed."""

    name: str
    by_precision: dict[str, dict[str, dict[str, np.ndarray]]]
    problems: dict[str, str]


def without_prefix(place: str) -> str:
    """The path in a place."""
    return place.removeprefix(TRAINING).removeprefix(HARD)


class Judge:
    """Judges two sides.

    Args:
        left: the one side's `Values`.
        right: the other's.
        floors: precision → probe → place → `Floor`.
        calls: class of each layer call, in order of their ends.
        backward: paths of the weights in the order in which backpropagation reaches them.
        own: the precision that is judged: ``"float32"`` stands for the model's own, whatever that
            is; ``"float64"`` where all is compared in float64, and nothing else decides.
    """

    def __init__(
        self,
        left: Values,
        right: Values,
        floors: Mapping[str, Mapping[str, Mapping[str, Floor]]],
        calls: Mapping[str, str],
        backward: Sequence[str],
        own: str = "float32",
    ):
        self.left, self.right, self.floors = left, right, floors
        self.calls, self.backward, self.own = calls, backward, own
        self._apart: dict[tuple, dict[str, Apart]] = {}

    def unequal(self, probe: str) -> list[str]:
        """Places of a probe where the bits differ in the model's own precision."""
        return [p for p, each in self.apart(probe, self.own).items() if not each.same_bits]

    def beyond(self, probe: str) -> bool:
        """Whether rounding in the model's own precision does not explain all of it.

        What a branch explains is looked at in float64 as well, where fewer are within reach.
        """
        found = self.apart(probe, self.own).values()
        return any(not each.within or each.at_kink for each in found)

    def only_hard_inputs(self) -> bool:
        """Whether the outputs part beyond rounding on hard inputs, and on no others."""
        beyond = [p for p, each in self.apart("outputs", self.own).items() if not each.within]
        return bool(beyond) and all(HARD.rstrip(", ") in place for place in beyond)

    def differing(self) -> list[str]:
        """The probes of which a place is different."""
        return [
            probe
            for probe in ("outputs", "gradients", "training")
            if any(verdict == DIFFERENT for verdict, _, _ in self.verdicts(probe).values())
        ]

    def with_side(self, side: Values) -> "Judge":
        """The same with other values of one side, which is known by its name."""
        left, right = (s if s.name != side.name else side for s in (self.left, self.right))
        return Judge(left, right, self.floors, self.calls, self.backward, self.own)

    def apart(self, probe: str, precision: str) -> dict[str, Apart]:
        """How far the sides are apart at each place that both have."""
        # Measured again when there are floors of it, or values.
        known = [floors.get(probe, {}) for floors in self.floors.values()]
        values = self.left.by_precision.get(precision, {}).get(probe, {})
        key = (probe, precision, *map(len, known), len(values))
        if key not in self._apart:
            self._apart[key] = self._measured_apart(probe, precision)
        return self._apart[key]

    def _measured_apart(self, probe, precision):
        left, right = (
            side.by_precision.get(precision, {}).get(probe, {}) for side in (self.left, self.right)
        )
        shared = {place: array for place, array in left.items() if place in right}
        floors = {dtype: probes.get(probe, {}) for dtype, probes in self.floors.items()}
        names = (self.left.name, self.right.name)
        found = measure_apart(
            {precision: shared}, {precision: right}, floors, names, probe == "training"
        )
        return found[precision]

    def verdicts(self, probe: str) -> dict[str, tuple[str, str, Apart]]:
        """For each place its verdict, what to say of it, and how far the sides are apart."""
        other = self.apart(probe, "float64") if self.own == "float32" else None
        return {
            place: (*judge_place(self.own, each, other), each)
            for place, each in self.apart(probe, self.own).items()
        }

    def pair(self) -> Pair:
        """The verdict on both sides."""
        found = Pair(self.left.name, self.right.name, EQUAL)
        problems = {**self.left.problems, **self.right.problems}
        for probe, said in problems.items():
            sides = [s.name for s in (self.left, self.right) if probe in s.problems]
            found.notes.append(f"{probe}: {' and '.join(sides)}: {said}")
            if len(sides) == 1:
                found.verdict = DIFFERENT
            else:
                found.not_compared.append(probe)
        verdicts = {
            probe: self.verdicts(probe)
            for probe in ("outputs", *_of_layers("layers", "made"), "gradients", "training")
        }
        if not any(verdicts.values()):
            found.verdict = DIFFERENT
            found.notes.append("Nothing could be compared.")
        for probe in ("outputs", *_of_layers("layers")):
            self._one_sided(found, probe)
        for places in verdicts.values():
            for verdict, _, each in places.values():
                found.verdict = max(found.verdict, verdict, key=VERDICTS.index)
                found.at_kinks += each.at_kink
                found.out_of_range += each.out_of_range
        for probe in ("outputs", "gradients", "training"):
            far = max(
                (each for _, _, each in verdicts[probe].values() if not each.same_bits),
                key=lambda each: (each.floors, each.max_abs),
                default=None,
            )
            if far is not None:
                found.farthest[probe] = {
                    "place": far.place,
                    "floors": far.floors,
                    "difference": far.max_abs,
                }
        self._layers(found, verdicts)
        self._gradients(found, verdicts["gradients"])
        self._training(found, verdicts["training"])
        for probe in (*_of_layers("made"), "gradients"):
            for place, (verdict, note, each) in verdicts[probe].items():
                if verdict == ROUNDING and each.loses_digits and place != "loss":
                    found.less_accurate.append(self._less_accurate(probe, place, each, note))
        return found

    def _one_sided(self, pair, probe):
        """Say which places only one side has. Of outputs that is a difference.

        Layers may be called in another way: Keras's attention leaves out its softmax layer where a
        backend has a function of its own.
        """
        sides = (self.left, self.right)
        places = [side.by_precision.get(self.own, {}).get(probe, {}) for side in sides]
        if not all(places):
            return
        for side, here, there in zip(sides, places, places[::-1], strict=True):
            only = [place for place in here if place not in there]
            if only:
                pair.notes.append(f"{probe}: only {side.name} has {', '.join(only[:3])}")
                if probe == "outputs":
                    pair.verdict = DIFFERENT

    def _layers(self, pair, verdicts):
        """The table of layers, and the first output that departs."""
        for prefix, when in PREFIXES.items():
            made, handed = verdicts[f"{prefix}made"], verdicts[f"{prefix}layers"]
            first = None
            for place in handed:
                path = without_prefix(place)
                verdict, note, each = handed[place]
                by_itself = made.get(place)
                pair.layers.append(
                    Layer(
                        path=path,
                        class_name=self.calls.get(path.partition(", output")[0], ""),
                        when=when,
                        verdict=verdict,
                        handed_on=each.floors,
                        handed_on_size=each.max_abs,
                        made=by_itself[2].floors if by_itself else None,
                        made_size=by_itself[2].max_abs if by_itself else None,
                        made_verdict=by_itself[0] if by_itself else "",
                        note=by_itself[1] if by_itself and by_itself[0] == DIFFERENT else note,
                    )
                )
                layer = pair.layers[-1]
                inside = path.partition(" (")[0] + "/"
                if layer.made_verdict == DIFFERENT:
                    first = first or path
                    # A model makes what its layers make.
                    if not any(maker.startswith(inside) for maker in pair.makers):
                        pair.makers.append(path)
            if first is None:
                first = next((p for p, found in handed.items() if found[0] == DIFFERENT), None)
            if first is not None and pair.first_output is None:
                pair.first_output, pair.when = without_prefix(first), when
        if pair.first_output is None:
            for place, (verdict, _, _) in verdicts["outputs"].items():
                if verdict == DIFFERENT:
                    pair.first_output = place
                    break

    def _gradients(self, pair, found):
        departing = [place for place, (verdict, _, _) in found.items() if verdict == DIFFERENT]
        pair.loss_departs = "loss" in departing
        pair.first_gradient = next((path for path in self.backward if path in departing), None)
        if pair.first_gradient is not None:
            pair.gradient_floors = found[pair.first_gradient][2].floors

    def _training(self, pair, found):
        for place, (verdict, note, each) in found.items():
            if verdict == DIFFERENT:
                self._first_step(pair, place, each, note)
                return
        floors = self.floors.get(self.own, {}).get("training", {})
        grown = growth_of({place: each for place, (_, _, each) in found.items()}, floors)
        if grown is not None:
            self._first_step(pair, grown[0].place, grown[0], grown[1])
            pair.verdict = max(pair.verdict, AMPLIFIED, key=VERDICTS.index)

    def _first_step(self, pair, place, each, note):
        step, _, variable = place.partition(", ")
        pair.first_step = {
            "step": int(step.removeprefix("step ")),
            "variable": variable,
            "floors": each.floors,
            "note": "; ".join(filter(None, (each.problem, note))),
        }

    def _less_accurate(self, probe, place, each, note) -> dict[str, Any]:
        """Which side is farther from the exact result at a place, and how many digits it loses."""
        floor = self.floors.get(self.own, {}).get(probe, {}).get(place)
        backend = self.right.name
        if floor is not None:
            off = [
                float(floor.floors(side.by_precision[self.own][probe][place]).max(initial=0.0))
                for side in (self.left, self.right)
            ]
            backend = (self.left.name, self.right.name)[int(off[1] >= off[0])]
        digits = float(np.log10(each.floors)) if np.isfinite(each.floors) else None
        return {
            "where": place,
            "backend": backend,
            "floors": each.floors,
            "digits": digits,
            "note": note,
        }


def _of_layers(*kinds):
    """The probes of these kinds, with every prefix."""
    return [f"{prefix}{kind}" for kind in kinds for prefix in PREFIXES]
