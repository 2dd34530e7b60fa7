"""The layout in which Keras will find this backend, driven by a stand-in for Keras's loader."""

from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]


def test_as_keras_plans_to_find_backends_the_numbers_are_the_same(run_python, tmp_path):
    program = ROOT / "tests" / "programs" / "pluggable.py"
    saved = {}
    for way, named in (([], "jax"), (["--as-planned"], "edu")):
        file = tmp_path / f"{named}.npz"
        finished = run_python(program, file, *way, KERAS_BACKEND="edu", PYTHONPATH=str(ROOT))
        # What Keras calls its backend, and files of its own JAX backend.
        assert finished.lines() == [named, ""]
        with np.load(file) as arrays:
            saved[named] = dict(arrays)
    assert len(saved["edu"]) > 10 and saved["edu"].keys() == saved["jax"].keys()
    for name, array in saved["edu"].items():
        assert array.tobytes() == saved["jax"][name].tobytes(), name
