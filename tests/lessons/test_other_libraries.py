"""Every lesson beside PyTorch and TensorFlow: what it states holds there, and a page shows it."""

import pytest

from keras_edu_backend.lessons import course
from keras_edu_backend.lessons.export import page
from keras_edu_backend.lessons.sides import measured

# One fixture measures fourteen lessons on three libraries: minutes, on a slow machine many.
pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]

OTHERS = ("torch", "tensorflow")


@pytest.fixture(scope="module")
def lessons():
    for name in OTHERS:
        pytest.importorskip(name, reason=f"{name} is an optional extra")
    every = list(map(course.find, course.NAMES))
    return {one.lesson.name: one for one in measured(every, ("edu", *OTHERS))}


# What a lesson states of Keras on JAX and is otherwise elsewhere: a page says "Not so on …" there.
# How those statements begin, by lesson, and the libraries and states in which they may not hold.
OTHERWISE = {
    # leaky_relu's slope at 0 is the left one there (docs/differences.md).
    "activations": (
        ("Autodiff and the formula", "At the kink the quotient"),
        lambda side, state: state["activation"] == "leaky_relu" and state["z"] == 0,
    ),
    # Keras on TensorFlow finds the logits that a softmax was made of (docs/differences.md).
    "losses": (
        ("From probabilities: p₁ is below ε", "From probabilities: p₁ is above 1 − ε"),
        lambda side, state: side == "tensorflow",
    ),
    # Masks of another generator: whether one training of few points is helped is a matter of draws.
    "dropout": (("With dropout the training loss ends higher",), lambda side, state: True),
}


@pytest.mark.parametrize("name", course.NAMES)
def test_a_lesson_holds_on_every_library(lessons, name):
    one = lessons[name]
    assert not one.missing
    begins, where = OTHERWISE.get(name, ((), None))
    for side, numbers in one.numbers.items():
        for state, found in zip(one.lesson.states(), numbers, strict=True):
            for statement, holds in one.lesson.statements(found, **state).items():
                told = statement.startswith(begins) and side in OTHERS and where(side, state)
                assert holds or told, (side, state, statement)


@pytest.mark.parametrize("name", course.NAMES)
def test_its_page_shows_all_libraries_and_what_is_otherwise_there(lessons, name):
    one = lessons[name]
    shown = page(one, ("edu", *OTHERS))
    assert "PyTorch" in shown and "TensorFlow" in shown
    assert " is missing" not in shown
    wrong = [
        statement
        for numbers in one.numbers.values()
        for state, found in zip(one.lesson.states(), numbers, strict=True)
        for statement, holds in one.lesson.statements(found, **state).items()
        if not holds
    ]
    assert ("Not so on" in shown) == bool(wrong)
