"""`python -m benchmarks.startup`: what each file of `keras_edu_backend/startup` saves.

The same program runs on the package as it is and on a copy without the file, one right after the
other, round after round, from the start of Python to its end. Beside the time that went by stands
the processor time (of all cores), which depends less on what else the machine does.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent

# Six initializers of different shapes, one program for training and one for what is left over.
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import keras_edu_backend
keras_edu_backend.activate()
import keras
import numpy as np
from keras import layers
inputs = keras.Input((20,))
x = inputs
for units in (128, 96, 64, 48, 32):
    x = layers.Dense(units, "relu")(x)
model = keras.Model(inputs, layers.Dense(1)(x))
model.compile("adam", "mse")
model.fit(np.ones((1000, 20), "float32"), np.ones((1000, 1), "float32"), epochs=2, verbose=0)
"""

# File → whether programs are kept from the run before: cold starts show what is not compiled.
FILES = {
    "compilation_cache": True,
    "deferred_imports": True,
    "garbage": True,
    "few_programs": False,
    "threefry": False,
}


def start(folder, warm):
    """Seconds for the program on the package in a folder: that went by, that it worked."""
    kept = str(folder / "kept") if warm else "0"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("JAX_")},
        "KERAS_EDU_COMPILATION_CACHE": kept,
        "PYTHONPATH": str(folder),
    }
    began = time.perf_counter(), sum(os.times()[2:4])  # of the processes waited for
    subprocess.run([sys.executable, "-c", PROGRAM, folder], env=environment, check=True)
    return time.perf_counter() - began[0], sum(os.times()[2:4]) - began[1]


def copy(folder, without=None):
    """A copy of the package in a folder, which is returned; it may lack a start-up file."""
    shutil.copytree(ROOT / "keras_edu_backend", folder / "keras_edu_backend")
    if without:
        (folder / "keras_edu_backend" / "startup" / f"{without}.py").unlink()
    return folder


@click.command()
@click.option("--rounds", default=7, show_default=True, help="Starts of each side.")
@click.option("--only", multiple=True, type=click.Choice(list(FILES)), help="These files alone.")
def main(rounds, only):
    """Time a program on this backend with and without each start-up file."""
    with tempfile.TemporaryDirectory() as place:
        whole = copy(Path(place, "whole"))
        for name in only or FILES:
            bare = copy(Path(place, name), without=name)
            times = {whole: [], bare: []}
            for number in range(-1 if FILES[name] else 0, rounds):
                for folder in (whole, bare) if number % 2 else (bare, whole):
                    seconds = start(folder, FILES[name])
                    if number >= 0:  # the round before fills the folders
                        times[folder].append(seconds)
            print(f"{name}, {'warm' if FILES[name] else 'cold'}: {told(times[whole], times[bare])}")


def told(whole, bare):
    """The medians of both sides and of what is saved in a turn, for each of the clocks."""
    parts = []
    for clock, with_it, without in zip(
        ("went by", "worked"), zip(*whole, strict=True), zip(*bare, strict=True), strict=True
    ):
        saved = [b - a for a, b in zip(with_it, without, strict=True)]
        parts.append(
            f"{clock} {statistics.median(with_it):.2f} s with it, {statistics.median(without):.2f} "
            f"without: {statistics.median(saved):.2f} less ({min(saved):.2f} to {max(saved):.2f})"
        )
    return "; ".join(parts)


if __name__ == "__main__":
    main()
