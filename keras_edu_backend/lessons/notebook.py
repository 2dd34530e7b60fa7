"""A lesson as a Jupyter notebook, and the functions that its cells call.

A notebook has what a page has: the claims, the formula, our few lines, a cell that measures both
sides, one that shows a state of the controls, and for each exercise a cell to write the function in
and a cell that checks it. Its outputs are empty until it is run.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from keras_edu_backend.lessons import checking, course
from keras_edu_backend.lessons.code import Beside, beside
from keras_edu_backend.lessons.sides import Measured, measured
from keras_edu_backend.lessons.state import styled, table


def notebook(one: Measured, backends: Sequence[str]) -> dict[str, Any]:
    """A lesson in the form of nbformat 4.5.

    Args:
        one: the lesson, measured.
        backends: the sides that the notebook will measure.

    Returns:
        What ``json.dump`` writes as an ``.ipynb`` file.
    """
    lesson = one.lesson
    cells = [
        _markdown("claims", _claims(lesson)),
        _markdown("formula", f"## The formula\n\n```text\n{lesson.formula}\n```"),
        _markdown("code", "\n\n".join(["## The code", *map(_lines, beside(one, backends))])),
        _markdown("both-sides", _BOTH_SIDES),
        _code("measure", _MEASURE.format(name=lesson.name, backends=list(backends))),
        _code("turn", _turn(lesson)),
        _markdown("exercises", "## Exercises"),
    ]
    for exercise in lesson.exercises:
        name = exercise.function
        cells += [
            _markdown(f"task-{name}", f"### {name}\n\n{exercise.task}"),
            _code(f"answer-{name}", exercise.starter.strip()),
            _code(f"check-{name}", f'print(check("{lesson.name}", {name}))'),
        ]
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


_BOTH_SIDES = """\
## Both sides

Each side computes the lesson's numbers in a process of its own, for every state of the controls.
This takes some seconds. The notebook's own Keras, which checks the exercises, runs on edu."""

_MEASURE = """\
import keras_edu_backend

keras_edu_backend.activate()  # before Keras is imported

from keras_edu_backend.lessons.notebook import check, measure, show

one = measure("{name}", {backends})"""


def _claims(lesson):
    claims = [f"> {c.says}\n>\n> *Document {c.document}, {c.section}*" for c in lesson.claims]
    return "\n\n".join([f"# {lesson.title}", *claims, lesson.text.strip()])


def _lines(both: Beside):
    parts = [f"### {both.title}", both.note]
    parts += [f"`{one.place}`\n\n```python\n{one.text}\n```" for one in both.ours]
    parts.append(f"Keras's own: {', '.join(f'`{one.place}`' for one in both.theirs)}.")
    return "\n\n".join(filter(None, parts))


def _turn(lesson):
    values = [f"# {c.label}: {', '.join(map(repr, c.values))}" for c in lesson.controls]
    state = ", ".join(f"{c.name}={c.start!r}" for c in lesson.controls)
    return "\n".join([*values, f"show(one, {state})"])


def _markdown(name, text):
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}


def _code(name, text):
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": text,
    }


def measure(name: str, backends: Sequence[str] = ("edu", "jax")) -> Measured:
    """The numbers of a lesson on backends, for every state of its controls.

    Args:
        name: the lesson's.
        backends: ``"edu"``, ``"jax"``, ``"tensorflow"``, ``"torch"``.
    """
    (one,) = measured([course.find(name)], backends)
    return one


@dataclasses.dataclass(frozen=True)
class Shown:
    """A state of a lesson's controls, as a notebook shows it.

    Attributes:
        html: the table, the statements and the picture.
        text: the table alone.
    """

    html: str
    text: str

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        return self.html


def show(one: Measured, **state: Any) -> Shown:
    """What a lesson's page shows in a state of its controls.

    Args:
        one: the lesson, measured.
        **state: a value of each control.

    Raises:
        ValueError: a control has no value, or one that was not measured.
    """
    states = list(one.lesson.states())
    if state not in states:
        known = "; ".join(
            f"{c.name}: {', '.join(map(repr, c.values))}" for c in one.lesson.controls
        )
        raise ValueError(f"Give each control one of its values. {known}.")
    number = states.index(state)
    sides = [*one.numbers, *one.missing]
    rows = [[row["label"], *row["cells"], row["verdict"]] for row in table(one, number, sides)]
    lines = ["  ".join(map(str, row)) for row in rows]
    return Shown(styled(one, number, state, sides), "\n".join(lines))


def check(lesson: str, function: Callable[..., Any]) -> str:
    """What is to be said of a learner's function.

    Args:
        lesson: the lesson's name.
        function: the learner's; its name tells the exercise.

    Returns:
        "right", or which mistake it is, or why it cannot be checked.
    """
    exercises = {exercise.function: exercise for exercise in course.find(lesson).exercises}
    name = getattr(function, "__name__", repr(function))
    if name not in exercises:
        return f"Lesson {lesson} asks for {' or '.join(exercises)}, not for {name}."
    try:
        return checking.compare(exercises[name], function).says
    except checking.CannotCheck as error:
        return str(error)
