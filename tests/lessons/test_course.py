"""Every lesson, computed on edu and on stock Keras in worker processes, and its page."""

import json
import re

import pytest

from keras_edu_backend.lessons import course
from keras_edu_backend.lessons.export import fragment, page, write
from keras_edu_backend.lessons.measure import apart
from keras_edu_backend.lessons.sides import measured

SIDES = ("edu", "jax")
PARAGRAPH = re.compile(r"<p>\s*</p>|<td>\s*</td>|<pre>\s*</pre>|<blockquote>\s*<footer>")


@pytest.fixture(scope="module")
def lessons():
    return {one.lesson.name: one for one in measured(list(map(course.find, course.NAMES)), SIDES)}


@pytest.fixture(scope="module")
def pages(lessons, tmp_path_factory):
    """Name -> text of each page."""
    folder = tmp_path_factory.mktemp("course")
    write(folder, list(lessons.values()), SIDES)
    return {file.stem: file.read_text(encoding="utf-8") for file in folder.glob("*.html")}


def states_of(page):
    """What a page shows in each state of its controls."""
    return json.loads(re.search(r'id="states">(.*?)</script>', page, re.S).group(1))


@pytest.mark.parametrize("name", course.NAMES)
def test_both_sides_agree_as_the_lesson_says(lessons, name):
    one = lessons[name]
    assert not one.missing and list(one.numbers) == list(SIDES)
    states = list(one.lesson.states())
    assert [len(numbers) for numbers in one.numbers.values()] == [len(states)] * len(SIDES)
    for number, state in enumerate(states):
        for row in one.first[number]:
            assert one.agrees(number, row), (state, row, one.distance(number, row))
    assert one.lesson.roundings == 0 or one.lesson.why


@pytest.mark.parametrize("name", course.NAMES)
def test_what_a_lesson_states_holds_in_every_state_on_both_sides(lessons, name):
    one = lessons[name]
    for side, numbers in one.numbers.items():
        for state, found in zip(one.lesson.states(), numbers, strict=True):
            statements = one.lesson.statements(found, **state)
            assert statements
            assert all(statements.values()), (side, state, statements)


@pytest.mark.parametrize("name", course.NAMES)
def test_a_page_holds_every_state_of_every_control(lessons, pages, name):
    lesson, page = lessons[name].lesson, pages[name]
    states = states_of(page)
    assert set(states) == {lesson.key(state) for state in lesson.states()}
    start = lesson.key({control.name: control.start for control in lesson.controls})
    assert states[start] in page  # shown without any script
    for state, number in zip(lesson.states(), range(len(states)), strict=True):
        text = states[lesson.key(state)]
        assert text.count("<tr>") == 1 + len(lessons[name].first[number])
        assert "It is not so here" not in text and "missing" not in text and "nan" not in text
        assert ("<svg" in text) == (lesson.picture is not None)
    for control in lesson.controls:
        assert f'name="{control.name}"' in page


@pytest.mark.parametrize("name", course.NAMES)
def test_turning_a_control_changes_what_a_page_shows(lessons, pages, name):
    lesson = lessons[name].lesson
    states = states_of(pages[name])
    start = {control.name: control.start for control in lesson.controls}
    for control in lesson.controls:
        shown = {states[lesson.key({**start, control.name: value})] for value in control.values}
        assert len(shown) == len(control.values), control.name


@pytest.mark.parametrize("name", ["index", *course.NAMES])
def test_a_page_fetches_nothing_and_has_no_gaps(pages, name):
    page = pages[name]
    assert len(page) > 1000 and not PARAGRAPH.search(page)
    addresses = re.findall(r"""(?:src|href|action)=["']?([^"'> ]+)""", page)
    addresses += re.findall(r"url\(([^)]*)\)|@import", page)
    assert set(addresses) <= {f"{other}.html" for other in pages}
    assert "//" not in re.sub(r"<pre>.*?</pre>", "", page, flags=re.S)


@pytest.mark.parametrize("name", course.NAMES)
def test_a_page_has_the_claim_both_codes_and_the_exercises(lessons, pages, name):
    lesson, page = lessons[name].lesson, pages[name]
    for claim in lesson.claims:
        assert f"Document {claim.document}, {claim.section}" in page
        assert 1 <= claim.document <= 5
    code = page.split("<h2>The code</h2>")[1].split("<h2>Exercises</h2>")[0]
    assert "keras_edu_backend/" in code and "keras/src/" in code
    assert code.count("<h3>") == len(lesson.code)
    assert f"keras-edu check {name} answers.py" in page
    for exercise in lesson.exercises:
        assert f"<h3>{exercise.function}</h3>" in page


def test_a_number_that_differs_is_shown_and_does_not_agree(lessons):
    one = lessons["unit"]
    row = "right, of 4"
    state = next(one.lesson.states())
    before = one.numbers["jax"][0][row]
    try:
        one.numbers["jax"][0][row] = before + 1
        assert not one.agrees(0, row)
        assert "they differ by" in fragment(one, 0, state, SIDES)
    finally:
        one.numbers["jax"][0][row] = before
    assert "they differ by" not in fragment(one, 0, state, SIDES)


@pytest.fixture
def without_torch(monkeypatch):
    """As on a machine where torch is not installed."""
    from keras_edu_backend.lessons import sides

    find = sides.importlib.util.find_spec
    hides = lambda name, *rest: None if name == "torch" else find(name, *rest)  # noqa: E731
    monkeypatch.setattr(sides.importlib.util, "find_spec", hides)


def test_a_backend_that_is_not_installed_is_shown_as_missing(without_torch, lessons):
    backends = ("edu", "torch")
    (one,) = measured([course.find("layers")], ["torch"])
    assert one.missing == {"torch": "torch is not installed here"}
    one.numbers = {"edu": lessons["layers"].numbers["edu"]}
    one.code = {"edu": lessons["layers"].code["edu"]}
    shown = page(one, backends)
    assert "torch is missing: torch is not installed here" in shown
    assert "<td>missing</td>" in shown and "nothing to compare with" in shown
    # Its functions are read from Keras's files all the same.
    assert "keras/src/backend/torch/numpy.py" in shown


def test_a_page_is_written_even_if_no_side_has_numbers(without_torch):
    (one,) = measured([course.find("layers")], ["torch"])
    shown = page(one, ("torch",))
    assert "torch is missing: torch is not installed here" in shown
    assert set(states_of(shown)) == {one.lesson.key(state) for state in one.lesson.states()}


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ([1.0, [2.0]], [1.0, [2.0]], 0),
        ([1.0, 2.0], [1.0, 1.5], 0.25),
        ("a", "a", 0),
        ("a", "b", float("inf")),
        ([1.0], [1.0, 1.0], float("inf")),
        (float("nan"), float("nan"), 0),
        ([1.0, float("nan")], [1.0, 1.0], float("inf")),
        (float("inf"), float("inf"), 0),
        (None, None, 0),
    ],
)
def test_how_far_two_values_are_apart(one, other, distance):
    assert apart(one, other) == distance
