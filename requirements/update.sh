#!/usr/bin/env bash
# Writes lock.txt and backends.txt anew from pyproject.toml: `make lock` calls it.
#
# Everything is resolved together first, the other backends included, so that adding them to an
# everyday environment later changes no version that is already there.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

linux="sys_platform == 'linux' and platform_machine == 'x86_64'"
elsewhere="sys_platform != 'linux' or platform_machine != 'x86_64'"

environment() {
    "$python" -m venv "$work/$1"
    "$work/$1/bin/python" -m pip uninstall --quiet --yes setuptools
}

# Versions only: no build suffix such as torch's +cpu, no file addresses, not ourselves.
versions() {
    "$work/$1/bin/python" -m pip freeze --all --exclude pip --exclude keras-edu-backend |
        sed -E 's/\+[A-Za-z0-9.]+$//'
}

echo "Resolving everything, the other backends included ..."
environment everything
requirements/install_backends.sh "$work/everything/bin/python" '.[report,test,tensorflow]' 'torch>=2.13,<2.14'
versions everything > "$work/everything.txt"

echo "Resolving the everyday environment ..."
environment everyday
"$work/everyday/bin/python" -m pip install --quiet --constraint "$work/everything.txt" '.[report,test]'
versions everyday > "$work/everyday.txt"

{
    echo "# The exact versions of the everyday environment, which 'make' installs and CI tests with."
    echo "# Written by 'make lock' from pyproject.toml; do not edit by hand."
    cat "$work/everyday.txt"
} > requirements/lock.txt
{
    echo "# What the TensorFlow and PyTorch backends add to lock.txt, CPU builds. Written by 'make lock'."
    # tensorflow-cpu exists for some platforms only; elsewhere the plain package is the CPU build.
    grep -vxFf "$work/everyday.txt" "$work/everything.txt" |
        sed -E "s/^(tensorflow[-_]cpu)==(.*)/\\1==\\2; $linux\ntensorflow==\\2; $elsewhere/"
} > requirements/backends.txt
wc -l requirements/lock.txt requirements/backends.txt
