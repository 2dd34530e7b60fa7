"""Which test files there are, and what each is compared with."""

import fnmatch
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent

# The tests of other backends' own folders, and one file that downloads networks (and grows past
# 7 GB with them). Stock Keras was measured without these too.
LEFT_OUT = (
    "applications/applications_test.py",
    "backend/numpy/*",
    "backend/openvino/*",
    "backend/tensorflow/*",
    "backend/torch/*",
)

# Of the backend in whose place edu stands.
OF_JAX = "backend/jax/*"

# These say something about several devices, so they run a second time with as many.
MANY_DEVICES = 8
FOR_MANY_DEVICES = ("*distribution*", "*multi_process*")

# The tests of the JAX backend lie inside the folder that the edu backend takes the place of. Read
# where they lie, they would be modules of that folder, of which edu loads none; so they run from a
# copy elsewhere. What they import is what every other test imports.
RUN_FROM_A_COPY = OF_JAX


@dataclass(frozen=True, order=True)
class Unit:
    """What is run, cached and reported as one: a test file on a number of devices.

    Attributes:
        file: the file, counted from the suite's root.
        devices: how many devices JAX is to have.
    """

    file: str
    devices: int = 1

    def __str__(self):
        return self.file if self.devices == 1 else f"{self.file} ({self.devices} devices)"


@dataclass(frozen=True)
class Suite:
    """A folder of tests and the measurements to compare with.

    Attributes:
        root: the folder from which files and module names are counted (``keras/src``).
        baselines: for each number of devices, the gzipped list of the tests that stock passes.
        import_first: modules to import before any test; those not installed are passed over.
    """

    root: Path
    baselines: Mapping[int, Path] = field(default_factory=dict)
    import_first: tuple[str, ...] = ()

    def units(self, on_jax: bool = True) -> list[Unit]:
        """Every file to run, in order; those for many devices a second time.

        Args:
            on_jax: whether the backend's tensors are JAX's. On another, the tests of Keras's JAX
                backend say nothing, and the CPU is not made into many devices.
        """
        files = sorted(
            path.relative_to(self.root).as_posix() for path in self.root.rglob("*_test.py")
        )
        left_out = LEFT_OUT if on_jax else (*LEFT_OUT, OF_JAX)
        files = [file for file in files if not _any(file, left_out)]
        again = [Unit(file, MANY_DEVICES) for file in files if _any(file, FOR_MANY_DEVICES)]
        many = on_jax and MANY_DEVICES in self.baselines
        return [Unit(file) for file in files] + (again if many else [])

    def path(self, file: str) -> Path:
        """Where a file of the suite lies."""
        return self.root / file


def keras_suite() -> Suite:
    """The tests of the Keras that is installed.

    Raises:
        FileNotFoundError: Keras is not installed, or its tests are not.
    """
    keras = importlib.util.find_spec("keras")
    if keras is None or keras.origin is None:
        raise FileNotFoundError("Keras is not installed, so its tests cannot be run. Run `make`.")
    root = Path(keras.origin).resolve().parent / "src"
    if next(root.rglob("*_test.py"), None) is None:
        raise FileNotFoundError(
            f"The Keras that is installed carries no tests ({root}). The wheels on PyPI do: "
            "install Keras from there."
        )
    baselines = {
        1: HERE / "stock-jax-passes.txt.gz",
        MANY_DEVICES: HERE / "stock-jax-passes-8-devices.txt.gz",
    }
    # Torch after TensorFlow in one process has crashed; before it, it has not.
    return Suite(root, baselines, import_first=("torch",))


def runs_from_a_copy(file: str) -> bool:
    """Whether a worker gets the file as a copy outside the folder it lies in."""
    return fnmatch.fnmatchcase(file, RUN_FROM_A_COPY)


def _any(file, globs):
    return any(fnmatch.fnmatchcase(file, glob) for glob in globs)
