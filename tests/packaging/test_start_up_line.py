"""The start-up line does nothing, and imports nothing, unless `KERAS_BACKEND=edu` asks for it."""

import pkgutil

import pytest

from tests.conftest import site_packages

LOADED = "import sys; print([name for name in sys.modules if 'keras' in name or 'jax' in name])"


@pytest.mark.parametrize("installation", ["installed", "editable"])
@pytest.mark.parametrize("backend", [None, "", "jax", "tensorflow", "EDU"])
def test_nothing_of_ours_is_imported_unless_asked_for(installation, backend, request, run_python):
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


def test_when_asked_for_it_loads_neither_keras_nor_jax(installed, run_python):
    (loaded,) = run_python("-c", LOADED, python=installed, KERAS_BACKEND="edu").lines()
    assert "keras_edu_backend" in loaded
    names = loaded.strip("[]").replace("'", "").split(", ")
    assert not [name for name in names if name.split(".")[0] in ("keras", "jax", "jaxlib", "numpy")]


def test_the_function_that_python_3_15_calls_does_what_the_line_does(installed, run_python):
    """Python 3.15 resolves the name in the `.start` file and calls it without arguments."""
    name = (site_packages(installed) / "keras_edu_backend.start").read_text().strip()
    program = f"""
    import pkgutil, sys
    sys.meta_path[:] = [f for f in sys.meta_path if not hasattr(f, "answers_for")]
    pkgutil.resolve_name({name!r})()
    import keras_edu_backend
    print(keras_edu_backend.is_active())
    """
    assert callable(pkgutil.resolve_name(name))
    assert run_python(program, python=installed, KERAS_BACKEND="edu").lines() == ["True"]
    assert run_python(program, python=installed, KERAS_BACKEND="jax").lines() == ["False"]
    assert run_python(program, python=installed).lines() == ["False"]
