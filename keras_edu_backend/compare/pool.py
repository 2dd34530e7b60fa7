"""A comparison's jobs, run in `workers`: what every experiment came to, on every subject."""

import contextlib
import dataclasses
import importlib.util
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from keras_edu_backend.compare.experiment import Subject
from keras_edu_backend.workers import Call, Series, Worker, cores, files, run

WORKER = "keras_edu_backend.compare.worker"

Progress = Callable[[str, str, str], None]


@dataclasses.dataclass(frozen=True)
class Job:
    """What one worker after the other has to do until it is done.

    Attributes:
        subject: the `experiment.Subject`.
        dtype: its precision.
        experiments: names of the experiments, in order.
        asked: for each experiment a list of the quantities to run, each with the names of the
            remedies to run it with (see `known`). Empty: everything, without any.
    """

    subject: Subject
    dtype: str
    experiments: Sequence[str]
    asked: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]] = dataclasses.field(
        default_factory=dict
    )


@dataclasses.dataclass
class Outcome:
    """What became of one subject.

    Attributes:
        name: the subject's name.
        status: ``"ok"``, ``"not installed"``, ``"died"`` or ``"timed out"``.
        detail: what happened, with the worker's last lines; empty if it is ok.
        versions: version of each package its workers loaded.
        lost: mapping of (dtype, experiment name) to why there is no result.
    """

    name: str
    status: str = "ok"
    detail: str = ""
    versions: dict[str, str] = dataclasses.field(default_factory=dict)
    lost: dict[tuple[str, str], str] = dataclasses.field(default_factory=dict)


class Pool:
    """Runs jobs.

    Args:
        folder: where the results are written.
        library: folder that holds the experiments.
        timeout: seconds that one experiment may take in one worker.
        import_paths: folders to put on the workers' module search path.
        processes: how many workers may run at once; by default one for each processor.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        library: str | os.PathLike,
        timeout: float = 600.0,
        import_paths: Sequence[str | os.PathLike] = (),
        processes: int | None = None,
    ):
        self.folder = Path(folder)
        self.library = Path(library)
        self.timeout = timeout
        self.import_paths = import_paths
        self.processes = processes or cores()
        self._folders: dict[tuple[str, str], Path] = {}

    def run(
        self,
        jobs: Sequence[Job],
        progress: Progress = lambda subject, dtype, experiment: None,
    ) -> dict[str, Outcome]:
        """Run everything.

        Args:
            jobs: the `Job`s.
            progress: called with a subject's name, a dtype and an experiment's name whenever one
                is over, well or badly.

        Returns:
            Mapping of subject name to `Outcome`.
        """
        outcomes = {job.subject.name: Outcome(job.subject.name) for job in jobs}
        waiting: deque[Series] = deque()
        for job in jobs:
            missing = missing_modules(job.subject)
            if missing:
                self._give_up(outcomes[job.subject.name], missing, job, progress)
            else:
                waiting.append(self._series(job))
        with contextlib.closing(run(waiting, self.processes)) as told:
            for call, ended, started in told:
                name, dtype, experiment = call.key
                _take_in(outcomes[name], dtype, experiment, ended, started)
                progress(name, dtype, experiment)
        return outcomes

    def result(self, subject_name: str, dtype: str, experiment: str) -> dict[str, Any] | None:
        """What a worker found, or None if there is no result.

        Raises:
            ValueError: the result's files are damaged.
        """
        folder = self._folders.get((subject_name, dtype))
        if folder is None or not files.exists(folder / experiment):
            return None
        return files.load(folder / experiment)

    def _series(self, job):
        """A job as calls; each writes its result to a file, where `result` finds it."""
        # A number, since a subject may be called what no folder can be.
        number = str(len(self._folders) + 1)
        results = self._folders.setdefault((job.subject.name, job.dtype), self.folder / number)
        results.mkdir(parents=True, exist_ok=True)
        subject = dataclasses.asdict(job.subject)
        calls = []
        for name in job.experiments:
            arguments: dict[str, Any] = {"subject": subject, "dtype": job.dtype}
            arguments["experiment"] = str(self.library / name)
            arguments["result"] = str(results / name)
            if name in job.asked:
                arguments["asked"] = list(job.asked[name])
            calls.append(Call(f"{WORKER}:run", arguments, (job.subject.name, job.dtype, name)))
        start = partial(
            Worker,
            job.subject.backend,
            timeout=self.timeout,
            import_paths=self.import_paths,
            imports=job.subject.imports,
            environment={
                "JAX_ENABLE_X64": "1" if job.dtype == "float64" else "0",
                # There is a worker for each processor; NumPy's threads would fight over them.
                "OPENBLAS_NUM_THREADS": "1",
            },
            # Most of a run's time; the key is the program itself, so that two backends share
            # only what is the same.
            compiled=self.library.parent / "compiled",
        )
        return Series(
            start, calls, Call(f"{WORKER}:start", {"subject": subject, "dtype": job.dtype})
        )

    def _give_up(self, outcome, missing, job, progress):
        outcome.status = "not installed"
        outcome.detail = f"{outcome.name} needs {', '.join(missing)}, not found in this Python"
        for name in job.experiments:
            outcome.lost[job.dtype, name] = "not installed"
            progress(outcome.name, job.dtype, name)


def missing_modules(subject: Subject) -> list[str]:
    """Which modules the subject needs and this Python does not have."""
    return [name for name in subject.requires if importlib.util.find_spec(name) is None]


def _take_in(outcome, dtype, experiment, ended, started):
    """Note what an experiment's end says about its subject."""
    outcome.versions.update(ended.versions)
    if ended.status == "ok":
        return
    # The worker itself turns what an experiment raises into results.
    outcome.status = "timed out" if ended.status == "timed out" else "died"
    at = f"in {experiment}, {dtype}" if started else f"starting, {dtype}"
    why = f"{outcome.status} {at} ({ended.detail})"
    said = f"{why}; its last lines:\n{ended.last_lines}\n"
    if said not in outcome.detail:  # all experiments of a worker that did not start have it
        outcome.detail += said
    outcome.lost[dtype, experiment] = why
