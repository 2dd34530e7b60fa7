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
from keras_edu_backend.compare.training import judge_training
from keras_edu_backend.compare.verdict import (
    DIFFERENT,
    Judgement,
    agrees,
    judge_parameters,
    judge_values,
    unsupported,
)
from keras_edu_backend.workers import files

LOST = {"status": "lost", "detail": "no result"}


def compare(
    experiments: Sequence[Experiment],
    subjects: Sequence[Subject],
    timeout: float = 600.0,
    import_paths: Sequence[str | os.PathLike] = (),
    progress: Progress = lambda subject, dtype, experiment: None,
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
        results = runs.plain(subjects, names)
        pairs = [
            _Pair(experiment, subjects[0], right, results[experiment.name])
            for experiment in experiments
            for right in subjects[1:]
        ]
        runs.remedied(pairs, results)
        report = Report()
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

    def plain(self, subjects, names):
        """For each experiment's name, a mapping of (subject name, dtype) to `_results`."""
        pool = Pool(self.folder / "plain", **self.options)
        jobs = [Job(subject, dtype, names) for subject in subjects for dtype in DTYPES]
        self.outcomes = pool.run(jobs, self.progress)
        return {
            name: {
                (subject.name, dtype): _results(pool, self.outcomes[subject.name], dtype, name)
                for subject in subjects
                for dtype in DTYPES
            }
            for name in names
        }

    def remedied(self, pairs, results):
        """Run once more, with causes removed, what differs and may be known; add the results.

        What comes back is called as `remedies.name_without` says.
        """
        wanted: dict[tuple[str, str], tuple[Subject, dict[str, list]]] = {}
        for pair in pairs:
            for side, dtype, quantity, remedies in pair.remedies():
                of_side = wanted.setdefault((side.name, dtype), (side, {}))[1]
                runs = of_side.setdefault(pair.experiment.name, [])
                if (quantity, remedies) not in runs:
                    runs.append((quantity, remedies))
        pool = Pool(self.folder / "remedied", **self.options)
        jobs = []
        for (_, dtype), (side, remedied) in wanted.items():
            names = list(remedied)
            # A worker for each processor: there may be no other work left.
            parts = (names[start :: pool.processes] for start in range(pool.processes))
            jobs += [Job(side, dtype, part, remedied) for part in parts if part]
        for outcome in pool.run(jobs, self.progress).values():
            if outcome.status != "ok":
                first = self.outcomes[outcome.name]
                first.status, first.detail = outcome.status, first.detail + outcome.detail
        for (name, dtype), (_, remedied) in wanted.items():
            for experiment in remedied:
                results[experiment][name, dtype] |= pool.result(name, dtype, experiment) or {}


class _Pair:
    """One experiment on the star and on one other subject."""

    def __init__(self, experiment, left, right, results):
        self.experiment = experiment
        self.left = left
        self.right = right
        self.names = (left.name, right.name)
        self.strict = bool(left.library) and left.library == right.library
        self.results = results

    def comparisons(self):
        """A `Comparison` of each quantity in each precision."""
        found = []
        for quantity in self._quantities():
            judged, known = self._judge(quantity)
            for dtype in _dtypes(quantity):
                if dtype in judged:
                    judgement, explanation = judged[dtype], known.get(dtype, "")
                    passes = agrees(judgement) or bool(explanation)
                else:
                    note, passes = self._why_not(quantity, dtype)
                    judgement, explanation = unsupported(note), ""
                found.append(self._comparison(quantity, dtype, judgement, explanation, passes))
        return found

    def remedies(self):
        """Which side should run which quantity again: (subject, dtype, quantity, remedies)."""
        found = []
        for quantity in self._quantities():
            judged = self._judge_values(quantity, *self._without(quantity, {}))
            for dtype, judgement in judged.items():
                if judgement.verdict != DIFFERENT:
                    continue
                causes = self._known_of(quantity, dtype)
                for side, name in self._sides(quantity):
                    of_side = [known.remedy for of, known in causes if of is side]
                    found += [(side, dtype, name, subset) for subset in _subsets(of_side)]
        return found

    def _quantities(self):
        """What is asked for; other ways to gradients only of a subject that has them."""
        return [
            quantity
            for quantity in self.experiment.quantities
            if quantity not in WAYS_TO_GRADIENTS or quantity in self.right.quantities
        ]

    def _sides(self, quantity):
        """Each subject, and what its quantity is called."""
        return [(self.left, _of_left(quantity)), (self.right, quantity)]

    def _known_of(self, quantity, dtype):
        """What is known to make a side depart from others: pairs of side and known difference."""
        if self.strict or self.left.backend == self.right.backend:
            return []
        return [
            (side, known)
            for side, name in self._sides(quantity)
            for known in known_of(side.backend, dtype, name)
        ]

    def _without(self, quantity, causes):
        """Both sides' values in each precision, where they run without some causes.

        Args:
            quantity: the quantity.
            causes: for a dtype, the causes that are removed, as `_known_of` gives them.
        """
        found = []
        for side, name in self._sides(quantity):
            values: dict[str, dict] = {}
            for dtype in DTYPES:
                remedies = [known.remedy for of, known in causes.get(dtype, ()) if of is side]
                asked = name_without(name, remedies) if remedies else name
                values |= self._values(side.name, asked, (dtype,))
            found.append(values)
        return found

    def _judge(self, quantity):
        """The `Judgement` in each precision, and the explanation of each known difference."""
        judged: dict[str, Judgement] = {}
        explained: dict[str, str] = {}
        removed: dict[str, Sequence] = {}
        # What is known of float64 does not concern float32: that is confirmed without it.
        for dtype in ("float64", "float32"):
            without = self._without(quantity, removed)
            judgement = self._judge_values(quantity, *without).get(dtype)
            if judgement is not None:
                judged[dtype] = judgement
                if judgement.verdict == DIFFERENT:
                    removed, explained[dtype] = self._explain(quantity, dtype, removed)
        return judged, explained

    def _judge_values(self, quantity, left, right):
        if quantity == "training":
            return judge_training(left, right, self.names, self.strict)
        if quantity == "draws":
            same_bits = bool(self.left.generator) and self.left.generator == self.right.generator
            return judge_draws(left, right, self.names, self.experiment.draws.law, same_bits)
        both = [dtype for dtype in left if dtype in right]
        if quantity == "finite differences":
            return {dtype: judge_slopes(left[dtype], right[dtype], self.names) for dtype in both}
        if quantity != "parameters":
            return judge_values(left, right, self.names, self.strict)
        expected = self.experiment.parameter_counts
        return {
            dtype: judge_parameters(left[dtype], right[dtype], expected, self.names)
            for dtype in both
        }

    def _explain(self, quantity, dtype, removed):
        """Known causes that are all the difference there is, as few as possible.

        Args:
            quantity: what differs.
            dtype: the precision in which it does.
            removed: the causes that were found in the other precision.

        Returns:
            The causes that are to be removed in each precision, and the explanation; ``removed``
            and nothing if they do not explain the difference.
        """
        for causes in _subsets(self._known_of(quantity, dtype)):
            # How far off float32 is shows float64's own rounding, so it runs without them as well.
            in_both = _acting(causes) if dtype == "float64" else removed | {dtype: causes}
            values = self._without(quantity, in_both)
            if not agrees(self._judge_values(quantity, *values).get(dtype)):
                continue
            exact = [side.get(dtype, {}) for side in values]
            checks = [
                cause[1].bound(self._evidence(quantity, dtype, cause, causes, exact))
                for cause in causes
            ]
            if all(checks):
                explanations = " ".join(known.explanation for _, known in causes)
                text = (
                    f"{explanations} Checked in this run: {'; '.join(dict.fromkeys(checks))}; with "
                    "the cause removed, both sides agree."
                )
                return removed | {dtype: causes}, text
        return removed, ""

    def _evidence(self, quantity, dtype, cause, causes, exact):
        """What the bound of one cause may look at: its effect alone."""
        others = [other for other in causes if other is not cause]
        without = self._without(quantity, _acting(others))
        sides = []
        for (side, name), alone in zip(self._sides(quantity), without, strict=True):
            plain = {each: self._values(side.name, each) for each in QUANTITIES}
            # Gradients found in another way may be of fewer places.
            sides.append(plain if name in WAYS_TO_GRADIENTS else plain | {name: alone})
        left, right = sides
        return Evidence(_of_left(quantity), dtype, left, right, exact)

    def _values(self, name, quantity, dtypes=DTYPES):
        """Mapping of dtype to values, for each dtype in which the subject has the quantity."""
        found = {}
        for dtype in dtypes:
            result = self.results[name, dtype].get(quantity, {})
            if result.get("status") == "ok":
                found[dtype] = result["values"]
        return found

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


def _subsets(causes):
    """All of some causes, each one first, then two at a time and so on."""
    sizes = range(1, len(causes) + 1)
    return list(itertools.chain.from_iterable(itertools.combinations(causes, n) for n in sizes))


def _acting(causes):
    """For each precision, those of the causes that act in it."""
    return {
        dtype: [(side, known) for side, known in causes if dtype in known.dtypes]
        for dtype in DTYPES
    }


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
