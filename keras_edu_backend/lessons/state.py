"""What a lesson shows in one state of its controls: the table, the statements, the picture."""

import math
from collections.abc import Sequence
from typing import Any

from keras_edu_backend.lessons.measure import flat
from keras_edu_backend.lessons.picture import svg
from keras_edu_backend.lessons.sides import Measured
from keras_edu_backend.pages import templates

SHOWN = 12  # numbers of a list that a table shows
TITLES = {
    "edu": "edu, this backend",
    "jax": "Keras on JAX",
    "tensorflow": "Keras on TensorFlow",
    "torch": "Keras on PyTorch",
}

PAGES = templates("keras_edu_backend.lessons")


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
    return PAGES.get_template("state.html").render(
        rows=table(one, number, backends),
        sides=backends,
        titles=TITLES,
        missing=one.missing,
        statements=_statements(one, number, state),
        walk=lesson.walk(first, **state) if first and lesson.walk else None,
        pictures=_pictures(lesson, first, state) if first and lesson.picture else [],
    )


def _statements(one, number, state):
    """Sentence -> the sides on which it is not so."""
    found: dict[str, list[str]] = {}
    for side, states in one.numbers.items():
        for sentence, so in one.lesson.statements(states[number], **state).items():
            found.setdefault(sentence, []).extend([] if so else [TITLES[side]])
    return found


def _pictures(lesson, first, state):
    drawn = lesson.picture(first, **state)
    return map(svg, drawn if isinstance(drawn, tuple) else [drawn])


def styled(one: Measured, number: int, state: dict[str, Any], backends: Sequence[str]) -> str:
    """As `fragment`, with the styles that it needs: for a notebook."""
    css = PAGES.get_template("state.css").render()
    shown = fragment(one, number, state, backends)
    return f'<style>{css}</style><div class="state">{shown}</div>'


def table(one: Measured, number: int, backends: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a state: ``label``, the ``cells`` of the sides, and the ``verdict`` on them."""
    return [
        {
            "label": label,
            "cells": [
                number_text(one.numbers[side][number][label]) if side in one.numbers else "missing"
                for side in backends
            ],
            "verdict": _verdict(one, number, label),
        }
        for label in (one.first[number] if one.numbers else {})
    ]


def _verdict(one, number, label):
    if len(one.numbers) < 2:
        return "nothing to compare with"
    distance = one.distance(number, label)
    if distance == 0:
        return "the same bits" if flat(one.first[number][label]) else "the same"
    if math.isinf(distance):
        return "they differ"
    return f"they differ by {distance:.1g} of the largest"


def number_text(value: Any) -> str:
    """A value as a table shows it."""
    if isinstance(value, bool) or not isinstance(value, int | float | list):
        return str(value)
    if isinstance(value, list):
        numbers = flat(value)
        if len(numbers) > SHOWN:
            smallest, largest = _short(min(numbers), 4), _short(max(numbers), 4)
            return f"{len(numbers)} numbers from {smallest} to {largest}"
        return (
            ", ".join(map(number_text, value))
            if not value or not isinstance(value[0], list)
            else ("; ".join(map(number_text, value)))
        )
    return _short(value, 7)


PAGES.filters["number"] = number_text


def _short(number, digits):
    """A number with so many digits, a minus sign, and no −0."""
    return f"{number + 0.0:.{digits}g}".replace("-", "−")
