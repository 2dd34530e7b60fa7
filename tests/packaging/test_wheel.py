"""What the wheel carries, and what it asks pip for."""

import email
import zipfile

import pytest

LINE = (
    "import os, sys; sys.meta_path.insert(0, type(sys.implementation)("
    'asked_for=os.environ.get("KERAS_BACKEND"), find_spec=lambda name, *_: '
    '__import__("keras_edu_backend").plugin.find_keras() if name == "keras" else None))\n'
)


@pytest.fixture(scope="module")
def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_carries_the_packages_and_the_start_up_files_and_nothing_else(contents):
    top = {name.split("/")[0] for name in contents}
    (metadata,) = {name for name in top if name.endswith(".dist-info")}
    assert top - {metadata} == {
        "keras_edu_backend",
        "keras_edu",
        "reference_models",
        "keras_edu_backend.pth",
        "keras_edu_backend.start",
    }


def test_the_start_up_line_is_the_one_the_readme_shows(contents):
    assert contents["keras_edu_backend.pth"].decode() == LINE


def test_the_start_file_names_one_function(contents):
    assert contents["keras_edu_backend.start"].decode() == "keras_edu_backend.plugin:start\n"


def test_the_comparison_engine_is_in_it_with_its_template(contents):
    assert "keras_edu_backend/compare/worker.py" in contents
    assert "keras_edu_backend/compare/report/template.html" in contents


def test_it_carries_no_compiled_or_stray_file(contents):
    strays = [name for name in contents if name.endswith((".pyc", ".so", ".orig", ".rej", "~"))]
    assert strays == []


def test_its_metadata_states_python_licence_dependencies_and_extras(contents):
    (metadata,) = [contents[name] for name in contents if name.endswith("dist-info/METADATA")]
    fields = email.message_from_bytes(metadata)
    assert fields["Requires-Python"] == ">=3.11"
    assert fields["License-Expression"] == "Apache-2.0"
    extras = set(fields.get_all("Provides-Extra"))
    assert extras == {
        *("all", "compare", "cuda", "reference", "report"),
        *("tensorflow", "test", "torch", "tpu"),
    }
    always = [line for line in fields.get_all("Requires-Dist") if "extra ==" not in line]
    assert "keras<3.16,>=3.15" in always
    assert not any(line.startswith(("tensorflow", "torch", "matplotlib")) for line in always)
