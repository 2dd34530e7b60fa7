"""Run experiments on several subjects, and compare each subject with the first.

report = compare(experiments, subjects)
report.agree, report.comparisons
"""

import dataclasses
import itertools
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from keras_edu_backend.compare.experiment import (
    DTYPES,
    FLOAT64_ONLY,
    NOISE_ADAPTER,
    NOISE_QUANTITIES,
    QUANTITIES,
    WAYS_TO_GRADIENTS,
    Experiment,
    Subject,
    as_document,
)
from keras_edu_backend.compare.known import Evidence, known_of
from keras_edu_backend.compare.laws import judge_draws
from keras_edu_backend.compare.pool import Job, Pool, Progress
from keras_edu_backend.compare.remedies import name_without
from keras_edu_backend.compare.result import Comparison, Report
from keras_edu_backend.compare.slopes import judge_slopes
from keras_edu_backend.compare.verdict import (
    DIFFERENT,
    EQUAL,
    Judgement,
    agrees,
    judge,
    judge_parameters,
    unsupported,
)
from keras_edu_backend.rounding.units import Floor
from keras_edu_backend.workers import files

LOST = {"status": "lost", "detail": "no result"}

# What is to run again, by subject and precision: the subject, and for each experiment's name the
# quantities with their remedies (see `pool.Job`).
Wanted = dict[tuple[str, str], tuple[Subject, dict[str, list[tuple[str, tuple[str, ...]]]]]]


def compare(
    experiments: Sequence[Experiment],
    subjects: Sequence[Subject],
    timeout: float = 600.0,
    import_paths: Sequence[str | os.PathLike] = (),
    progress: Progress = lambda subject, dtype, experiment: None,
    float64: bool = True,
) -> Report:
    """Run every experiment on every subject, in float32 and float64, and judge the results.

    Args:
        experiments: the `experiment.Experiment`s.
        subjects: the `experiment.Subject`s; the first is the star, which each other one is
            compared with.
        timeout: seconds that one experiment may take in one worker.
        import_paths: folders where the workers find the modules that subjects and experiments
            name, besides the folder this process runs in.
        progress: called with a subject's name, a dtype and an experiment's name whenever one is
            over.
        float64: whether everything is compared in float64 as well. Without, only what is not the
            same bits in float32 runs in float64, where its verdict is decided.

    Returns:
        A `result.Report`.

    Raises:
        ValueError: fewer than two subjects, or two of one name; no experiment, or two of one case
            and style.
    """
    _check_distinct([subject.name for subject in subjects], "subjects", at_least=2)
    _check_distinct([experiment.name for experiment in experiments], "experiments", at_least=1)
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        library = Path(folder) / "experiments"
        library.mkdir()
        for experiment in experiments:
            files.save(library / experiment.name, as_document(experiment))
        runs = _Runs(Path(folder), library, timeout, import_paths, progress)
        names = [experiment.name for experiment in experiments]
        results = runs.plain(subjects, names, DTYPES if float64 else DTYPES[:1])
        pairs = [
            _Pair(experiment, subjects[0], right, results[experiment.name])
            for experiment in experiments
            for right in subjects[1:]
        ]
        if not float64:
            runs.in_float64(pairs, results)
        floors = runs.floors(subjects[0], pairs)
        for pair in pairs:
            pair.take(floors[pair.experiment.name])
        runs.remedied(pairs, results)
        report = Report(notes=list(runs.notes))
        for experiment in experiments:
            report.curves += _curves(experiment, subjects, results[experiment.name])
        for pair in pairs:
            report.comparisons += pair.comparisons()
    for outcome in runs.outcomes.values():
        document = dataclasses.asdict(outcome)
        del document["lost"]
        report.backends.append(document)
        report.versions |= outcome.versions
    return report


class _Runs:
    """The workers' results: first of everything, then of what a remedy may explain."""

    def __init__(self, folder, library, timeout, import_paths, progress):
        self.folder = folder
        self.options = {"library": library, "timeout": timeout, "import_paths": import_paths}
        self.progress = progress
        self.outcomes = {}
        self.notes: dict[str, int] = {}

    def plain(self, subjects, names, dtypes):
        """For each experiment's name, a mapping of (subject name, dtype) to `_results`."""
        pool = Pool(self.folder / "plain", **self.options)
        # Subject by subject on all processors: what one has compiled, the next finds in the cache.
        share = -(-pool.processes // len(dtypes))
        jobs = [
            Job(subject, dtype, part)
            for subject in subjects
            for dtype in dtypes
            for part in _dealt(names, share)
        ]
        self.outcomes = pool.run(jobs, self.progress)
        return {
            name: {
                (subject.name, dtype): _results(pool, self.outcomes[subject.name], dtype, name)
                if dtype in dtypes
                else {}
                for subject in subjects
                for dtype in DTYPES
            }
            for name in names
        }

    def in_float64(self, pairs, results):
        """Run in float64 what is not the same bits in float32; add the results."""
        wanted: Wanted = {}
        for pair in pairs:
            for quantity in pair.unequal():
                for side, name in pair.sides(quantity):
                    _want(wanted, side, "float64", pair, (name, ()))
                # Some causes are known by the outputs that they need.
                _want(wanted, pair.left, "float64", pair, ("outputs", ()))
        self._add("float64", wanted, results)

    def floors(self, star, pairs):
        """For each experiment's name a mapping of dtype, quantity and place to `Floor`.

        They are measured only of what is not the same bits on all sides: equal is equal. Styles of
        one network that share their points share their floors.
        """
        first: dict[tuple, Experiment] = {}
        asked: dict[str, dict[tuple[str, str], None]] = {}
        for pair in pairs:
            each = pair.experiment
            if each.build or each.updates:
                name = first.setdefault(_numbers_of(each), each).name
                noisy = [_of_left(q) for q in pair.unequal() if _of_left(q) in NOISE_QUANTITIES]
                keys = ((dtype, quantity) for quantity in noisy for dtype in _dtypes(quantity))
                asked.setdefault(name, {}).update(dict.fromkeys(keys))
        subject = dataclasses.replace(
            star,
            name="noise floors",
            backend="edu",
            imports=(),
            adapter=NOISE_ADAPTER,
            quantities=NOISE_QUANTITIES,
        )
        pool = Pool(self.folder / "floors", **self.options)
        # The longest first, and shared out in turn, so that all workers end together.
        work = {each.name: _work_of(each, asked[each.name]) for each in first.values()}
        names = sorted(filter(asked.get, work), key=work.__getitem__, reverse=True)
        jobs = []
        for dtype in DTYPES:
            quantities = {
                name: [(quantity, ()) for at, quantity in asked[name] if at == dtype]
                for name in names
            }
            here = [name for name in names if quantities[name]]
            parts = _dealt(here, pool.processes)
            jobs += [Job(subject, dtype, part, quantities) for part in parts]
        outcomes = pool.run(jobs, self.progress) if jobs else {}
        found: dict[str, dict[str, dict]] = {}
        for each in {pair.experiment.name: pair.experiment for pair in pairs}.values():
            of_same = first.get(_numbers_of(each))
            name_of_same = of_same.name if of_same else ""
            measured = {dtype for dtype, _ in asked.get(name_of_same, ())}
            found[each.name] = {
                dtype: self._floors(pool, outcomes[subject.name], dtype, name_of_same)
                if dtype in measured
                else {}
                for dtype in DTYPES
            }
        return found

    def _floors(self, pool, outcome, dtype, name):
        """What was measured for one experiment; what could not be is said once."""
        found = {}
        for quantity, result in _results(pool, outcome, dtype, name).items():
            if result["status"] == "ok":
                found[quantity] = {
                    place: Floor(*array) for place, array in result["values"].items()
                }
            elif result["status"] != "unsupported":
                self.notes[f"{name}, {dtype}: no noise floor of {quantity}: {result['detail']}"] = 1
        return found

    def remedied(self, pairs, results):
        """Run once more, with causes removed, what differs and may be known; add the results.

        What comes back is called as `remedies.name_without` says.
        """
        wanted: Wanted = {}
        for pair in pairs:
            for side, dtype, quantity, remedies in pair.remedies():
                _want(wanted, side, dtype, pair, (quantity, remedies))
        self._add("remedied", wanted, results)

    def _add(self, folder, wanted, results):
        """Run what is wanted, and add to the results what comes back."""
        pool = Pool(self.folder / folder, **self.options)
        # A worker for each processor: there may be no other work left.
        jobs = [
            Job(side, dtype, part, asked)
            for (_, dtype), (side, asked) in wanted.items()
            for part in _dealt(list(asked), pool.processes)
        ]
        for outcome in pool.run(jobs, self.progress).values():
            if outcome.status != "ok":
                first = self.outcomes[outcome.name]
                first.status, first.detail = outcome.status, first.detail + outcome.detail
        for (name, dtype), (_, asked) in wanted.items():
            for experiment, runs in asked.items():
                lost = {name_without(quantity, remedies): LOST for quantity, remedies in runs}
                found = pool.result(name, dtype, experiment) or lost
                results[experiment][name, dtype] |= found


class _Pair:
    """One experiment on the star and on one other subject."""

    def __init__(self, experiment, left, right, results):
        self.experiment = experiment
        self.left = left
        self.right = right
        self.names = (left.name, right.name)
        self.same_library = bool(left.library) and left.library == right.library
        self.results = results
        self.floors: dict[str, dict] = {}
        self._judged: dict[str, dict[str, Judgement]] = {}

    def take(self, floors):
        """From now on judge by these noise floors."""
        self.floors = floors
        self._judged.clear()

    def unequal(self):
        """The quantities that are other bits on the two sides in some precision."""
        return [
            quantity
            for quantity in self._quantities()
            if any(judgement.verdict != EQUAL for judgement in self._plainly(quantity).values())
        ]

    def comparisons(self):
        """A `Comparison` of each quantity in each precision."""
        found = []
        for quantity in self._quantities():
            judged = self._plainly(quantity)
            known = self._known(quantity, judged)
            for dtype in _dtypes(quantity):
                if dtype in judged:
                    judgement, explanation = judged[dtype], known.get(dtype, "")
                    passes = agrees(judgement) or bool(explanation)
                elif not self._asked_for(quantity, dtype):
                    continue
                else:
                    note, passes = self._why_not(quantity, dtype)
                    judgement, explanation = unsupported(note), ""
                found.append(self._comparison(quantity, dtype, judgement, explanation, passes))
        return found

    def remedies(self):
        """Which side should run which quantity again: (subject, dtype, quantity, remedies)."""
        found = []
        for quantity in self._quantities():
            judged = self._plainly(quantity)
            if not any(judgement.verdict == DIFFERENT for judgement in judged.values()):
                continue
            for side, name, causes in self._known_of(quantity):
                remedies = tuple(sorted(cause.remedy for cause in causes))
                found += [(side, dtype, name, remedies) for dtype in judged]
        return found

    def _quantities(self):
        """What is asked for; other ways to gradients only of a subject that has them."""
        return [
            quantity
            for quantity in self.experiment.quantities
            if quantity not in WAYS_TO_GRADIENTS or quantity in self.right.quantities
        ]

    def sides(self, quantity):
        """Each subject, and what its quantity is called."""
        return [(self.left, _of_left(quantity)), (self.right, quantity)]

    def _known_of(self, quantity):
        """What is known to make a side depart from others: side, its quantity, known differences.

        Each by itself, then two together, and so on.
        """
        if self.same_library or self.left.backend == self.right.backend:
            return []
        found: list[tuple[Subject, str, tuple]] = []
        for side, name in self.sides(quantity):
            known = known_of(side.backend, name, self.experiment.weight_names or None)
            for number in range(1, len(known) + 1):
                found += [(side, name, some) for some in itertools.combinations(known, number)]
        return found

    def _plainly(self, quantity):
        """`_judge` with nothing removed: once, as arrays are large."""
        if quantity not in self._judged:
            self._judged[quantity] = self._judge(quantity)
        return self._judged[quantity]

    def _judge(self, quantity, removed=None):
        """The `Judgement` in each precision, perhaps with known causes removed."""
        left, right = (
            self._values(side.name, self._asked(side, name, removed))
            for side, name in self.sides(quantity)
        )
        floors = self._floors(quantity)
        if quantity == "draws":
            same_bits = bool(self.left.generator) and self.left.generator == self.right.generator
            return judge_draws(left, right, self.names, self.experiment.draws.law, same_bits)
        both = [dtype for dtype in left if dtype in right]
        if quantity == "finite differences":
            return {
                dtype: judge_slopes(left[dtype], right[dtype], floors.get(dtype, {}), self.names)
                for dtype in both
            }
        if quantity == "parameters":
            expected = self.experiment.parameter_counts
            return {
                dtype: judge_parameters(left[dtype], right[dtype], expected, self.names)
                for dtype in both
            }
        return judge(
            left, right, floors, self.names, self.same_library, quantity in ("training", "updates")
        )

    def _asked(self, side, name, removed):
        """What a side's quantity is called where its causes are removed."""
        if removed is None or removed[0] is not side:
            return name
        return name_without(name, [cause.remedy for cause in removed[2]])

    def _floors(self, quantity):
        return {dtype: floors.get(_of_left(quantity), {}) for dtype, floors in self.floors.items()}

    def _known(self, quantity, judged):
        """The explanation in each precision in which known causes are all the difference."""
        different = [dtype for dtype, each in judged.items() if each.verdict == DIFFERENT]
        explained: dict[str, str] = {}
        for side, name, causes in self._known_of(quantity) if different else []:
            without = self._judge(quantity, (side, name, causes))
            for dtype in different:
                if dtype in explained or not agrees(without.get(dtype)):
                    continue
                # Of several, each is checked on what the others leave.
                evidence = []
                for cause in causes:
                    others = [other for other in causes if other is not cause]
                    evidence.append(self._evidence(quantity, dtype, (side, name, others)))
                if not all(dtype in each.left and dtype in each.right for each in evidence):
                    continue  # A run with some of the causes removed ended with an error.
                checked = [cause.bound(each) for cause, each in zip(causes, evidence, strict=True)]
                if all(checked):
                    explained[dtype] = " ".join(
                        f"{cause.explanation} Checked in this run: {said}; with the cause "
                        "removed, both sides agree."
                        for cause, said in zip(causes, checked, strict=True)
                    )
        return explained

    def _evidence(self, quantity, dtype, removed):
        left, right = (
            self._values(side.name, self._asked(side, name, removed))
            for side, name in self.sides(quantity)
        )
        outputs = self._values(self.left.name, "outputs")
        return Evidence(_of_left(quantity), dtype, left, right, self._floors(quantity), outputs)

    def _values(self, name, quantity):
        """Mapping of dtype to values, for each dtype in which the subject has the quantity."""
        found = {}
        for dtype in DTYPES:
            result = self.results[name, dtype].get(quantity, {})
            if result.get("status") == "ok":
                found[dtype] = result["values"]
        return found

    def _asked_for(self, quantity, dtype):
        """Whether both sides were to have the quantity in this precision."""
        return all(name in self.results[side.name, dtype] for side, name in self.sides(quantity))

    def _why_not(self, quantity, dtype):
        """Why nothing was compared, and whether that is in order."""
        reasons = []
        for name, asked in zip(self.names, (_of_left(quantity), quantity), strict=True):
            result = self.results[name, dtype].get(asked, LOST)
            if result["status"] != "ok":
                reasons.append((f"{name}: {result['detail']}", result["status"] == "unsupported"))
        return "; ".join(reason for reason, _ in reasons), all(order for _, order in reasons)

    def _comparison(self, quantity, dtype, judgement, known, passes):
        return Comparison(
            case=self.experiment.case,
            style=self.experiment.style,
            left=self.left.name,
            right=self.right.name,
            quantity=quantity,
            dtype=dtype,
            known=known,
            passes=passes,
            **dataclasses.asdict(judgement),
        )


def _results(pool, outcome, dtype, name):
    """What a worker found for each quantity, or why there is nothing."""
    lost = outcome.lost.get((dtype, name), "no result")
    try:
        result = pool.result(outcome.name, dtype, name)
    except ValueError as error:
        result, lost = None, str(error)
    return result or {quantity: {"status": "lost", "detail": lost} for quantity in QUANTITIES}


def _dealt(names, hands):
    """The names dealt out in turn, so that all workers end together; no hand is empty."""
    return [names[start::hands] for start in range(min(hands, len(names)))]


def _want(wanted, side, dtype, pair, asked):
    """Note what is to run again, once."""
    of_side = wanted.setdefault((side.name, dtype), (side, {}))[1]
    runs = of_side.setdefault(pair.experiment.name, [])
    if asked not in runs:
        runs.append(asked)


def _numbers_of(experiment):
    """What two experiments share that differ only in how their Keras model is written."""
    plan = experiment.training
    return (experiment.case, *map(id, experiment.points)) if plan else (experiment.name,)


def _work_of(experiment, asked):
    """About how long a training run takes: its numbers, times its steps."""
    plan = experiment.training if ("float32", "training") in asked else None
    return sum(w.size for w in plan.weights.values()) * len(plan.batches) if plan else 0


def _of_left(quantity):
    """What of the star's a quantity is compared with."""
    return "gradients" if quantity in WAYS_TO_GRADIENTS else quantity


def _dtypes(quantity):
    return ("float64",) if quantity in FLOAT64_ONLY else DTYPES


def _curves(experiment, subjects, results):
    curves = []
    for dtype in DTYPES:
        losses = {}
        for subject in subjects:
            training = results[subject.name, dtype].get("training", LOST)
            if training["status"] == "ok":
                losses[subject.name] = training["values"]["losses"].tolist()
        if losses:
            curves.append(
                {
                    "case": experiment.case,
                    "style": experiment.style,
                    "dtype": dtype,
                    "losses": losses,
                }
            )
    return curves


def _check_distinct(names, what, at_least):
    if len(names) < at_least:
        raise ValueError(f"A comparison needs at least {at_least} {what}, got {len(names)}.")
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"These {what} are given more than once: {', '.join(sorted(twice))}.")
