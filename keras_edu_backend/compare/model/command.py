"""``keras-edu compare TARGET``: do the backends agree on a model, and where do they part?"""

import sys
from pathlib import Path

import click

from keras_edu_backend.compare.model.run import BACKENDS, compare_model
from keras_edu_backend.target import UNSAFE, BadTarget

_FILE = click.Path(dir_okay=False)


@click.command(
    name="compare",
    epilog="Exit status: 0 unless two backends are different, then 1; 2 for bad usage.",
)
@click.argument("target")
@click.argument("other", required=False, metavar="[OTHER TARGET]")
@click.option(
    "--backends",
    default="edu,jax",
    show_default=True,
    help=f"Two or more of {','.join(BACKENDS)}, or one for two targets; the first gives weights "
    "and inputs.",
)
@click.option(
    "--inputs", type=_FILE, help="An .npz file of inputs by name, labels y, sample_weight."
)
@click.option("--loss", help="A Keras loss in place of the model's, such as mse.")
@click.option("--optimizer", help="A Keras optimizer in place of the model's, such as adam.")
@click.option(
    "--steps", type=click.IntRange(min=0), default=3, show_default=True, help="Of training."
)
@click.option(
    "--rows", type=click.IntRange(min=1), default=8, show_default=True, help="Of drawn inputs."
)
@click.option("--scale", type=float, default=1.0, show_default=True, help="Of drawn inputs.")
@click.option(
    "--dtype",
    type=click.Choice(["model", "float64"]),
    default="model",
    show_default=True,
    help="As the model has it, or all of it in float64.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Of weights, inputs and masks."
)
@click.option("--strict", is_flag=True, help="Exit status 1 also where rounding is amplified.")
@click.option("--timeout", type=click.FloatRange(min=1), default=600, help="Seconds, of a worker.")
@click.option("--unsafe", is_flag=True, help=UNSAFE)
@click.option("--json", "json_file", type=_FILE, help="Write it as JSON.")
@click.option("--html", "html_file", type=_FILE, help="Write it as a page.")
@click.option("--junit", "junit_file", type=_FILE, help="Write it as JUnit XML.")
@click.option(
    "--repro", type=_FILE, help="Write a Python file that shows the first difference by itself."
)
@click.option("--picture", type=_FILE, help="Write a picture: .png, .svg or .pdf.")
def command(target, backends, dtype, strict, json_file, html_file, junit_file, picture, **options):
    """Run a model on several backends, and say where and why they part.

    The first layer whose output departs, the first weight whose gradient does, the first step of
    training; whether that is rounding, amplified rounding or a real difference; by how many noise
    floors.

    TARGET is FILE.keras, FILE.py:FUNCTION or MODULE:FUNCTION, a function that returns a model,
    (model, inputs), (model, inputs, labels) or (model, inputs, labels, sample_weight). A .keras
    file runs code of its own only with --unsafe. Inputs and labels that nobody gives are drawn at
    random. All sides get the same weights and dropout masks.

    OTHER TARGET is the same model written in another way: both run on each backend, from the
    weights of the first.

    \b
    Examples:
      keras-edu compare model.keras
      keras-edu compare model.py:build --backends jax,tensorflow,torch --steps 50
      keras-edu compare model.py:build --inputs batch.npz --loss mse --json found.json
      keras-edu compare model.py:sequential model.py:subclassed --backends jax
    """
    files = {json_file: "to_json", html_file: "to_html", junit_file: "to_junit"}
    for path in filter(None, (*files, picture, options["repro"])):
        if not Path(path).absolute().parent.is_dir():
            _stop(f"{path}: there is no such folder.")
    if picture and Path(picture).suffix not in (".png", ".svg", ".pdf"):
        _stop(f"{picture}: a picture's name ends in .png, .svg or .pdf.")
    if options["inputs"] and not Path(options["inputs"]).is_file():
        _stop(f"{options['inputs']}: there is no such file.")
    names = [name.strip() for name in backends.split(",") if name.strip()]
    try:
        found = compare_model(
            target,
            names,
            dtype=None if dtype == "model" else dtype,
            progress=lambda line: click.echo(f"… {line}", err=True),
            **options,
        )
        if picture:
            found.plot().savefig(picture, dpi=150)
    except (BadTarget, ValueError) as error:
        _stop(str(error))
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    for path, way in files.items():
        if path:
            Path(path).write_text(getattr(found, way)(), encoding="utf-8")
    click.echo(str(found))
    sys.exit(found.exit_status(strict))


def _stop(message):
    """End with one line on standard error and status 2."""
    click.echo(message, err=True)
    sys.exit(2)
