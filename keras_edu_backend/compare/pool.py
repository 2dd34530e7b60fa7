"""All workers of a comparison: a few at a time, each replaced when it dies or hangs."""

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from keras_edu_backend.compare import files
from keras_edu_backend.compare.process import Job, Worker, missing_modules

PAUSE = 0.05  # seconds between two looks at the workers

Progress = Callable[[str, str, str], None]


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
        folder: where the workers' folders are made.
        library: folder that holds the experiments.
        timeout: seconds that one experiment may take in one worker, its start included.
        import_paths: folders to put on the workers' module search path.
        processes: how many workers may run at once; two at most by default.
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
        self.processes = processes or min(2, os.cpu_count() or 1)
        self._folders: dict[tuple[str, str], list[Path]] = {}
        self._started = 0

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
        waiting = []
        for job in jobs:
            missing = missing_modules(job.subject)
            if missing:
                self._give_up(outcomes[job.subject.name], missing, job, progress)
            else:
                waiting.append(job)
        running: list[Worker] = []
        try:
            while waiting or running:
                while waiting and len(running) < self.processes:
                    running.append(self._start(waiting.pop(0)))
                time.sleep(PAUSE)
                for worker in list(running):
                    rest = self._look_at(worker, outcomes[worker.subject.name], progress)
                    if rest is not None:
                        running.remove(worker)
                    if rest:
                        waiting.insert(0, dataclasses.replace(worker.job, experiments=rest))
        finally:
            for worker in running:
                worker.stop()
        return outcomes

    def result(self, subject_name: str, dtype: str, experiment: str) -> dict[str, Any] | None:
        """What a worker found, or None if there is no result.

        Raises:
            ValueError: the result's files are damaged.
        """
        for folder in self._folders.get((subject_name, dtype), ()):
            if files.exists(folder / experiment):
                return files.load(folder / experiment)
        return None

    def _start(self, job):
        self._started += 1
        folder = self.folder / f"worker{self._started}"
        worker = Worker(folder, self.library, job, import_paths=self.import_paths)
        self._folders.setdefault((job.subject.name, job.dtype), []).append(worker.results)
        return worker

    def _look_at(self, worker, outcome, progress):
        """None while the worker runs; else the experiments that a fresh one should go on with."""
        # First the exit status: what a worker wrote before it ended is then sure to be seen.
        exit_status = worker.exit_status()
        for name in worker.newly_finished():
            progress(worker.subject.name, worker.dtype, name)
        hangs = exit_status is None and worker.silence() > self.timeout
        if exit_status is None and not hangs:
            return None
        worker.stop()
        outcome.versions.update(worker.versions)
        rest = worker.unfinished()
        if not rest:
            # Some libraries crash while the interpreter shuts down; the results are there.
            return []
        outcome.status = "timed out" if hangs else "died"
        lost = rest[:1] if worker.is_ready else rest
        at = f"in {lost[0]}, {worker.dtype}" if worker.is_ready else f"starting, {worker.dtype}"
        how = f"no result within {self.timeout:g} s" if hangs else f"exit status {exit_status}"
        why = f"{outcome.status} {at} ({how})"
        lines = worker.last_lines() or "(it printed nothing)"
        outcome.detail += f"{why}; its last lines:\n{lines}\n"
        for name in lost:
            outcome.lost[worker.dtype, name] = why
            progress(worker.subject.name, worker.dtype, name)
        return rest[len(lost) :]

    def _give_up(self, outcome, missing, job, progress):
        outcome.status = "not installed"
        outcome.detail = f"{outcome.name} needs {', '.join(missing)}, not found in this Python"
        for name in job.experiments:
            outcome.lost[job.dtype, name] = "not installed"
            progress(outcome.name, job.dtype, name)
