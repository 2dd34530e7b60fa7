"""Lessons measured on several backends, one worker process each."""

import dataclasses
import importlib.util
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
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

    def leave_out(self, backend: str) -> bool:
        """Whether a backend is not installed here; if so, it is noted as missing."""
        package = PACKAGES[backend]
        absent = importlib.util.find_spec(package) is None
        if absent:
            self.missing[backend] = f"{package} is not installed here"
        return absent

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
) -> Iterator[Measured]:
    """The numbers of lessons on backends.

    Args:
        lessons: the lessons.
        backends: ``"edu"``, ``"jax"``, ``"tensorflow"``, ``"torch"``.
        tell: called with a line each time that a side of a lesson is done.

    Yields:
        One `Measured` for each lesson, as soon as all of its sides are done.
    """
    found = {lesson.name: Measured(lesson) for lesson in lessons}
    left = dict.fromkeys(found, 0)  # calls of each lesson that are not over
    waiting: deque[Series] = deque()
    for backend in backends:
        if any([one.leave_out(backend) for one in found.values()]):
            continue
        calls = [call for lesson in lessons for call in _calls(lesson, backend)]
        for call in calls:
            left[call.key[1]] += 1
        waiting.append(Series(partial(Worker, backend), calls))
    yield from (found[name] for name, number in left.items() if not number)
    for call, outcome, _ in run(waiting):
        backend, lesson_name, name = call.key
        one = found[lesson_name]
        if name is not None:
            failed = {"functions": [], "error": outcome.detail}
            answer = outcome.value if outcome.status == "ok" else failed
            one.code.setdefault(backend, []).append({"name": name, **answer})
        elif outcome.status == "ok":
            one.numbers[backend] = outcome.value
            tell(f"{lesson_name}: computed on {backend} in {outcome.seconds:.1f} s")
        else:
            one.missing[backend] = outcome.detail
        left[lesson_name] -= 1
        if not left[lesson_name]:
            one.numbers = {side: one.numbers[side] for side in backends if side in one.numbers}
            yield one


def _calls(lesson, backend):
    """A lesson's numbers, and what runs under each name in its code."""
    name = {"name": lesson.name}
    yield Call("keras_edu_backend.lessons.measure:all_states", name, (backend, lesson.name, None))
    for code in lesson.code:
        if isinstance(code, str):
            key = (backend, lesson.name, code)
            yield Call("keras_edu_backend.lessons.code:ran", {"name": code}, key)
