"""A learner's answers, compared with Keras and with the usual mistakes."""

import copy
import dataclasses
import os
import runpy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from keras_edu_backend.lessons import course
from keras_edu_backend.lessons.lesson import Exercise, Lesson

# Keras answers in float32, a learner's Python in float64. An exercise adds and multiplies fewer
# than 64 numbers, each rounded by 2^-24 of its size at most.
ALLOWED = 64 * 2.0**-24


class CannotCheck(Exception):
    """There is nothing to compare: the message says why, in one line."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What is said of one answer.

    Attributes:
        function: the function's name.
        right: whether it answers as Keras does.
        says: one line.
    """

    function: str
    right: bool
    says: str


def check(lesson: Lesson, file: str) -> list[Verdict]:
    """Compare the functions in a file with the lesson's exercises.

    Args:
        lesson: the lesson.
        file: a Python file that defines at least one of the functions asked for.

    Returns:
        A `Verdict` for each exercise whose function the file defines.

    Raises:
        CannotCheck: there is no such file, it raises, or it defines none of the functions.
    """
    defined = _run(file)
    answered = [one for one in lesson.exercises if callable(defined.get(one.function))]
    if not answered:
        asked = " or ".join(one.function for one in lesson.exercises)
        raise CannotCheck(f"{file} defines no function {asked}, asked for by lesson {lesson.name}.")
    return [compare(one, defined[one.function]) for one in answered]


def get_ready() -> None:
    """Import Keras, which takes seconds, so that they do not count for an answer."""
    import keras  # noqa: F401


def say(lesson: str, text: str) -> str:
    """What is to be said of a program that a learner wrote into a page.

    Args:
        lesson: the lesson's name.
        text: the program.

    Returns:
        A line for each exercise that it answers, or why it cannot be checked.
    """
    with tempfile.TemporaryDirectory(prefix="keras-edu-answer-") as folder:
        file = Path(folder) / "answers.py"
        file.write_text(text, encoding="utf-8")
        try:
            verdicts = check(course.find(lesson), str(file))
        except KeyError:
            return f"There is no lesson {lesson}."
        except CannotCheck as error:
            return str(error).replace(f"{folder}{os.sep}", "")
    return "\n".join(verdict.says for verdict in verdicts)


def _run(file):
    if not Path(file).is_file():
        raise CannotCheck(f"{file}: there is no such file.")
    try:
        return runpy.run_path(file)
    except (Exception, SystemExit) as error:
        raise CannotCheck(f"{file} cannot be run: {_line(error)}") from None


def _line(error):
    name = type(error).__name__
    said = " ".join(str(error).split())
    return f"{name}: {said}" if said else name


def compare(exercise: Exercise, function: Callable[..., Any]) -> Verdict:
    """Compare a function with an exercise.

    Args:
        exercise: the exercise.
        function: the learner's.

    Raises:
        CannotCheck: the function raises, or returns something that is no array of numbers.
    """
    right = [_array(exercise.answer(*copy.deepcopy(inputs))) for inputs in exercise.inputs]
    given = [_given(exercise, function, inputs) for inputs in exercise.inputs]
    places = [n for n, both in enumerate(zip(given, right, strict=True)) if not same(*both)]
    if not places:
        return Verdict(
            exercise.function, True, f"{exercise.function}: right, on all {len(right)} inputs."
        )
    for wrong in exercise.wrong:
        answers = [_array(wrong.function(*copy.deepcopy(inputs))) for inputs in exercise.inputs]
        if all(map(same, given, answers)):
            return Verdict(exercise.function, False, f"{exercise.function}: {wrong.sentence}")
    return Verdict(exercise.function, False, _first(exercise, places[0], given, right))


def _first(exercise, place, given, right):
    called = f"{exercise.function}({', '.join(map(_text, exercise.inputs[place]))})"
    yours, keras = given[place], right[place]
    if yours.shape != keras.shape:
        return f"{called} has shape {yours.shape}; Keras's answer has shape {keras.shape}."
    return f"{called} is {_text(yours)}; Keras says {_text(keras)}."


def _given(exercise, function, inputs):
    try:
        found = _array(function(*copy.deepcopy(inputs)))
    except (Exception, SystemExit) as error:
        called = f"{exercise.function}({', '.join(map(_text, inputs))})"
        raise CannotCheck(f"{called} raises {_line(error)}") from None
    if found.dtype.kind not in "biuf":
        raise CannotCheck(f"{exercise.function} has to return numbers, and returns {found.dtype}.")
    return found


def _array(value):
    if value is None:
        raise TypeError("it returns nothing: is there a return statement?")
    return np.asarray(value)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two answers differ by no more than rounding can make them differ."""
    if one.shape != other.shape:
        return False
    one, other = one.astype("float64"), other.astype("float64")
    size = max(1.0, float(np.max(np.abs(other), initial=0.0)))
    with np.errstate(invalid="ignore"):
        near = (np.abs(one - other) <= ALLOWED * size) | (one == other)
    return bool(np.all(near | (np.isnan(one) & np.isnan(other))))


def _text(value):
    if isinstance(value, str):
        return repr(value)
    return np.array2string(
        np.asarray(value), precision=6, separator=", ", suppress_small=True, threshold=32
    ).replace("\n", "")
