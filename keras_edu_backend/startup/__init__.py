"""What only makes programs start sooner; it changes no number. Each file can be deleted.

This is the only place that looks which files are there. What each saves stands in its first line,
as `python -m benchmarks.startup` measured it for a small network on 2 cores of an AMD EPYC.
Nothing here imports JAX before it is needed: the package is imported at every start.
"""

import contextlib
import functools
import importlib

__all__ = [
    "DEFERRED",
    "collector_waits",
    "draws_of_uniform",
    "drawn",
    "keep_compiled_programs",
    "run_when_used",
]


@functools.cache
def _found(file, name):
    """``name`` of a file in this folder, or None where the file was deleted."""
    module = f"{__name__}.{file}"
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as missing:
        if missing.name != module:
            raise
        return None


DEFERRED = _found("deferred_imports", "DEFERRED") or frozenset()
run_when_used = _found("deferred_imports", "run_when_used")


def collector_waits(all_stay=False):
    """While open, Python's garbage collector waits (``garbage.py``)."""
    waits = _found("garbage", "collector_waits")
    return waits(all_stay) if waits else contextlib.nullcontext()


def keep_compiled_programs():
    """Have JAX keep compiled programs for the next process (``compilation_cache.py``)."""
    keep = _found("compilation_cache", "keep_compiled_programs")
    return keep() if keep else None


def drawn(draw, key, shape, dtype, draw_many=None):
    """``draw(key, shape, dtype)``, with few programs for many shapes (``few_programs.py``)."""
    shared = _found("few_programs", "drawn")
    return shared(draw, key, shape, dtype, draw_many) if shared else draw(key, shape, dtype)


def draws_of_uniform(draw, low, high):
    """``draw`` for numbers from low to high, without XLA where they are few (``threefry.py``)."""
    in_numpy = _found("threefry", "draws_of_uniform")
    return in_numpy(draw, low, high) if in_numpy else draw
