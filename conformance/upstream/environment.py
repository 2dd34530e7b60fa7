"""The conditions under which a test runs, and the versions its result depends on.

They are the conditions of the measurement on stock Keras: nothing that a user's shell says about
Keras, JAX or pytest gets in.
"""

import importlib.metadata
import platform
from pathlib import Path
from typing import Any

from conformance.upstream.suite import HERE

PROJECT = HERE.parent.parent
WORKER = HERE / "worker"

# What Keras's tests use. Those of a package that is not installed skip themselves, fail, or cannot
# be collected at all; requirements/upstream.txt installs every one.
PACKAGES = (
    "keras",
    "jax",
    "jaxlib",
    "numpy",
    "ml-dtypes",
    "absl-py",
    "dm-tree",
    "flax",
    "grain",
    "h5py",
    "matplotlib",
    "namex",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "optree",
    "orbax-checkpoint",
    "pandas",
    "pillow",
    "pydot",
    "requests",
    "rich",
    "scikit-learn",
    "scipy",
    "tensorboard",
    "tensorflow",
    "tensorflow-cpu",
    "torch",
    "pytest",
    "pytest-timeout",
)

# Any one of a pair will do.
_STANDS_FOR = {"tensorflow": "tensorflow-cpu", "tensorflow-cpu": "tensorflow"}

_OTHERS_SETTINGS = ("JAX_", "KERAS_", "PYTEST_", "XLA_", "TF_")


def versions() -> dict[str, str]:
    """The versions of Python and of each of `PACKAGES` that is installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        version = _version(package)
        if version is not None:
            found[package] = version
    return found


def not_installed() -> list[str]:
    """Those of `PACKAGES` that are missing."""
    return [
        package
        for package in PACKAGES
        if _version(package) is None
        and (package not in _STANDS_FOR or _version(_STANDS_FOR[package]) is None)
        # One name is enough to say that TensorFlow is missing.
        and package != "tensorflow-cpu"
    ]


def options(devices: int, home: Path) -> dict[str, Any]:
    """What a `keras_edu_backend.workers.Worker` has to be told.

    Args:
        devices: number of devices; more than one are made of the CPU's.
        home: a folder for what Keras keeps between programs.
    """
    flags = {}
    if devices > 1:
        flags["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={devices}"
    variables = {
        **flags,
        "KERAS_HOME": str(home),
        # Stock was measured on a CPU; a GPU's results would be compared with those.
        "JAX_PLATFORMS": "cpu",
        "CUDA_VISIBLE_DEVICES": "",
        # As in Keras's own CI: integer results are of 32 bits.
        "JAX_DEFAULT_DTYPE_BITS": "32",
        # Some parameterised tests are named after sets.
        "PYTHONHASHSEED": "0",
        "KERAS_EDU_COMPILATION_CACHE": "0",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    return {
        "import_paths": [WORKER, PROJECT],
        "without": _OTHERS_SETTINGS,
        "environment": variables,
    }


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
