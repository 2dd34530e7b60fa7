"""``keras-edu learn`` as a user calls it."""

import re
import sys
import textwrap
import webbrowser
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from keras_edu_backend import cli
from keras_edu_backend.lessons import course, learn_command
from keras_edu_backend.lessons.notebook import notebook
from keras_edu_backend.lessons.sides import Measured


def test_a_lesson_is_written_to_a_folder(run_python, tmp_path):
    arguments = ["learn", "layers", "--export", "new/course"]
    ended = run_python("-m", "keras_edu_backend.cli", *arguments, cwd=tmp_path)
    assert ended.lines() == ["new/course/index.html"]
    written = {file.name for file in (tmp_path / "new" / "course").iterdir()}
    assert written == {"index.html", "layers.html", "layers.ipynb"}
    assert "layers: computed on jax in" in ended.errors
    page = (tmp_path / "new" / "course" / "layers.html").read_text()
    assert set(re.findall('href="([^"]*)"', page)) == {"index.html", "layers.ipynb"}


def test_a_notebook_runs_in_a_process_of_its_own(run_python, tmp_path):
    one = Measured(course.find("activations"))
    cells = [
        cell["source"]
        for cell in notebook(one, ["edu", "jax"])["cells"]
        if cell["cell_type"] == "code" and not cell["id"].startswith("answer")
    ]
    answers = """
        import numpy as np
        def relu_slope(z): return np.where(z > 0, 1.0, 0.0)
        def sigmoid_slope(z): return 1 / (1 + np.exp(-z))
        """
    cells.insert(2, textwrap.dedent(answers))
    cells[1] = cells[1].replace("show(", "print(show(") + ")"
    ended = run_python("\n".join(cells))
    assert ended.lines()[0] == "f(z)  0  0  the same bits"
    assert ended.lines()[-2:] == [
        "relu_slope: right, on all 2 inputs.",
        "sigmoid_slope: this is sigmoid itself; its slope is f(1 − f).",
    ]


def test_without_a_folder_it_is_served_until_ctrl_c(monkeypatch, capsys):
    addresses, seen = [], []

    def write(folder, lessons, backends, tell, served):
        assert [lesson.name for lesson in lessons] == ["losses", "unit"]
        assert backends == ("edu", "torch") and served
        (folder / "index.html").write_text("the course", encoding="utf-8")

    def browser(file):
        # The address of the file is on the browser's command line, and must not hold the token.
        addresses.extend(re.findall('url=([^"]*)', Path(urlsplit(file).path).read_text()))
        assert addresses[0].split("/")[3] not in file

    def wait(seconds):
        with urlopen(addresses[0]) as answer:
            seen.append(answer.read())
        raise KeyboardInterrupt

    monkeypatch.setattr(learn_command, "export", write)
    monkeypatch.setattr(webbrowser, "open", browser)
    monkeypatch.setattr(learn_command.time, "sleep", wait)
    monkeypatch.setattr(sys, "argv", ["keras-edu", "learn", "losses", "unit", "--backend", "torch"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    assert capsys.readouterr().out.splitlines() == addresses
    assert seen == [b"the course"]
    with pytest.raises(URLError):
        urlopen(addresses[0])


def test_what_cannot_be_written_is_one_line_and_status_2(run_python, tmp_path):
    ended = run_python("-m", "keras_edu_backend.cli", "learn", "unti")
    assert ended.status == 2
    assert ended.errors.startswith("There is no lesson 'unti'; the lessons are unit, layers")
    (tmp_path / "taken").write_text("")
    ended = run_python(
        "-m", "keras_edu_backend.cli", "learn", "--export", "taken/course", cwd=tmp_path
    )
    assert ended.status == 2 and "Traceback" not in ended.errors
