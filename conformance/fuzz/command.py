"""``python -m conformance fuzz``: how often is a verdict on a network that nobody chose wrong?"""

import dataclasses
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from conformance.fuzz.experiments import experiment
from conformance.fuzz.faults import FAULTS
from conformance.fuzz.networks import drawn
from conformance.fuzz.shrink import shrunk, summary, write
from conformance.subjects import backends_option
from keras_edu_backend.compare import compare
from keras_edu_backend.compare.report.files import write_whole
from keras_edu_backend.compare.verdict import NO_FLOAT64, OTHER_BITS, OUT_OF_RANGE
from keras_edu_backend.rounding.units import FACTOR

# As many networks are given to the workers at once: starting them costs seconds.
TOGETHER = 100


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--networks", type=click.IntRange(1), default=20, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the first network.")
@backends_option(("edu", "jax"))
@click.option("--faults/--no-faults", default=True, help="Plant faults in every second network.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--timeout", type=click.FloatRange(1), default=120, show_default=True)
@click.option(
    "--write",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Shrink each network that differs, and write it there as a program that runs by itself.",
)
def fuzz(networks, seed, backends, faults, json_file, timeout, folder):
    """Compare networks that are drawn at random, some with a planted fault.

    Exit status: 0 where no network without a fault is judged different, fails on the first backend
    or is left undecided for want of float64, every fault that shows by more than ten noise floors
    is found, and every floor could be measured; 1 otherwise.
    """
    console = Console()
    import keras_edu_backend

    keras_edu_backend.activate()
    found = []
    began = time.monotonic()
    for start in range(0, networks, TOGETHER):
        chosen = range(seed + start, seed + min(start + TOGETHER, networks))
        plain = judged([(number, "") for number in chosen], backends, timeout)
        found += told_by_kinks(plain, backends, timeout)
        if faults:
            planted = [(number, _fault(number)) for number in chosen if number % 2]
            star = dataclasses.replace(backends[0], name="sound")
            faulty = dataclasses.replace(
                backends[1],
                name="faulty",
                build="conformance.fuzz.networks:build_with_fault",
            )
            found += judged(planted, [star, faulty], timeout)
        _progress(console, found, networks, began)
    sound = _tell(console, found, backends[0].name)
    if json_file:
        write_whole(json_file, json.dumps(found, indent=1) + "\n")
    if folder:
        for row in found:
            if row["verdict"] == "different" and not row["fault"]:
                other = next(one for one in backends if one.name == row["right"])
                _write(console, folder, row, [backends[0], other], timeout)
    sys.exit(0 if sound else 1)


def _write(console, folder, row, subjects, timeout):
    """Shrink a network that differs, and write it."""
    small = shrunk(drawn(row["seed"]), subjects, row["quantity"], row["dtype"], timeout)
    if small is None:
        console.print(f"network {row['seed']}: judged anew it does not differ", highlight=False)
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"network_{row['seed']}_{row['right']}.py"
    write(path, small, subjects, row["quantity"], row["dtype"])
    console.print(f"{path}: {summary(small)}", markup=False, highlight=False, soft_wrap=True)


def _fault(number):
    """The fault that is planted in a network: the faults in turn, those that do not fit left
    out."""
    spec = drawn(number)
    fitting = [name for name, fault in FAULTS.items() if fault.fits(spec)]
    return fitting[number // 2 % len(fitting)]


def told_by_kinks(rows, subjects, timeout):
    """The rows, where those that differ are "on a kink" if all is well a thousandth beside it.

    A slope at a kink is each library's own choice (docs/differences.md): there is nothing to be
    found wrong, and the row says so with a verdict of its own. Sides of one library share a choice.
    """
    star, *others = subjects
    choosing = {each.name for each in others if each.library != star.library}
    differing = {
        (row["seed"], row["right"])
        for row in rows
        if row["verdict"] == "different" and row["right"] in choosing
    }
    seeds = sorted({seed for seed, _ in differing})
    again = judged([(seed, "") for seed in seeds], subjects, timeout, off_kinks=True)
    # A network that cannot be compared there has shown nothing.
    well = {
        (row["seed"], row["right"])
        for row in again
        if row["verdict"] not in ("different", "unsupported")
    }
    return [
        row | {"verdict": ON_KINK} if (row["seed"], row["right"]) in differing & well else row
        for row in rows
    ]


def judged(numbers, subjects, timeout, off_kinks=False):
    """Compare some networks.

    Args:
        numbers: pairs of a network's seed and a fault's name, empty where none is planted.
        subjects: the sides; the fault is in those that `networks.build_with_fault` builds.
        timeout: seconds that one network may take in one worker.
        off_kinks: see `experiments.experiment`.

    Returns:
        A list with a dict for each network and side: ``seed``, ``fault``, ``right``, ``verdict``
        (the worst), its ``quantity`` and ``dtype``, ``floors`` (the most, in float32), ``where``,
        ``less_accurate``, ``no_floor`` (why one could not be measured).
    """
    if not numbers:
        return []
    experiments = [experiment(drawn(number), fault, off_kinks) for number, fault in numbers]
    report = compare(experiments, subjects, timeout=timeout, float64=False)
    faults = {each.case: fault for each, (_, fault) in zip(experiments, numbers, strict=True)}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    # Where outputs are out of range, so is what follows from them.
    out = {
        (each.case, each.right, each.dtype)
        for each in report.comparisons
        if each.quantity == "outputs" and OUT_OF_RANGE in each.note
    }
    for each in report.comparisons:
        row = rows.setdefault(
            (each.case, each.right),
            {
                "seed": int(each.case.rpartition("_")[2]),
                "fault": faults[each.case],
                "right": each.right,
                "verdict": "equal",
                "floors": 0.0,
                "quantity": "",
                "dtype": "",
                "where": "",
                "less_accurate": [],
                "no_floor": [note for note in report.notes if note.startswith(f"{each.case}-")],
            },
        )
        verdict = "known" if each.known else each.verdict
        follows = (each.case, each.right, each.dtype) in out and " has NaN" in each.note
        if verdict == "different" and (OUT_OF_RANGE in each.note or follows):
            verdict = BEYOND_RANGE
        if verdict == "different" and NO_FLOAT64 in each.note:
            verdict = UNDECIDED
        # Of two of a kind the one in float32, which is what a reader can run.
        rank = (ORDER.index(verdict), each.dtype == "float32")
        if verdict != "equal" and rank > (ORDER.index(row["verdict"]), row["dtype"] == "float32"):
            row |= {"verdict": verdict, "quantity": each.quantity, "dtype": each.dtype}
            row["where"] = f"{each.dtype}, {each.quantity}: {each.where}: {each.note}"
        if each.dtype == "float32" and each.floors is not None:
            row["floors"] = max(row["floors"], each.floors)
        row["less_accurate"] += list(each.less_accurate)
    return list(rows.values())


# Differences with a cause that is known, beside those whose cause is in `known`.
ON_KINK = "on a kink"
BEYOND_RANGE = "out of range on one side"
# No cause: nothing tells rounding from error there.
UNDECIDED = "without float64 on one side"
ORDER = (
    *("equal", "rounding", "distributed", "amplified"),
    *(ON_KINK, BEYOND_RANGE, "known", "unsupported", UNDECIDED, "different"),
)


def _progress(console, found, networks, began):
    counts = Counter(row["verdict"] for row in found if not row["fault"])
    seconds = time.monotonic() - began
    done = len({row["seed"] for row in found})
    console.print(f"[{done}/{networks}] {dict(counts)} {seconds:.0f} s", highlight=False)


def _tell(console, found, star):
    """Print the rates, and return whether nothing is wrong, of which the star may not fail."""
    plain = [row for row in found if not row["fault"]]
    alarms = [row for row in plain if row["verdict"] == "different"]
    failed = [row for row in plain if row["verdict"] == "unsupported"]
    undecided = [row for row in plain if row["verdict"] == UNDECIDED]
    explained = [row for row in plain if row["verdict"] in (ON_KINK, BEYOND_RANGE, "known")]
    # What is known is checked in the run; the other causes are for a reader to look at.
    for row in (
        alarms + failed + undecided + [row for row in explained if row["verdict"] != "known"]
    ):
        line = f"network {row['seed']}, {row['right']}: {row['verdict']}: {row['where']}"
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"Without a fault: {len(alarms)} of {len(plain)} judged different.")
    if failed:
        console.print(f"Not compared, as a side failed: {len(failed)} of {len(plain)}.")
    if undecided:
        console.print(f"Beyond the floors, {UNDECIDED}: {len(undecided)} of {len(plain)}.")
    for cause, count in Counter(row["verdict"] for row in explained).items():
        console.print(f"Different with a cause that is named, {cause}: {count} of {len(plain)}.")
    without = {note for row in found for note in row["no_floor"]}
    for note in sorted(without):
        console.print(note, markup=False, soft_wrap=True)
    alarms += undecided + [row for row in failed if f": {star}: " in row["where"]]
    for row in plain:
        if row["verdict"] != "different" and OTHER_BITS in row["where"]:
            line = f"network {row['seed']}, {row['right']}: {row['where']}"
            console.print(line, markup=False, soft_wrap=True)
    planted = [row for row in found if row["fault"]]
    missed = []
    for low, high in ((0, 1), (1, FACTOR), (FACTOR, 10), (10, 100), (100, float("inf"))):
        rows = [row for row in planted if low <= row["floors"] < high]
        told = sum(row["verdict"] == "different" for row in rows)
        if rows:
            console.print(f"Faults of {low} to {high} floors: {told} of {len(rows)} found.")
        if low >= 10:
            missed += [row for row in rows if row["verdict"] != "different"]
    for row in missed:
        line = f"missed: network {row['seed']}, {row['fault']}: {row['verdict']}, {row['where']}"
        console.print(line, markup=False, soft_wrap=True)
    return not alarms and not missed and not without
