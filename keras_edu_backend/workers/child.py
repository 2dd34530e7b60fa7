"""The worker's end: runs the calls it is given, and ends when its parent does.

A line on standard input names a call, an empty one asks the worker to end. ``FOLDER/callN`` says
what to run; ``FOLDER/answerN`` will say what came of it. Standard input closes when the parent is
gone, however it went: then this process kills itself and all that it has started.
"""

import contextlib
import ctypes
import importlib
import importlib.metadata
import json
import os
import queue
import shutil
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import IO, Any

from keras_edu_backend.workers import files

PACKAGES = ("keras", "jax", "jaxlib", "tensorflow", "torch", "numpy")

_events: IO[str] | None = None


def say(event: Any) -> None:
    """Tell the parent something while a call runs; it counts as a sign of life.

    Args:
        event: anything that JSON can hold.
    """
    if _events is not None:
        _events.write(json.dumps(event) + "\n")
        _events.flush()


def main(folder: str, backend: str, imports: str = "", *processors: str) -> None:
    """Run calls until the parent asks for no more.

    Args:
        folder: where calls and answers lie.
        backend: the value of ``KERAS_BACKEND``, or nothing for a worker without Keras.
        imports: modules to import first, separated by commas.
        processors: numbers of those it may use; all, if none is named.
    """
    global _events
    if processors and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, map(int, processors))
    place = Path(folder)
    _events = open(place / "events", "a", encoding="utf-8")  # noqa: SIM115
    names: queue.SimpleQueue[str] = queue.SimpleQueue()
    # What calls start must neither read the parent's lines nor hold its end of the pipe.
    lines = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=_listen, args=(lines, names, place), daemon=True).start()
    if backend == "edu":
        import keras_edu_backend

        keras_edu_backend.activate()
    first = imports.split(",") if imports else []
    for module in first:
        importlib.import_module(module)
    packages = [*PACKAGES, *(module.partition(".")[0] for module in first)]
    while number := names.get():
        say(None)
        _answer(place, number, backend, packages)
        _give_memory_back()


def _listen(descriptor, names, folder):
    # Without a buffer: its lock could be held when the interpreter shuts down.
    with open(descriptor, "rb", buffering=0) as lines:
        for line in lines:
            names.put(line.decode().strip())
    shutil.rmtree(folder, ignore_errors=True)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _answer(folder, number, backend, packages):
    """Run one call and write its answer; whatever it raises is an answer too."""
    began = time.monotonic()
    try:
        call = files.load(folder / f"call{number}")
        module, _, name = call["function"].partition(":")
        value = getattr(importlib.import_module(module), name)(**call["arguments"])
        _check_backend(backend)
        answer = {"status": "ok", "value": value}
        files.save(folder / f"answer{number}", answer | _facts(began, packages))
    except Exception as error:
        text = traceback.format_exc()
        print(text, file=sys.stderr, flush=True)
        place = traceback.extract_tb(error.__traceback__)[-1]
        line = "".join(traceback.format_exception_only(error)).strip().splitlines()[0]
        detail = f"{line} ({Path(place.filename).name}:{place.lineno})"
        answer = {"status": "error", "detail": detail, "last_lines": text}
        files.save(folder / f"answer{number}", answer | _facts(began, packages))


def _give_memory_back():
    """glibc keeps what was freed; after a large model's noise floors that is gigabytes."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def _facts(began, packages):
    """What every answer says: how long it took, and what this process has loaded."""
    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package in packages:
        module = sys.modules.get(package)
        if module is not None:
            versions[package] = getattr(module, "__version__", None) or _installed(package)
    return {"seconds": time.monotonic() - began, "versions": versions}


def _installed(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"  # a module on the search path, not installed


def _check_backend(backend):
    """A value says nothing if another backend than the one asked for gave it."""
    if not backend or not hasattr(sys.modules.get("keras"), "backend"):
        return
    named = sys.modules["keras"].backend.backend()
    answers = "edu" if "keras_edu_backend.backend" in sys.modules else named
    if answers != backend:
        raise RuntimeError(f"{backend!r} was asked for, but Keras runs on {answers!r}.")
