"""``python -m keras_edu_backend script.py args…`` (or ``-m module args…``): run a program on edu.

The program sees what it would see under plain ``python``: its own ``sys.argv``, ``__name__ ==
"__main__"``, and its own folder first on the module search path.
"""

import builtins
import io
import os
import runpy
import sys
import types

from keras_edu_backend.plugin import activate

CALLED = "python -m keras_edu_backend"

USAGE = """usage: {called} script.py [arguments...]
       {called} -m module [arguments...]

Runs a Keras program, unchanged, on the edu backend."""


def main(arguments, called=CALLED):
    """Run the program named by ``arguments`` as ``__main__``; exits with status 2 on bad usage."""
    usage = USAGE.format(called=called)
    if arguments[:1] in (["-h"], ["--help"]):
        print(usage)
        return
    as_module = arguments[:1] == ["-m"]
    if as_module:
        arguments = arguments[1:]
    if not arguments or arguments[0].startswith("-"):
        problem = f"unknown option {arguments[0]}\n" if arguments else ""
        print(problem + usage, file=sys.stderr)
        sys.exit(2)
    program = arguments[0]
    if not as_module and not os.path.exists(program):
        print(f"{called}: can't open file {program!r}", file=sys.stderr)
        sys.exit(2)
    activate()
    sys.argv = arguments
    sys.excepthook = _show_the_programs_part
    if as_module:
        # Where Python looks for the module first; another command's folder stands there otherwise.
        if not sys.flags.safe_path:
            sys.path[0] = os.getcwd()
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    elif os.path.isdir(program) or program.endswith((".zip", ".pyz")):
        runpy.run_path(program, run_name="__main__")
    else:
        _run_script(os.path.join(os.getcwd(), program))


def _run_script(path):
    """What ``python path`` does; ``runpy.run_path`` would show another ``sys.argv[0]``."""
    sys.path[0] = os.path.dirname(os.path.realpath(path))
    module = types.ModuleType("__main__")
    module.__file__ = path
    module.__builtins__ = builtins
    sys.modules["__main__"] = module
    with io.open_code(path) as file:
        source = file.read()
    exec(compile(source, path, "exec"), module.__dict__)


def _show_the_programs_part(kind, error, traceback):
    """Print an uncaught error as plain ``python`` would: without the frames that led here."""
    ours = (__file__, runpy.__file__, "<frozen runpy>")
    # First what called `main`: nothing under `python -m`, a console script and `cli` elsewhere.
    while traceback is not None and traceback.tb_frame.f_code.co_filename != __file__:
        traceback = traceback.tb_next
    while traceback is not None and traceback.tb_frame.f_code.co_filename in ours:
        traceback = traceback.tb_next
    sys.__excepthook__(kind, error.with_traceback(traceback), traceback)


if __name__ == "__main__":
    main(sys.argv[1:])
