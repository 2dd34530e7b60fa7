"""``keras-edu learn``: the course as pages, in a folder or in the browser."""

import sys
import tempfile
import webbrowser
from pathlib import Path

import click

from keras_edu_backend.lessons import course
from keras_edu_backend.lessons.export import export


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

    Without --export the pages are written to a temporary folder and opened in the browser. They
    need no network. LESSONS are names of lessons; without any, all are written.

    \b
    Examples:
      keras-edu learn                     compute the course and open it
      keras-edu learn losses              one lesson
      keras-edu learn --export course     write it to a folder, each lesson as a page and a notebook
    """
    for name in lessons:
        if name not in course.NAMES:
            _stop(f"There is no lesson {name!r}; the lessons are {', '.join(course.NAMES)}.")
    target = Path(folder or tempfile.mkdtemp(prefix="keras-edu-course-"))
    names = lessons or course.NAMES
    click.echo(f"Computing {len(names)} lessons on each side.", err=True)
    try:
        index = export(
            target,
            [course.find(name) for name in names],
            ("edu", *(backends or ("jax",))),
            tell=lambda line: click.echo(line, err=True),
        )
    except OSError as error:
        _stop(f"{target}: cannot be written: {error.strerror}")
    click.echo(str(index))
    if not folder and not webbrowser.open(index.absolute().as_uri()):
        click.echo("No browser was found; open this file in one.", err=True)


def _stop(message):
    """End with one line on standard error and status 2."""
    click.echo(message, err=True)
    sys.exit(2)
