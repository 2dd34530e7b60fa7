#!/usr/bin/env bash
# setup.sh FOLDER : makes the virtual environment FOLDER from nothing, with the locked versions and
# this project in editable form. An environment that is there and works is brought up to date; one
# that an interrupted set-up left broken, or that holds another Python than PYTHON=... asks for, is
# made anew. Python 3.11 gets the oldest supported versions, newer ones the newest.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1

suits() { # a Python from 3.11 on that can make virtual environments
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

version() { # 3.11, 3.12, ...
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'
}

asked_for() {
    [ -z "${PYTHON:-}" ] || [ "$(version "$PYTHON" 2>/dev/null)" = "$(version "$1")" ]
}

if ! { suits "$folder/bin/python" && "$folder/bin/python" -m pip --version >/dev/null 2>&1 &&
    asked_for "$folder/bin/python"; }; then
    if [ -n "${PYTHON:-}" ]; then
        suits "$PYTHON" || {
            echo "PYTHON=$PYTHON is no Python 3.11 or newer that can make virtual environments." >&2
            exit 1
        }
    else
        # The versions that a lock file was tested with come first.
        for candidate in python3.11 python3.13 python3.12 python3 python; do
            if suits "$candidate"; then PYTHON=$candidate && break; fi
        done
        [ -n "${PYTHON:-}" ] || {
            echo "No Python 3.11 or newer with its venv module was found on PATH." >&2
            echo "Install one (on Debian and Ubuntu: python3 and python3-venv), or name it:" >&2
            echo "  make PYTHON=/path/to/python3.11 ..." >&2
            exit 1
        }
    fi
    echo "Making $folder with $("$PYTHON" --version) ..."
    "$PYTHON" -m venv --clear "$folder"
fi

lock=requirements/lock-3.13.txt
if [ "$(version "$folder/bin/python")" = 3.11 ]; then lock=requirements/lock-3.11.txt; fi

echo "Installing the locked versions into $folder (once; a few minutes) ..."
export PIP_DISABLE_PIP_VERSION_CHECK=1
"$folder/bin/python" -m pip install --requirement "$lock"
"$folder/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable .
