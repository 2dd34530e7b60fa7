"""A learner's own points: what is read, what is refused, and the page that trains on them."""

import json
import time

import numpy as np
import pytest

from keras_edu_backend.lessons import course, own_data
from keras_edu_backend.lessons.course.boundaries import edge
from keras_edu_backend.lessons.export import write
from keras_edu_backend.lessons.serve import serve
from keras_edu_backend.lessons.sides import Measured
from keras_edu_backend.lessons.state import number_text

SIDES = ("edu", "jax")
XOR = "0,0,no\n0,1,yes\n1,0,yes\n1,1,no\n"
ROUND = "".join(f"{np.cos(k):.3f},{np.sin(k):.3f},{'abc'[k % 3]}\n" for k in range(30))
PARABOLA = "".join(f"{x},{x * x}\n" for x in range(-5, 6))
START = {control.name: control.start for control in own_data.CONTROLS}


def test_lines_with_labels_are_points_of_classes():
    points = own_data.read(XOR)
    assert points.x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert list(points.labels) == ["no", "yes"] and points.y.tolist() == [0, 1, 1, 0]


def test_lines_of_two_numbers_are_a_function():
    points = own_data.read("0,1\n\n1, 3.5\n2,-1e-3\r\n3,0\n")
    assert points.x.tolist() == [[0], [1], [2], [3]] and points.y.tolist() == [1, 3.5, -0.001, 0]
    assert not points.labels


def test_a_first_line_without_numbers_names_the_columns():
    points = own_data.read(f'"height", weight, species\n{XOR}')
    assert points.names == ["height", "weight", "species"] and len(points.x) == 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "The number of points is 0; training takes 4 to 1000."),
        ("x,y\n1,2\n", "The number of points is 1; training takes 4 to 1000."),
        ("1,2\n" * 1001, "The number of points is 1001; training takes 4 to 1000."),
        (
            "1;2;a\n" * 4,
            "Line 1: the number of columns is 1. It must be three, x1,x2,label, or two, x,y, with "
            "commas between them.",
        ),
        (f"{XOR}\n1,2\n", "Line 6: the number of columns is 2, not 3."),
        (f"{XOR}1,no,no\n", "Line 5: “no” is not a number from −1e+06 to 1e+06."),
        (f"{PARABOLA}1,nan\n", "Line 12: “nan” is not a number from −1e+06 to 1e+06."),
        (f"{PARABOLA}1,1e7\n", "Line 12: “1e7” is not a number from −1e+06 to 1e+06."),
        (f"1e300,1\n{PARABOLA}", "Line 1: “1e300” is not a number from −1e+06 to 1e+06."),
        (f"{XOR}1,1,\n", "Line 5: the label is missing."),
        ("1,2,a\n" * 4, "The number of labels is 1; a boundary needs 2 to 5."),
        (
            "".join(f"1,2,{label}\n" for label in "abcdef"),
            "The number of labels is 6; a boundary needs 2 to 5.",
        ),
    ],
)
def test_what_are_no_points_is_refused_in_one_line(text, says):
    with pytest.raises(own_data.CannotTrain) as refused:
        own_data.read(text)
    assert str(refused.value) == says


def test_the_edge_of_classes_is_where_they_are_equally_likely():
    across, up = np.linspace(-1, 1, 7), np.linspace(0, 3, 5)
    x1, x2 = np.meshgrid(across, up)
    # Planes, so the straight lines between neighbours are exact. Class 2 is never the likeliest.
    one = 0.5 + 0.1 * (x1 + 2 * x2 - 2.3)
    found = edge(across, up, np.stack([one, 1 - one, 0 * one], -1))
    assert len(found) > 5
    np.testing.assert_allclose(found[:, 0] + 2 * found[:, 1], 2.3, atol=1e-12)
    assert found[:, 0].min() < -0.9 and found[:, 0].max() > 0.9
    assert len(edge(across, up, np.stack([one + 9, one], -1))) == 0


def test_a_picture_has_each_class_in_the_units_of_the_file_and_the_edge():
    points = own_data.read("".join(f"{x},{x % 7},{'ab'[x > 50]}\n" for x in range(0, 101, 5)))
    grid = [*own_data._grid(points)]
    assert (grid[0].min(), grid[0].max()) == pytest.approx((-10, 110))
    output = np.repeat((grid[0] > 50) * 0.8 + 0.1, own_data.GRID).reshape(2 * [own_data.GRID]).T
    drawn = own_data.picture({own_data.OUTPUT: output.reshape(-1, 1).tolist()}, points)
    a, b, boundary = drawn.series
    assert (a.label, b.label) == ("a", "b")
    assert [*a.x, *b.x] == [float(x) for x in range(0, 101, 5)]
    # Between two neighbours of the grid, 120 / 40 apart.
    assert len(boundary.x) == own_data.GRID and max(abs(np.subtract(boundary.x, 50))) <= 3


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    lesson = course.find("boundaries")
    write(folder, [lesson], [Measured(lesson)], SIDES, served=True)
    with serve(folder, ["boundaries"], SIDES) as running:
        yield running


@pytest.mark.parametrize(
    ("text", "depth", "parameters"),
    [
        (XOR, 1, (2 + 1) * 8 + (8 + 1)),
        (ROUND, 2, (2 + 1) * 8 + (8 + 1) * 8 + (8 + 1) * 3),
        (PARABOLA, 0, 1 + 1),
    ],
    ids=["two classes", "three classes", "a function"],
)
def test_both_sides_train_on_them(server, text, depth, parameters):
    arguments = {**START, "text": text, "depth": depth}
    edu, stock = (side.call("own_data:numbers", **arguments) for side in server.sides)
    assert edu.status == stock.status == "ok", (edu.last_lines, stock.last_lines)
    assert edu.value == stock.value  # the same bits, as everywhere on the same JAX
    assert edu.value[own_data.PARAMETERS] == parameters
    losses = edu.value[own_data.LOSSES]
    assert len(losses) == own_data.EPOCHS and losses[-1] < losses[0]
    if text is XOR:  # one hidden layer can tell the classes apart, as document 1 says
        assert edu.value[own_data.ACCURACY] == 1
    if text is PARABOLA:  # the best line through it is level, and leaves all of its variance
        assert losses[-1] == pytest.approx(1, abs=0.05)
        assert own_data.ACCURACY not in edu.value


@pytest.mark.parametrize(
    "turned",
    [
        {"initializer": "zeros"},
        {"initializer": "He", "activation": "relu"},
        {"optimizer": "SGD", "rate": 0.2},
        {"optimizer": "RMSprop"},
        {"batch": 8},
        {"noise": 0.5},
    ],
    ids=str,
)
def test_each_control_changes_what_both_sides_learn(server, turned):
    plain = server.sides[0].call("own_data:numbers", text=ROUND, **START).value
    both = [side.call("own_data:numbers", text=ROUND, **START | turned) for side in server.sides]
    assert all(each.status == "ok" for each in both), both[0].last_lines
    edu, stock = (each.value for each in both)
    assert edu == stock
    assert edu[own_data.LOSSES] != plain[own_data.LOSSES]
    if turned == {"initializer": "zeros"}:
        # No unit ever differs from its neighbours, so the boundary is that of one unit.
        assert edu[own_data.ACCURACY] < plain[own_data.ACCURACY]


def test_training_that_takes_too_long_is_ended(server, monkeypatch):
    edu, stock = server.sides
    monkeypatch.setattr(stock, "patience", 0.01)
    shown = server.train(XOR, **START)
    assert "Keras on JAX is missing: training did not end within 0.01 s." in shown
    assert "nothing to compare with" in shown
    monkeypatch.undo()
    shown = server.train(XOR, **START)
    assert "missing" not in shown and "the same bits" in shown


def test_a_side_that_is_not_installed_is_shown_as_missing(server, monkeypatch):
    from keras_edu_backend.lessons import sides

    find = sides.importlib.util.find_spec
    hides = lambda name, *rest: None if name == "jax" else find(name, *rest)  # noqa: E731
    monkeypatch.setattr(sides.importlib.util, "find_spec", hides)
    shown = server.train(XOR, **START)
    assert "Keras on JAX is missing: jax is not installed here" in shown


def test_labels_cannot_bring_markup_into_the_page(server):
    shown = server.train(XOR.replace("yes", "<b>yes"), **START)
    assert "<b>" not in shown and "&lt;b&gt;yes" in shown
    assert "<b>" not in server.train(f"{XOR}1,<b>,a", **START)


def click(browser, selector, across=0.5, down=0.5):
    """Click into an element, as a user does; where, in shares of its width and height."""
    left, top, width, height = browser.run(
        f"""(element => {{
            element.scrollIntoView({{block: "center"}});
            const box = element.getBoundingClientRect();
            return [box.left, box.top, box.width, box.height];
        }})(document.querySelector({selector!r}))"""
    )
    for kind in ("mousePressed", "mouseReleased"):
        browser.ask(
            "Input.dispatchMouseEvent",
            type=kind,
            x=left + across * width,
            y=top + down * height,
            button="left",
            clickCount=1,
        )


def value(browser, name):
    return browser.run(f"document.querySelector('#own').elements.{name}.value")


def choose(browser, name, end):
    """Move a control to its first or last value by the keyboard."""
    browser.run(f"document.querySelector('#own [name={name}]').focus()")
    browser.press(*{"Home": ("Home", 36), "End": ("End", 35)}[end])


def load(browser, file):
    """Choose a file."""
    root = browser.ask("DOM.getDocument")["root"]["nodeId"]
    asked = browser.ask("DOM.querySelector", nodeId=root, selector="#own [name=file]")
    browser.ask("DOM.setFileInputFiles", files=[str(file)], nodeId=asked["nodeId"])
    end = time.monotonic() + 10
    while (said := value(browser, "found")) == "No points yet." and time.monotonic() < end:
        time.sleep(0.02)
    return said


DOTS = "document.querySelectorAll('#own svg circle').length"


def test_points_are_drawn_and_loaded_offline(browser, tmp_path):
    lesson = course.find("boundaries")
    write(tmp_path, [lesson], [Measured(lesson)], SIDES)
    browser.open((tmp_path / "boundaries.html").as_uri())
    assert "keras-edu learn boundaries" in browser.run("document.querySelector('#own').innerText")
    assert not browser.run("document.querySelector('#own [name=train]')")
    click(browser, "#own svg", 0.3, 0.3)
    choose(browser, "adds", "End")
    browser.press("ArrowUp", 38)
    click(browser, "#own svg", 0.7, 0.6)
    (x, y, a), (right, down, e) = (line.split(",") for line in value(browser, "text").splitlines())
    assert (a, e) == ("a", "e") and float(x) < float(right) and float(y) > float(down)
    assert browser.run(DOTS) == 2 and value(browser, "found") == "2 points, of the classes a, e."
    # A click adds the point under it.
    spots = browser.run(
        """[...document.querySelectorAll("#own svg circle")].map(dot => {
        const box = dot.getBoundingClientRect();
        const all = dot.closest("svg").getBoundingClientRect();
        return [(box.left + box.width / 2 - all.left) / all.width,
                (box.top + box.height / 2 - all.top) / all.height]; })"""
    )
    np.testing.assert_allclose(spots, [[0.3, 0.3], [0.7, 0.6]], atol=0.01)
    choose(browser, "adds", "End")
    click(browser, "#own svg")
    assert "Line 3 is not a point" in value(browser, "found") and browser.run(DOTS) == 2
    click(browser, "#own [name=clear]")
    assert value(browser, "text") == "" and value(browser, "found") == "No points yet."
    click(browser, "#own svg")
    assert value(browser, "found") == "1 point." and value(browser, "text").count(",") == 1
    click(browser, "#own [name=clear]")
    file = tmp_path / "points.csv"
    file.write_text(f"\ufeffheight,weight,species\r\n{XOR}400,-3,no\n", encoding="utf-8")
    assert load(browser, file) == "5 points, of the classes no, yes." and browser.run(DOTS) == 5
    # The axes go from the lowest number to the highest, where these are not within −2 to 2.
    texts = "[...document.querySelectorAll('#own svg text')].map(text => text.textContent)"
    assert browser.run(texts) == ["0", "400", "−3", "1"]
    click(browser, "#own [name=clear]")
    file.write_text("1,2\n" * (own_data.BYTES // 4 + 1))
    assert load(browser, file) == "points.csv has 91 kB, and this page takes 90 kB."
    assert not browser.errors and not browser.asked_outside(tmp_path.as_uri())


def test_a_page_that_is_served_trains_on_them(browser, server):
    browser.open(server.address.replace("index", "boundaries"))
    write_text = "(form => {{ form.elements.text.value = {}; form.elements.train.click(); }})"
    trained = """new Promise(resolve => {
        const waits = setInterval(() => {
            if (document.querySelector("#own").elements.train.disabled) return;
            clearInterval(waits);
            resolve(document.querySelector("#trained").innerText);
        }, 20);
    })"""

    def train(text):
        browser.run(write_text.format(json.dumps(text)) + "(document.querySelector('#own'))")
        return browser.run(trained)

    turned = dict(START)
    for control in own_data.CONTROLS:
        for end, place in (("Home", 0), ("End", -1)):
            choose(browser, control.name, end)
            turned[control.name] = control.values[place]
            shown = train(ROUND)
            for side in server.sides:
                numbers = side.call("own_data:numbers", text=ROUND, **turned).value
                for row in numbers.values():
                    assert number_text(row) in shown, (turned, side.backend)
            assert "the same bits" in shown
    assert browser.run("document.querySelectorAll('#trained svg circle').length") > 30
    assert train("1,2,a\n1,2\n") == "The number of points is 2; training takes 4 to 1000."
    assert not browser.run("document.querySelector('#trained svg')")
    browser.run(write_text.format(f"'1'.repeat({own_data.BYTES + 1})") + "(document.forms.own)")
    assert value(browser, "found") == "More than 90 kB, which is all that this page takes."
    assert not browser.errors
    assert not browser.asked_outside(f"http://{server.host}/{server.token}/")
