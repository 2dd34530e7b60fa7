"""``keras-edu run``: what ``python -m keras_edu_backend`` does, among the other commands.

`cli.main` hands a command line that begins so to `__main__` itself: inside click, an exception of
the program's could be taken for one of click's.
"""

import click

from keras_edu_backend import __main__

CALLED = "keras-edu run"


@click.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("words", nargs=-1, type=click.Path())
def command(words):
    """Run a Keras program, unchanged, on the edu backend."""
    __main__.main(list(words), called=CALLED)
