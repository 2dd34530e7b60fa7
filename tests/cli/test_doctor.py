"""`keras-edu doctor` says why edu would not work here, in one line for each reason."""

import json
import os
import sys

import pytest

from keras_edu_backend import doctor
from tests.conftest import ROOT, clean_environment, see_dependencies


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home without a Keras configuration file, and an environment that says nothing of Keras."""
    for name in [name for name in os.environ if name.startswith("KERAS_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "keras-home"
    folder.mkdir()
    monkeypatch.setenv("KERAS_HOME", str(folder))
    return folder


@pytest.fixture
def ask(run_python, home):
    """`ask(*words, **options)`: the doctor's exit status and what it printed, no traceback."""

    def ask(*words, **options):
        words = ("-m", "keras_edu_backend.cli", "doctor", *words)
        ended = run_python(*words, **{"KERAS_HOME": str(home)} | options)
        assert "Traceback" not in ended.output + ended.errors
        return ended.status, ended.output

    return ask


def install(folder, package, version, code=""):
    """A package that looks installed to whoever has `folder` on the search path."""
    (folder / package).mkdir(parents=True)
    (folder / package / "__init__.py").write_text(code)
    about = folder / f"{package}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")


def problems(said):
    return [line.strip() for line in said.splitlines() if line.startswith("  - ")]


def test_where_edu_works_it_says_so_with_versions_devices_and_cache(ask, tmp_path):
    cache = tmp_path / "cache"
    status, said = ask(
        "--json",
        KERAS_EDU_COMPILATION_CACHE=str(cache),
        JAX_PLATFORMS="cpu",
        JAX_COMPILATION_CACHE_DIR=None,
    )
    found = json.loads(said)
    assert status == 0
    assert found["edu"] == {"works": True, "problems": [], "notes": []}
    assert found["python"]["executable"] == sys.executable
    assert found["packages"]["keras"].startswith("3.15.")
    assert found["devices"] == ["cpu:0 (cpu)"]
    assert found["compilation_cache"]["folder"].startswith(str(cache))
    files = [file for file in cache.rglob("*-cache")]
    assert found["compilation_cache"]["programs"] == len(files)
    assert found["compilation_cache"]["bytes"] == sum(file.stat().st_size for file in files)


def test_without_the_start_up_line_it_says_what_to_do(ask, tmp_path):
    python = clean_environment(tmp_path / "environment")
    see_dependencies(python)
    status, said = ask(python=python, PYTHONPATH=str(ROOT))
    assert status == 1
    assert "KERAS_BACKEND=edu does not work here:" in said
    first, tried = problems(said)
    assert first.startswith("- no start-up line") and "keras-edu run script.py" in first
    # What Keras says of a backend that it does not know.
    assert tried.startswith("- tried, and failed: ValueError: Unable to import backend : edu")


def test_another_keras_is_refused_with_the_range(ask, tmp_path):
    install(tmp_path / "packages", "keras", "3.99.1")
    status, said = ask(PYTHONPATH=str(tmp_path / "packages"))
    assert status == 1
    first, tried = problems(said)
    assert first.startswith("- keras 3.99.1 is not of the versions that were tested")
    assert 'pip install "keras>=3.15,<3.16"' in first
    assert tried.startswith("- tried, and failed: ImportError: The edu backend")


def test_a_jax_that_is_broken_is_told_in_one_line(ask, tmp_path):
    install(tmp_path / "packages", "jax", "0.10.2", "raise OSError('libdevice is damaged')")
    status, said = ask(PYTHONPATH=str(tmp_path / "packages"))
    assert status == 1
    where = tmp_path / "packages" / "jax" / "__init__.py"
    assert problems(said) == [f"- tried, and failed: OSError: libdevice is damaged ({where}:1)"]
    assert "devices            unknown" in said


def test_what_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(doctor, "ATTEMPT", "import time; time.sleep(60)")
    assert doctor.attempt(patience=1)["error"] == "`import keras` takes longer than 1 s"


def test_a_keras_that_runs_on_another_backend_is_no_success(monkeypatch):
    answer = {"active": False, "keras": "/somewhere", "devices": [], "cache": None}
    monkeypatch.setattr(doctor, "ATTEMPT", f"print({json.dumps(answer)!r})")
    assert doctor.attempt()["error"] == "Keras (/somewhere) runs, but not on edu"


def test_a_package_that_is_missing_is_named(monkeypatch):
    versions = {"keras": "3.15.1", "numpy": "2.4.6"}
    monkeypatch.setattr(doctor, "_version", versions.get)
    found = doctor.look()
    assert found["packages"]["jax"] is None
    missing = [line for line in found["problems"] if "not installed" in line]
    assert missing == [f"{name} is not installed: pip install {name}" for name in ("jax", "jaxlib")]


def test_another_jax_is_worth_knowing_and_no_problem(monkeypatch):
    monkeypatch.setattr(
        doctor, "_version", lambda module: "3.15.1" if module == "keras" else "99.0"
    )
    found = doctor.look()
    assert any(line.startswith("jax 99.0 is not of the versions") for line in found["notes"])
    assert not any("jax" in line for line in found["problems"])


@pytest.mark.parametrize(
    ("said", "kind", "line"),
    [
        ('{"backend": "edu"}', "notes", 'says "backend": "edu", which only the environment'),
        ('{"nnx_enabled": true}', "problems", "sets nnx_enabled: edu has no Flax NNX variables"),
        ('{"floatx": "float16"}', "notes", "sets floatx to 'float16'; Keras's default is"),
        ("{", "notes", "cannot be read, so Keras may ignore it: "),
        ("[]", "problems", "holds no JSON object"),
    ],
)
def test_keras_configuration_file(home, said, kind, line):
    (home / "keras.json").write_text(said)
    found = doctor.look()
    (one,) = [each for each in found["problems"] + found["notes"] if "keras.json" in each]
    assert line in one and one in found[kind]


def test_settings_of_the_environment(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("KERAS_NNX_ENABLED", "True")
    found = doctor.look()
    assert "KERAS_BACKEND=torch is set: programs run on torch until it says edu" in found["notes"]
    assert any(line.startswith("KERAS_NNX_ENABLED is set") for line in found["problems"])


def test_damaged_metadata_is_no_version(monkeypatch):
    def damaged(name):
        raise KeyError(name)

    monkeypatch.setattr("importlib.metadata.version", damaged)
    assert doctor.look()["packages"]["keras"] == "of unknown version"
