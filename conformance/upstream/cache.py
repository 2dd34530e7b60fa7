"""Results of earlier runs, for as long as what they depend on stays the same.

A result depends on the test file, the versions of what is installed, the conditions under which
tests run and, on edu, on every source of the backend: any of them may have a part in any test.
"""

import hashlib
import json
from pathlib import Path

from conformance.upstream import environment
from conformance.upstream.names import matches
from conformance.upstream.record import FileResult
from conformance.upstream.suite import HERE, Unit
from conformance.upstream.workers import Settings
from keras_edu_backend.compare.report.files import write_whole

FOLDER = environment.PROJECT / ".cache" / "upstream"

# What lies beside the backend and is no part of it.
_TOOLS = (
    *("compare", "explain", "lessons", "rounding", "trace", "workers"),
    *("cli.py", "doctor.py", "run.py", "target.py"),
)

_BACKEND_SOURCES = environment.PROJECT / "keras_edu_backend"


class Cache:
    """One file for each unit and backend, holding its latest result and what that depends on.

    Args:
        folder: where the files lie; made when it is needed.
        backend_sources: the folder of edu's sources.
    """

    def __init__(self, folder: Path = FOLDER, backend_sources: Path = _BACKEND_SOURCES):
        self.folder = folder
        self._common = {
            "versions": environment.versions(),
            "how": _digest(HERE, [*environment.WORKER.iterdir(), HERE / "names.py"]),
        }
        self._backend_sources = backend_sources
        self._edu = self._digest_of_edu()

    def get(self, unit: Unit, settings: Settings) -> FileResult | None:
        """The result that running `unit` would give, if it is known."""
        try:
            document = json.loads(self._path(unit, settings).read_text(encoding="utf-8"))
            if document["depends_on"] != self._depends_on(unit, settings):
                return None
            result = FileResult.from_json(unit, document["result"])
        except (OSError, ValueError, KeyError, TypeError):
            # Not there, or not as this version of the runner writes it.
            return None
        if unit in settings.only:
            result.tests = {
                name: test
                for name, test in result.tests.items()
                if any(matches(name, pattern) for pattern in settings.only[unit])
            }
        result.cached = True
        return result

    def put(self, unit: Unit, settings: Settings, result: FileResult) -> None:
        """Keep a result, if it is a whole one that another run would give again."""
        a_matter_of_luck = any("Timeout" in test.message for test in result.tests.values())
        if unit in settings.only or result.state not in ("ran", "skipped") or a_matter_of_luck:
            return
        if settings.backend == "edu" and self._digest_of_edu() != self._edu:
            # Somebody works on the backend: there is no telling which state of it was tested.
            return
        path = self._path(unit, settings)
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {
            "depends_on": self._depends_on(unit, settings),
            "result": result.to_json(),
        }
        write_whole(path, json.dumps(document))

    def _path(self, unit, settings):
        name = unit.file.replace("/", "--").removesuffix(".py")
        return self.folder / settings.backend / f"{name}-{unit.devices}.json"

    def _digest_of_edu(self):
        folder = self._backend_sources
        return _digest(
            folder,
            [p for p in folder.rglob("*.py") if p.relative_to(folder).parts[0] not in _TOOLS],
        )

    def _depends_on(self, unit, settings):
        parts = {
            **self._common,
            "test": _digest(settings.suite.root, [settings.suite.path(unit.file)]),
            "backend": self._edu if settings.backend == "edu" else None,
            "timeout": settings.timeout,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _digest(root, paths):
    whole = hashlib.sha256()
    for path in sorted(paths):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            whole.update(f"{path.relative_to(root).as_posix()}:{content};".encode())
    return whole.hexdigest()
