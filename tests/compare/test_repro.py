"""A difference as one file that runs by itself."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from keras_edu_backend.compare import repro

pytestmark = pytest.mark.long

CONFIG = """{"module": "keras", "class_name": "Sequential", "config": {"name": "two", "layers": [
  {"module": "keras.layers", "class_name": "InputLayer",
   "config": {"batch_shape": [null, 40], "dtype": "float32", "name": "input"}},
  {"module": "keras.layers", "class_name": "Dense",
   "config": {"units": 30, "activation": "tanh", "dtype": "float32", "name": "dense"}}]}}"""


def _write(path, **options):
    random = np.random.default_rng(0)
    x = random.normal(size=(20, 40)).astype(np.float32)
    repro.write(path, CONFIG, 3, x, backends=("jax", "numpy"), **options)


def test_the_file_runs_by_itself_and_fails_while_the_sides_differ(tmp_path):
    path = tmp_path / "differs.py"
    # Sums of 40 terms are off by more than 2^-60 somewhere.
    _write(path, floors=2.0**-60, title="Two layers.")
    # Isolated from this checkout: the file needs Keras and the backends only.
    command = [sys.executable, "-I", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Two layers." in done.stdout and "* Beyond 8 noise floors." in done.stdout


@pytest.mark.parametrize(("apart", "status"), [(7.9, 0), (8.1, 1), (np.nan, 1)])
def test_the_exit_status_is_by_the_floors(tmp_path, capsys, apart, status):
    path = tmp_path / "differs.py"
    floor = np.array([0.25, 0.5])
    _write(path, floors={"output 1": floor})
    main = runpy.run_path(str(path))["main"]
    sides = {"jax": np.zeros(2), "numpy": np.array([0.0, 0.5 * apart])}
    main.__globals__["started"] = lambda backend, folder: {"output 1": sides[backend]}
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == status
    assert ("* Beyond" in capsys.readouterr().out) == bool(status)


def test_arrays_of_any_size_arrive_bit_by_bit(tmp_path):
    path = tmp_path / "differs.py"
    random = np.random.default_rng(0)
    odd = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45, 0.1], np.float32)
    large = random.normal(size=(40, 30)).astype(np.float32)
    whole = np.arange(6, dtype=np.int32).reshape(2, 3)
    floor = np.array([np.inf, 1e-7])
    repro.write(path, "{}", [odd, large], [whole, odd], floors={"output 1": floor})
    script = runpy.run_path(str(path))
    for given, packed in zip(
        [odd, large, whole, odd, floor],
        [*script["WEIGHTS"], *script["INPUTS"], script["FLOORS"]["output 1"]],
        strict=True,
    ):
        found = script["array"](packed)
        assert found.dtype == given.dtype and found.shape == given.shape
        assert found.tobytes() == given.tobytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantity": "loss"}, "outputs, gradients, training"),
        ({"quantity": "gradients"}, "without labels"),
        ({"quantity": "training", "labels": np.zeros(20)}, "batches"),
    ],
)
def test_what_cannot_be_computed_is_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        _write(tmp_path / "differs.py", **options)
    assert not list(tmp_path.iterdir())


def test_a_backend_that_is_not_keras_s_own_is_imported_first(tmp_path):
    """Its gradients are taken from a training step, and are stock Keras's."""
    path = tmp_path / "differs.py"
    config = json.loads(CONFIG)
    config["config"]["layers"][1]["config"]["activation"] = "sigmoid"
    config["compile_config"] = {"optimizer": "sgd", "loss": "mse"}
    x, y = np.ones((4, 40), np.float32), np.zeros((4, 30), np.float32)
    repro.write(
        path,
        json.dumps(config),
        3,
        x,
        y,
        quantity="gradients",
        backends=("jax", "standin"),
        first={"standin": ["keras_standin"]},
        floors=1e-8,
    )
    others = Path(__file__).parents[1] / "others"
    done = subprocess.run(
        [sys.executable, str(path)],
        env={**os.environ, "PYTHONPATH": str(others)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("dense/") == 2
