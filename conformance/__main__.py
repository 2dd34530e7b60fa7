"""``python -m conformance``: compare the documents' networks across backends.

Exit status: 0 all agree, 1 a difference (or a backend that could not be compared), 2 bad usage.
"""

import os
import sys

import click
from click.core import ParameterSource
from rich.console import Console

from conformance.case import STYLES, experiments
from conformance.cases import all_cases
from conformance.claims.command import claims
from conformance.contract import contract
from conformance.fuzz.command import fuzz
from conformance.parts import IN_KERAS, OPERATIONS, PARTS
from conformance.pictures import command as gallery
from conformance.progress import shown
from conformance.results.command import results
from conformance.subjects import OTHERS, SUBJECTS, backends_option
from keras_edu_backend.compare import compare
from keras_edu_backend.compare.experiment import DTYPES
from keras_edu_backend.compare.report import code, html, junit, terminal
from keras_edu_backend.compare.report.files import check_target


class Names(click.ParamType):
    """Names separated by commas, each one of a list that error messages tell."""

    name = "names"

    def __init__(self, known):
        self.known = known

    def convert(self, value, param, ctx):
        """``"a,b"`` → ``["a", "b"]``, or a usage error that says which names exist."""
        names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
        for name in names:
            if name not in self.known:
                self.fail(f"{name!r} is unknown; there are: {', '.join(self.known)}.", param, ctx)
        return names


def _joined(_context, _parameter, lists):
    """All names of a repeated option, each once."""
    return list(dict.fromkeys(name for names in lists for name in names))


def _names_option(flag, known, default, text):
    return click.option(
        flag,
        type=Names(known),
        multiple=True,
        default=[",".join(default)],
        show_default=True,
        callback=_joined,
        metavar="NAME[,NAME…]",
        help=f"{text}: {', '.join(known)}.",
    )


def _file_option(flag, text):
    return click.option(flag, type=click.Path(dir_okay=False), metavar="FILE", help=text)


CASES = all_cases()


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@_names_option("--cases", (*CASES, *PARTS), (*CASES, *PARTS), "Networks and parts to compare")
@_names_option("--styles", STYLES, STYLES, "Ways in which their Keras models are written")
@backends_option()
@_file_option("--json", "Write every number to FILE, as JSON.")
@_file_option("--html", "Write one self-contained page to FILE: table, loss curves, code.")
@_file_option("--junit", "Write the result to FILE as JUnit XML, for CI systems.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="How long one backend may take for one network before it counts as hanging.",
)
@click.option(
    "--pictures",
    type=click.Path(file_okay=False),
    metavar="FOLDER",
    help="Draw the documents' pictures into FOLDER, and into the page of --html.",
)
@click.option("--list", "only_list", is_flag=True, help="Only list what can be compared.")
def main(cases, styles, backends, timeout, pictures, only_list, **targets):
    """Compare the documents' networks across backends.

    Each network runs on each backend in a process of its own, with the same weights and data, in
    float32 and in float64: outputs, activations, gradients, parameter counts and a training run.
    Parts are optimizers, which are given the same gradients, and random numbers.
    """
    if click.get_current_context().invoked_subcommand is not None:
        _refuse_options_of_the_comparison()
        return
    console = Console()
    if only_list:
        _list(console)
        return
    _check_targets(targets | {"pictures": pictures})
    networks = [name for name in cases if name in CASES]
    parts = [name for name in cases if name in PARTS]
    data = {name: CASES[name].data() for name in networks}
    chosen = [e for name in networks for e in experiments(CASES[name], data[name], styles)]
    chosen += [e for name in parts for e in PARTS[name]()]
    notes = [f"{name}: {data[name].notice}" for name in networks if data[name].notice]
    for note in notes:
        console.print(f"Note: {note}", markup=False, soft_wrap=True)
    with shown(console, total=len(chosen) * len(backends) * len(DTYPES)) as progress:
        report = compare(chosen, backends, timeout=timeout, progress=progress)
    report.notes += notes
    report.code += code.sides(
        {name: CASES[name].source() for name in networks}
        | {name: code.installed_source("keras", *IN_KERAS[name]) for name in parts},
        {name: CASES[name].operations for name in networks} | OPERATIONS,
        *(subject.name for subject in backends),
        references={name: CASES[name].plain().name for name in networks},
    )
    inlined = gallery.draw_all(pictures, console) if pictures is not None else []
    _show(report, console, targets, inlined)
    sys.exit(0 if report.agree else 1)


def _check_targets(targets):
    """Refuse before the work what could not be written after it."""
    checks = {
        "json": check_target,
        "html": html.check,
        "junit": check_target,
        "pictures": gallery.check,
    }
    for kind, path in targets.items():
        if path is None:
            continue
        try:
            checks[kind](path)
        except (OSError, ValueError, ImportError) as error:
            raise click.BadParameter(str(error), param_hint=f"--{kind}") from None


def _refuse_options_of_the_comparison():
    """``--cases x results`` would silently leave out ``--cases x``."""
    context = click.get_current_context()
    for name in context.params:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"--{name} belongs to the comparison; {context.invoked_subcommand} has options of "
                f"its own, given after its name."
            )


def _show(report, console, targets, pictures):
    document = report.to_json()
    terminal.show(console, document)
    writers = {
        "json": report.write,
        "html": lambda path: html.write(document, path, pictures),
        "junit": lambda path: junit.write(document, path),
    }
    for kind, path in targets.items():
        if path is not None:
            writers[kind](path)
            console.print(f"Wrote {path}", markup=False, soft_wrap=True)


main.add_command(results)
main.add_command(fuzz)
main.add_command(gallery.pictures)
main.add_command(claims)
main.add_command(contract)


def _list(console):
    for case in CASES.values():
        counts = " / ".join(f"{count:,}" for count in case.parameter_counts.values())
        line = f"{case.name}: document {case.document}; {counts} parameters"
        console.print(
            f"{line}; {', '.join(case.styles)}", markup=False, highlight=False, soft_wrap=True
        )
    for name, part in PARTS.items():
        styles = ", ".join(experiment.style for experiment in part())
        console.print(f"{name}: {styles}", highlight=False, soft_wrap=True)
    backends = f"backends: {', '.join(SUBJECTS)}; any other as {OTHERS}"
    console.print(backends, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    # The parent only needs JAX to prepare data: the accelerator is the workers'.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    main(prog_name="python -m conformance")
