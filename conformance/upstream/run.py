"""All the worker processes: who runs what, several at a time."""

import contextlib
import itertools
import tempfile
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from conformance.upstream.cache import Cache
from conformance.upstream.record import FileResult
from conformance.upstream.suite import Unit
from conformance.upstream.workers import Settings, WrongBackend, count_as_lost, series
from keras_edu_backend import workers

# What a process keeps of each file (compiled programs, above all) it keeps to its end: a few files
# to a process keep the whole suite within some GB where one process would need more than 7.
FILES_TO_A_PROCESS = 6
TESTS_TO_A_PROCESS = 300


def run(
    units: list[Unit],
    settings: Settings,
    weights: Mapping[Unit, int],
    jobs: int = 2,
    cache: Cache | None = None,
    notice: Callable[[Unit, dict], None] = lambda unit, event: None,
    finished: Callable[[FileResult], None] = lambda result: None,
) -> list[FileResult]:
    """Run test files in worker processes, those left out whose result is known.

    Args:
        units: what to run.
        settings: how tests are run.
        weights: how many tests each unit is expected to have.
        jobs: how many processes at a time.
        cache: earlier results; None for none.
        notice: called with each event of a worker.
        finished: called with each result.
    Returns:
        A result for each unit, in the order of `units`.
    Raises:
        WrongBackend: Keras ran on another backend than the one asked for.
    """
    results = {}
    for unit in units:
        known = cache.get(unit, settings) if cache else None
        if known is not None:
            results[unit] = known
            finished(known)
    for result in _run(
        together([unit for unit in units if unit not in results], weights), settings, jobs, notice
    ):
        if cache:
            cache.put(result.unit, settings, result)
        results[result.unit] = result
        finished(result)
    return [results[unit] for unit in units]


def _run(groups, settings, jobs, notice):
    """The result of each file as soon as it is there; where a process dies, those of its files that
    had not finished run again, each alone. One whose process dies a second time is lost."""
    with tempfile.TemporaryDirectory(prefix="keras-tests-", ignore_cleanup_errors=True) as folder:
        places = (Path(folder, str(number)) for number in itertools.count())
        waiting = deque(series(group, settings, next(places), notice) for group in groups)
        second_try = set()
        with contextlib.closing(workers.run(waiting, jobs)) as told:
            for call, outcome, _ in told:
                record = call.key
                if record.wrong_backend:
                    raise WrongBackend(record.wrong_backend)
                for file, result in record.results.items():
                    if not record.is_finished(file):
                        if result.unit not in second_try:
                            second_try.add(result.unit)
                            waiting.append(series([result.unit], settings, next(places), notice))
                            continue
                        count_as_lost(result, record, outcome)
                    yield result


def together(units: list[Unit], weights: Mapping[Unit, int]) -> list[list[Unit]]:
    """Which files share a process: those with many tests none, of the others a few each.

    Args:
        units: the files.
        weights: how many tests each is expected to have.
    Returns:
        Groups in the order to start them, the longest first; in each, one number of devices.
    """
    groups = []
    for devices in sorted({unit.devices for unit in units}):
        of_these = [unit for unit in units if unit.devices == devices]
        groups += [[unit] for unit in of_these if weights[unit] >= TESTS_TO_A_PROCESS]
        light = [unit for unit in of_these if weights[unit] < TESTS_TO_A_PROCESS]
        light.sort(key=lambda unit: (-weights[unit], unit))
        count = -(-len(light) // FILES_TO_A_PROCESS)
        # Dealt out in turn, so that every group gets some of the longer files.
        groups += [light[start::count] for start in range(count)]
    return sorted(groups, key=lambda group: -sum(weights[unit] for unit in group))
