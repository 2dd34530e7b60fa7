"""Compare one model across backends: sides × probes → values → verdict → cause.

The first side settles inputs, labels and weights (`side.prepare`); each side answers the probes in
a process of its own (`side.answer`). Where two sides have other bits, edu measures the noise floors
of just those places (`floors`). Where one is beyond its floor, all is run once more in float64,
which tells a less accurate algorithm from a real difference (`judge`).
"""

import contextlib
import copy
import dataclasses
import importlib.util
import itertools
import os
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from keras_edu_backend.compare.known import known_of
from keras_edu_backend.compare.model.judge import HARD, PREFIXES, TRAINING, Judge, Values
from keras_edu_backend.compare.model.repro import write_repro
from keras_edu_backend.compare.model.result import Result
from keras_edu_backend.compare.verdict import DIFFERENT
from keras_edu_backend.rounding.units import Floor
from keras_edu_backend.target import BadTarget
from keras_edu_backend.workers import Call, Worker
from keras_edu_backend.workers.process import PAUSE

BACKENDS = ("edu", "jax", "tensorflow", "torch")
# What a backend's worker must be able to import.
_NEEDED = {"edu": "jax", "jax": "jax", "tensorflow": "tensorflow", "torch": "torch"}
_SIDE = "keras_edu_backend.compare.model.side"
_FLOORS = "keras_edu_backend.compare.model.floors"
_PROBES = ("outputs", "layers", f"{TRAINING}layers", "gradients", "training")
# What comes with a probe, and is judged like it.
_WITH = {f"{prefix}layers": f"{prefix}made" for prefix in PREFIXES}
_ON_KINKS = (
    "gradients: with weights and inputs moved by a thousandth both sides agree, as they do where "
    "both stand exactly on a kink (a number at 0, a tie), where each library has its own slope"
)
_JUDGED = (*_PROBES, f"{HARD}layers", *_WITH.values())


@dataclasses.dataclass(frozen=True)
class _Side:
    """A model on a backend.

    Attributes:
        name: what reports call it.
        backend: of Keras, in its worker.
        target: which model.
    """

    name: str
    backend: str
    target: str


def compare_model(
    target: str,
    backends: Sequence[str] = ("edu", "jax"),
    *,
    other: str | None = None,
    inputs: str | os.PathLike | None = None,
    data: tuple[Any, Any, Any] | None = None,
    loss: str | None = None,
    optimizer: str | None = None,
    steps: int = 3,
    rows: int = 8,
    scale: float = 1.0,
    dtype: str | None = None,
    seed: int = 0,
    unsafe: bool = False,
    repro: str | os.PathLike | None = None,
    timeout: float = 600.0,
    progress: Callable[[str], object] = lambda line: None,
) -> Result:
    """Run a model on several backends, and say where and why they part.

    Args:
        target: ``"model.keras"``, ``"file.py:function"`` or ``"package.module:function"``.
        backends: two or more of `BACKENDS`, or one where there is another target; the first gives
            the weights and inputs.
        other: another target, such as the same model written in another way: it takes part on each
            backend, with the weights of the first in its own order, and with its own loss and
            optimizer.
        inputs: path of an ``.npz`` file of inputs, labels and sample weights.
        data: inputs, labels and sample weights themselves, trees of arrays; None in place of what
            is to be drawn, or of weights that are all alike.
        loss: name of a Keras loss in place of the model's.
        optimizer: name of a Keras optimizer in place of the model's.
        steps: of training, all on the same batch.
        rows: of inputs that are drawn.
        scale: by which inputs that are drawn are multiplied.
        dtype: ``"float64"`` to compare all of it in float64; None: as the model has it.
        seed: of weights, inputs and masks.
        unsafe: whether a ``.keras`` file may run code that it holds.
        repro: path of a Python file to write that shows the first difference by itself, with
            nothing but Keras and the two backends: the layer that makes it, or the whole model
            where only a gradient or a step departs.
        timeout: seconds without a sign of life after which a worker counts as hanging.
        progress: called with a line whenever something begins.

    Returns:
        A `Result`.

    Raises:
        BadTarget: the target is no model, or cannot run on the first backend.
        ValueError: an unknown backend, one that is not installed, or fewer than two sides.
    """
    _check(backends, steps, other is not None)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="keras-edu-compare-"))
        sides = _sides(backends, target, other)
        runs = _Runs(Path(folder), stack, sides, steps, timeout, progress)
        runs.prepare(
            target=target,
            inputs=None if inputs is None else str(inputs),
            data=None if data is None else list(data),
            loss=loss,
            optimizer=optimizer,
            rows=rows,
            seed=seed,
            scale=scale,
            unsafe=unsafe,
        )
        precision = dtype if dtype == "float64" else None
        result = runs.result(precision)
        if repro is not None:
            result.notes.append(write_repro(runs, result, repro, precision))
        return result


def _check(backends, steps, of_two):
    if len(backends) < (1 if of_two else 2) or len(set(backends)) < len(backends):
        raise ValueError(
            f"A comparison needs {'different' if of_two else 'two or more different'} backends, "
            f"got {list(backends)}."
        )
    for name in backends:
        if name not in BACKENDS:
            raise ValueError(f"{name!r} is no backend: choose from {', '.join(BACKENDS)}.")
        if importlib.util.find_spec(_NEEDED[name]) is None:
            raise ValueError(f"The backend {name} is not installed: it needs {_NEEDED[name]}.")
    if steps < 0:
        raise ValueError(f"{steps} steps of training make no sense.")


def _sides(backends, target, other):
    """Every model on every backend, the first model first."""
    if other is None:
        return [_Side(name, name, target) for name in backends]
    # A function's or a file's name says which one it is, unless both are called the same.
    names = [re.split(r"[:/]", text)[-1] for text in (target, other)]
    names = names if len(set(names)) == 2 else [target, other]
    names = names if len(set(names)) == 2 else [f"{target} (1)", f"{target} (2)"]
    return [
        _Side(f"{name} on {backend}", backend, text)
        for name, text in zip(names, (target, other), strict=True)
        for backend in backends
    ]


class _Runs:
    """The workers of one comparison, and what they found."""

    def __init__(self, folder, stack, sides, steps, timeout, progress):
        self.folder, self.stack = folder, stack
        self.sides, self.steps = sides, steps
        self.timeout, self.progress = timeout, progress
        # Floors are of the first model, on edu.
        edu = (side for side in sides if (side.backend, side.target) == ("edu", sides[0].target))
        self.of_floors = next(edu, _Side("edu, for noise floors", "edu", sides[0].target))
        self.workers: dict[tuple[str, str | None], Worker] = {}
        self.problem: dict[str, Any] = {}
        self.fed: dict[str | None, Any] = {}
        self.floors: dict[str, dict[str, dict[str, Floor]]] = {}
        self.notes: list[str] = []
        self.looks_for_causes = True
        self.probes = [name for name in _PROBES if steps or name != "training"]

    def prepare(self, **arguments):
        """Let the first side settle what all get."""
        first = self.sides[0]
        self.progress(f"{first.name}: loading {arguments['target']}")
        for side in self.sides:  # they import meanwhile
            self._worker(side, None)
        (outcome,) = self.call([first], None, f"{_SIDE}:prepare", arguments)
        if outcome.status != "ok":
            self._refuse(outcome)
        for side in self.sides:
            if side.target != first.target:
                (kept,) = self.call(
                    [side],
                    None,
                    f"{_SIDE}:keep",
                    {"target": side.target, "unsafe": arguments["unsafe"]},
                )
                if kept.status != "ok":
                    self._refuse(kept)
        self.problem = outcome.value
        self.notes += self.problem.pop("notes")

    def result(self, precision):
        """Run the sides, measure the floors, judge."""
        own = precision or "float32"
        answers = self._answers(precision, self.probes)
        calls: dict[str, str] = {}
        for each in answers.values():
            calls |= {path: name for path, name in each["calls"].items() if path not in calls}
        values = {
            name: Values(name, {own: each["values"]}, each["problems"])
            for name, each in answers.items()
        }
        backward = _backward(self.problem["paths"])
        judges = [
            Judge(values[left.name], values[right.name], self.floors, calls, backward, own)
            for left, right in itertools.combinations(self.sides, 2)
        ]
        self.floors[own] = self._floors(precision, _unequal(judges, _JUDGED))
        if any(judge.only_hard_inputs() for judge in judges):
            self._on_hard_inputs(judges, values, precision, own)
        if precision is None and any(judge.beyond(p) for judge in judges for p in _JUDGED):
            self._in_float64(judges, values)
        pairs = [self._pair(judge, own) for judge in judges]
        versions = {name: each["versions"] for name, each in answers.items()}
        for name, each in answers.items():
            if each["watching"]:
                self.notes.append(f"{name}: {each['watching']}")
        return Result(
            model=self.problem["name"],
            parameters=self.problem["parameters"],
            loss=self.problem["words"]["loss"],
            optimizer=self.problem["words"]["optimizer"],
            steps=self.steps,
            versions=versions,
            settings={name: each["setting"] for name, each in answers.items()},
            pairs=pairs,
            notes=list(dict.fromkeys(self.notes)),
        )

    def again(self, problem, pair, probe):
        """The same workers, to run one probe of another problem on the two sides of a pair."""
        again = copy.copy(self)
        again.problem, again.probes = problem, [probe]
        again.sides = list(map(self.named, (pair.left, pair.right)))
        again.fed, again.floors, again.notes = {}, {}, []
        again.looks_for_causes = False
        return again

    def _only_on_kinks(self, pair, own):
        """Whether gradients that differ agree as soon as weights and inputs are moved a little."""
        if not self.looks_for_causes:
            return False
        if pair.first_output is not None or pair.first_gradient is None:
            return False
        self.progress(f"{pair.left}, {pair.right}: gradients beside kinks")
        precision = own if own == "float64" else None
        arguments = {"problem": self.problem}
        (moved,) = self.call([self.named(pair.left)], precision, f"{_SIDE}:off_kinks", arguments)
        if moved.status != "ok":
            return False
        (found,) = self.again(moved.value, pair, "gradients").result(precision).pairs
        return found.verdict != DIFFERENT

    def _pair(self, judge, own):
        """The verdict on two sides, with those known causes that explain a difference."""
        pair = judge.pair()
        if self._only_on_kinks(pair, own):
            pair.notes.append(_ON_KINKS)
        seeks = self.looks_for_causes and pair.verdict == DIFFERENT
        for probe in judge.differing() if seeks else ():
            for side in map(self.named, (judge.left.name, judge.right.name)):
                pair.causes += [
                    {"probe": probe, "backend": side.name, "explanation": explanation}
                    for explanation in self._causes(judge, side, probe, own)
                ]
        return pair

    def _causes(self, judge, side, probe, own):
        """Why a side differs in a probe: known causes that explain it, each alone or together."""
        known = known_of(side.backend, probe)
        alone = [one for one in known if self._explains([one], judge, side, probe, own)]
        if not alone and len(known) > 1 and self._explains(known, judge, side, probe, own):
            needed = list(known)
            for one in known:
                rest = [each for each in needed if each is not one]
                if self._explains(rest, judge, side, probe, own):
                    needed = rest
            return [" And: ".join(one.explanation for one in needed)]
        return [one.explanation for one in alone]

    def _explains(self, known, judge, side, probe, own):
        """Whether two sides agree on a probe where one runs with known causes taken away."""
        remedies = [one.remedy for one in known]
        self.progress(f"{side.name}: {probe} with {' and '.join(remedies)}")
        by_precision = {}
        for precision in (None, "float64") if own == "float32" else ("float64",):
            found = self._side_answers(
                [side],
                precision,
                {
                    "problem": self.problem,
                    "precision": precision,
                    "probes": [probe],
                    "steps": self.steps,
                    "fed": self.fed[precision],
                    "remedies": remedies,
                },
            )
            values = found[side.name]["values"]
            if probe not in values:
                return False
            by_precision[precision or own] = values
        return probe not in judge.with_side(Values(side.name, by_precision, {})).differing()

    def _on_hard_inputs(self, judges, values, precision, own):
        """Which layer it is that hard inputs tell apart: its calls on them, with their floors."""
        probe = f"{HARD}layers"
        self.probes.append(probe)
        for name, each in self._answers(precision, [probe]).items():
            values[name].by_precision[own] |= each["values"]
        self.floors[own] |= self._floors(precision, _unequal(judges, (probe, _WITH[probe])))

    def _in_float64(self, judges, values):
        """What rounding does not explain again in float64, with its floors."""
        beyond = [probe for probe in _JUDGED if any(judge.beyond(probe) for judge in judges)]
        probes = [p for p in self.probes if p in beyond or _WITH.get(p) in beyond]
        for name, each in self._answers("float64", probes).items():
            values[name].by_precision["float64"] = each["values"]
            for probe, said in each["problems"].items():
                if probe not in values[name].problems:
                    self.notes.append(f"{name}, float64: {probe}: {said}")
        self.floors["float64"] = self._floors("float64", _unequal(judges, beyond))

    def _answers(self, precision, probes):
        """Each side's answer to some probes; first the first one's, which the others are fed."""
        first, *others = self.sides
        arguments = {
            "problem": self.problem,
            "precision": precision,
            "probes": probes,
            "steps": self.steps,
            "fed": None,
        }
        what = f" in {precision}" if precision else ""
        what += " on hard inputs" if probes == [f"{HARD}layers"] else ""
        self.progress(f"{first.name}: running the model{what}")
        answers = self._side_answers([first], precision, arguments)
        arguments["like"] = answers[first.name]["calls"]
        self.fed[precision] = arguments["fed"] = answers[first.name].pop("fed")
        self.progress(f"{', '.join(side.name for side in others)}: running the model{what}")
        return answers | self._side_answers(others, precision, arguments)

    def _side_answers(self, sides, precision, arguments):
        outcomes = self.call(sides, precision, f"{_SIDE}:answer", arguments)
        answers = {}
        for name, outcome in zip((side.name for side in sides), outcomes, strict=True):
            if outcome.status == "ok":
                answers[name] = outcome.value
            else:
                why = (
                    outcome.detail
                    if outcome.status == "error"
                    else f"{outcome.status}: {outcome.detail}"
                )
                answers[name] = {
                    "values": {},
                    "setting": {},
                    "fed": {},
                    "calls": {},
                    "watching": "",
                    "problems": {"the model": why},
                }
            answers[name]["versions"] = dict(outcome.versions)
        return answers

    def _floors(self, precision, wanted):
        """Noise floors of these places: probe → place → `Floor`."""
        if not wanted:
            return {}
        self.progress("edu: measuring the noise floors" + (f" in {precision}" if precision else ""))
        arguments = {
            "problem": self.problem,
            "precision": precision,
            "wanted": wanted,
            "steps": self.steps,
            "fed": self.fed[precision],
        }
        (outcome,) = self.call([self.of_floors], precision, f"{_FLOORS}:floors", arguments)
        if outcome.status != "ok":
            self.notes.append(f"No noise floors: {outcome.detail}; float64 decides alone.")
            return {}
        for probe, said in outcome.value["problems"].items():
            self.notes.append(f"{probe}: no noise floor: {said}; float64 decides alone.")
        return {
            probe: {place: Floor(*stacked) for place, stacked in places.items()}
            for probe, places in outcome.value["floors"].items()
        }

    def named(self, name):
        """The side that is called so."""
        return next(side for side in self.sides if side.name == name)

    def call(self, sides, precision, function, arguments):
        """The outcome of a function on each of these sides, at once, in their order."""
        workers = [self._worker(side, precision) for side in sides]
        for side, worker in zip(sides, workers, strict=True):
            own = {}
            if "problem" in arguments:
                own["problem"] = {**arguments["problem"], "target": side.target}
            worker.begin(Call(function, {**arguments, **own}))
        outcomes = [None] * len(workers)
        while any(outcome is None for outcome in outcomes):
            time.sleep(PAUSE)
            for number, worker in enumerate(workers):
                outcomes[number] = outcomes[number] or worker.look()
        return outcomes

    def _worker(self, side, precision):
        """The process of a side in a precision; it stays, as importing takes its time."""
        if (side.name, precision) not in self.workers:
            self.workers[side.name, precision] = self.stack.enter_context(
                Worker(
                    side.backend,
                    timeout=self.timeout,
                    environment={
                        "JAX_ENABLE_X64": "1" if precision else "0",
                        # There is a worker for each backend; NumPy's threads would fight over them.
                        "OPENBLAS_NUM_THREADS": "1",
                    },
                    compiled=self.folder / "compiled",
                )
            )
        return self.workers[side.name, precision]

    def _refuse(self, outcome):
        """Say in one line why there is nothing to compare."""
        said = outcome.detail
        if outcome.status == "error" and said.startswith(f"{BadTarget.__module__}.BadTarget: "):
            said = said.partition(": ")[2].rpartition(" (")[0]
        raise BadTarget(said)


def _unequal(judges, probes):
    """Probe → places where the bits of some two sides differ."""
    found = {
        probe: list(dict.fromkeys(place for judge in judges for place in judge.unequal(probe)))
        for probe in probes
    }
    return {probe: places for probe, places in found.items() if places}


def _backward(paths):
    """Paths of weights, those of the last layer first."""
    by_layer: dict[str, list[str]] = {}
    for path in paths:
        by_layer.setdefault(path.rpartition("/")[0], []).append(path)
    return [path for layer in reversed(by_layer.values()) for path in layer]
