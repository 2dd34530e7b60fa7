#!/usr/bin/env python3
"""Writes lock-3.11.txt, lock-3.13.txt and backends.txt anew from pyproject.toml: `make lock`.

    requirements/lock.py python3.11 python3.13

The first Python resolves the oldest end of what is supported, the second the newest. pip resolves
and installs nothing. On each, everything comes first, the other backends included, so that adding
them to an everyday environment later changes no version that is already there.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENDS = {"3.11": ("oldest", "0.10.*"), "3.13": ("newest", "0.12.*")}
# What the CUDA build of PyTorch pulls in; the CPU build, which is installed, needs none of it.
OF_CUDA = re.compile(r"nvidia-|cuda-|triton$")
# tensorflow-cpu exists for some platforms only; elsewhere the plain package is the CPU build.
LINUX = "sys_platform == 'linux' and platform_machine == 'x86_64'"
ELSEWHERE = "sys_platform != 'linux' or platform_machine != 'x86_64'"
WRITTEN = "Written by 'make lock' from pyproject.toml; do not edit by hand."


def resolved(python, *requirements):
    """What pip would install into an empty environment: mapping of name to public version."""
    options = ["--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", *options]
    ended = subprocess.run([*command, *requirements], cwd=HERE.parent, stdout=subprocess.PIPE)
    if ended.returncode:
        sys.exit(f"{python} could not resolve {' '.join(requirements)}.")
    found = (each["metadata"] for each in json.loads(ended.stdout)["install"])
    # No build suffix such as torch's +cpu, and not this project itself.
    versions = {each["name"]: each["version"].partition("+")[0] for each in found}
    return {
        name: version
        for name, version in sorted(versions.items(), key=lambda pair: pair[0].lower())
        if name != "keras-edu-backend" and not OF_CUDA.match(name)
    }


def lock(python, version):
    """Write the lock of one end; what the other backends add to it."""
    end, jax = ENDS[version]
    print(f"Resolving everything on Python {version}, the other backends included ...")
    everything = resolved(python, ".[test,tensorflow,torch]", f"jax=={jax}", f"jaxlib=={jax}")
    everyday = resolved(python, ".[test]", f"jax=={jax}", f"jaxlib=={jax}")
    everyday = {name: everything[name] for name in everyday}
    what = f"the everyday environment on Python {version}, the {end} end of what is supported"
    _write(f"lock-{version}.txt", f"# The exact versions of {what}.\n# {WRITTEN}", everyday)
    return {name: everything[name] for name in everything if name not in everyday}


def _write(name, head, versions):
    lines = [f"{package}=={version}" for package, version in versions.items()]
    (HERE / name).write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    print(f"{name}: {len(lines)} packages")


def main(oldest, newest):
    """Resolve both ends; the other backends are those of the oldest."""
    backends = lock(oldest, "3.11")
    lock(newest, "3.13")
    _write(
        "backends.txt",
        f"# What the TensorFlow and PyTorch backends add to the locks, CPU builds. {WRITTEN}",
        {
            name: f"{version}; {LINUX}\ntensorflow=={version}; {ELSEWHERE}"
            if re.fullmatch("tensorflow[-_]cpu", name)
            else version
            for name, version in backends.items()
        },
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
