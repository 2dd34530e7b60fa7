"""The result of a comparison: one object, which is also the JSON file that is written."""

import dataclasses
import json
import math
import os
from typing import Any

from keras_edu_backend.compare.report.files import write_whole
from keras_edu_backend.compare.report.reading import read


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One quantity of one model, on two subjects, in one precision.

    Attributes:
        case: name of the network.
        style: how its Keras model is written.
        left: the star, which every other subject is compared with.
        right: the other subject.
        quantity: one of `experiment.QUANTITIES`.
        dtype: ``"float32"`` or ``"float64"``.
        max_abs: largest absolute difference; None if there is no such number.
        max_rel: largest difference relative to the largest magnitude of its tensor.
        floors: largest difference in noise floors (see `rounding`).
        verdict: one of `verdict.VERDICTS`.
        where: the place that decides the verdict.
        note: what a reader should know besides.
        known: explanation of a known difference; empty if there is none.
        passes: whether this counts as agreement. ``unsupported`` passes where the subject never
            claimed to have the quantity, and ``different`` only if ``known``.
        less_accurate: where a side loses digits (see `verdict.Judgement`).
    """

    case: str
    style: str
    left: str
    right: str
    quantity: str
    dtype: str
    max_abs: float | None
    max_rel: float | None
    floors: float | None
    verdict: str
    where: str = ""
    note: str = ""
    known: str = ""
    passes: bool = False
    less_accurate: tuple[dict[str, Any], ...] = ()


@dataclasses.dataclass
class Report:
    """Everything that one run found.

    Attributes:
        versions: version of each package that any worker loaded.
        backends: ``name``, ``status``, ``detail``, ``versions`` of each subject.
        comparisons: the `Comparison`s.
        curves: ``case``, ``style``, ``dtype`` and ``losses``: for each subject one loss a step.
        code: ``case``, ``side``, ``title``, ``source``: the code of both sides.
        cases: ``case``, ``document``, ``parameters`` (of each layer) and ``notice`` (on which other
            data it was run) of each case; what is not known is left out.
        notes: what was run on other data than its name promises, and the like.
    """

    versions: dict[str, str] = dataclasses.field(default_factory=dict)
    backends: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    comparisons: list[Comparison] = dataclasses.field(default_factory=list)
    curves: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    code: list[dict[str, str]] = dataclasses.field(default_factory=list)
    cases: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Take in what another run found, of other experiments on the same subjects.

        Args:
            other: its report.
        """
        self.versions |= other.versions
        self.comparisons += other.comparisons
        self.curves += other.curves
        self.code += other.code
        self.cases += other.cases
        self.notes += [note for note in other.notes if note not in self.notes]
        known = {backend["name"]: backend for backend in self.backends}
        for backend in other.backends:
            mine = known.get(backend["name"])
            if mine is None:
                self.backends.append(backend)
            elif mine["status"] == "ok":
                mine |= backend
            elif backend["detail"] not in mine["detail"]:
                mine["detail"] += backend["detail"]

    @property
    def agree(self) -> bool:
        """Whether something was compared, all of it agrees or is explained, and nothing is lost."""
        return read(dataclasses.asdict(self)).agrees

    def to_json(self) -> dict[str, Any]:
        """The report as values that JSON has: numbers that are not finite become None."""
        return _finite(dataclasses.asdict(self) | {"agree": self.agree})

    def write(self, path: str | os.PathLike) -> None:
        """Write the report as a JSON file, complete or not at all.

        Args:
            path: name of the file.

        Raises:
            OSError: it cannot be written.
        """
        write_whole(path, json.dumps(self.to_json(), indent=1, allow_nan=False) + "\n")


def _finite(value):
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
