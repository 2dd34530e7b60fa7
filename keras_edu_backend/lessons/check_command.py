"""``keras-edu check LESSON FILE``: are a learner's answers right, and if not, what is wrong?"""

import sys

import click

from keras_edu_backend.lessons import course
from keras_edu_backend.lessons.checking import CannotCheck, check
from keras_edu_backend.plugin import activate, is_active


@click.command(name="check")
@click.argument("lesson")
@click.argument("file")
def command(lesson, file):
    """Compare the functions in FILE with the exercises of LESSON.

    Says "right", or which of the usual mistakes it is, or the first input where your function and
    Keras differ. Exit status: 0, all are right; 1, some are wrong; 2, it could not be checked.

    \b
    Examples:
      keras-edu check backpropagation answers.py
      keras-edu check --help
    """
    try:
        found = course.find(lesson)
    except KeyError:
        _stop(f"There is no lesson {lesson!r}; the lessons are {', '.join(course.NAMES)}.")
    if not is_active():
        activate()
    try:
        verdicts = check(found, file)
    except CannotCheck as error:
        _stop(str(error))
    for verdict in verdicts:
        click.echo(verdict.says)
    written = {verdict.function for verdict in verdicts}
    for exercise in found.exercises:
        if exercise.function not in written:
            click.echo(f"{exercise.function}: not written yet.")
    sys.exit(0 if all(verdict.right for verdict in verdicts) else 1)


def _stop(message):
    """End with one line on standard error and status 2."""
    click.echo(message, err=True)
    sys.exit(2)
