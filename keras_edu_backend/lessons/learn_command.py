"""``keras-edu learn``: the course as pages, in a folder or in the browser."""

import contextlib
import sys
import tempfile
import time
import webbrowser
from pathlib import Path

import click

from keras_edu_backend.lessons import course
from keras_edu_backend.lessons.export import export
from keras_edu_backend.lessons.serve import serve


@click.command(name="learn")
@click.argument("lessons", nargs=-1)
@click.option(
    "--export", "folder", type=click.Path(file_okay=False), help="Write it to this folder."
)
@click.option(
    "--backend",
    "backends",
    multiple=True,
    type=click.Choice(["jax", "tensorflow", "torch"]),
    help="A production backend beside ours; may be repeated (default: jax).",
)
def command(lessons, folder, backends):
    """The course from one unit to a trained network, with both sides' numbers on each page.

    Without --export it is shown in the browser while it is computed, and served on 127.0.0.1 until
    Ctrl-C; its pages check exercises, and train on a learner's own points.
    With --export it lies in a folder, and opens from there. Neither needs a network. LESSONS are
    names of lessons; without any, all are computed.

    \b
    Examples:
      keras-edu learn                     compute the course and open it
      keras-edu learn losses              one lesson
      keras-edu learn --export course     write it to a folder, each lesson as a page and a notebook
    """
    for name in lessons:
        if name not in course.NAMES:
            _stop(f"There is no lesson {name!r}; the lessons are {', '.join(course.NAMES)}.")
    chosen = [course.find(name) for name in lessons or course.NAMES]
    sides = ("edu", *(backends or ("jax",)))
    click.echo(f"Computing {len(chosen)} lessons on each side.", err=True)
    if folder:
        try:
            click.echo(str(export(Path(folder), chosen, sides, _tell)))
        except OSError as error:
            _stop(f"{folder}: cannot be written: {error.strerror}")
    else:
        with tempfile.TemporaryDirectory(prefix="keras-edu-course-") as temporary:
            _show(Path(temporary), chosen, sides)


def _show(folder, lessons, sides):
    """Open the course while it is being computed, and serve it until Ctrl-C."""
    with (
        contextlib.suppress(KeyboardInterrupt),
        serve(folder, [lesson.name for lesson in lessons], sides) as server,
    ):
        _open(server.address, folder)
        export(folder, lessons, sides, _tell, served=True)
        while True:
            time.sleep(1)


def _open(address, folder):
    """Send the browser to the course."""
    click.echo(address)
    # The address holds the token, and all users of a machine can read command lines.
    door = folder / "open.html"
    door.write_text(f'<meta http-equiv="refresh" content="0; url={address}">', encoding="utf-8")
    webbrowser.open(door.as_uri())
    click.echo("If no browser shows it, open this address in one. Ctrl-C ends it.", err=True)


def _tell(line):
    click.echo(line, err=True)


def _stop(message):
    """End with one line on standard error and status 2."""
    click.echo(message, err=True)
    sys.exit(2)
