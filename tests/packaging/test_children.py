"""A program's child processes run on the backend that the program runs on."""

import pytest

pytestmark = pytest.mark.long

WHERE = 'import keras, sys; print(sys.modules["keras.src.backend.jax"].__file__)'

POOL = """
import multiprocessing
import sys

import keras


def where(_):
    return keras.backend.backend(), sys.modules["keras.src.backend.jax"].__file__


if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
        name, file = pool.map(where, [0])[0]
    print(name)
    print(file)
"""

JOBLIB = """
import os
import sys

from joblib import Parallel, delayed


def where(_):
    import keras  # noqa: F401

    return os.getpid(), sys.modules["keras.src.backend.jax"].__file__


if __name__ == "__main__":
    results = Parallel(n_jobs=2, backend="loky")(delayed(where)(i) for i in range(2))
    assert os.getpid() not in [pid for pid, _ in results]
    for _, file in results:
        print(file)
"""


def on_edu(file):
    return file.endswith("keras_edu_backend/backend.py")


def test_a_subprocess_with_the_inherited_environment(installed, run_python):
    program = f"""
    import subprocess, sys
    import keras
    subprocess.run([sys.executable, "-c", {WHERE!r}], check=True)
    """
    (file,) = run_python(program, python=installed, KERAS_BACKEND="edu").lines()
    assert on_edu(file)


def test_a_subprocess_of_a_program_that_called_activate(installed, run_python):
    program = f"""
    import subprocess, sys
    import keras_edu_backend
    keras_edu_backend.activate()
    subprocess.run([sys.executable, "-c", {WHERE!r}], check=True)
    """
    (file,) = run_python(program, python=installed).lines()
    assert on_edu(file)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_multiprocessing(installed, run_python, method):
    name, file = run_python(POOL, method, python=installed, KERAS_BACKEND="edu").lines()
    assert name == "jax"
    assert on_edu(file)


def test_multiprocessing_under_python_m(installed, run_python):
    """The child must find the program's own functions, not this project's `__main__`."""
    name, file = run_python("-m", "keras_edu_backend", POOL, "spawn", python=installed).lines()
    assert name == "jax"
    assert on_edu(file)


def test_joblib(installed, run_python):
    files = run_python(JOBLIB, python=installed, KERAS_BACKEND="edu").lines()
    assert len(files) == 2
    assert all(map(on_edu, files))
