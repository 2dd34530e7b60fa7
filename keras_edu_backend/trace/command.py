"""``keras-edu trace TARGET``: what a model does in one step, as a tree."""

import os
import sys
from pathlib import Path

import click

import keras_edu_backend
from keras_edu_backend.target import UNSAFE, BadTarget, load


@click.command(name="trace")
@click.argument("target")
@click.option("--batch", type=click.IntRange(min=1), help="Rows of the batch (default: 32).")
@click.option("--layers", is_flag=True, help="Show models and layers only, no ops.")
@click.option("--unsafe", is_flag=True, help=UNSAFE)
@click.option("--json", "json_file", type=click.Path(dir_okay=False), help="Write it as JSON.")
@click.option("--html", "html_file", type=click.Path(dir_okay=False), help="Write it as a page.")
def command(target, batch, layers, unsafe, json_file, html_file):
    """What a model does in one training step: layers, ops, their gradients, the update.

    TARGET is FILE.keras, FILE.py:FUNCTION or MODULE:FUNCTION, a function that returns a model,
    (model, inputs) or (model, inputs, labels). Nothing is trained: shapes are enough.

    A model that is not compiled has no loss and no optimiser: then the backward pass is that of
    the sum of its outputs.
    """
    for path in filter(None, (json_file, html_file)):
        if not Path(path).absolute().parent.is_dir():
            _stop(f"{path}: there is no folder {os.path.dirname(path)!r} to write it to.")
    keras_edu_backend.activate()
    from keras_edu_backend.trace.target import traced

    try:
        trace = traced(load(target, unsafe), batch)
    except BadTarget as error:
        _stop(str(error))
    if json_file:
        Path(json_file).write_text(trace.to_json(), encoding="utf-8")
    if html_file:
        Path(html_file).write_text(trace.to_html(), encoding="utf-8")
    click.echo(trace.tree(ops=not layers))


def _stop(message):
    """End with one line on standard error and status 2."""
    click.echo(message, err=True)
    sys.exit(2)
