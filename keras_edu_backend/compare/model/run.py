"""Compare one model across backends: sides × probes → values → verdict → cause.

The first side settles inputs, labels and weights (`side.prepare`); each side answers the probes in
a process of its own (`side.answer`). Where two sides have other bits, edu measures the noise floors
of just those places (`floors`). Where one is beyond its floor, all is run once more in float64,
which tells a less accurate algorithm from a real difference (`judge`).
"""

import contextlib
import copy
import importlib.util
import itertools
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from keras_edu_backend.compare.known import known_of
from keras_edu_backend.compare.model.judge import HARD, PREFIXES, TRAINING, Judge, Values
from keras_edu_backend.compare.model.result import Result
from keras_edu_backend.compare.repro import write as write_repro
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
# Seconds after which a file that shows a difference is made no smaller.
_SHRINKING = 60.0
# What comes with a probe, and is judged like it.
_WITH = {f"{prefix}layers": f"{prefix}made" for prefix in PREFIXES}
_ON_KINKS = (
    "gradients: with weights and inputs moved by a thousandth both sides agree, as they do where "
    "both stand exactly on a kink (a number at 0, a tie), where each library has its own slope"
)
_JUDGED = (*_PROBES, f"{HARD}layers", *_WITH.values())


def compare_model(
    target: str,
    backends: Sequence[str] = ("edu", "jax"),
    *,
    inputs: str | os.PathLike | None = None,
    data: tuple[Any, Any, Any] | None = None,
    loss: str | None = None,
    optimizer: str | None = None,
    steps: int = 3,
    rows: int = 8,
    scale: float = 1.0,
    dtype: str | None = None,
    seed: int = 0,
    repro: str | os.PathLike | None = None,
    timeout: float = 600.0,
    progress: Callable[[str], object] = lambda line: None,
) -> Result:
    """Run a model on several backends, and say where and why they part.

    Args:
        target: ``"model.keras"``, ``"file.py:function"`` or ``"package.module:function"``.
        backends: two or more of `BACKENDS`; the first gives the weights and inputs.
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
        repro: path of a Python file to write that shows the first difference by itself, with
            nothing but Keras and the two backends: the layer that makes it, or the whole model
            where only a gradient or a step departs.
        timeout: seconds without a sign of life after which a worker counts as hanging.
        progress: called with a line whenever something begins.

    Returns:
        A `Result`.

    Raises:
        BadTarget: the target is no model, or cannot run on the first backend.
        ValueError: an unknown backend, one that is not installed, or fewer than two.
    """
    _check(backends, steps)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="keras-edu-compare-"))
        runs = _Runs(Path(folder), stack, backends, steps, timeout, progress)
        runs.prepare(
            target=target,
            inputs=None if inputs is None else str(inputs),
            data=None if data is None else list(data),
            loss=loss,
            optimizer=optimizer,
            rows=rows,
            seed=seed,
            scale=scale,
        )
        precision = dtype if dtype == "float64" else None
        result = runs.result(precision)
        if repro is not None:
            result.notes.append(runs.write_repro(result, repro, precision))
        return result


def _check(backends, steps):
    if len(backends) < 2 or len(set(backends)) < len(backends):
        raise ValueError(
            f"A comparison needs two or more different backends, got {list(backends)}."
        )
    for name in backends:
        if name not in BACKENDS:
            raise ValueError(f"{name!r} is no backend: choose from {', '.join(BACKENDS)}.")
        if importlib.util.find_spec(_NEEDED[name]) is None:
            raise ValueError(f"The backend {name} is not installed: it needs {_NEEDED[name]}.")
    if steps < 0:
        raise ValueError(f"{steps} steps of training make no sense.")


class _Runs:
    """The workers of one comparison, and what they found."""

    def __init__(self, folder, stack, backends, steps, timeout, progress):
        self.folder, self.stack = folder, stack
        self.backends, self.steps = list(backends), steps
        self.timeout, self.progress = timeout, progress
        self.workers: dict[tuple[str, str | None], Worker] = {}
        self.problem: dict[str, Any] = {}
        self.fed: dict[str | None, Any] = {}
        self.floors: dict[str, dict[str, dict[str, Floor]]] = {}
        self.notes: list[str] = []
        self.looks_beside_kinks = True
        self.probes = [name for name in _PROBES if steps or name != "training"]

    def prepare(self, **arguments):
        """Let the first side settle what all get."""
        first = self.backends[0]
        self.progress(f"{first}: loading {arguments['target']}")
        for name in self.backends:  # they import meanwhile
            self._worker(name, None)
        (outcome,) = self._call([first], None, f"{_SIDE}:prepare", arguments)
        if outcome.status != "ok":
            self._refuse(outcome)
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
            Judge(values[left], values[right], self.floors, calls, backward, own)
            for left, right in itertools.combinations(self.backends, 2)
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

    def write_repro(self, result, path, precision):
        """Write a file that shows the first difference; what was written, in words."""
        pair = next((pair for pair in result.pairs if pair.verdict == DIFFERENT), None)
        if pair is None:
            return f"No two backends differ, so {path} was not written."
        small, pair = self._with_fewest_rows(pair, precision)
        quantity, what, probe, where = _shown(pair)
        arguments = {"problem": small.problem, "precision": precision, "path": where or None}
        (outcome,) = self._call([pair.left], precision, f"{_SIDE}:to_send", arguments)
        if outcome.status != "ok":
            return f"{path} was not written: {outcome.detail}"
        sent = outcome.value
        floors = small.floors.get(precision or "float32", {}).get(probe, {})
        measured = {place: floor.noise for place, floor in floors.items()}
        if where:
            # The script counts the outputs of a layer that stands alone.
            several = {
                f"output {place.rpartition(' ')[2]}": noise
                for place, noise in measured.items()
                if place.startswith(f"{where}, output ")
            }
            measured = {"output 1": measured[where]} if where in measured else several
        rows = list(range(len(sent["inputs"][0])))
        steps = pair.first_step["step"] if quantity == "training" else 0
        write_repro(
            path,
            sent["config_json"],
            sent["weights"],
            sent["inputs"],
            sent["labels"],
            sent["sample_weight"],
            quantity=quantity,
            batches=[rows] * steps,
            backends=(pair.left, pair.right),
            floors=measured or None,
            dtype=precision or "float32",
            title=f"{pair.left} and {pair.right} differ in {what} of {result.model}.",
            imports=sent["imports"],
        )
        return f"Wrote {path}, which shows {what} by itself: python {path}"

    def _with_fewest_rows(self, pair, precision):
        """These runs and this pair again, rows cut away in halves while the difference stays."""
        quantity, _, probe, where = _shown(pair)
        base = next((each for each, more in _WITH.items() if more == probe), probe)
        small, deadline, tried = self, time.monotonic() + _SHRINKING, None
        while tried is not small and time.monotonic() < deadline:
            tried = small
            arguments = {"problem": small.problem}
            (halves,) = self._call([pair.left], precision, f"{_SIDE}:halves", arguments)
            for half in halves.value if halves.status == "ok" else ():
                self.progress(f"repro: {len(half['rows'])} rows")
                again = self._again(half, pair, base)
                (found,) = again.result(precision).pairs
                if found.verdict == DIFFERENT and _shown(found)[::3] == (quantity, where):
                    small, pair = again, found
                    break
        return small, pair

    def _again(self, problem, pair, probe):
        """The same workers, to run one probe of another problem on the two sides of a pair."""
        again = copy.copy(self)
        again.problem, again.backends, again.probes = problem, [pair.left, pair.right], [probe]
        again.fed, again.floors, again.notes = {}, {}, []
        again.looks_beside_kinks = False
        return again

    def _only_on_kinks(self, pair, own):
        """Whether gradients that differ agree as soon as weights and inputs are moved a little."""
        if not self.looks_beside_kinks:
            return False
        if pair.first_output is not None or pair.first_gradient is None:
            return False
        self.progress(f"{pair.left}, {pair.right}: gradients beside kinks")
        precision = own if own == "float64" else None
        arguments = {"problem": self.problem}
        (moved,) = self._call([pair.left], precision, f"{_SIDE}:off_kinks", arguments)
        if moved.status != "ok":
            return False
        (found,) = self._again(moved.value, pair, "gradients").result(precision).pairs
        return found.verdict != DIFFERENT

    def _pair(self, judge, own):
        """The verdict on two sides, with those known causes that explain a difference."""
        pair = judge.pair()
        if self._only_on_kinks(pair, own):
            pair.notes.append(_ON_KINKS)
        for probe in judge.differing() if pair.verdict == DIFFERENT else ():
            for side in (judge.left, judge.right):
                for known in known_of(side.name, probe):
                    if self._explains(known, judge, side, probe, own):
                        pair.causes.append(
                            {
                                "probe": probe,
                                "backend": side.name,
                                "explanation": known.explanation,
                            }
                        )
        return pair

    def _explains(self, known, judge, side, probe, own):
        """Whether two sides agree on a probe where one runs with a known cause taken away."""
        self.progress(f"{side.name}: {probe} with {known.remedy}")
        by_precision = {}
        for precision in (None, "float64") if own == "float32" else ("float64",):
            found = self._side_answers(
                [side.name],
                precision,
                {
                    "problem": self.problem,
                    "precision": precision,
                    "probes": [probe],
                    "steps": self.steps,
                    "fed": self.fed[precision],
                    "remedy": known.remedy,
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
        single = self.floors["float32"].get("training", {})
        if single:
            beyond = [probe for probe in beyond if probe != "training"]
        self.floors["float64"] = self._floors("float64", _unequal(judges, beyond))
        self.floors["float64"]["training"] = {p: f.in_float64() for p, f in single.items()}

    def _answers(self, precision, probes):
        """Each side's answer to some probes; first the first one's, which the others are fed."""
        first, *others = self.backends
        arguments = {
            "problem": self.problem,
            "precision": precision,
            "probes": probes,
            "steps": self.steps,
            "fed": None,
        }
        what = f" in {precision}" if precision else ""
        what += " on hard inputs" if probes == [f"{HARD}layers"] else ""
        self.progress(f"{first}: running the model{what}")
        answers = self._side_answers([first], precision, arguments)
        self.fed[precision] = arguments["fed"] = answers[first].pop("fed")
        self.progress(f"{', '.join(others)}: running the model{what}")
        return answers | self._side_answers(others, precision, arguments)

    def _side_answers(self, names, precision, arguments):
        outcomes = self._call(names, precision, f"{_SIDE}:answer", arguments)
        answers = {}
        for name, outcome in zip(names, outcomes, strict=True):
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
        (outcome,) = self._call(["edu"], precision, f"{_FLOORS}:floors", arguments)
        if outcome.status != "ok":
            self.notes.append(f"No noise floors: {outcome.detail}; float64 decides alone.")
            return {}
        for probe, said in outcome.value["problems"].items():
            self.notes.append(f"{probe}: no noise floor: {said}; float64 decides alone.")
        return {
            probe: {place: Floor(*stacked) for place, stacked in places.items()}
            for probe, places in outcome.value["floors"].items()
        }

    def _call(self, names, precision, function, arguments):
        """The outcome of a function on each of these backends, at once, in their order."""
        workers = [self._worker(name, precision) for name in names]
        for worker in workers:
            worker.begin(Call(function, arguments))
        outcomes = [None] * len(workers)
        while any(outcome is None for outcome in outcomes):
            time.sleep(PAUSE)
            for number, worker in enumerate(workers):
                outcomes[number] = outcomes[number] or worker.look()
        return outcomes

    def _worker(self, name, precision):
        """The process of a backend in a precision; it stays, as importing takes its time."""
        if (name, precision) not in self.workers:
            self.workers[name, precision] = self.stack.enter_context(
                Worker(
                    name,
                    timeout=self.timeout,
                    environment={
                        "JAX_ENABLE_X64": "1" if precision else "0",
                        # There is a worker for each backend; NumPy's threads would fight over them.
                        "OPENBLAS_NUM_THREADS": "1",
                    },
                    compiled=self.folder / "compiled",
                )
            )
        return self.workers[name, precision]

    def _refuse(self, outcome):
        """Say in one line why there is nothing to compare."""
        said = outcome.detail
        if outcome.status == "error" and said.startswith(f"{BadTarget.__module__}.BadTarget: "):
            said = said.partition(": ")[2].rpartition(" (")[0]
        raise BadTarget(said)


def _shown(pair):
    """The first difference of two sides, for a file that shows it.

    Returns:
        What the file computes, the same in words, the probe, and the place of the layer call that
        can stand alone (empty: the whole model).
    """
    if pair.first_output in pair.makers:
        prefix = next(prefix for prefix, when in PREFIXES.items() if when == pair.when)
        where = prefix + pair.first_output.partition(", output")[0]
        return "outputs", f"the layer {pair.first_output}", f"{prefix}made", where
    if pair.first_gradient is not None or pair.loss_departs:
        return "gradients", f"the gradient of {pair.first_gradient or 'the loss'}", "gradients", ""
    if pair.first_step is not None:
        return "training", f"step {pair.first_step['step']} of training", "training", ""
    return "outputs", "the outputs", "outputs", ""


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
