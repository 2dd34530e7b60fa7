"""``python -m conformance.upstream``: run Keras's own tests on a backend.

Exit status: 0 every selected test that stock Keras passes passes, 1 some do not, 2 bad usage.
"""

import importlib.util
import json
import re
import sys
import time

import click
from rich.console import Console

from conformance.subjects import OTHERS, Backend
from conformance.upstream import baseline, environment, report
from conformance.upstream.cache import Cache
from conformance.upstream.progress import shown
from conformance.upstream.run import run
from conformance.upstream.selection import select, shard
from conformance.upstream.suite import keras_suite
from conformance.upstream.workers import Settings, WrongBackend
from keras_edu_backend.compare.pool import missing_modules
from keras_edu_backend.compare.report.files import check_target, write_whole


class Share(click.ParamType):
    """``I/N``: the share number I, counted from 1, of N."""

    name = "share"

    def convert(self, value, param, ctx):
        """``"2/3"`` → ``(2, 3)``, or a usage error."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d+)/(\d+)", value)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            self.fail(f"{value!r} is no share; expected I/N with I from 1 to N, as in 2/4.", param)
        return int(found[1]), int(found[2])


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--backend",
    type=Backend(),
    default="edu",
    show_default=True,
    metavar="NAME",
    help="What the tests run on: this project's backend, or stock Keras on jax, tensorflow, torch, "
    f"numpy; any other as {OTHERS}: KERAS_BACKEND, what to import before Keras, the array library.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="PATTERN",
    help="Only files whose path, or tests whose name, has this part or matches this glob: "
    "layers/core, '*einsum*', DenseTest::test_dense_basics. Can be repeated.",
)
@click.option(
    "--shard",
    "share",
    type=Share(),
    default="1/1",
    metavar="I/N",
    help="Only share number I of N.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Worker processes at a time; each may take some GB of memory.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write everything to FILE, as JSON.",
)
@click.option("--no-cache", is_flag=True, help="Run again what earlier runs have settled.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="How long one test may take.",
)
@click.option(
    "--measure-stock",
    is_flag=True,
    help="Run stock Keras with JAX here first, and compare with what it passes here, not with the "
    "list that was measured with other versions.",
)
def main(backend, only, share, jobs, json_file, no_cache, timeout, measure_stock):
    """Run the tests that the installed Keras carries on a backend, and compare what passes with
    what passes on stock Keras with JAX.

    The whole takes about half an hour on two cores the first time; results are kept in .cache/ and
    used again as long as nothing that they depend on has changed.
    """
    started = time.monotonic()
    console = Console()
    suite = _suite()
    _check_backend(backend)
    if json_file is not None:
        _check_json(json_file)
    on_jax = backend.backend in ("edu", "jax")
    every = suite.units(on_jax)
    stock = baseline.stock_passes(suite, every)
    units, patterns = select(every, only, stock)
    if not units:
        raise click.BadParameter(
            f"no test file and no test has {' or '.join(map(repr, only))} in its name.",
            param_hint="--only",
        )
    weights = {unit: max(1, len(stock[unit])) for unit in units}
    index, count = share
    units = shard(units, index, count, weights)
    weights = {unit: weights[unit] for unit in units}
    for note in _notes(measure_stock):
        console.print(f"Note: {note}", markup=False, highlight=False, soft_wrap=True)

    def results_on(name, imports=()):
        settings = Settings(suite, name, timeout, only=patterns, imports=tuple(imports))
        # Whoever writes a backend changes it: there is no telling what a result depends on.
        cache = None if no_cache or imports else Cache()
        with shown(console, weights) as (notice, finished):
            try:
                return run(units, settings, weights, jobs, cache, notice, finished)
            except WrongBackend as error:
                raise click.ClickException(f"The run is worth nothing: {error}.") from None

    versions = environment.versions()
    measured_with = baseline.MEASURED_WITH
    if measure_stock:
        stock = baseline.passed(results_on("jax"))
        measured_with = {package: versions[package] for package in measured_with}
    results = results_on(backend.backend, backend.imports)
    comparison = baseline.compare(
        results, stock, patterns, baseline.excuses() if backend.name == "edu" else {}
    )
    seconds = time.monotonic() - started
    report.show(console, results, comparison)
    if not on_jax:
        report.show_causes(console, comparison)
    console.print(
        report.summary(comparison, measured_with, seconds),
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if json_file is not None:
        whole = report.document(backend.name, versions, measured_with, results, comparison, seconds)
        write_whole(json_file, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    sys.exit(1 if comparison.regressions else 0)


def _suite():
    for module in ("pytest", "pytest_timeout"):
        if importlib.util.find_spec(module) is None:
            raise click.UsageError(
                f"Keras's tests run under pytest with pytest-timeout, and {module} is not "
                "installed. Install this project's extra 'test'."
            )
    try:
        return keras_suite()
    except FileNotFoundError as error:
        raise click.UsageError(str(error)) from None


def _check_backend(backend):
    if not backend.backend:
        raise click.BadParameter(f"{backend.name} runs no Keras.", param_hint="--backend")
    missing = missing_modules(backend)
    if missing:
        raise click.BadParameter(
            f"{backend.name} needs {', '.join(missing)}, not found in this Python.",
            param_hint="--backend",
        )


def _check_json(path):
    try:
        check_target(path)
    except (OSError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="--json") from None


def _notes(measure_stock):
    missing = environment.not_installed()
    if missing:
        yield (
            f"not installed: {', '.join(missing)}. Tests that need them cannot pass; "
            "requirements/upstream.txt has them all."
        )
    versions = environment.versions()
    for package, measured in baseline.MEASURED_WITH.items():
        if versions.get(package) != measured and not measure_stock:
            yield (
                f"stock Keras was measured with {package} {measured}; {versions.get(package)} is "
                "installed. --measure-stock compares with stock Keras as it is installed."
            )


if __name__ == "__main__":
    main(prog_name="python -m conformance.upstream")
