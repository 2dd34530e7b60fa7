"""``python -m keras_edu_backend script.py args…`` (or ``-m module args…``): run a program on edu.

The program sees what it would see under plain ``python``: its own ``sys.argv``, ``__name__ ==
"__main__"``, and its own folder first on the module search path.
"""

import os
import runpy
import sys

from keras_edu_backend.plugin import activate

USAGE = """usage: python -m keras_edu_backend script.py [arguments...]
       python -m keras_edu_backend -m module [arguments...]

Runs a Keras program, unchanged, on the edu backend."""


def main(arguments):
    """Run the program named by ``arguments`` as ``__main__``; exits with status 2 on bad usage."""
    if arguments[:1] in (["-h"], ["--help"]):
        print(USAGE)
        return
    as_module = arguments[:1] == ["-m"]
    if as_module:
        arguments = arguments[1:]
    if not arguments or arguments[0].startswith("-"):
        problem = f"unknown option {arguments[0]}\n" if arguments else ""
        print(problem + USAGE, file=sys.stderr)
        sys.exit(2)
    activate()
    sys.argv = arguments
    if as_module:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
        return
    if not os.path.exists(arguments[0]):
        print(f"python -m keras_edu_backend: can't open file {arguments[0]!r}", file=sys.stderr)
        sys.exit(2)
    sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))
    runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
