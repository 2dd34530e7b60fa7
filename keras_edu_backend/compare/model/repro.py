"""``--repro``: the smallest problem that still shows a difference, written as one file.

Layers, units, rows and steps are cut away while both sides stay different in the same way. A cut is
made by `cuts` in a worker, and judged as the whole comparison is. What remains is written by
`compare.repro`, and the file is run once before anybody is told that it shows something.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from keras_edu_backend.compare.model.judge import HARD, PREFIXES, TRAINING
from keras_edu_backend.compare.repro import write
from keras_edu_backend.compare.verdict import DIFFERENT

_CUTS = "keras_edu_backend.compare.model.cuts"
# Seconds after which nothing more is cut away, and after which the file must have ended.
_CUTTING = 90.0
_RUNNING = 300.0


def write_repro(runs: Any, result: Any, path: Any, precision: str | None) -> str:
    """Write a file that shows the first difference by itself.

    Args:
        runs: the `run._Runs` that found it.
        result: the `Result`.
        path: of the file.
        precision: see `side.answer`.

    Returns:
        What was written and what it shows, or why there is nothing to write; in words.
    """
    different = [pair for pair in result.pairs if pair.verdict == DIFFERENT]
    if not different:
        return f"No two sides differ, so {path} was not written."
    sides = [(pair, *map(runs.named, (pair.left, pair.right))) for pair in different]
    of_one = [(pair, left) for pair, left, right in sides if left.target == right.target]
    if not of_one:
        return (
            f"{path} was not written: {different[0].left} and {different[0].right} are two models."
        )
    pair, left = of_one[0]
    what = _what(pair)
    found = _Search(precision, runs.progress).smallest(runs, pair)
    if found is None:
        return f"{path} was not written: the two sides part in nothing that a file can compute."
    small, pair, probe = found
    arguments = {"problem": small.problem, "precision": precision}
    (outcome,) = small.call([left], precision, f"{_CUTS}:to_send", arguments)
    if outcome.status != "ok":
        return f"{path} was not written: {outcome.detail}"
    sent = outcome.value
    if sent["draws"] and probe != "outputs":
        return f"{path} was not written: in training the model draws random numbers."
    floors = small.floors.get(precision or "float32", {}).get(probe, {})
    names = {place: place for place in floors}
    if probe == "outputs":
        names = {
            place: f"output {place.rpartition(' ')[2] if ', output ' in place else 1}"
            for place in floors
            if place == "call" or place.startswith("call, output ")
        }
    elif probe == "training":
        last = f"step {small.steps}, "
        names = {p: p.removeprefix(last) for p in floors if p == "losses" or p.startswith(last)}
    rows = list(range(len(sent["inputs"][0])))
    write(
        path,
        sent["config_json"],
        sent["weights"],
        sent["inputs"],
        sent["labels"],
        sent["sample_weight"],
        quantity=probe,
        batches=[rows] * small.steps if probe == "training" else (),
        backends=(left.backend, runs.named(pair.right).backend),
        floors={name: _noise(floors, place, small.steps) for place, name in names.items()} or None,
        dtype=precision or "float32",
        title=f"{pair.left} and {pair.right} differ in {what} of {result.model}.",
        imports=sent["imports"],
    )
    runs.progress(f"repro: running {path}")
    shows, last = _run(path)
    if not shows and last.startswith("All within"):
        Path(path).unlink()
        return (
            f"{path} was not kept: the model made anew of its configuration on {pair.left} shows "
            "no difference, so the two sides were not given the same model."
        )
    if not shows:
        return f"Wrote {path}, but it fails when it is run: {last}"
    return f"Wrote {path}, which shows {what} by itself ({sent['size']}): python {path}"


def _what(pair):
    """The first difference in words."""
    if pair.first_output in pair.makers:
        return f"the layer {pair.first_output}"
    if pair.first_gradient is not None or pair.loss_departs:
        return f"the gradient of {pair.first_gradient or 'the loss'}"
    if pair.first_step is not None:
        return f"step {pair.first_step['step']} of training"
    return "the outputs"


def _noise(floors, place, steps):
    """Of losses, those of the steps that are left."""
    return floors[place].noise[:steps] if place == "losses" else floors[place].noise


def _run(path):
    """Whether the file, run by itself, finds the difference; and what it says at last."""
    try:
        done = subprocess.run(
            [sys.executable, path], capture_output=True, text=True, timeout=_RUNNING
        )
    except subprocess.TimeoutExpired:
        return False, f"it did not end within {_RUNNING:.0f} seconds"
    # An error's exit status is 1, too.
    last = (done.stdout if not done.stderr else done.stderr).strip().splitlines()[-1:]
    return done.stdout.rpartition("\n* Beyond")[1] != "", "".join(last)


class _Search:
    """For the smallest problem that differs as the first does.

    Args:
        precision: see `side.answer`.
        progress: called with a line for each cut.
    """

    def __init__(self, precision, progress):
        self.precision, self.progress = precision, progress
        self.deadline = time.monotonic() + _CUTTING

    def smallest(self, runs, pair):
        """The runs of that problem, their pair, and the probe that differs; or None."""
        starts: list[tuple[list | None, str]] = [
            (None, probe) for probe in ("gradients", "training", "outputs")
        ]
        if pair.first_output in pair.makers:
            place = pair.first_output.partition(", output")[0]
            prefix = next(prefix for prefix, when in PREFIXES.items() if when == pair.when)
            # Outside of training a file calls the model as `predict` does.
            probe = "gradients" if prefix == TRAINING else "outputs"
            starts.insert(0, (["alone", prefix + place], probe))
        elif pair.when == PREFIXES[HARD]:
            starts.insert(0, (["hard"], "outputs"))
        for way, probe in starts:
            if way is not None or _kind(pair, probe):
                found = self._tried(runs, pair, way, probe)
                if found is not None:
                    return (*self._cut_down(found, probe), probe)
        return None

    def _cut_down(self, found, probe):
        """Cut while the difference stays; after each cut the largest are tried first again."""
        runs, pair = found
        goes_on = True
        while goes_on:
            goes_on = False
            for way in self._call(runs, pair, "ways") or ():
                if time.monotonic() > self.deadline:
                    break
                found = self._tried(runs, pair, way, probe)
                if found is not None:
                    (runs, pair), goes_on = found, True
                    break
        return runs, pair

    def _tried(self, runs, pair, way, probe):
        """The runs and the pair after a cut; None where it fails or nothing differs then."""
        problem = runs.problem
        if way is not None:
            problem = self._call(runs, pair, "cut", way=way)
            if problem is None:
                return None
            self.progress(f"repro: {_said(*way)}")
        again = runs.again(problem, pair, probe)
        again.progress = lambda line: None
        if pair.first_step is not None:
            again.steps = pair.first_step["step"]
        (found,) = again.result(self.precision).pairs
        kind = _kind(found, probe)
        another = way is None or way[0] in ("alone", "hard")
        if found.verdict != DIFFERENT or not (kind if another else kind == _kind(pair, probe)):
            return None
        if probe == "training":
            again.steps = found.first_step["step"]
        return again, found

    def _call(self, runs, pair, function, **more):
        """What a function of `cuts` returns on the left side; None where a cut cannot be made."""
        arguments = {"problem": runs.problem, "precision": self.precision, **more}
        left = [runs.named(pair.left)]
        (outcome,) = runs.call(left, self.precision, f"{_CUTS}:{function}", arguments)
        if outcome.status != "ok" and function != "cut":
            self.progress(f"repro: nothing more is cut away: {outcome.detail}")
        return outcome.value if outcome.status == "ok" else None


def _kind(pair, probe):
    """In which way a probe differs; None: in none."""
    if probe == "outputs":
        return pair.first_output and "outputs"
    if probe == "training":
        return pair.first_step and "training"
    if pair.first_gradient is None and not pair.loss_departs:
        return None
    return ("gradients", pair.first_gradient is not None, pair.loss_departs)


def _said(kind, *what):
    """A cut in words."""
    return {
        "alone": "{} by itself",
        "hard": "hard inputs",
        "rows": "rows {} to {} of what is left",
        "before": "from {} on",
        "after": "up to {}",
        "inside": "what is inside {}",
        "layers": "without {}",
        "size": "{} with {} {}",
        "axis": "axis {} of the inputs cut to {}",
    }[kind].format(*(", ".join(map(str, one)) if isinstance(one, list) else one for one in what))
