"""What a worker process has told of its tests."""

from collections import Counter
from dataclasses import asdict, dataclass, field

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
    """Follows one worker, and knows at any time what each of its files has come to.

    Args:
        units: the units that the worker runs, all on the same number of devices.
    """

    def __init__(self, units: list[Unit]):
        self.results = {unit.file: FileResult(unit) for unit in units}
        self.expected: dict[str, list[str]] = {}
        self.running: tuple[str, str] | None = None
        self.wrong_backend: str | None = None

    def is_finished(self, file: str) -> bool:
        """Whether nothing more is to be expected of a file."""
        result = self.results[file]
        if result.state != "ran":
            return True
        return file in self.expected and set(self.expected[file]) <= set(result.tests)

    def take_in(self, event: dict) -> None:
        """Note an event, as `worker/recorder.py` tells it."""
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
