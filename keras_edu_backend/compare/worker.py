"""The process in which one subject runs: ``python -m keras_edu_backend.compare.worker FOLDER``.

Keras can hold only one backend in a process, and one default precision, so each subject has a
worker for float32 and one for float64. The parent (`process`) sets ``KERAS_BACKEND`` and writes
``FOLDER/task``; the worker writes ``FOLDER/ready`` once its backend is loaded, and then, for each
experiment in turn, ``FOLDER/results/NAME``.
"""

import contextlib
import gc
import importlib.metadata
import os
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import Any

from keras_edu_backend.compare import files, remedies
from keras_edu_backend.compare.adapter import METHODS, Unsupported, resolve
from keras_edu_backend.compare.experiment import (
    FLOAT64_ONLY,
    KERAS_ADAPTER,
    NOISE_ADAPTER,
    Subject,
    from_document,
)

PACKAGES = ("keras", "jax", "jaxlib", "tensorflow", "torch", "numpy")


def main(folder: str | os.PathLike) -> None:
    """Run every experiment that ``folder``'s task names and that has no result yet.

    Args:
        folder: path of the worker's folder.
    """
    folder = Path(folder)
    task = files.load(folder / "task")
    subject = Subject(**task["subject"])
    if subject.adapter in (KERAS_ADAPTER, NOISE_ADAPTER):
        _start_keras(subject.backend, task["dtype"])
    adapter = resolve(subject.adapter)
    # What is loaded now stays. `clear_session`, before each model, need not look at it for garbage.
    gc.freeze()
    files.save(folder / "ready", {"versions": _versions()})
    for name in task["experiments"]:
        if not files.exists(folder / "results" / name):
            experiment = from_document(files.load(Path(task["library"]) / name), task["dtype"])
            files.save(folder / "results" / name, _run(adapter, experiment, subject, task))


def _start_keras(backend, dtype):
    """Import Keras on ``backend``, and make sure that it is the one that answers."""
    if backend == "edu":
        import keras_edu_backend

        keras_edu_backend.activate()
    import keras

    keras.config.set_floatx(dtype)
    if dtype == "float64":
        remedies.make_float64_real()
    name = "jax" if backend == "edu" else backend
    if keras.backend.backend() != name:
        raise RuntimeError(f"Keras runs on {keras.backend.backend()!r}; {backend!r} was asked for.")
    edu_answers = "keras_edu_backend.backend" in sys.modules
    if edu_answers != (backend == "edu"):
        raise RuntimeError(f"{backend!r} was asked for, but the edu backend answers: {edu_answers}")


def _run(make_adapter, experiment, subject, task):
    """What each quantity came to: a mapping of quantity to status and values."""
    remedied = task["remedied"].get(experiment.name)
    if remedied is None:
        left_out = FLOAT64_ONLY if task["dtype"] == "float32" else ()
        asked = [quantity for quantity in experiment.quantities if quantity not in left_out]
        return _answers(make_adapter, experiment, subject, asked)
    quantities: dict[tuple[str, ...], list[str]] = {}
    for quantity, names in remedied:
        quantities.setdefault(tuple(names), []).append(quantity)
    found: dict[str, dict[str, Any]] = {}
    for names, asked in quantities.items():
        with contextlib.ExitStack() as stack:
            for name in names:
                stack.enter_context(getattr(remedies, name)())
            answers = _answers(make_adapter, experiment, subject, asked)
        found |= {remedies.name_without(q, names): answer for q, answer in answers.items()}
    return found


def _answers(make_adapter, experiment, subject, quantities):
    try:
        adapter = make_adapter(experiment, subject)
    except Exception as error:
        return {quantity: _failure(error) for quantity in quantities}
    return {
        quantity: _attempt(partial(_measure, adapter, experiment, quantity), subject, quantity)
        for quantity in quantities
    }


def _measure(adapter, experiment, quantity):
    """The values of a quantity: of the whole experiment, or at each of its points."""
    method = getattr(adapter, METHODS.get(quantity, quantity))
    if quantity == "parameters":
        return method()
    if quantity in ("training", "updates", "draws"):
        return method(getattr(experiment, quantity))
    return {
        f"{point.name}: {place}": value
        for point in experiment.points
        for place, value in method(point).items()
    }


def _attempt(measure, subject, quantity):
    if quantity not in subject.quantities:
        return {"status": "unsupported", "detail": f"has no {quantity}"}
    try:
        return {"status": "ok", "values": measure()}
    except Exception as error:
        return _failure(error)


def _failure(error):
    """An exception as data. `NotImplementedError` says itself that something is missing."""
    status = {Unsupported: "unsupported", NotImplementedError: "missing"}.get(type(error), "error")
    detail = "".join(traceback.format_exception_only(error)).strip()
    print("".join(traceback.format_exception(error)), file=sys.stderr, flush=True)
    return {"status": status, "detail": detail}


def _versions():
    """Versions of the packages this process has really loaded."""
    loaded = {package for package in PACKAGES if package in sys.modules}
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package in PACKAGES:
        if package in loaded:
            found[package] = getattr(sys.modules[package], "__version__", None) or (
                importlib.metadata.version(package)
            )
    return found


if __name__ == "__main__":
    main(sys.argv[1])
