"""The course as static pages: open from a file, fetch nothing, hold every state of the controls.

Beside each page lies the lesson as a notebook.
"""

import inspect
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from keras_edu_backend.lessons import course, own_data
from keras_edu_backend.lessons.code import Beside, beside
from keras_edu_backend.lessons.documents import DOCUMENTS
from keras_edu_backend.lessons.lesson import Lesson
from keras_edu_backend.lessons.notebook import notebook
from keras_edu_backend.lessons.serve import TRAINING
from keras_edu_backend.lessons.sides import Measured, measured
from keras_edu_backend.lessons.state import PAGES, TITLES, fragment

_CODE = HtmlFormatter(cssclass="code")


def export(
    folder: Path,
    lessons: Sequence[Lesson],
    backends: Sequence[str] = ("edu", "jax"),
    tell: Callable[[str], object] = lambda line: None,
    served: bool = False,
) -> Path:
    """Write ``index.html``, and a page and a notebook for each lesson.

    Args:
        folder: where to; made if it is not there.
        lessons: the lessons to write.
        backends: the sides of every number; the second one's code stands beside ours.
        tell: called with a line each time that a part is done.
        served: whether `serve` will serve the pages, so that they can check exercises.

    Returns:
        The path of ``index.html``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return write(folder, lessons, measured(lessons, backends, tell), backends, served)


def write(
    folder: Path,
    lessons: Sequence[Lesson],
    numbers: Iterable[Measured],
    backends: Sequence[str],
    served: bool = False,
) -> Path:
    """As `export`, of lessons whose numbers are given: each is written when its turn comes."""
    index = folder / "index.html"
    front = PAGES.get_template("index.html")
    names = [lesson.name for lesson in lessons]
    text = front.render(
        lessons=lessons, backends=backends, titles=TITLES, documents=DOCUMENTS, titled=names
    )
    _put(index, text)
    for one in numbers:
        name = one.lesson.name
        written = json.dumps(notebook(one, backends), ensure_ascii=False, indent=1)
        _put(folder / f"{name}.ipynb", f"{written}\n")
        _put(folder / f"{name}.html", page(one, backends, served, names))
    return index


def _put(file, text):
    """Write a file that may be read at any moment: all of it is there, or nothing."""
    part = file.with_name(f"{file.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)


def page(
    one: Measured,
    backends: Sequence[str],
    served: bool = False,
    names: Sequence[str] = course.NAMES,
) -> str:
    """The page of a lesson.

    Args:
        one: the lesson with its numbers.
        backends: the sides, in the order of the columns.
        served: whether it can check exercises, because `serve` serves it.
        names: the lessons that have a page, in the order in which they are read.
    """
    lesson = one.lesson
    states = {
        lesson.key(state): fragment(one, number, state, backends)
        for number, state in enumerate(lesson.states())
    }
    start = lesson.key({control.name: control.start for control in lesson.controls})
    place = names.index(lesson.name)
    return PAGES.get_template("page.html").render(
        lesson=lesson,
        number=course.NAMES.index(lesson.name) + 1,
        before=names[place - 1] if place else None,
        after=names[place + 1] if place + 1 < len(names) else None,
        start=Markup(states[start]),
        # "</" would end the script element.
        states=Markup(json.dumps(states).replace("</", "<\\/")),
        own=own_data,
        patience=TRAINING,
        beside=[_shown(each) for each in beside(one, backends)],
        program=_highlighted(inspect.getsource(lesson.numbers)),
        starters=[_highlighted(exercise.starter) for exercise in lesson.exercises],
        sides=[*backends],
        titles=TITLES,
        served=served,
        style=_style(),
    )


def _shown(beside: Beside) -> dict[str, Any]:
    def listings(side):
        return [{"place": one.place, "code": _highlighted(one.text)} for one in side]

    return {
        "title": beside.title,
        "formula": beside.formula,
        "note": beside.note,
        "their_note": beside.their_note,
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
