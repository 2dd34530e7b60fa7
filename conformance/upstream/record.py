"""What a worker process wrote down, read while it is being written."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from conformance.upstream.suite import Unit

OUTCOMES = ("passed", "failed", "skipped", "lost")


@dataclass(frozen=True)
class Test:
    """A test that ran, or was lost with the process it ran in.

    Attributes:
        outcome: one of `OUTCOMES`.
        message: of a failed test its error, of a skipped one the reason, of a lost one what is
            known about the process's end.
        seconds: how long it took.
    """

    __test__ = False

    outcome: str
    message: str = ""
    seconds: float = 0.0


@dataclass
class FileResult:
    """What became of a unit.

    Attributes:
        unit: the file and the number of devices.
        tests: its tests by name.
        state: ``"ran"``, ``"not collected"`` (it could not be imported), ``"skipped"`` (it said
            at import that it does not apply here) or ``"lost"`` (its process died twice).
        message: why it did not run, or did not run to its end.
        missing: the package for want of which it was not collected.
        memory_mb: the most memory of the process it ran in, where it ended well.
        cached: whether this is the result of an earlier run.
    """

    unit: Unit
    tests: dict[str, Test] = field(default_factory=dict)
    state: str = "ran"
    message: str = ""
    missing: str | None = None
    memory_mb: int | None = None
    cached: bool = False

    @property
    def counts(self) -> Counter:
        """How many of its tests passed, failed, were skipped and were lost."""
        return Counter(test.outcome for test in self.tests.values())

    @property
    def seconds(self) -> float:
        """The sum of its tests' times."""
        return sum(test.seconds for test in self.tests.values())

    def to_json(self) -> dict:
        """The result as JSON can hold it; `from_json` is the way back."""
        document = asdict(self)
        del document["unit"], document["cached"]
        return document

    @staticmethod
    def from_json(unit: Unit, document: dict) -> "FileResult":
        """The result that `to_json` wrote."""
        tests = {name: Test(**test) for name, test in document["tests"].items()}
        return FileResult(unit, **{**document, "tests": tests})


class Record:
    """Follows one worker's record, and knows at any time what each of its files has come to.

    Args:
        path: the file of events, which need not be there yet.
        units: the units that the worker runs, all on the same number of devices.
    """

    def __init__(self, path: Path, units: list[Unit]):
        self.path = path
        self.results = {unit.file: FileResult(unit) for unit in units}
        self.expected: dict[str, list[str]] = {}
        self.running: tuple[str, str] | None = None
        self.wrong_backend: str | None = None
        self._read = 0

    def update(self) -> list[dict]:
        """Take in the events since the last call, and return them."""
        if not self.path.exists():
            return []
        with open(self.path, "rb") as file:
            file.seek(self._read)
            news = file.read()
        # A line being written right now is left for the next call.
        whole = news[: news.rfind(b"\n") + 1]
        self._read += len(whole)
        events = [json.loads(line) for line in whole.splitlines()]
        for event in events:
            self._take_in(event)
        return events

    def is_finished(self, file: str) -> bool:
        """Whether nothing more is to be expected of a file."""
        result = self.results[file]
        if result.state != "ran":
            return True
        return file in self.expected and set(self.expected[file]) <= set(result.tests)

    def _take_in(self, event):
        kind = event["event"]
        if kind == "collected":
            self.expected[event["file"]] = event["tests"]
        elif kind == "not collected":
            result = self.results[event["file"]]
            result.state = "not collected" if event["outcome"] == "failed" else "skipped"
            result.message = event["message"]
            result.missing = event["missing"]
        elif kind == "started":
            self.running = (event["file"], event["test"])
        elif kind == "done":
            self.running = None
            self._take_in_test(event)
        elif kind == "finished":
            for result in self.results.values():
                result.memory_mb = event["memory_mb"]
        elif kind == "wrong backend":
            self.wrong_backend = event["message"]

    def _take_in_test(self, event):
        tests = self.results[event["file"]].tests
        test = Test(event["outcome"], event["message"], event["seconds"])
        # Two tests can have one name: it stands for the worse of them, a skipped one aside.
        worst_first = ("failed", "passed", "skipped")
        before = tests.get(event["test"])
        if before is None or worst_first.index(test.outcome) < worst_first.index(before.outcome):
            tests[event["test"]] = test
