#!/usr/bin/env python3
"""Runs the everyday tests on every supported Python that is found, and prints a table.

A Python is looked for on PATH as python3.11, python3.12, ... and among pyenv's. Each gets an
environment of its own in .cache/matrix, with the locked versions of its end of the range; Python
3.12 gets JAX 0.11, the release between the two ends. With --newest only the newest Python is taken.
Other arguments go to pytest, for example `make matrix ARGS=tests/ops`.
"""

import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache" / "matrix"
MINORS = (11, 12, 13, 14)
# Tried beside what the lock file says.
INSTEAD = {12: ["jax==0.11.*", "jaxlib==0.11.*"]}
VERSIONS = """import platform
from importlib.metadata import version
print(platform.python_version(), version("jax"), version("keras"))"""


def interpreter(minor):
    """The Python 3.`minor` on PATH or else the newest among pyenv's; None where there is none."""
    found = [shutil.which(f"python3.{minor}")]
    roots = {os.environ.get("PYENV_ROOT"), os.path.expanduser("~/.pyenv")} - {None}
    for root in roots:
        found += sorted(Path(root).glob(f"versions/3.{minor}.*/bin/python"), reverse=True)
    works = [python for python in found if python and _run(python, "-c", "import venv").ok]
    return str(works[0]) if works else None


def environment(minor, python):
    """The Python of an environment with the locked versions and this project."""
    folder = FOLDER / f"3.{minor}"
    setup = [ROOT / "requirements" / "setup.sh", folder]
    subprocess.run(setup, env={**os.environ, "PYTHON": python}, check=True, stdout=sys.stderr)
    made = folder / "bin" / "python"
    if minor in INSTEAD:
        subprocess.run([made, "-m", "pip", "install", "-q", *INSTEAD[minor]], check=True)
    return made


def row(minor, python, arguments):
    """What one Python has to show: its versions, and how its tests ended."""
    made = environment(minor, python)
    results = FOLDER / f"3.{minor}.xml"
    results.unlink(missing_ok=True)
    start = time.monotonic()
    options = ["-n", "2", "--dist", "loadfile", "-m", "not long", f"--junit-xml={results}"]
    status = subprocess.run(
        [made, "-m", "pytest", *options, *arguments], cwd=ROOT, stdout=sys.stderr
    ).returncode
    minutes = f"{(time.monotonic() - start) / 60:.0f} min"
    versions = _run(made, "-c", VERSIONS).output.split()
    if not results.exists():
        return status, [*versions, "did not run", "", "", minutes]
    counted = ElementTree.parse(results).getroot().find("testsuite").attrib
    tests, skipped = int(counted["tests"]), int(counted["skipped"])
    failed = int(counted["failures"]) + int(counted["errors"])
    return status, [*versions, tests - skipped - failed, failed, skipped, minutes]


def main(arguments):
    """Print the table as Markdown; the exit status says whether a test failed anywhere."""
    rows, failed = [], False
    found = {minor: interpreter(minor) for minor in MINORS}
    if "--newest" in arguments:
        arguments = [each for each in arguments if each != "--newest"]
        newest = max((minor for minor in MINORS if found[minor]), default=MINORS[0])
        found = {newest: found[newest]}
    for minor, python in found.items():
        if python is None:
            print(f"No Python 3.{minor} was found.", file=sys.stderr)
            continue
        status, cells = row(minor, python, arguments)
        rows.append(cells)
        failed = failed or status != 0
    print("| Python | JAX | Keras | passed | failed | skipped | time |")
    print("|---|---|---|---|---|---|---|")
    for cells in rows:
        print("| " + " | ".join(map(str, cells)) + " |")
    return int(failed or not rows)


class _run:
    """A command that may fail: whether it ended well, and what it printed."""

    def __init__(self, *words):
        ended = subprocess.run(list(map(str, words)), capture_output=True, text=True)
        self.ok, self.output = ended.returncode == 0, ended.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
