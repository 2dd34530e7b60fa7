"""``keras-edu digits TARGET``: how many decimal digits of a model's numbers are not noise."""

import os
import sys
from pathlib import Path

import click

import keras_edu_backend
from keras_edu_backend.target import UNSAFE, BadTarget, load

_FILE = click.Path(dir_okay=False)


@click.command(name="digits")
@click.argument("target")
@click.option("--inputs", type=_FILE, help="An .npz file of inputs by name, and labels y.")
@click.option(
    "--digits",
    "keep",
    type=click.FloatRange(min=0),
    default=2,
    show_default=True,
    help="How many digits the dtype policy must keep.",
)
@click.option("--loss", help="A Keras loss in place of the model's, such as mse.")
@click.option("--batch", type=click.IntRange(min=1), help="Rows of the batch (default: 8).")
@click.option("--unsafe", is_flag=True, help=UNSAFE)
@click.option("--json", "json_file", type=_FILE, help="Write it as JSON.")
@click.option("--html", "html_file", type=_FILE, help="Write it as a page.")
@click.option("--picture", type=_FILE, help="Write a picture: .png, .svg or .pdf.")
def command(target, inputs, keep, loss, batch, unsafe, json_file, html_file, picture):
    """Decimal digits that are not noise, in float32, bfloat16 and float16.

    Of each layer's output, the loss and each weight's gradient in one training step; which layer
    loses them; and the narrowest dtype policy that keeps so many of all of them.

    TARGET is FILE.keras, FILE.py:FUNCTION or MODULE:FUNCTION, a function that returns a model,
    (model, inputs) or (model, inputs, labels). Inputs and labels that nobody gives are drawn at
    random.

    \b
    Examples:
      keras-edu digits model.keras
      keras-edu digits model.py:build --inputs batch.npz --digits 3 --picture digits.png
    """
    for path in filter(None, (json_file, html_file, picture)):
        if not Path(path).absolute().parent.is_dir():
            _stop(f"{path}: there is no folder {os.path.dirname(path)!r} to write it to.")
    if picture and Path(picture).suffix not in (".png", ".svg", ".pdf"):
        _stop(f"{picture}: a picture's name ends in .png, .svg or .pdf.")
    keras_edu_backend.activate()
    from keras_edu_backend import model_inputs
    from keras_edu_backend.extras import MissingExtra
    from keras_edu_backend.rounding.interpreter import UnknownPrimitive

    try:
        found = load(target, unsafe)
        x, y = found.inputs, found.labels
        if inputs:
            x, y, _ = model_inputs.from_file(found.model, inputs)
        digits = keras_edu_backend.digits(found.model, x, y, keep=keep, loss=loss, batch=batch)
        if picture:
            digits.plot().savefig(picture, dpi=150)
    except (BadTarget, UnknownPrimitive, MissingExtra) as error:
        _stop(str(error))
    if json_file:
        Path(json_file).write_text(digits.to_json(), encoding="utf-8")
    if html_file:
        Path(html_file).write_text(digits.to_html(), encoding="utf-8")
    click.echo(str(digits))


def _stop(message):
    """End with one line on standard error and status 2."""
    click.echo(message, err=True)
    sys.exit(2)
