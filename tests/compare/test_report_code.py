"""The source text that a report shows beside a comparison."""

import ast
import subprocess
import sys

import pytest

from keras_edu_backend.compare.report import code


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Small stand-ins for the three packages whose text is read, which fail if imported."""
    files = {
        "keras_edu_backend/ops/nn/activations.py": (
            "import jax\n\n\n@operation\ndef relu(x):\n    return jnp.maximum(x, 0)\n\n\n"
            "class Gate:\n    def relu6(self):\n        pass\n"
        ),
        "keras_edu_backend/ops/numpy/products.py": "def matmul(x1, x2):\n    return x1 @ x2\n",
        "keras_edu_backend/ops/core/scopes.py": "def relu(x):\n    return 'not this one'\n",
        "keras_edu_backend/random.py": "def uniform(shape):\n    return shape\n",
        "keras/src/backend/jax/nn.py": "if True:\n    def relu(x):\n        return jnn.relu(x)\n",
        "keras/src/backend/torch/numpy.py": "true_divide = divide\n",
        "reference_models/networks/iris_mlp.py": "def apply(parameters, x):\n    return x\n",
    }
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.setattr(code, "_folder", lambda package: tmp_path / package)
    return tmp_path


def test_an_operation_is_found_with_its_decorators_and_its_place(packages):
    text, place = code.operation_source("edu", "nn.relu")
    assert text == "@operation\ndef relu(x):\n    return jnp.maximum(x, 0)"
    assert place == "keras_edu_backend/ops/nn/activations.py, line 4"


def test_the_private_functions_that_an_operation_calls_come_with_it(packages):
    (packages / "keras_edu_backend/ops/nn/activations.py").write_text(
        "def _slope(x):\n    return _other(x)\n\n\ndef _other(x):\n    return x\n\n\n"
        "def relu(x):\n    return _slope(x) + _elsewhere(_slope(x)) + len(x)\n"
    )
    text, place = code.operation_source("edu", "nn.relu")
    function, helper = text.split("\n\n\n")
    assert function.startswith("def relu(") and helper == "def _slope(x):\n    return _other(x)"
    assert place.endswith("line 9")


def test_functions_outside_ops_aliases_and_conditional_ones_are_found(packages):
    assert code.operation_source("edu", "random.uniform")[0].startswith("def uniform")
    assert "jnn.relu" in code.operation_source("jax", "nn.relu")[0]
    assert code.operation_source("torch", "numpy.true_divide")[0] == "true_divide = divide"


@pytest.mark.parametrize("name", ["nn.relu6", "nn.absent", "absent.relu", "relu", ""])
@pytest.mark.parametrize("side", ["jax", "tensorflow"])
def test_what_is_not_there_says_so_in_a_comment(packages, side, name):
    text, place = code.operation_source(side, name)
    assert text == f"# {name}: not found in the source of the {side} backend."
    assert place == ""


def test_a_method_is_not_taken_for_the_operation(packages):
    assert "not found" in code.operation_source("edu", "nn.relu6")[0]


def test_an_absent_package_says_so(monkeypatch):
    monkeypatch.setattr(code, "_folder", lambda package: None)
    assert "keras is not installed" in code.operation_source("jax", "nn.relu")[0]
    assert "keras is not installed" in code.installed_source("keras", "src/losses/losses.py:huber")


def test_definitions_of_a_package_are_shown_with_their_places(packages):
    text = code.installed_source(
        "keras_edu_backend",
        "ops/nn/activations.py:relu",
        "ops/nn/activations.py:Gate.relu6",
        "ops/nn/activations.py:Gate.relu",
        "absent.py:relu",
    )
    function, method, *absent = text.split("\n\n")
    assert function.startswith("# keras_edu_backend/ops/nn/activations.py, line 4\n@operation")
    assert method == (
        "# keras_edu_backend/ops/nn/activations.py, line 10\ndef relu6(self):\n    pass"
    )
    assert absent == [
        "# keras_edu_backend/ops/nn/activations.py has no Gate.relu.",
        "# keras_edu_backend/absent.py has no relu.",
    ]


@pytest.mark.parametrize("backend", code.KERAS_BACKENDS)
def test_the_real_backends_are_read_and_their_text_is_whole(backend):
    text, place = code.operation_source(backend, "nn.relu")
    (function,) = ast.parse(text).body
    assert function.name == "relu"
    assert place.startswith(f"keras/src/backend/{backend}/nn.py, line ")


def test_a_worker_that_shows_nothing_loads_no_way_of_showing():
    program = (
        "import sys, keras_edu_backend.compare.report.files; "
        "print([name for name in ('jinja2', 'pygments', 'rich') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_showing_code_imports_none_of_what_it_shows():
    program = (
        "import sys; from keras_edu_backend.compare.report import code; "
        "code.operation_source('jax', 'nn.relu'); code.operation_source('edu', 'nn.relu'); "
        "print([name for name in ('keras', 'jax', 'tensorflow', 'torch') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
