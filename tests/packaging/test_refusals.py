"""Where the edu backend cannot serve, it says so before anything half-works."""

import os
import sysconfig
from pathlib import Path

import pytest

from tests.conftest import clean_environment, see_dependencies, site_packages

pytestmark = pytest.mark.long


def last_line(ended):
    assert ended.status == 1, ended.output + ended.errors
    return ended.errors.strip().splitlines()[-1]


def test_activate_after_keras_was_imported(installed, run_python):
    program = """
    import keras
    import keras_edu_backend
    keras_edu_backend.activate()
    """
    message = last_line(run_python(program, python=installed, KERAS_BACKEND="jax"))
    assert message.startswith("RuntimeError")
    assert "before the first `import keras`" in message
    assert "KERAS_BACKEND=edu" in message


@pytest.mark.parametrize("version", ["3.14.0", "3.16.0", "4.0", "2.15.0"])
def test_an_unsupported_keras_is_refused_before_it_runs(installed, run_python, tmp_path, version):
    fake = tmp_path / "other_keras" / "keras"
    (fake / "src").mkdir(parents=True)
    (fake / "__init__.py").write_text('print("Keras has begun to load")\n')
    (fake / "src" / "__init__.py").touch()
    (fake / "src" / "version.py").write_text(f'__version__ = "{version}"\n')
    ended = run_python(
        "-c", "import keras", python=installed, KERAS_BACKEND="edu", PYTHONPATH=str(fake.parent)
    )
    message = last_line(ended)
    assert message.startswith("ImportError")
    assert f"Keras {version} is installed" in message
    assert "Keras 3.15" in message
    assert ended.output == ""


def test_an_unsupported_keras_is_tried_with_a_warning_where_asked_for(
    installed, run_python, tmp_path
):
    (tmp_path / "keras" / "src").mkdir(parents=True)
    (tmp_path / "keras" / "__init__.py").write_text('print("Keras has begun to load")\n')
    (tmp_path / "keras" / "src" / "version.py").write_text('__version__ = "3.16.0"\n')
    ended = run_python(
        *("-c", "import keras"),
        python=installed,
        KERAS_BACKEND="edu",
        KERAS_EDU_ANY_KERAS="1",
        PYTHONPATH=str(tmp_path),
    )
    assert ended.lines() == ["Keras has begun to load"]
    assert "RuntimeWarning: Keras 3.16.0 was not tested" in ended.errors


def test_an_unsupported_keras_is_left_alone_when_edu_was_not_asked_for(
    installed, run_python, tmp_path
):
    (tmp_path / "keras").mkdir()
    (tmp_path / "keras" / "__init__.py").write_text('print("some other Keras")\n')
    ended = run_python("-c", "import keras", python=installed, PYTHONPATH=str(tmp_path))
    assert ended.lines() == ["some other Keras"]


@pytest.fixture(scope="module")
def without_jax(installed, tmp_path_factory):
    """Like `installed`, in an environment where JAX is not installed."""
    folder = tmp_path_factory.mktemp("dependencies")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(("jax", "__pycache__")) and "keras_edu" not in entry.name:
            os.symlink(entry, folder / entry.name)
    python = clean_environment(tmp_path_factory.mktemp("without_jax"))
    for entry in site_packages(installed).glob("*keras_edu*"):
        os.symlink(entry, site_packages(python) / entry.name)
    see_dependencies(python, folder)
    return python


def test_a_missing_jax_is_named(without_jax, run_python):
    message = last_line(run_python("-c", "import keras", python=without_jax, KERAS_BACKEND="edu"))
    assert message.startswith("ImportError")
    assert "KERAS_BACKEND=edu needs JAX" in message
    assert "pip install jax" in message


@pytest.mark.parametrize("value", ["1", "true", "True"])
def test_flax_nnx_mode_is_refused(installed, run_python, value):
    ended = run_python(
        "-c", "import keras", python=installed, KERAS_BACKEND="edu", KERAS_NNX_ENABLED=value
    )
    message = last_line(ended)
    assert message.startswith("NotImplementedError")
    assert "KERAS_NNX_ENABLED" in message


def test_a_missing_program_part_of_the_backend_is_a_missing_module(installed, run_python):
    program = "import keras, importlib; importlib.import_module('keras.src.backend.jax.nonsense')"
    ended = run_python("-c", program, python=installed, KERAS_BACKEND="edu")
    assert last_line(ended).startswith("ModuleNotFoundError")
