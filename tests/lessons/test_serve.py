"""The course as ``keras-edu learn`` serves it: who is answered, and what of an exercise."""

import contextlib
import json
import urllib.error
import urllib.request

import pytest

from keras_edu_backend.lessons import course, own_data
from keras_edu_backend.lessons.export import write
from keras_edu_backend.lessons.serve import LARGEST, serve
from keras_edu_backend.lessons.sides import Measured

RIGHT = "import numpy as np\n\ndef relu_slope(z):\n    return np.where(z > 0, 1.0, 0.0)\n"
WRONG = RIGHT.replace(">", ">=")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    lesson = course.find("activations")
    one = Measured(lesson)  # without its numbers, which nothing here needs
    write(folder, [lesson, course.find("losses")], [one], ("edu", "jax"), served=True)
    with serve(folder, ["activations", "losses"]) as running:
        (folder / "open.html").write_text("written later")
        yield running


def ask(server, path, data=None, **headers):
    """Status and text of the answer to a request."""
    address = f"http://{server.host}{path}"
    request = urllib.request.Request(address, data, {"Host": server.host, **headers})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def check(server, text, lesson="activations"):
    data = json.dumps({"lesson": lesson, "text": text}).encode()
    status, said = ask(server, f"/{server.token}/check", data)
    assert status == 200
    return said


def test_it_listens_on_this_machine_alone(server):
    assert server.server_address[0] == "127.0.0.1"


def test_pages_are_served_to_who_knows_the_token(server):
    status, page = ask(server, f"/{server.token}/activations.html")
    assert status == 200 and '<form class="check"' in page
    status, notebook = ask(server, f"/{server.token}/activations.ipynb")
    assert status == 200 and json.loads(notebook)["nbformat"] == 4


def test_a_lesson_that_is_not_yet_computed_is_waited_for(server):
    status, page = ask(server, f"/{server.token}/losses.html")
    assert status == 202 and "is being computed" in page and 'http-equiv="refresh"' in page


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/index.html", {}),
        ("/{other}/index.html", {}),
        ("/é/index.html", {}),
        ("/{token}", {}),
        ("/{token}/", {}),
        ("/{token}/open.html", {}),
        ("/{token}/unit.html", {}),
        ("/{token}/../index.html", {}),
        ("/{token}/%2e%2e/conftest.py", {}),
        ("/{token}//etc/passwd", {}),
        ("/{token}/index.html", {"Host": "example.com"}),
        ("/{token}/index.html", {"Origin": "http://example.com"}),
        ("/{token}/index.html", {"Origin": "null"}),
    ],
)
@pytest.mark.parametrize("data", [None, b'{"lesson": "activations", "text": ""}'])
def test_all_else_is_refused(server, path, headers, data):
    path = path.format(token=server.token, other="a" * len(server.token)).replace("é", "%C3%A9")
    assert ask(server, path, data, **headers) == (404, "There is no such page.")


@pytest.mark.parametrize("data", [b"", b"no", b"[1]", b'{"lesson": "unit"}', b" " * LARGEST + b"1"])
def test_a_request_that_makes_no_sense_is_refused(server, data):
    # The server may close the connection before it has read all of a request that is too large.
    with contextlib.suppress(ConnectionError, urllib.error.URLError):
        assert ask(server, f"/{server.token}/check", data)[0] == 404


@pytest.mark.parametrize(
    "wrong",
    [{"depth": 3}, {"depth": "x"}, {"depth": None}, {"rate": []}, {"activation": "exp"}],
)
def test_networks_that_no_page_offers_are_not_trained(server, wrong):
    asked = {"text": "", **{control.name: 0 for control in own_data.CONTROLS}}
    train = lambda asked: ask(server, f"/{server.token}/train", json.dumps(asked).encode())  # noqa: E731
    assert train(asked)[0] == 200
    assert train({**asked, **wrong})[0] == train({"text": ""})[0] == 404


def test_answers_are_checked(server):
    assert check(server, RIGHT) == "relu_slope: right, on all 2 inputs."
    at_0 = "relu_slope: right but at 0: your slope there is 1, Keras takes 0."
    assert check(server, WRONG) == at_0
    said = check(server, "def relu_slope(z:\n")
    assert said.startswith("answers.py cannot be run: SyntaxError")
    assert "defines no function relu_slope or sigmoid_slope" in check(server, "")
    assert check(server, RIGHT, lesson="none") == "There is no lesson none."


def test_an_answer_that_hangs_or_ends_its_process_costs_no_other(server, monkeypatch):
    with monkeypatch.context() as hurried:
        hurried.setattr(server.checker, "patience", 1.0)
        said = check(server, "while True: pass")
        assert said == "It does not end within 1 s: is there an endless loop?"
    said = check(server, "import os\nos._exit(3)\n")
    assert said == "No verdict: the process that checks answers has died."
    assert check(server, RIGHT) == "relu_slope: right, on all 2 inputs."


def test_the_button_in_a_browser(server, browser):
    says = """new Promise(resolve => {{
        const form = document.querySelector("form.check");
        form.elements[0].value = {text};
        form.elements[1].click();
        setInterval(() => form.elements[1].disabled || resolve(form.elements[2].textContent), 20);
    }})"""
    browser.open(server.address.replace("index", "activations"))
    said = browser.run(says.format(text=json.dumps(WRONG)))
    assert said == "relu_slope: right but at 0: your slope there is 1, Keras takes 0."
    assert not browser.errors
    assert not browser.asked_outside(f"http://{server.host}/{server.token}/")
