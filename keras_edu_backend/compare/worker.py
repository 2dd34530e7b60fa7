"""What runs in the process of one subject: `start` once, and then `run` for each experiment.

Keras can hold only one backend in a process, and one default precision, so each subject has a
worker for float32 and one for float64. `pool` calls both, by name, in a process of `workers`.
"""

import contextlib
import gc
import sys
import traceback
from functools import partial
from typing import Any

from keras_edu_backend.compare import remedies
from keras_edu_backend.compare.adapter import METHODS, Unsupported, resolve
from keras_edu_backend.compare.experiment import (
    FLOAT64_ONLY,
    KERAS_ADAPTER,
    NOISE_ADAPTER,
    Subject,
    from_document,
)
from keras_edu_backend.compare.float64 import make_float64_real
from keras_edu_backend.workers import files


def start(subject: dict[str, Any], dtype: str) -> None:
    """Load what the subject runs on, in the precision that is asked for.

    Args:
        subject: the fields of a `Subject`.
        dtype: ``"float32"`` or ``"float64"``.
    """
    if subject["adapter"] in (KERAS_ADAPTER, NOISE_ADAPTER):
        import keras

        keras.config.set_floatx(dtype)
        if dtype == "float64":
            make_float64_real()
    resolve(subject["adapter"])
    # What is loaded now stays. `clear_session`, before each model, need not look at it for garbage.
    gc.freeze()


def run(
    subject: dict[str, Any],
    dtype: str,
    experiment: str,
    result: str,
    asked: list | None = None,
) -> None:
    """Run one experiment, and write what it came to.

    Args:
        subject: the fields of a `Subject`.
        dtype: ``"float32"`` or ``"float64"``.
        experiment: path of the experiment's files.
        result: path of the result's files.
        asked: which quantities to run, with which remedies; see `pool.Job`.
    """
    adapter = resolve(subject["adapter"])
    of_subject = Subject(**subject)
    planned = from_document(files.load(experiment), dtype)
    files.save(result, _run(adapter, planned, of_subject, dtype, asked))
    gc.collect()  # models are rings of objects that refer to one another


def _run(make_adapter, experiment, subject, dtype, asked):
    """What each quantity came to: a mapping of quantity to status and values."""
    if asked is None:
        left_out = FLOAT64_ONLY if dtype == "float32" else ()
        asked = [(quantity, ()) for quantity in experiment.quantities if quantity not in left_out]
    by_remedies: dict[tuple[str, ...], list[str]] = {}
    for quantity, names in asked:
        by_remedies.setdefault(tuple(names), []).append(quantity)
    found: dict[str, dict[str, Any]] = {}
    for names, quantities in by_remedies.items():
        with contextlib.ExitStack() as stack:
            for name in names:
                stack.enter_context(getattr(remedies, name)())
            answers = _answers(make_adapter, experiment, subject, quantities)
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
    named = "".join(traceback.format_exception_only(error)).strip()
    detail = str(error) if isinstance(error, Unsupported) else named
    print("".join(traceback.format_exception(error)), file=sys.stderr, flush=True)
    return {"status": status, "detail": detail}
