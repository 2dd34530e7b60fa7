"""Several runs of a row summed up: mean, smallest and largest figure, how many reach the goal."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from conformance.results.rows import Row


@dataclasses.dataclass(frozen=True)
class Summary:
    """The runs of one row on one side.

    Attributes:
        row: the `rows.Row`.
        figures: the row's figure in each run that ended well.
        reached: how many of them reach the document's figure; None where there is none, or where
            other data stands in for the document's.
        inside: smallest share of outputs in the promised range; None where there is no promise.
        bends: smallest number of bends; None where the row has none.
        parameters: weights and biases of each layer.
        updates: updates of one run.
        errors: what broke the runs that did not end well.
        notice: which data stands in, None where none does.
        seconds: time of all runs together.
    """

    row: Row
    figures: tuple[float, ...] = ()
    reached: int | None = None
    inside: float | None = None
    bends: int | None = None
    parameters: tuple[int, ...] = ()
    updates: int | None = None
    errors: tuple[str, ...] = ()
    notice: str | None = None
    seconds: float = 0.0

    @property
    def mean(self):
        """Mean figure; NaN where no run ended well."""
        return sum(self.figures) / len(self.figures) if self.figures else math.nan

    @property
    def spread(self):
        """Smallest and largest figure, None where no run ended well."""
        return (min(self.figures), max(self.figures)) if self.figures else None

    @property
    def as_counted(self):
        """Whether every layer has the number of parameters that the catalog says."""
        return self.parameters == tuple(self.row.entry().parameter_counts)


def summary(row: Row, runs: Sequence[dict[str, Any]]) -> Summary:
    """Sums up.

    Args:
        row: the `rows.Row`.
        runs: what `workers.results` told of each run.

    Returns:
        The `Summary`.
    """
    ended = [run["result"] for run in runs if "result" in run]
    errors = tuple(run["error"] for run in runs if "error" in run)
    seconds = sum(run.get("seconds") or 0 for run in runs)
    if not ended:
        return Summary(row, errors=errors, seconds=seconds)
    figures = tuple(result["figures"][row.figure] for result in ended)
    # A document's figure on MNIST says nothing about digits that stand in for it.
    goal = row.goal if ended[0]["notice"] is None else None
    return Summary(
        row,
        figures=figures,
        reached=None if goal is None else sum(map(goal.reached, figures)),
        inside=_smallest(ended, "inside"),
        bends=_smallest(ended, "bends"),
        parameters=tuple(ended[0]["parameters"]),
        updates=ended[0]["updates"],
        errors=errors,
        notice=ended[0]["notice"],
        seconds=seconds,
    )


def _smallest(results, figure):
    values = [result["figures"][figure] for result in results if figure in result["figures"]]
    return min(values, default=None)
