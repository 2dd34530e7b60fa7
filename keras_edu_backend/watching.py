"""Being told of each call of an op, which is how a trace is taken."""

import contextlib
from collections.abc import Callable

watchers: list[Callable] = []
entering: list[Callable] = []  # the op whose watchers have been told, and which has yet to begin


@contextlib.contextmanager
def watching(watcher):
    """While open, ``watcher(op, args, kwargs)`` is called just before each op runs or is traced.

    It may return a context manager, which stays open until the op has ended.
    """
    watchers.append(watcher)
    try:
        yield
    finally:
        watchers.remove(watcher)


@contextlib.contextmanager
def around(op, args, kwargs):
    """Tell the watchers; inside, the next call of ``op`` is this one, of which they know."""
    with contextlib.ExitStack() as stack:
        for scope in [watcher(op, args, kwargs) for watcher in watchers]:
            if scope is not None:
                stack.enter_context(scope)
        entering[:] = [op]
        yield
