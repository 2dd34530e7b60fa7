"""Every way to run a program on the edu backend, from a wheel and from an editable install."""

import pytest

pytestmark = pytest.mark.long

# A program that knows nothing of this project. The last line says whose code serves as Keras's
# backend: the file that stands in Keras's own place for it.
UNMODIFIED = """
import keras
import sys

layer = keras.layers.Dense(2, kernel_initializer="ones", bias_initializer="ones")
print(keras.ops.convert_to_numpy(layer(keras.ops.ones((1, 3)))).tolist())
print(keras.backend.backend())
print(sys.modules["keras.src.backend.jax"].__file__)
"""


@pytest.mark.parametrize("installation", ["installed", "editable"])
def test_an_unmodified_program_under_keras_backend_edu(installation, request, run_python):
    python = request.getfixturevalue(installation)
    ended = run_python(UNMODIFIED, python=python, KERAS_BACKEND="edu")
    outputs, name, file = ended.lines()
    assert outputs == "[[4.0, 4.0]]"
    assert name == "jax"
    assert file.endswith("keras_edu_backend/backend.py")
    from_the_wheel = str(python.parent.parent) in file
    assert from_the_wheel == (installation == "installed")
    assert ended.errors == ""


def test_without_the_variable_the_same_program_runs_on_stock_keras(installed, run_python):
    file = run_python(UNMODIFIED, python=installed, KERAS_BACKEND="jax").lines()[-1]
    assert "keras/src/backend/jax" in file.replace("\\", "/")


def test_python_m_runs_a_script_without_the_variable(installed, run_python):
    file = run_python("-m", "keras_edu_backend", UNMODIFIED, python=installed).lines()[-1]
    assert file.endswith("keras_edu_backend/backend.py")


def test_python_m_works_where_start_up_lines_are_switched_off(installed, run_python, tmp_path):
    packages = run_python(
        "-c",
        "import sys; print(*[p for p in sys.path if 'site-packages' in p], sep=':')",
        python=installed,
    ).lines()[0]
    ended = run_python(
        "-S", "-m", "keras_edu_backend", UNMODIFIED, python=installed, PYTHONPATH=packages
    )
    assert ended.lines()[-1].endswith("keras_edu_backend/backend.py")


def test_activate_and_is_active(installed, run_python):
    program = """
    import keras_edu_backend
    print(keras_edu_backend.is_active())
    keras_edu_backend.activate()
    keras_edu_backend.activate()  # a second time is harmless
    print(keras_edu_backend.is_active())
    import keras, sys
    print(sys.modules["keras.src.backend.jax"].__file__)
    print(keras_edu_backend.is_active())
    """
    before, after, file, at_the_end = run_python(program, python=installed).lines()
    assert (before, after, at_the_end) == ("False", "True", "True")
    assert file.endswith("keras_edu_backend/backend.py")


def test_is_active_is_false_on_stock_keras(installed, run_python):
    program = """
    import keras
    import keras_edu_backend
    print(keras_edu_backend.is_active())
    """
    assert run_python(program, python=installed, KERAS_BACKEND="jax").lines() == ["False"]


@pytest.mark.parametrize(
    ("before", "installation"), [(None, "installed"), ("tensorflow", "installed"), ("", "editable")]
)
def test_the_first_lines_of_a_notebook(installation, before, request, run_python):
    """What every Keras notebook begins with, whatever the environment said."""
    python = request.getfixturevalue(installation)
    program = 'import os\nos.environ["KERAS_BACKEND"] = "edu"\n' + UNMODIFIED
    program += """
import subprocess
child = "import keras, sys; print(sys.modules['keras.src.backend.jax'].__file__)"
print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout)
"""
    environment = {} if before is None else {"KERAS_BACKEND": before}
    ended = run_python(program, python=python, **environment)
    outputs, _, file, in_a_child, _ = ended.lines()
    assert outputs == "[[4.0, 4.0]]"
    assert file == in_a_child
    assert file.endswith("keras_edu_backend/backend.py")
    assert ended.errors == ""


def test_looking_for_keras_first_decides_nothing(installed, run_python):
    """Libraries ask whether Keras is installed before the program has said which backend."""
    program = """
    import importlib.util, os, sys
    assert importlib.util.find_spec("keras") is not None
    os.environ["KERAS_BACKEND"] = "edu"
    import keras
    print(sys.modules["keras.src.backend.jax"].__file__)
    """
    (file,) = run_python(program, python=installed).lines()
    assert file.endswith("keras_edu_backend/backend.py")


def configured(folder, text):
    (folder / "keras.json").write_text(text, encoding="utf-8")
    return {"KERAS_HOME": str(folder)}


def test_edu_in_keras_own_configuration_file(installed, run_python, tmp_path):
    home = configured(tmp_path, '{"backend": "edu", "floatx": "float64"}')
    program = UNMODIFIED + "import os\nprint(os.environ['KERAS_BACKEND'], keras.config.floatx())\n"
    *_, file, said = run_python(program, python=installed, **home).lines()
    assert file.endswith("keras_edu_backend/backend.py")
    assert said == "edu float64"


def test_the_variable_outranks_the_configuration_file(installed, run_python, tmp_path):
    home = configured(tmp_path, '{"backend": "edu"}')
    file = run_python(UNMODIFIED, python=installed, KERAS_BACKEND="jax", **home).lines()[-1]
    assert file.replace("\\", "/").endswith("keras/src/backend/jax/__init__.py")


@pytest.mark.parametrize("text", ["", "{", "[]", '"edu"', '{"backend": ["edu"]}'])
def test_a_configuration_file_that_cannot_be_read_is_left_to_keras(
    installed, run_python, tmp_path, text
):
    home = configured(tmp_path, text)
    program = "import keras_edu_backend.plugin as p; print(p.find_keras(), p.is_active())"
    assert run_python("-c", program, python=installed, **home).lines() == ["None False"]


def test_set_backend_reaches_edu_and_leaves_it(installed, run_python):
    program = """
    import sys, warnings
    warnings.simplefilter("ignore")
    import keras
    keras.config.set_backend("edu")
    print(sys.modules["keras.src.backend.jax"].__file__)
    sys.modules["keras"].config.set_backend("numpy")
    print(sys.modules["keras"].backend.backend())
    sys.modules["keras"].config.set_backend("edu")
    print(sys.modules["keras.src.backend.jax"].__file__)
    """
    first, between, again = run_python(program, python=installed, KERAS_BACKEND="numpy").lines()
    assert first == again
    assert first.endswith("keras_edu_backend/backend.py")
    assert between == "numpy"


def test_a_program_that_asks_for_jax_in_its_first_lines_runs_on_edu(installed, run_python):
    program = 'import os\nos.environ["KERAS_BACKEND"] = "jax"\n' + UNMODIFIED
    program += 'print(os.environ["KERAS_BACKEND"])\n'
    *_, file, variable = run_python(program, python=installed, KERAS_BACKEND="edu").lines()
    assert file.endswith("keras_edu_backend/backend.py")
    assert variable == "edu"


def test_a_program_that_asks_for_another_backend_gets_it_and_a_warning(installed, run_python):
    program = """
    import os
    os.environ["KERAS_BACKEND"] = "numpy"
    import keras
    import keras_edu_backend
    print(keras.backend.backend(), keras_edu_backend.is_active())
    """
    ended = run_python(program, python=installed, KERAS_BACKEND="edu")
    assert ended.lines() == ["numpy False"]
    assert "RuntimeWarning" in ended.errors
    assert "KERAS_BACKEND=numpy" in ended.errors
