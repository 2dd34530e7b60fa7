"""Lessons measured on several backends, one worker process each."""

import dataclasses
import importlib.util
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from keras_edu_backend.lessons.lesson import Lesson
from keras_edu_backend.lessons.measure import apart
from keras_edu_backend.workers import Call, Series, Worker, run

PACKAGES = {"edu": "jax", "jax": "jax", "tensorflow": "tensorflow", "torch": "torch"}
ROUNDING = 2.0**-24  # the largest relative error of one rounding to float32


@dataclasses.dataclass
class Measured:
    """A lesson with the numbers of every side.

    Attributes:
        lesson: the lesson.
        numbers: backend -> numbers of each state, in the order of `Lesson.states`.
        missing: backend -> why it has no numbers.
        code: backend -> what ran for each name in `Lesson.code`, as `explain` lists it.
    """

    lesson: Lesson
    numbers: dict[str, list[dict[str, Any]]] = dataclasses.field(default_factory=dict)
    missing: dict[str, str] = dataclasses.field(default_factory=dict)
    code: dict[str, list[dict[str, Any]]] = dataclasses.field(default_factory=dict)

    @property
    def first(self) -> list[dict[str, Any]]:
        """The numbers of the first side that has any: what pictures are drawn from."""
        return next(iter(self.numbers.values()))

    def distance(self, number: int, row: str) -> float:
        """How far the sides' values of a row are apart in a state, over the largest number."""
        first, *others = (states[number][row] for states in self.numbers.values())
        return max((apart(first, other) for other in others), default=0.0)

    def agrees(self, number: int, row: str) -> bool:
        """Whether the sides agree as the lesson says that they do."""
        return self.distance(number, row) <= self.lesson.roundings * ROUNDING


def measured(
    lessons: Sequence[Lesson],
    backends: Iterable[str] = ("edu", "jax"),
    tell: Callable[[str], object] = lambda line: None,
) -> list[Measured]:
    """The numbers of lessons on backends.

    Args:
        lessons: the lessons.
        backends: ``"edu"``, ``"jax"``, ``"tensorflow"``, ``"torch"``.
        tell: called with a line each time that a side of a lesson is done.

    Returns:
        One `Measured` for each lesson.
    """
    found = {lesson.name: Measured(lesson) for lesson in lessons}
    names = [(lesson, name) for lesson in lessons for name in lesson.code if isinstance(name, str)]
    waiting: deque[Series] = deque()
    for backend in backends:
        if importlib.util.find_spec(PACKAGES[backend]) is None:
            for one in found.values():
                one.missing[backend] = f"{PACKAGES[backend]} is not installed here"
            continue
        calls = [
            Call(
                "keras_edu_backend.lessons.measure:all_states",
                {"name": lesson.name},
                (backend, lesson.name, None),
            )
            for lesson in lessons
        ]
        calls += [
            Call("keras_edu_backend.lessons.code:ran", {"name": name}, (backend, lesson.name, name))
            for lesson, name in names
        ]
        waiting.append(Series(partial(Worker, backend), calls))
    for call, outcome, _ in run(waiting):
        backend, lesson_name, name = call.key
        one = found[lesson_name]
        if name is not None:
            answer = (
                outcome.value
                if outcome.status == "ok"
                else {
                    "functions": [],
                    "error": outcome.detail,
                }
            )
            one.code.setdefault(backend, []).append({"name": name, **answer})
        elif outcome.status == "ok":
            one.numbers[backend] = outcome.value
            tell(f"{lesson_name}: computed on {backend} in {outcome.seconds:.1f} s")
        else:
            one.missing[backend] = outcome.detail
    for one in found.values():
        one.numbers = {name: one.numbers[name] for name in backends if name in one.numbers}
    return list(found.values())
