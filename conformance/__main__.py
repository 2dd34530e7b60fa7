"""``python -m conformance``: compare the documents' networks across backends.

Exit status: 0 all agree, 1 a difference (or a backend that could not be compared), 2 bad usage.
"""

import os
import sys
from functools import partial

import click
from click.core import ParameterSource
from rich.console import Console

from conformance.case import STYLES, experiments
from conformance.cases import all_cases
from conformance.claims.command import claims
from conformance.contract import contract
from conformance.fuzz.command import fuzz
from conformance.listings import listings
from conformance.parts import PARTS
from conformance.pictures import command as gallery
from conformance.progress import shown
from conformance.results.command import results
from conformance.subjects import OTHERS, SUBJECTS, backends_option
from keras_edu_backend.compare import Report, compare
from keras_edu_backend.compare.experiment import DTYPES
from keras_edu_backend.compare.report import html, junit, terminal
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


class Documents(click.ParamType):
    """Numbers of documents, separated by commas."""

    name = "documents"

    def convert(self, value, param, ctx):
        """``"2,3"`` → ``[2, 3]``, or a usage error that says which documents there are."""
        known = {str(case.document): case.document for case in CASES.values()}
        numbers = [number.strip() for number in value.split(",")]
        for number in numbers:
            if number not in known:
                self.fail(f"{number!r} is unknown; there are: {', '.join(known)}.", param, ctx)
        return [known[number] for number in numbers]


def _joined(_context, _parameter, lists):
    """All values of a repeated option, each once."""
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
@click.option(
    "--document",
    type=Documents(),
    multiple=True,
    callback=_joined,
    metavar="N[,N…]",
    help="Only the networks of these documents, 1 to 5.",
)
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
@click.option(
    "--row-order",
    type=click.IntRange(min=0),
    metavar="SEED",
    help="Give all backends the rows of each batch in another order: no verdict should change.",
)
@click.option("--list", "only_list", is_flag=True, help="Only list what can be compared.")
def main(cases, document, styles, backends, timeout, pictures, row_order, only_list, **targets):
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
    cases = _of_documents(cases, document)
    networks = {name: case for name, case in CASES.items() if name in cases}
    parts = [name for name in PARTS if name in cases]
    with console.status("preparing the data"):
        data = {name: case.data() for name, case in networks.items()}
        chosen = [
            each
            for name in networks
            for each in experiments(networks[name], data[name], styles, row_order)
        ]
        chosen += [e for name in parts for e in PARTS[name]()]
    if not chosen:
        raise click.UsageError(f"None of these cases is written as {' or '.join(styles)}.")
    report = Report(cases=_facts(chosen, data))
    _compare(chosen, backends, timeout, report, console)
    report.notes += _stand_ins(data)
    report.code += listings(networks, parts, [subject.name for subject in backends])
    inlined = gallery.draw_all(pictures, console) if pictures is not None else []
    _show(report, console, targets, inlined)
    sys.exit(0 if report.agree else 1)


def _of_documents(cases, documents):
    """The networks of these documents; everything where no document is asked for."""
    if not documents:
        return cases
    found = [name for name in cases if name in CASES and CASES[name].document in documents]
    if not found:
        numbers = ", ".join(map(str, documents))
        raise click.UsageError(f"None of these cases is a network of document {numbers}.")
    return found


def _compare(chosen, subjects, timeout, report, console):
    """Run everything into the report, and show the first network's verdict as soon as it is there.

    That costs a second start of the workers, about ten seconds of one processor.
    """
    with shown(console, total=len(chosen) * len(subjects) * len(DTYPES)) as progress:
        run = partial(compare, subjects=subjects, timeout=timeout, progress=progress)
        first, rest = _first_network_apart(chosen)
        report.add(run(first))
        if rest:
            console.print(terminal.overview(report.to_json()))
            report.add(run(rest))


def _first_network_apart(chosen):
    """The first network's experiments, and the others; parts by themselves are not taken apart."""
    if chosen[0].case not in CASES:
        return chosen, []
    first = [each for each in chosen if each.case == chosen[0].case]
    return first, chosen[len(first) :]


def _facts(chosen, data):
    """What a report tells of each case besides its comparisons."""
    facts = []
    for name in dict.fromkeys(experiment.case for experiment in chosen):
        case = CASES.get(name)
        if case is None:
            facts.append({"case": name})
        else:
            counts = list(case.parameter_counts.values())
            notice = data[name].notice or ""
            facts.append(
                {"case": name, "document": case.document, "parameters": counts, "notice": notice}
            )
    return facts


def _stand_ins(data):
    """A note for each data set that others stand in for, with the networks it concerns."""
    networks: dict[str, list[str]] = {}
    for name, each in data.items():
        if each.notice:
            networks.setdefault(each.notice, []).append(name)
    return [f"{', '.join(names)}: {notice}" for notice, names in networks.items()]


def _check_targets(targets):
    """Refuse before the work what could not be written after it."""
    checks = {
        "json": check_target,
        "html": check_target,
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
