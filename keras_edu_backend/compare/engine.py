"""Run experiments on several subjects, and compare each subject with the first.

report = compare(experiments, subjects)
report.agree, report.comparisons
"""

import dataclasses
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from keras_edu_backend.compare import files
from keras_edu_backend.compare.experiment import (
    DTYPES,
    QUANTITIES,
    Experiment,
    Subject,
    as_document,
)
from keras_edu_backend.compare.known import Evidence, find
from keras_edu_backend.compare.pool import Pool, Progress
from keras_edu_backend.compare.result import Comparison, Report
from keras_edu_backend.compare.training import judge_training
from keras_edu_backend.compare.verdict import (
    DIFFERENT,
    agrees,
    judge_parameters,
    judge_values,
    unsupported,
)


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
    _check_distinct([_name(experiment) for experiment in experiments], "experiments", at_least=1)
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        library = Path(folder) / "experiments"
        library.mkdir()
        for experiment in experiments:
            files.save(library / _name(experiment), as_document(experiment))
        names = [_name(experiment) for experiment in experiments]
        pool = Pool(folder, library, names, timeout=timeout, import_paths=import_paths)
        outcomes = pool.run(subjects, DTYPES, progress)
        report = Report()
        for experiment in experiments:
            results = _results(pool, subjects, outcomes, _name(experiment))
            report.curves += _curves(experiment, subjects, results)
            for right in subjects[1:]:
                report.comparisons += _Pair(experiment, subjects[0], right, results).comparisons()
    for outcome in outcomes.values():
        document = dataclasses.asdict(outcome)
        del document["lost"]
        report.backends.append(document)
        report.versions |= outcome.versions
    return report


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
        for quantity in QUANTITIES:
            judged, known = self._judge(quantity)
            for dtype in DTYPES:
                if dtype in judged:
                    judgement, explanation = judged[dtype], known.get(dtype, "")
                    passes = agrees(judgement) or bool(explanation)
                else:
                    note, passes = self._why_not(quantity, dtype)
                    judgement, explanation = unsupported(note), ""
                found.append(self._comparison(quantity, dtype, judgement, explanation, passes))
        return found

    def _judge(self, quantity):
        """The `Judgement` in each precision, and the explanation of each known difference."""
        plain = [self._values(name, quantity) for name in self.names]
        remedied = [
            values | self._values(name, f"{quantity}, remedied")
            for name, values in zip(self.names, plain, strict=True)
        ]
        judged = self._judge_values(quantity, *plain)
        without = self._judge_values(quantity, *remedied)
        known = {}
        for dtype, judgement in judged.items():
            if judgement.verdict == DIFFERENT:
                explanation = self._known(quantity, dtype, without[dtype])
                if explanation:
                    known[dtype] = explanation
        if "float64" in known:
            # What is known of float64 does not concern float32: that is confirmed without it.
            mixed = [
                {dtype: side[dtype] for side, dtype in ((p, "float32"), (r, "float64"))}
                for p, r in zip(plain, remedied, strict=True)
                if "float32" in p
            ]
            if len(mixed) == 2:
                judged["float32"] = self._judge_values(quantity, *mixed)["float32"]
                if agrees(judged["float32"]):
                    known.pop("float32", None)
        return judged, known

    def _judge_values(self, quantity, left, right):
        if quantity == "training":
            return judge_training(left, right, self.names, self.strict)
        if quantity != "parameters":
            return judge_values(left, right, self.names, self.strict)
        expected = self.experiment.parameter_counts
        return {
            dtype: judge_parameters(left[dtype], right[dtype], expected, self.names)
            for dtype in left
            if dtype in right
        }

    def _known(self, quantity, dtype, without):
        """The explanation, if a known difference is all the difference there is; else empty."""
        found = [find(side.backend, dtype, quantity) for side in (self.left, self.right)]
        if self.left.backend == self.right.backend or not any(found) or not agrees(without):
            return ""
        sides = [{each: self._values(name, each) for each in QUANTITIES} for name in self.names]
        evidence = Evidence(quantity, dtype, *sides)
        checks = [known.bound(evidence) for known in found if known]
        if not all(checks):
            return ""
        explanations = [known.explanation for known in found if known]
        return (
            f"{' '.join(explanations)} Checked in this run: {'; '.join(checks)}; with the cause "
            "removed, both sides agree."
        )

    def _values(self, name, quantity):
        """Mapping of dtype to values, for each dtype in which the subject has the quantity."""
        found = {}
        for dtype in DTYPES:
            result = self.results[name, dtype].get(quantity, {})
            if result.get("status") == "ok":
                found[dtype] = result["values"]
        return found

    def _why_not(self, quantity, dtype):
        """Why nothing was compared, and whether that is in order."""
        reasons = []
        for name in self.names:
            result = self.results[name, dtype][quantity]
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


def _results(pool, subjects, outcomes, name):
    """Mapping of (subject name, dtype) to what the worker found, or to why there is nothing."""
    results = {}
    for subject in subjects:
        for dtype in DTYPES:
            lost = outcomes[subject.name].lost.get((dtype, name), "no result")
            try:
                result = pool.result(subject.name, dtype, name)
            except ValueError as error:
                result, lost = None, str(error)
            nothing = {quantity: {"status": "lost", "detail": lost} for quantity in QUANTITIES}
            results[subject.name, dtype] = result or nothing
    return results


def _curves(experiment, subjects, results):
    curves = []
    for dtype in DTYPES:
        losses = {}
        for subject in subjects:
            training = results[subject.name, dtype]["training"]
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


def _name(experiment):
    return f"{experiment.case}-{experiment.style}"


def _check_distinct(names, what, at_least):
    if len(names) < at_least:
        raise ValueError(f"A comparison needs at least {at_least} {what}, got {len(names)}.")
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"These {what} are given more than once: {', '.join(sorted(twice))}.")
