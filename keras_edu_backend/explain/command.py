"""``keras-edu explain NAME``: a formula, our function, Keras's beside it, and both with numbers."""

import sys
from pathlib import Path

import click


@click.command(name="explain")
@click.argument("name")
@click.option(
    "--backend",
    type=click.Choice(["jax", "tensorflow", "torch"]),
    default="jax",
    help="The production backend beside ours (default: jax).",
)
@click.option("--html", "html_file", type=click.Path(dir_okay=False), help="Write it as a page.")
def command(name, backend, html_file):
    """What Keras computes under NAME: Dense, relu, categorical_crossentropy, Adam, ops.logsumexp.

    NAME is a public layer, activation, loss, initialiser, optimiser or op of Keras. Where a name
    means several things, write the module before it: layers.Identity, ops.relu.
    """
    if html_file and not Path(html_file).absolute().parent.is_dir():
        _stop(f"{html_file}: there is no folder to write it to.")
    from keras_edu_backend.explain import explain

    try:
        explanation = explain(name, backend)
    except ValueError as error:
        _stop(str(error))
    from keras_edu_backend.explain import show

    if html_file:
        Path(html_file).write_text(show.html(explanation), encoding="utf-8")
    show.terminal(explanation)


def _stop(message):
    """End with one line on standard error and status 2."""
    click.echo(message, err=True)
    sys.exit(2)
