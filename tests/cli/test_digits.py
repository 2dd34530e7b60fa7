"""``keras-edu digits`` as a user calls it."""

import json

import numpy as np

MODELS = """
import keras
import numpy as np
from keras import layers

def cancels():
    inputs = keras.Input((4,), name="x")
    far = layers.Rescaling(1.0, 1000.0, name="far")(inputs)
    return keras.Model(inputs, layers.Rescaling(1.0, -1000.0, name="back")(far))

def says_nothing():
    return keras.Sequential([layers.Dense(8)])

def does_not_fit():
    return keras.Sequential([keras.Input((4,)), layers.Dense(8)]), np.ones((5, 3))

def strings():
    return keras.Sequential([keras.Input((), dtype="string"), layers.Identity()])
"""


def run(run_python, tmp_path, *arguments):
    (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
    return run_python("-m", "keras_edu_backend.cli", "digits", *arguments, cwd=tmp_path)


def test_digits_are_shown_and_written(run_python, tmp_path):
    np.savez(tmp_path / "batch.npz", x=np.ones((6, 4), "float32"))
    files = ["--json", "d.json", "--html", "d.html", "--picture", "d.png"]
    options = ["--inputs", "batch.npz", "--batch", "3", "--digits", "1"]
    lines = run(run_python, tmp_path, "models.py:cancels", *options, *files).lines()
    assert any("most digits are lost in back (Rescaling)" in line for line in lines)
    assert "To keep 1 digits of everything" in lines[-1]
    found = json.loads((tmp_path / "d.json").read_text())
    assert found["rows"][0]["name"] == "far" and found["rows"][0]["shape"] == [3, 4]
    assert "back (Rescaling)" in (tmp_path / "d.html").read_text()
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")


def test_what_has_no_digits_is_one_line_and_status_2(run_python, tmp_path):
    for words, said in [
        (["models.py:says_nothing"], "(model, inputs)"),
        (["models.py:does_not_fit"], "expected axis -1"),
        (["models.py:strings"], "strings"),
        (["models.py:nothing"], "no function"),
        (["models.py:cancels", "--inputs", "none.npz"], "none.npz"),
        (["models.py:cancels", "--loss", "no_such_loss"], "no_such_loss"),
        (["models.py:cancels", "--picture", "d.gif"], ".png"),
        (["models.py:cancels", "--json", "nowhere/d.json"], "no folder"),
    ]:
        ended = run(run_python, tmp_path, *words)
        assert ended.status == 2
        (line,) = ended.errors.strip().splitlines()
        assert said in line
