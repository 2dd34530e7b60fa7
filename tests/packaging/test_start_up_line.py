"""The start-up line imports nothing and costs next to nothing.

It leaves a finder that waits for `import keras`, because notebooks set `KERAS_BACKEND` later.
"""

import pkgutil
import sys
import time

import pytest

from tests.conftest import ROOT, site_packages

pytestmark = pytest.mark.long

LOADED = "import sys; print([name for name in sys.modules if 'keras' in name or 'jax' in name])"


LINE = (ROOT / "startup" / "keras_edu_backend.pth").read_text(encoding="utf-8")


@pytest.fixture
def waiting(monkeypatch):
    """The finder that the line leaves, alone in front of Python's own."""
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr(sys, "meta_path", [])
    exec(LINE)
    (finder,) = sys.meta_path
    monkeypatch.undo()
    return finder


@pytest.mark.parametrize("installation", ["installed", "editable"])
@pytest.mark.parametrize("backend", [None, "", "jax", "tensorflow", "edu"])
def test_nothing_of_ours_is_imported_at_the_start(installation, backend, request, run_python):
    python = request.getfixturevalue(installation)
    environment = {} if backend is None else {"KERAS_BACKEND": backend}
    assert run_python("-c", LOADED, python=python, **environment).lines() == ["[]"]


def test_a_plain_start_imports_the_same_modules_with_and_without_the_line(installed, run_python):
    everything = "import sys; print(sorted(sys.modules))"
    line = site_packages(installed) / "keras_edu_backend.pth"
    with_line = run_python("-c", everything, python=installed).lines()
    hidden = line.rename(line.with_suffix(".hidden"))
    try:
        without_line = run_python("-c", everything, python=installed).lines()
    finally:
        hidden.rename(line)
    assert with_line == without_line


def test_the_function_that_python_3_15_calls_does_what_the_line_does(installed, run_python):
    """Python 3.15 resolves the name in the `.start` file and calls it without arguments."""
    name = (site_packages(installed) / "keras_edu_backend.start").read_text().strip()
    program = f"""
    import os, pkgutil, sys
    sys.meta_path[:] = [f for f in sys.meta_path if not hasattr(f, "asked_for")]
    pkgutil.resolve_name({name!r})()
    import keras_edu_backend
    print(keras_edu_backend.is_active())
    os.environ["KERAS_BACKEND"] = "edu"
    import keras
    print(keras_edu_backend.is_active())
    """
    assert callable(pkgutil.resolve_name(name))
    assert run_python(program, python=installed, KERAS_BACKEND="edu").lines() == ["True"] * 2
    assert run_python(program, python=installed, KERAS_BACKEND="jax").lines() == ["False", "True"]
    assert run_python(program, python=installed).lines() == ["False", "True"]


def test_it_costs_a_start_less_than_a_tenth_of_a_millisecond(waiting, monkeypatch):
    """The fastest of many runs: what the line itself costs, without what else the machine does."""
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr(sys, "meta_path", [])

    def start():
        begin = time.perf_counter()
        exec(LINE)  # as Python's site module does it: compiled anew at every start
        return time.perf_counter() - begin

    seconds = min(start() for _ in range(500))
    monkeypatch.undo()
    assert seconds < 1e-4


def test_it_costs_an_import_less_than_a_microsecond(waiting):
    def thousand_imports():
        begin = time.perf_counter()
        for _ in range(1000):
            waiting.find_spec("numpy", None, None)
        return time.perf_counter() - begin

    assert min(thousand_imports() for _ in range(50)) / 1000 < 1e-6


def test_the_waiting_finder_gives_way_for_every_other_name_and_backend(waiting, monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [])  # edu is active where these tests run
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    for name in ("numpy", "keras.src", "keras_hub", "tf_keras", "keras"):
        assert waiting.find_spec(name, None, None) is None, name


def test_other_backends_run_beside_it_without_our_finder(installed, run_python):
    program = """
    import keras, sys
    print(keras.backend.backend())
    print([finder for finder in sys.meta_path if hasattr(finder, "answers_for")])
    """
    lines = run_python(program, python=installed, KERAS_BACKEND="numpy").lines()
    assert lines == ["numpy", "[]"]
