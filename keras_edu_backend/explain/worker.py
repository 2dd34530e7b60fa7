"""The other side's process: makes calls on a production backend and answers in JSON.

``python -m keras_edu_backend.explain.worker`` reads a list of ``[path, index]`` from standard input
and writes a list of what `measure.measure` says. Which backend it is, the environment says.
"""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys

MODULES = {"jax": "jax", "tensorflow": "tensorflow", "torch": "torch"}


def ask(backend, questions, compiled=True, timeout=600):
    """What a production backend says about each question.

    Args:
        backend: ``"jax"``, ``"tensorflow"`` or ``"torch"``.
        questions: list of ``(path, index)``, as for `measure.measure`.
        compiled: whether to compile what is asked about.
        timeout: seconds.

    Returns:
        A list of dicts. Where the backend is not installed, or its process ended early, each of
        them holds an ``error`` that says so.
    """
    if importlib.util.find_spec(MODULES[backend]) is None:
        said = f"{backend} is not installed here: pip install {MODULES[backend]}."
        return [{"functions": [], "error": said} for _ in questions]
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "keras_edu_backend.explain.worker"],
            input=json.dumps({"questions": list(questions), "compiled": compiled}),
            capture_output=True,
            text=True,
            env=environment,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        said = f"{backend}: no answer within {timeout} seconds."
        return [{"functions": [], "error": said} for _ in questions]
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        said = f"{backend}: the process ended with status {ended.returncode}: {last}"
        return [{"functions": [], "error": said} for _ in questions]
    return json.loads(ended.stdout)


def main():
    """Answer the questions on standard input."""
    asked = json.load(sys.stdin)
    answers = sys.stdout
    # Whatever a framework prints must not end up between the answers.
    with contextlib.redirect_stdout(sys.stderr):
        from keras_edu_backend.explain.measure import measure, one_line

        found = []
        for path, index in asked["questions"]:
            try:
                found.append(measure(path, index, asked["compiled"]))
            except Exception as error:
                found.append({"functions": [], "error": one_line(error)})
    json.dump(found, answers, default=str)


if __name__ == "__main__":
    main()
