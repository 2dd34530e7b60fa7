#!/usr/bin/env bash
# update.sh OLDEST NEWEST : writes lock-3.11.txt with the Python OLDEST, lock-3.13.txt with NEWEST, and
# backends.txt, anew from pyproject.toml: `make lock` calls it.
#
# On each of the two, everything is resolved together first, the other backends included, so that
# adding them to an everyday environment later changes no version that is already there.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

linux="sys_platform == 'linux' and platform_machine == 'x86_64'"
elsewhere="sys_platform != 'linux' or platform_machine != 'x86_64'"

environment() { # PYTHON NAME
    "$1" -m venv "$work/$2"
    "$work/$2/bin/python" -m pip uninstall --quiet --yes setuptools
}

# Versions only: no build suffix such as torch's +cpu, no file addresses, not ourselves.
versions() {
    "$work/$1/bin/python" -m pip freeze --all --exclude pip --exclude keras-edu-backend |
        sed -E 's/\+[A-Za-z0-9.]+$//'
}

lock() { # PYTHON VERSION END JAX
    echo "Resolving everything on Python $2, the other backends included ..."
    environment "$1" "everything-$2"
    requirements/install_backends.sh "$work/everything-$2/bin/python" \
        '.[test,tensorflow]' "jax==$4" 'torch>=2.13,<2.14'
    versions "everything-$2" > "$work/everything-$2.txt"

    echo "Resolving the everyday environment on Python $2 ..."
    environment "$1" "everyday-$2"
    "$work/everyday-$2/bin/python" -m pip install --quiet \
        --constraint "$work/everything-$2.txt" '.[test]'
    versions "everyday-$2" > "$work/everyday-$2.txt"
    {
        echo "# The exact versions of the everyday environment on Python $2, the $3 end of what is supported."
        echo "# Written by 'make lock' from pyproject.toml; do not edit by hand."
        cat "$work/everyday-$2.txt"
    } > "requirements/lock-$2.txt"
}

lock "$1" 3.11 oldest '0.10.*'
lock "$2" 3.13 newest '0.12.*'
{
    echo "# What the TensorFlow and PyTorch backends add to the locks, CPU builds. Written by 'make lock'."
    # tensorflow-cpu exists for some platforms only; elsewhere the plain package is the CPU build.
    grep -vxFf "$work/everyday-3.11.txt" "$work/everything-3.11.txt" |
        sed -E "s/^(tensorflow[-_]cpu)==(.*)/\\1==\\2; $linux\ntensorflow==\\2; $elsewhere/"
} > requirements/backends.txt
wc -l requirements/lock-*.txt requirements/backends.txt
