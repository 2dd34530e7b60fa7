"""Every lesson, computed on edu and on stock Keras in worker processes, and its page in a browser.

One file, because computing the lessons takes most of the time.
"""

import json
import re

import numpy as np
import pytest

from keras_edu_backend.lessons import course, notebook
from keras_edu_backend.lessons.code import read
from keras_edu_backend.lessons.course import step
from keras_edu_backend.lessons.export import page, write
from keras_edu_backend.lessons.lesson import Code
from keras_edu_backend.lessons.measure import apart, flat
from keras_edu_backend.lessons.sides import measured
from keras_edu_backend.lessons.state import fragment

pytestmark = pytest.mark.long

SIDES = ("edu", "jax")
PARAGRAPH = re.compile(r"<p>\s*</p>|<td>\s*</td>|<pre>\s*</pre>|<blockquote>\s*<footer>")


@pytest.fixture(scope="module")
def lessons():
    return {one.lesson.name: one for one in measured(list(map(course.find, course.NAMES)), SIDES)}


@pytest.fixture(scope="module")
def folder(lessons, tmp_path_factory):
    """The folder that holds the pages."""
    folder = tmp_path_factory.mktemp("course")
    write(folder, [one.lesson for one in lessons.values()], lessons.values(), SIDES)
    return folder


@pytest.fixture(scope="module")
def pages(folder):
    """Name -> text of each page."""
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
        assert "Not so on" not in text and "missing" not in text and "nan" not in text
        assert ("<svg" in text) == (lesson.picture is not None)
    for control in lesson.controls:
        assert f'name="{control.name}"' in page


@pytest.mark.parametrize("name", course.NAMES)
def test_turning_a_control_changes_what_a_page_shows(lessons, pages, name):
    lesson = lessons[name].lesson
    states = states_of(pages[name])
    for control in lesson.controls:
        shown = {
            tuple(states[lesson.key({**state, control.name: value})] for state in lesson.states())
            for value in control.values
        }
        assert len(shown) == len(control.values), control.name


@pytest.mark.parametrize("name", ["index", *course.NAMES])
def test_a_page_fetches_nothing_and_has_no_gaps(pages, name):
    page = pages[name]
    assert len(page) > 1000 and not PARAGRAPH.search(page)
    addresses = re.findall(r"""(?:src|href|action)=["']?([^"'> ]+)""", page)
    addresses += re.findall(r"url\(([^)]*)\)|@import", page)
    notebooks = {f"{other}.ipynb" for other in course.NAMES}
    assert set(addresses) <= {f"{other}.html" for other in pages} | notebooks
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
    assert 'class="check"' not in page  # nothing here could check what a learner writes into it
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


def test_a_statement_that_fails_on_one_side_is_marked_there(lessons):
    one = lessons["step"]
    number = len(one.first) - 1
    state = list(one.lesson.states())[number]
    row = "L = (y − t)²"
    before = one.numbers["jax"][number][row]
    try:
        one.numbers["jax"][number][row] = 0.0
        shown = fragment(one, number, state, SIDES)
    finally:
        one.numbers["jax"][number][row] = before
    assert shown.count("Not so on Keras on JAX.") == 2 and "Not so on edu" not in shown


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
    assert "Keras on PyTorch is missing: torch is not installed here" in shown
    assert "<td>missing</td>" in shown and "nothing to compare with" in shown
    # Its functions are read from Keras's files all the same.
    assert "keras/src/backend/torch/numpy.py" in shown


def test_a_page_is_written_even_if_no_side_has_numbers(without_torch):
    (one,) = measured([course.find("layers")], ["torch"])
    shown = page(one, ("torch",))
    assert "Keras on PyTorch is missing: torch is not installed here" in shown
    assert set(states_of(shown)) == {one.lesson.key(state) for state in one.lesson.states()}


@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_the_code_beside_ours_is_that_of_the_backend_beside_ours(backend):
    named = [c for name in course.NAMES for c in course.find(name).code if isinstance(c, Code)]
    assert named
    for each in named:
        (theirs,) = read(each, backend).theirs
        assert theirs.place.startswith(f"keras/src/backend/{backend}/") and theirs.text


def code_cells(folder, name):
    cells = json.loads((folder / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return [cell["source"] for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("name", course.NAMES)
def test_a_notebook_has_the_form_of_nbformat_4_5(folder, name):
    found = json.loads((folder / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert set(found) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    fields = {"cell_type", "id", "metadata", "source"}
    for cell in found["cells"]:
        code = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == fields | code and cell["cell_type"] in ("code", "markdown")
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"]) and cell["source"].strip()
    assert len({cell["id"] for cell in found["cells"]}) == len(found["cells"])


@pytest.mark.parametrize("name", course.NAMES)
def test_a_notebook_runs_from_top_to_bottom(lessons, folder, name, monkeypatch, capsys):
    # The tests have measured the lessons already.
    monkeypatch.setattr(notebook, "measured", lambda asked, sides: [lessons[asked[0].name]])
    names = {}
    for cell in code_cells(folder, name):
        if cell.splitlines()[-1].startswith("show("):
            shown = eval(cell, names)
        else:
            exec(cell, names)
    lesson = lessons[name].lesson
    state = {control.name: control.start for control in lesson.controls}
    number = list(lesson.states()).index(state)
    assert fragment(lessons[name], number, state, SIDES) in shown._repr_html_()
    assert [line.partition("  ")[0] for line in repr(shown).splitlines()] == [
        *lessons[name].first[number]
    ]
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(lesson.exercises)
    assert all("is there a return statement?" in line for line in said)


def test_a_state_that_was_not_measured_is_refused(lessons):
    with pytest.raises(ValueError, match=r"hidden: 0, 1, 2; bias: True, False"):
        notebook.show(lessons["layers"], units=128, hidden=3, bias=True)
    with pytest.raises(ValueError, match="Give each control"):
        notebook.show(lessons["layers"], units=128)


# What a reader sees: the table's cells, its rows by label; and the texts of pictures that are cut
# off or that lie one over the other.
ROWS = """Object.fromEntries([...document.querySelectorAll("#state tr")].slice(1).map(
    row => [row.cells[0].innerText, [...row.cells].slice(1, -1).map(cell => cell.innerText)]))"""
BAD_TEXTS = """[...document.querySelectorAll("#state svg")].flatMap(picture => {
    const frame = picture.getBoundingClientRect();
    const texts = [...picture.querySelectorAll("text")].map(
        text => ({said: text.textContent, box: text.getBoundingClientRect()}));
    const outside = ({box}) => box.left < frame.left || box.right > frame.right
        || box.top < frame.top || box.bottom > frame.bottom || box.width === 0;
    const over = (one, other) => one !== other
        && one.box.left < other.box.right && other.box.left < one.box.right
        && one.box.top + 3 < other.box.bottom && other.box.top + 3 < one.box.bottom;
    return texts.filter(one => outside(one) || texts.some(other => over(one, other)))
        .map(one => one.said);
})"""


def says(text, value):
    """Whether the text of a cell tells a value, to the digits that it shows."""
    if isinstance(value, str | bool):
        return text == str(value)
    numbers = flat(value)
    known = [float(part.replace("−", "-")) for part in re.findall(r"−?\d[\d.]*(?:e[−+]\d+)?", text)]
    if "numbers from" in text:
        digits, numbers = 4, [len(numbers), min(numbers), max(numbers)]
    else:
        digits = 7
    return known == [float(f"{number:.{digits}g}") for number in numbers]


@pytest.mark.parametrize("name", course.NAMES)
def test_every_control_moves_to_both_ends_in_a_browser(browser, lessons, folder, name):
    one = lessons[name]
    states = list(one.lesson.states())
    browser.open((folder / f"{name}.html").as_uri())
    state = {control.name: control.start for control in one.lesson.controls}
    for control in one.lesson.controls:
        for key, code, value in (("Home", 36, control.values[0]), ("End", 35, control.values[-1])):
            browser.run(f"document.querySelector('[name={control.name}]').focus()")
            browser.press(key, code)
            state[control.name] = value
            shown, number = browser.run(ROWS), states.index(state)
            assert shown.keys() == one.first[number].keys()
            for row, cells in shown.items():
                for side, cell in zip(SIDES, cells, strict=True):
                    assert says(cell, one.numbers[side][number][row]), (state, row, side, cell)
            assert not browser.run(BAD_TEXTS), state
            assert "Not so on" not in browser.run("document.body.innerText")
    assert not browser.errors
    assert not browser.asked_outside(folder.as_uri())


def test_one_step_of_training_is_walked_forward_and_back(browser, lessons, folder):
    browser.open((folder / "step.html").as_uri())
    back, forward = (f"#controls button[value='{step}']" for step in (-1, 1))
    here = "document.querySelector('#state mark').textContent.trim().split(' = ')[0]"
    shown = "document.querySelector('#state').innerHTML"
    seen = []
    for name in step.QUANTITIES:
        seen.append(browser.run(shown))
        assert browser.run(here) == name and not browser.run(BAD_TEXTS)
        browser.run(f'document.querySelector("{forward}").click()')
    assert browser.run(shown) == seen[-1]  # the end stays
    for before in reversed([seen[0], *seen[:-1]]):
        browser.run(f'document.querySelector("{back}").click()')
        assert browser.run(shown) == before
    assert len(set(seen)) == len(step.QUANTITIES) and not browser.errors


def test_formulas_with_numbers_plugged_in_come_to_what_keras_computes(lessons):
    one = lessons["step"]
    python = {"·": "*", "−": "-", "²": "**2"}
    lines = 0
    for state, numbers in zip(one.lesson.states(), one.first, strict=True):
        for line in one.lesson.walk(numbers, **state).formula:
            _, formula, value = line.split(" = ")
            if "f(" in formula:
                continue
            for mark, operator in python.items():
                formula, value = formula.replace(mark, operator), value.replace(mark, operator)
            formula = re.sub(r"tanh (\S+)", r"tanh(\1)", formula)
            found = eval(formula, {"exp": np.exp, "tanh": np.tanh, "max": max})
            # At most four numbers near 2, each in four digits.
            assert found == pytest.approx(float(value), abs=4 * 2 * 1e-3), line
            lines += 1
    assert lines == 3 * (2 + 2 + 1 + 1 + 1 + 2 + 1 + 2 + 2 + 4 + 2 + 2 + 1 + 4 + 2)


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_its_window(browser, folder, pages, width):
    browser.size(width, 900)
    wide = {}
    for name in pages:
        browser.open((folder / f"{name}.html").as_uri())
        wide[name] = browser.run("document.documentElement.scrollWidth - innerWidth") > 0
    browser.size(1280, 900)
    assert not any(wide.values()), wide


def test_every_link_leads_to_a_file_that_is_there(browser, folder, pages):
    for name in pages:
        browser.open((folder / f"{name}.html").as_uri())
        links = browser.run("[...document.links].map(link => link.href)")
        assert links and set(links) <= {file.as_uri() for file in folder.iterdir()}


def test_the_browser_tells_of_errors_and_of_what_is_fetched(browser, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<img src='http://example.com/a.png'><script>console.error(1); no()</script>")
    browser.open(page.as_uri())
    assert browser.asked_outside(tmp_path.as_uri()) == ["http://example.com/a.png"]
    said = " ".join(browser.errors)
    assert "ERR_PROXY_CONNECTION_FAILED" in said and "no is not defined" in said
    assert "1" in browser.errors


def test_the_browser_tells_of_texts_that_cannot_be_read(browser, tmp_path):
    texts = [(0, "long text"), (20, "over it"), (150, "by itself"), (290, "cut off")]
    drawn = "".join(f"<text x={x} y=20>{text}</text>" for x, text in texts)
    page = tmp_path / "page.html"
    page.write_text(f"<div id=state><svg width=300 height=40>{drawn}</svg></div>")
    browser.open(page.as_uri())
    assert browser.run(BAD_TEXTS) == ["long text", "over it", "cut off"]


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
