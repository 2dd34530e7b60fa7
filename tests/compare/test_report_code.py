"""The source text that a report shows beside a comparison."""

import ast
import subprocess
import sys

import pytest

from conformance.cases import all_cases
from conformance.parts import IN_KERAS, OPERATIONS, PARTS
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


def test_sides_lists_models_then_operations_of_each_side(packages):
    entries = code.sides(
        {"iris_mlp": "keras.Sequential()"}, ["nn.relu", "nn.relu"], "edu", "jax", "reference"
    )
    assert [(entry["side"], entry["title"]) for entry in entries] == [
        ("edu", "model"),
        ("jax", "model"),
        ("reference", "model"),
        ("edu", "nn.relu"),
        ("jax", "nn.relu"),
    ]
    assert entries[1]["source"] == "keras.Sequential()"
    assert entries[2]["source"].startswith("def apply(parameters, x)")
    assert entries[2]["place"] == "reference_models/networks/iris_mlp.py"


def test_operations_may_differ_by_case(packages):
    models = {"iris_mlp": "", "mnist_mlp": ""}
    entries = code.sides(models, {"iris_mlp": ["nn.relu"]}, "edu", "jax")
    operations = [entry["case"] for entry in entries if entry["title"] == "nn.relu"]
    assert operations == ["iris_mlp", "iris_mlp"]


def test_an_absent_package_or_reference_model_says_so(packages, monkeypatch):
    (entry,) = code.sides({"other": ""}, [], "reference")
    assert entry["source"] == "# other: reference_models has no module of this name."
    monkeypatch.setattr(code, "_folder", lambda package: None)
    assert "keras is not installed" in code.operation_source("jax", "nn.relu")[0]
    (entry,) = code.sides({"other": ""}, [], "reference")
    assert "not installed" in entry["source"]


def test_a_variant_of_a_network_is_shown_beside_the_networks_plain_form(packages):
    variant = {"iris_mlp_variant": ""}
    (entry,) = code.sides(variant, [], "reference", references={"iris_mlp_variant": "iris_mlp"})
    assert entry["place"] == "reference_models/networks/iris_mlp.py"


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


def test_every_case_and_part_of_the_documents_shows_its_code_on_every_side():
    networks = all_cases()
    entries = code.sides(
        {name: case.source() for name, case in networks.items()}
        | {name: code.installed_source("keras", *IN_KERAS[name]) for name in PARTS},
        {name: case.operations for name, case in networks.items()} | OPERATIONS,
        "edu",
        "jax",
        "reference",
        references={name: case.plain().name for name, case in networks.items()},
    )
    assert {entry["case"] for entry in entries} == {*networks, *PARTS}
    for entry in entries:
        what = entry["case"], entry["side"], entry["title"]
        comments = [line for line in entry["source"].splitlines() if line.startswith("#")]
        for missing in ("not found", " has no ", "not installed"):
            assert not any(missing in line for line in comments), what


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
