"""Run the same program on two Keras backends, each in a process of its own."""

import os
import pathlib
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).parent.parent
PROGRAMS = pathlib.Path(__file__).parent / "programs"


def run(program, backend, folder, *arguments, environment=None):
    """Run ``tests/programs/<program>.py`` and give what it saved.

    Args:
        program: the file's name without its ending. The program gets the path of an ``.npz`` file
            to write as its first argument.
        backend: a value of ``KERAS_BACKEND``.
        folder: where the file goes.
        *arguments: further arguments for the program.
        environment: environment variables to set besides.
    Returns:
        A dict of the arrays by name.
    """
    saved = pathlib.Path(folder) / f"{program}-{backend}.npz"
    finished = subprocess.run(
        [sys.executable, PROGRAMS / f"{program}.py", saved, *map(str, arguments)],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "KERAS_BACKEND": backend,
            **(environment or {}),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if finished.returncode:
        raise AssertionError(f"{program} on {backend} failed:\n{finished.stderr[-4000:]}")
    with np.load(saved, allow_pickle=False) as arrays:
        return dict(arrays)


def units_in_the_last_place(ours, theirs):
    """The largest difference, in units of the last place of the largest magnitude in ``theirs``."""
    if ours.size == 0:
        return 0.0
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    unit = np.spacing(np.max(np.abs(theirs)))
    return float(np.max(np.abs(ours.astype("float64") - theirs.astype("float64"))) / unit)
