"""The command line of ``python -m conformance results``."""

import contextlib
import itertools
import json
import sys
import time
from pathlib import Path

import click
from rich.console import Console

from conformance.claims.command import report
from conformance.claims.themes import all_claims
from conformance.pictures import command as gallery
from conformance.progress import shown
from conformance.results import workers
from conformance.results.rows import BY_KEY, NETWORKS, ROWS
from conformance.results.run import KERAS, PLAIN
from conformance.results.summary import summary
from conformance.results.table import table
from keras_edu_backend.compare.report.files import check_target, write_whole

QUICK = 2
WIDTH = 120  # of a table that goes to a file, which has no width of its own
FORMAT = 1


def _known_networks(_context, _parameter, text):
    if text is None:
        return NETWORKS
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in NETWORKS:
            known = ", ".join(NETWORKS)
            raise click.BadParameter(f"{name!r} is unknown; there are: {known}.")
    return names


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--networks",
    metavar="NAME[,NAME...]",
    callback=_known_networks,
    help="Only these networks of the documents.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How many runs of each, with seeds 0, 1, 2, ...",
)
@click.option("--quick", is_flag=True, help=f"{QUICK} seeds.")
@click.option(
    "--backend",
    type=click.Choice(["edu", "jax"]),
    default="edu",
    show_default=True,
    help="What Keras runs on.",
)
@click.option(
    "--reference/--no-reference",
    default=True,
    show_default=True,
    help="Train the same networks in plain JAX as well.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write every run to FILE, as JSON, and go on writing it while the runs go on.",
)
@click.option("--resume", is_flag=True, help="Do not repeat the runs that --json's FILE holds.")
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Draw the documents' pictures, too.",
)
@click.option("--claims", is_flag=True, help="Measure what the documents claim, too.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=900,
    show_default=True,
    metavar="SECONDS",
    help="How long one run may take before it counts as hanging.",
)
def results(
    networks, seeds, quick, backend, reference, json_file, resume, pictures, claims, timeout
):
    """Train the documents' networks as the documents do, and set the results beside theirs.

    A figure that is not reached is shown as such; it does not change the exit status, which is 0
    when every run ended, and 1 when one broke, a network has other parameters than it should, or a
    claim does not hold.
    """
    if resume and json_file is None:
        raise click.UsageError("--resume needs --json FILE, the file to resume from.")
    seeds = QUICK if quick else seeds
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    rows = [row for row in ROWS if row.network in networks]
    sides = [KERAS, PLAIN] if reference else [KERAS]
    runs = _kept(json_file, backend) if resume else {}
    todo = [
        task
        for task in itertools.product([row.key for row in rows], sides, range(seeds))
        if task not in runs
    ]
    _check("--json", check_target, json_file)
    _check("--pictures", gallery.check, pictures)
    if resume:
        console.print(f"{len(runs)} runs taken from {json_file}.", markup=False, soft_wrap=True)
    began = time.monotonic()
    try:
        _train(todo, runs, backend, timeout, json_file, console)
    except workers.NotStarted as error:
        console.print(f"Keras did not start on {backend}:\n{error}", markup=False, soft_wrap=True)
        sys.exit(1)
    titles = {KERAS: f"Keras on {backend}", PLAIN: "plain JAX"}
    summaries = {titles[side]: _summaries(rows, side, seeds, runs) for side in sides}
    console.print(table(rows, summaries, seeds))
    console.print(f"{len(todo)} runs in {time.monotonic() - began:.0f} s.", highlight=False)
    if json_file is not None:
        _write(json_file, runs, backend)
        console.print(f"Wrote {json_file}", markup=False, soft_wrap=True)
    if pictures is not None:
        gallery.draw_all(pictures, console)
    sound = all(
        not each.errors and each.as_counted
        for summaries_of in summaries.values()
        for each in summaries_of.values()
    )
    if claims:
        _, hold = report(console, list(all_claims()), [backend], timeout)
        sound = sound and hold
    sys.exit(0 if sound else 1)


def _train(todo, runs, backend, timeout, json_file, console):
    with (
        shown(console, total=len(todo)) as progress,
        contextlib.closing(workers.results(todo, backend, timeout)) as told,
    ):
        for task, run in told:
            runs[task] = run
            key, side, seed = task
            progress(side, f"seed {seed}", key)
            if json_file is not None:
                _write(json_file, runs, backend)


def _summaries(rows, side, seeds, runs):
    return {
        row.key: summary(
            row,
            [runs[row.key, side, seed] for seed in range(seeds) if (row.key, side, seed) in runs],
        )
        for row in rows
    }


def _check(option, refuse, path):
    """Refuse before the work what could not be written after it."""
    if path is not None:
        try:
            refuse(path)
        except (OSError, ValueError, ImportError) as error:
            raise click.BadParameter(str(error), param_hint=option) from None


def _write(json_file, runs, backend):
    entries = [
        {"network": BY_KEY[key].network, "row": key, "side": side, "seed": seed, **run}
        for (key, side, seed), run in runs.items()
    ]
    document = {"format": FORMAT, "backend": backend, "runs": entries}
    write_whole(json_file, json.dumps(document, indent=1) + "\n")


def _is_still_so(run):
    """Whether the table still has the row, and trains it as long."""
    row = BY_KEY.get(run["row"])
    return row is not None and run["result"]["epochs"] == row.passes()


def _kept(json_file, backend):
    """The runs of an earlier call that ended well; none where there was no such call."""
    if not json_file.exists():
        return {}
    try:
        document = json.loads(json_file.read_text(encoding="utf-8"))
        if (document["format"], document["backend"]) != (FORMAT, backend):
            raise ValueError(f"its runs are on {document['backend']}, not on {backend}")
        return {
            (run["row"], run["side"], run["seed"]): {
                name: run[name] for name in ("result", "seconds", "versions")
            }
            for run in document["runs"]
            if "result" in run and _is_still_so(run)
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise click.BadParameter(
            f"Cannot resume from {json_file}: {error!r}. Delete it, or leave out --resume.",
            param_hint="--json",
        ) from None
