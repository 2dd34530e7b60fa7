"""The course as static pages: open from a file, fetch nothing, hold every state of the controls."""

import inspect
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from keras_edu_backend.lessons import course
from keras_edu_backend.lessons.code import Beside, explained, read
from keras_edu_backend.lessons.lesson import Lesson
from keras_edu_backend.lessons.measure import flat
from keras_edu_backend.lessons.picture import svg
from keras_edu_backend.lessons.sides import Measured, measured

SHOWN = 12  # numbers of a list that a table shows
TITLES = {
    "edu": "edu, this backend",
    "jax": "Keras on JAX",
    "tensorflow": "Keras on TensorFlow",
    "torch": "Keras on PyTorch",
}

_PAGES = Environment(
    loader=PackageLoader("keras_edu_backend.lessons", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_CODE = HtmlFormatter(cssclass="code")


def export(
    folder: Path,
    lessons: Sequence[Lesson],
    backends: Sequence[str] = ("edu", "jax"),
    tell: Callable[[str], object] = lambda line: None,
) -> Path:
    """Write ``index.html`` and a page for each lesson.

    Args:
        folder: where to; made if it is not there.
        lessons: the lessons to write.
        backends: the sides of every number; the second one's code stands beside ours.
        tell: called with a line each time that a part is done.

    Returns:
        The path of ``index.html``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return write(folder, measured(lessons, backends, tell), backends)


def write(folder: Path, lessons: Sequence[Measured], backends: Sequence[str]) -> Path:
    """Write ``index.html`` and the pages of lessons that are measured already; as `export`."""
    for one in lessons:
        (folder / f"{one.lesson.name}.html").write_text(page(one, backends), encoding="utf-8")
    index = folder / "index.html"
    text = _PAGES.get_template("index.html").render(
        lessons=[one.lesson for one in lessons], backends=backends, titles=TITLES
    )
    index.write_text(text, encoding="utf-8")
    return index


def page(one: Measured, backends: Sequence[str]) -> str:
    """The page of a lesson.

    Args:
        one: the lesson with its numbers.
        backends: the sides, in the order of the columns.
    """
    lesson = one.lesson
    states = {
        lesson.key(state): fragment(one, number, state, backends)
        for number, state in enumerate(lesson.states())
    }
    start = lesson.key({control.name: control.start for control in lesson.controls})
    place = course.NAMES.index(lesson.name)
    return _PAGES.get_template("page.html").render(
        lesson=lesson,
        number=place + 1,
        before=course.NAMES[place - 1] if place else None,
        after=course.NAMES[place + 1] if place + 1 < len(course.NAMES) else None,
        start=Markup(states[start]),
        # "</" would end the script element.
        states=Markup(json.dumps(states).replace("</", "<\\/")),
        places={c.name: c.values.index(c.start) for c in lesson.controls},
        texts={c.name: [_number(value) for value in c.values] for c in lesson.controls},
        beside=[_shown(each) for each in _code(one, backends)],
        program=_highlighted(inspect.getsource(lesson.numbers)),
        starters=[_highlighted(exercise.starter) for exercise in lesson.exercises],
        sides=[*backends],
        titles=TITLES,
        style=_style(),
    )


def fragment(one: Measured, number: int, state: dict[str, Any], backends: Sequence[str]) -> str:
    """What a page shows in one state: the table, the statements, the picture.

    Args:
        one: the lesson with its numbers.
        number: the state's place among `Lesson.states`.
        state: value of each control.
        backends: the sides, in the order of the columns.
    """
    lesson = one.lesson
    first = one.first[number] if one.numbers else {}
    rows = [
        {
            "label": label,
            "cells": [
                _number(one.numbers[side][number][label]) if side in one.numbers else "missing"
                for side in backends
            ],
            "verdict": _verdict(one, number, label),
        }
        for label in first
    ]
    return _PAGES.get_template("state.html").render(
        rows=rows,
        sides=backends,
        titles=TITLES,
        missing=one.missing,
        statements=lesson.statements(first, **state) if first else {},
        picture=svg(lesson.picture(first, **state)) if first and lesson.picture else "",
    )


def _verdict(one, number, label):
    if len(one.numbers) < 2:
        return "nothing to compare with"
    distance = one.distance(number, label)
    if distance == 0:
        return "the same bits" if flat(one.first[number][label]) else "the same"
    if math.isinf(distance):
        return "they differ"
    return f"they differ by {distance:.1g} of the largest"


def _number(value):
    """A value as a table shows it."""
    if isinstance(value, bool) or not isinstance(value, int | float | list):
        return str(value)
    if isinstance(value, list):
        numbers = flat(value)
        if len(numbers) > SHOWN:
            smallest, largest = _short(min(numbers), 4), _short(max(numbers), 4)
            return f"{len(numbers)} numbers from {smallest} to {largest}"
        return (
            ", ".join(map(_number, value))
            if not value or not isinstance(value[0], list)
            else ("; ".join(map(_number, value)))
        )
    return _short(value, 7)


def _short(number, digits):
    """A number with so many digits, a minus sign, and no −0."""
    return f"{number + 0.0:.{digits}g}".replace("-", "−")


def _code(one, backends):
    """Both sides of every name of a lesson, as `Beside`."""
    from keras_edu_backend.plugin import activate, is_active

    if not is_active():
        activate()
    other = next(iter(backends[1:]), "jax")
    said = {
        side: {answer["name"]: answer for answer in one.code.get(side, [])}
        for side in ("edu", other)
    }
    for name in one.lesson.code:
        if isinstance(name, str):
            answers = [
                said[side].get(name, {"functions": [], "error": one.missing.get(side, "not asked")})
                for side in ("edu", other)
            ]
            yield explained(name, *answers, other)
        else:
            yield read(name)


def _shown(beside: Beside) -> dict[str, Any]:
    def listings(side):
        return [{"place": one.place, "code": _highlighted(one.text)} for one in side]

    return {
        "title": beside.title,
        "formula": beside.formula,
        "note": beside.note,
        "ours": listings(beside.ours),
        "theirs": listings(beside.theirs),
    }


def _highlighted(text):
    return Markup(highlight(text, PythonLexer(), _CODE))


def _style():
    dark = HtmlFormatter(style="github-dark").get_style_defs(".code")
    return Markup(
        f"{_CODE.get_style_defs('.code')}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"
    )
