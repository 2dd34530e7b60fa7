"""What stock Keras passes, and what this run did not."""

import gzip
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.upstream.names import comparable, matches, module_of
from conformance.upstream.record import FileResult, Test
from conformance.upstream.suite import HERE, Suite, Unit

# The versions that the baselines were measured with.
MEASURED_WITH = {"keras": "3.15.1", "jax": "0.10.2"}

NOT_APPLICABLE = HERE / "not_applicable.toml"


@dataclass(frozen=True)
class Regression:
    """A test that stock passes and this run did not.

    Attributes:
        name: the test.
        unit: where it is.
        outcome: ``"failed"``, ``"skipped"``, ``"lost"``, ``"not collected"`` or ``"not there"``.
        message: its error, or why it did not run.
    """

    name: str
    unit: Unit
    outcome: str
    message: str


@dataclass
class Comparison:
    """This run beside stock Keras.

    Attributes:
        expected: number of tests that stock passes, of those selected.
        regressions: those of them that did not pass here.
        not_applicable: the reasons of those that are not expected here, by name.
        beyond: number of tests that pass here and not on stock.
    """

    expected: int = 0
    regressions: list[Regression] = field(default_factory=list)
    not_applicable: dict[str, str] = field(default_factory=dict)
    beyond: int = 0

    @property
    def passed(self) -> int:
        """How many of the expected tests pass."""
        return self.expected - len(self.regressions)


def stock_passes(suite: Suite, units: Iterable[Unit]) -> dict[Unit, frozenset[str]]:
    """The names of the tests that stock passes, for each unit.

    Args:
        suite: where the baselines lie.
        units: all units of the suite; one that no list names has no tests here.
    """
    found: dict[Unit, set[str]] = {unit: set() for unit in units}
    for devices, path in suite.baselines.items():
        modules = {module_of(unit.file): unit for unit in found if unit.devices == devices}
        for name in _names(path):
            unit = _unit_of(name, modules)
            if unit is not None:
                found[unit].add(name)
    return {unit: frozenset(names) for unit, names in found.items()}


def passed(results: Iterable[FileResult]) -> dict[Unit, frozenset[str]]:
    """The same from a run of stock Keras on this machine.

    Args:
        results: what was run on ``jax``.
    """
    return {
        result.unit: frozenset(
            name for name, test in result.tests.items() if test.outcome == "passed"
        )
        for result in results
    }


def compare(
    results: list[FileResult],
    stock: Mapping[Unit, Collection[str]],
    only: Mapping[Unit, list[str]],
    not_applicable: Mapping[str, str],
) -> Comparison:
    """Set a run beside stock Keras.

    Args:
        results: what was run.
        stock: the names of the tests that stock passes, for each unit.
        only: for units of which not every test was selected, patterns for the names.
        not_applicable: tests that are not expected, with the reason.
    """
    comparison = Comparison()
    for result in results:
        passes = stock[result.unit]
        expected = {
            name
            for name in passes
            if result.unit not in only or any(matches(name, p) for p in only[result.unit])
        }
        excused = {name: not_applicable[name] for name in expected if name in not_applicable}
        comparison.not_applicable.update(excused)
        for name in sorted(expected - excused.keys()):
            comparison.expected += 1
            test = result.tests.get(name) or _what_became_of_it(result)
            if test.outcome != "passed":
                regression = Regression(name, result.unit, test.outcome, test.message)
                comparison.regressions.append(regression)
        comparison.beyond += sum(
            test.outcome == "passed" and name not in passes for name, test in result.tests.items()
        )
    return comparison


def excuses(path: Path = NOT_APPLICABLE) -> dict[str, str]:
    """The tests that cannot apply to another backend in the ``jax`` place, each with its reason.

    Raises:
        ValueError: one of them has no name or no reason.
    """
    found = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("test", []):
        name, reason = entry.get("name", ""), entry.get("reason", "").strip()
        if not name or not reason:
            raise ValueError(f"{path.name}: every [[test]] needs a name and a reason, got {entry}.")
        found[comparable(name)] = reason
    return found


def _names(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [_as_measured(comparable(line.rstrip("\n"))) for line in file if line.strip()]


def _as_measured(name):
    """A line of the baseline as pytest names the test.

    Names that hold a bracket of their own came out of the measurement with one bracket too many at
    the end: ``test_linspace_[0, 10]_0_none]``.
    """
    return name[:-1] if name.endswith("]") and name.count("]") > name.count("[") else name


def _unit_of(name, modules):
    """The unit whose module's name the test's begins with."""
    dotted = name.partition("::")[0]
    while dotted and dotted not in modules:
        dotted = dotted.rpartition(".")[0]
    return modules.get(dotted)


def _what_became_of_it(result):
    """The outcome of a test that stock has and the result has not."""
    if result.state == "ran":
        return Test("not there", "its file has no test of this name here")
    return Test(result.state, said(result))


def said(result: FileResult) -> str:
    """Why a file did not run, or not to its end; empty for one that did."""
    if result.missing:
        return f"not collected: no module named {result.missing}"
    return f"{result.state}: {result.message}" if result.state != "ran" else ""
