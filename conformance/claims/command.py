"""The command line of ``python -m conformance claims``."""

import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from conformance.claims.claim import statements
from conformance.claims.themes import all_claims
from conformance.results import workers
from keras_edu_backend.compare.report.files import check_target, write_whole

FORMAT = 1


def measured_on(backend, names, timeout):
    """Measures claims in a worker process that has the backend.

    Args:
        backend: what ``KERAS_BACKEND`` says there.
        names: of the claims.
        timeout: seconds that one claim may take.

    Yields:
        A claim's name, and a dict with ``result``, its numbers, or ``error``; and ``seconds``.

    Raises:
        NotStarted: the backend could not be loaded.
    """
    tasks = [(name, "keras", 0) for name in names]
    for task, told in workers.results(tasks, backend, timeout, "conformance.claims.worker"):
        yield task[0], told


def _known(_context, _parameter, names):
    known = all_claims()
    for name in names:
        if name not in known:
            raise click.BadParameter(f"{name!r} is unknown; there are: {', '.join(known)}.")
    return list(dict.fromkeys(names or known))


def _backends(_context, _parameter, text):
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in ("edu", "jax", "tensorflow", "torch"):
            raise click.BadParameter(f"{name!r} is unknown; edu, jax, tensorflow or torch.")
    return names


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("names", nargs=-1, callback=_known, metavar="[NAME]...")
@click.option(
    "--backends",
    default="edu,jax",
    show_default=True,
    callback=_backends,
    help="What Keras runs on, each in a process of its own.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write every number to FILE, as JSON.",
)
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Draw the numbers of the first backend, one picture for each claim.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="How long one claim may take before it counts as hanging.",
)
@click.option("--list", "only_list", is_flag=True, help="Only list the claims.")
def claims(names, backends, json_file, pictures, timeout, only_list):
    """Measure what the documents claim: the claims NAME, or all of them.

    Exit status: 0 when every statement holds on every backend, 1 when one does not, 2 bad usage.
    """
    console = Console()
    if only_list:
        for name in names:
            claim = all_claims()[name]
            line = f"{name}: document {claim.document}, {claim.section}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        return
    for option, refuse, path in [
        ("--json", check_target, json_file),
        ("--pictures", lambda path: path.mkdir(parents=True, exist_ok=True), pictures),
    ]:
        if path is not None:
            try:
                refuse(path)
            except (OSError, ValueError) as error:
                raise click.BadParameter(str(error), param_hint=option) from None
    found, sound = report(console, names, backends, timeout)
    if json_file is not None:
        write_whole(json_file, json.dumps(_document(names, found), indent=1) + "\n")
        console.print(f"Wrote {json_file}", markup=False, soft_wrap=True)
    if pictures is not None:
        _draw(console, pictures, found[backends[0]])
    sys.exit(0 if sound else 1)


def report(console, names, backends, timeout):
    """Measures claims, and shows what holds of them.

    Args:
        console: the `rich.console.Console` to write to.
        names: of the claims.
        backends: what Keras is to run on.
        timeout: seconds that one claim may take.

    Returns:
        For each backend a dict of claim to what was measured, and whether all statements hold.
    """
    found = {backend: _measure(console, backend, names, timeout) for backend in backends}
    for name in names:
        _show(console, name, {backend: told.get(name) for backend, told in found.items()})
    return found, all(_sound(name, told.get(name)) for told in found.values() for name in names)


def _measure(console, backend, names, timeout):
    found = {}
    try:
        for name, told in measured_on(backend, names, timeout):
            found[name] = told
            seconds = "" if told["seconds"] is None else f", {told['seconds']:.1f} s"
            line = f"[{len(found)}/{len(names)}] {backend}: {name}{seconds}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    except workers.NotStarted as error:
        console.print(f"Keras did not start on {backend}:\n{error}", markup=False, soft_wrap=True)
    return found


def _statements(name, told):
    """What holds of the numbers; none where there are none."""
    return statements(all_claims()[name], told["result"]) if told and "result" in told else {}


def _sound(name, told):
    statements = _statements(name, told)
    return bool(statements) and all(statements.values())


def _show(console, name, told):
    claim = all_claims()[name]
    place = f"document {claim.document}, {claim.section}"
    console.print(f"\n[bold]{name}[/bold] ({escape(place)})", highlight=False, soft_wrap=True)
    console.print(f"  {claim.says}", markup=False, highlight=False, soft_wrap=True)
    by_backend = {backend: _statements(name, each) for backend, each in told.items()}
    for statement in dict.fromkeys(s for each in by_backend.values() for s in each):
        marks = [
            f"[{'green' if held[statement] else 'red'}]{backend} "
            f"{'yes' if held[statement] else 'NO'}[/]"
            for backend, held in by_backend.items()
            if statement in held
        ]
        line = f"    {', '.join(marks)}: {escape(statement)}"
        console.print(line, highlight=False, soft_wrap=True)
    for backend, each in told.items():
        if each is None or "error" in each:
            said = "not measured" if each is None else each["error"]
            console.print(f"    {backend}: {said}", markup=False, soft_wrap=True)
    for each in told.values():
        if each and "result" in each:
            numbers = "; ".join(f"{key} {_short(value)}" for key, value in each["result"].items())
            console.print(f"    {numbers}", markup=False, highlight=False, soft_wrap=True)
            break


def _short(value):
    """A number in four digits; of long lists, their ends."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(part)}" for key, part in value.items())
    if isinstance(value, list):
        if value and isinstance(value[0], list):
            return f"{len(value)} rows"
        shown = [_short(part) for part in value]
        return "[" + ", ".join(shown if len(shown) <= 6 else [*shown[:3], "...", *shown[-2:]]) + "]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _document(names, found):
    entries = [
        {"claim": name, "backend": backend, **told[name], "holds": _statements(name, told[name])}
        for backend, told in found.items()
        for name in names
        if name in told
    ]
    return {"format": FORMAT, "claims": entries}


def _draw(console, folder, told):
    from conformance.pictures.style import DOTS_PER_INCH

    for name, each in told.items():
        if "result" in each:
            file = folder / f"{name}.png"
            all_claims()[name].draw(each["result"]).savefig(file, dpi=DOTS_PER_INCH)
            console.print(f"Wrote {file}", markup=False, highlight=False, soft_wrap=True)
