"""What a lesson is: its claims, formula, code, controls, numbers, picture and exercises."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from keras_edu_backend.lessons.picture import Drawing

Numbers = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Claim:
    """What a document says, in its words or in short.

    Attributes:
        document: its number, 1 to 5.
        section: the section there.
        says: the claim.
    """

    document: int
    section: str
    says: str


@dataclasses.dataclass(frozen=True)
class Code:
    """Two functions that answer for each other, where `explain` has no single name for them.

    Attributes:
        title: what they do.
        ours: ``"folder/file.py:Class.function"``, from the folder that holds keras_edu_backend.
        theirs: likewise, from the folder that holds Keras, with ``{backend}`` for the folder of a
            backend and ``{trainer}`` for the class there that trains.
    """

    title: str
    ours: str
    theirs: str


@dataclasses.dataclass(frozen=True)
class Control:
    """Something that a learner turns.

    Attributes:
        name: the argument of the lesson's ``numbers``.
        label: what the page calls it.
        values: numbers in order, which become a slider, or texts, which become a list to choose
            from.
        start: the value shown first.
        steps: whether there are buttons that go one value back and forward.
    """

    name: str
    label: str
    values: tuple[Any, ...]
    start: Any
    steps: bool = False

    @property
    def is_slider(self) -> bool:
        """Whether the values are numbers."""
        return not any(isinstance(value, str | bool) for value in self.values)


@dataclasses.dataclass(frozen=True)
class Walk:
    """Where a learner is who walks through a program.

    Attributes:
        formula: what is computed there, with its numbers plugged in; lines.
        program: its lines.
        here: number of the line, from 0.
    """

    formula: tuple[str, ...]
    program: tuple[str, ...]
    here: int


@dataclasses.dataclass(frozen=True)
class Wrong:
    """A usual mistake.

    Attributes:
        sentence: what to tell a learner who made it.
        function: answers as such a learner would.
    """

    sentence: str
    function: Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Exercise:
    """A function for the learner to write.

    Attributes:
        function: its name.
        task: what it has to return, and of what.
        starter: the lines to begin with.
        inputs: lists of arguments on which it is compared.
        answer: the same function, computed by Keras.
        wrong: the usual mistakes.
    """

    function: str
    task: str
    starter: str
    inputs: Sequence[tuple[Any, ...]]
    answer: Callable[..., Any]
    wrong: tuple[Wrong, ...]


@dataclasses.dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes:
        name: its name on the command line and of its page.
        title: its title.
        claims: what the documents say.
        text: paragraphs.
        formula: plain text, lines.
        code: names that `explain` knows (``"Dense"``, ``"ops.relu"``), and `Code`.
        controls: what can be turned.
        numbers: function of the controls that computes with the Keras of its process; returns
            numbers, texts and lists of numbers by name.
        statements: function of these numbers and the controls: sentence -> whether it is so; each
            must be so for every state of the controls.
        picture: function of the same that returns a drawing of `picture`, or a tuple of these to
            be drawn one below the other; or None.
        exercises: at least one.
        roundings: by how many roundings of the largest number of a row two backends may differ;
            0: they have the same bits.
        why: what the roundings come from.
        walk: function of the same that returns a `Walk`, or None.
        own_data: whether its page takes a learner's own points.
    """

    name: str
    title: str
    claims: tuple[Claim, ...]
    text: str
    formula: str
    code: tuple[str | Code, ...]
    controls: tuple[Control, ...]
    numbers: Callable[..., Numbers]
    statements: Callable[..., Mapping[str, bool]]
    picture: Callable[..., Drawing | tuple[Drawing, ...]] | None
    exercises: tuple[Exercise, ...]
    roundings: int = 0
    why: str = ""
    walk: Callable[..., Walk] | None = None
    own_data: bool = False

    def states(self) -> Iterator[dict[str, Any]]:
        """Every combination of the controls' values, the last control changing fastest."""
        for values in itertools.product(*(control.values for control in self.controls)):
            yield dict(zip((control.name for control in self.controls), values, strict=True))

    def key(self, state: Mapping[str, Any]) -> str:
        """A state's name on the page: the place of each control's value, such as ``"0-2"``."""
        return "-".join(str(c.values.index(state[c.name])) for c in self.controls)
