"""``keras-edu trace`` as a user calls it."""

import json

MODELS = """
import keras
import numpy as np

def network():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8)])
    model.compile("sgd", "mse")
    return model

def not_compiled():
    return keras.Sequential([keras.layers.Dense(8)]), np.ones((5, 4))

def says_nothing():
    return keras.Sequential([keras.layers.Dense(8)])

def does_not_fit():
    return network(), np.ones((5, 3))
"""


def run(run_python, tmp_path, *arguments):
    (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
    return run_python("-m", "keras_edu_backend.cli", "trace", *arguments, cwd=tmp_path)


def test_a_model_is_shown_and_written(run_python, tmp_path):
    files = ["--json", "t.json", "--html", "t.html"]
    lines = run(run_python, tmp_path, "models.py:network", "--batch", "16", *files).lines()
    assert any("matmul" in line and f"{2 * 16 * 4 * 8:,}" in line for line in lines)
    found = json.loads((tmp_path / "t.json").read_text())
    assert found["forward"]["flops"] == 2 * 16 * 4 * 8 + 16 * 8
    assert found["update"]["children"][0]["parameters"] == 32
    assert "matmul" in (tmp_path / "t.html").read_text()


def test_a_model_that_is_not_compiled_has_gradients_of_its_sum(run_python, tmp_path):
    lines = run(run_python, tmp_path, "models.py:not_compiled", "--layers").lines()
    assert "not compiled" in lines[0] and "(5, 4)" in lines[0]
    assert not any("matmul" in line for line in lines)


def test_what_cannot_be_traced_is_one_line_and_status_2(run_python, tmp_path):
    for target, said in [
        ("models.py:says_nothing", "(model, inputs)"),
        ("models.py:does_not_fit", "expected axis -1"),
        ("models.py:nothing", "no function"),
    ]:
        ended = run(run_python, tmp_path, target)
        assert ended.status == 2
        (line,) = ended.errors.strip().splitlines()
        assert said in line
