"""One worker process: started, watched, and ended when it dies, hangs or is done."""

import dataclasses
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from keras_edu_backend.compare import files
from keras_edu_backend.compare.experiment import Subject

LAST_LINES = 12


@dataclasses.dataclass(frozen=True)
class Job:
    """What one worker after the other has to do until it is done.

    Attributes:
        subject: the `experiment.Subject`.
        dtype: its precision.
        experiments: names of the experiments, in order.
        remedied: what to run once more: for each experiment a list of quantities, each with the
            names of the remedies to run it with (see `known`). Empty: everything, without any.
    """

    subject: Subject
    dtype: str
    experiments: Sequence[str]
    remedied: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]] = dataclasses.field(
        default_factory=dict
    )


class Worker:
    """A running worker for one subject in one precision.

    Args:
        folder: the worker's own folder; made here.
        library: folder that holds the experiments.
        job: what it has to do.
        import_paths: folders to put on the worker's module search path.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        library: str | os.PathLike,
        job: Job,
        import_paths: Sequence[str | os.PathLike] = (),
    ):
        self.folder, self.library = Path(folder), Path(library)
        self.results = self.folder / "results"
        self.job = job
        self.experiments = list(job.experiments)
        self.subject = job.subject
        self.dtype = job.dtype
        self.results.mkdir(parents=True)
        task = {
            "subject": dataclasses.asdict(job.subject),
            "dtype": job.dtype,
            "library": str(library),
            "experiments": self.experiments,
            "remedied": {name: list(wanted) for name, wanted in job.remedied.items()},
        }
        files.save(self.folder / "task", task)
        with open(self.folder / "log", "wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "keras_edu_backend.compare.worker", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_environment(job, import_paths, compiled=self.library.parent / "compiled"),
            )
        self._last_sign_of_life = time.monotonic()
        self._finished: set[str] = set()

    @property
    def is_ready(self) -> bool:
        """Whether its backend was loaded."""
        return files.exists(self.folder / "ready")

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what it loaded; empty as long as it is not ready."""
        return files.load(self.folder / "ready")["versions"] if self.is_ready else {}

    def newly_finished(self) -> list[str]:
        """Names of the experiments that got a result since the last call, in order."""
        new = [name for name in self.unfinished() if files.exists(self.results / name)]
        if new:
            self._finished.update(new)
            self._last_sign_of_life = time.monotonic()
        return new

    def unfinished(self) -> list[str]:
        """Names of the experiments that `newly_finished` has not yet named, in order."""
        return [name for name in self.experiments if name not in self._finished]

    def silence(self) -> float:
        """Seconds since it was started or last finished an experiment."""
        return time.monotonic() - self._last_sign_of_life

    def exit_status(self) -> int | None:
        """Its exit status, negative for a signal; None as long as it runs."""
        return self._process.poll()

    def last_lines(self) -> str:
        """The end of what it printed."""
        text = (self.folder / "log").read_bytes().decode(errors="replace")
        lines = [line.rstrip() for line in text.splitlines() if line.strip()]
        return "\n".join(lines[-LAST_LINES:])

    def stop(self) -> None:
        """End it, if it still runs, and wait until it is gone."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


def missing_modules(subject: Subject) -> list[str]:
    """Which modules the subject needs and this Python does not have."""
    return [name for name in subject.requires if importlib.util.find_spec(name) is None]


def _environment(job, import_paths, compiled):
    paths = [str(path) for path in import_paths]
    if os.environ.get("PYTHONPATH"):
        paths.append(os.environ["PYTHONPATH"])
    defaults = {
        # JAX on a GPU would reserve most of its memory at once, and the next worker find none.
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        # What one worker compiled, the others need not compile again: most of a run's time. The
        # key is the program itself, so that two backends share only what is the same.
        "JAX_COMPILATION_CACHE_DIR": str(compiled),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    return (
        defaults
        | os.environ
        | {
            "KERAS_BACKEND": job.subject.backend,
            "JAX_ENABLE_X64": "1" if job.dtype == "float64" else "0",
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONUNBUFFERED": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
    )
