"""What the tests share: programs run as their users run them, each in a fresh Python process.

A backend is a process, and what this project promises is about whole programs. So most tests hand
a program to `run_python` and look at what it printed. `installed` is the Python of a clean virtual
environment that holds the built wheel: there `KERAS_BACKEND=edu` is all that a program needs.

Tests that import Keras in their own process find it on the edu backend.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

import keras_edu_backend

ROOT = Path(__file__).resolve().parent.parent

# Tests leave nothing in the user's cache folder, and do not depend on what is there.
COMPILATION_CACHE = "KERAS_EDU_COMPILATION_CACHE"
os.environ[COMPILATION_CACHE] = "0"
# What was compiled for one test, on either backend, need not be compiled for another, nor in the
# next run. A program's name there is a digest of the program.
COMPILED = ROOT / ".cache" / "compiled-for-tests"
LARGEST_COMPILED = 2**30  # bytes
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(COMPILED))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")

keras_edu_backend.activate()


def pytest_addoption(parser):
    """The option for runs that have not the time for all long tests."""
    parser.addoption(
        "--share",
        metavar="N/M",
        help="of the files of long tests only the N-th share of M; all tests that are not long",
    )


def pytest_collection_modifyitems(config, items):
    """Leave out the long tests of the other shares, file by file."""
    if not config.getoption("--share"):
        return
    number, shares = map(int, config.getoption("--share").split("/"))
    long = {item for item in items if item.get_closest_marker("long")}
    files = sorted({item.path for item in long})
    chosen = set(files[number - 1 :: shares])
    left_out = [item for item in items if item in long and item.path not in chosen]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def pytest_sessionstart(session):
    """Empty a cache that has grown too large, before any worker uses it."""
    in_worker = hasattr(session.config, "workerinput")
    if not in_worker and sum(file.stat().st_size for file in COMPILED.glob("*")) > LARGEST_COMPILED:
        shutil.rmtree(COMPILED)


@pytest.fixture(autouse=True)
def settings_are_kept():
    """Fail the test that changes a setting of this process, not one that comes after it."""
    before = _settings()
    yield
    assert before in (None, _settings())


def _settings():
    """The settings that all tests of a process share; None until one of them imports Keras."""
    if "keras" not in sys.modules:
        return None
    import jax
    import keras
    from keras.src.backend.common import dtypes

    return {
        "floatx": keras.config.floatx(),
        "float64 is": dtypes.BIT64_TO_BIT32_DTYPE["float64"],
        "dtype policy": keras.config.dtype_policy().name,
        "image data format": keras.config.image_data_format(),
        "64 bits": jax.config.jax_enable_x64,
    }


@dataclass(frozen=True)
class Finished:
    """A program that has ended: its exit status, its standard output, its standard error."""

    status: int
    output: str
    errors: str

    def lines(self):
        """The standard output's lines, of a program that must have ended well."""
        assert self.status == 0, f"exit status {self.status}\n{self.output}\n{self.errors}"
        return self.output.splitlines()


@pytest.fixture
def run_python(tmp_path):
    """`run_python(*arguments, python=…, cwd=…, **environment)` runs Python and waits for its end.

    The process inherits the environment of the tests, without the variables that choose a backend
    or a search path, and without those that are given as None. An argument of several lines is a
    program: it is written to a file, and the file's name is passed in its place.
    """

    def run(*arguments, python=sys.executable, cwd=tmp_path, **environment):
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("KERAS_", "PYTHON", "JAX_ENABLE_X64"))
        }
        words = [str(python)]
        for argument in map(str, arguments):
            if "\n" in argument:
                program = tmp_path / "program.py"
                program.write_text(textwrap.dedent(argument), encoding="utf-8")
                argument = str(program)
            words.append(argument)
        variables = {**inherited, COMPILATION_CACHE: "0", **environment}
        ended = subprocess.run(
            words,
            cwd=cwd,
            env={name: value for name, value in variables.items() if value is not None},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
        )
        return Finished(ended.returncode, ended.stdout, ended.stderr)

    return run


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The project's wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """The Python of a clean virtual environment into which the wheel was installed."""
    python = clean_environment(tmp_path_factory.mktemp("installed"))
    _pip(python, "--no-deps", "--no-index", wheel)
    see_dependencies(python)
    return python


@pytest.fixture(scope="session")
def editable(tmp_path_factory):
    """The Python of a clean virtual environment with an editable install of this checkout."""
    python = clean_environment(tmp_path_factory.mktemp("editable"))
    see_dependencies(python)
    _pip(
        python, "--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed", "-e", ROOT
    )
    return python


def clean_environment(folder):
    """A new virtual environment; returns its Python."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def site_packages(python):
    """The folder that `python` installs packages into."""
    answer = _run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    return Path(answer.strip())


def see_dependencies(python, folder=None):
    """Let `python` import what is installed in `folder` (by default: where these tests run).

    A line in a `.pth` file adds the folder to the search path and nothing else: start-up lines and
    editable installs in it stay without effect, so this project itself is not found through it.
    """
    folder = folder or sysconfig.get_path("purelib")
    (site_packages(python) / "dependencies.pth").write_text(f"{folder}\n", encoding="utf-8")


def _pip(python, *arguments):
    _run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *arguments)


def _run(*words):
    """Standard output of a command that must succeed."""
    ended = subprocess.run(
        list(map(str, words)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240
    )
    assert ended.returncode == 0, f"{words}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout
