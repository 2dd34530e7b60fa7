"""What an error says besides: the op that was called, and what it was given.

JAX's messages name the primitive that failed, deep inside a formula. The caller wrote
``keras.ops.matmul(x1, x2)``; so to the message is added ``In matmul(x1: float32[2,3], x2: …).``
The exception stays the same object of the same type. All of this runs once something has failed;
a call that succeeds pays nothing for it.
"""

import functools
import inspect
import reprlib

import jax
from keras.src.backend.common import KerasVariable

# What JAX raises where a formula needs a value that is only being traced. Some callers try, and go
# another way when they catch one, so these keep their words.
_OF_TRACING = (jax.errors.JAXTypeError, jax.errors.JAXIndexError)

# Lists are shown up to here; longer ones end in an ellipsis.
_MOST_SHOWN = 6
_short = reprlib.Repr()
_short.maxother = _short.maxstring = 60


def explain(error, name, arguments, keep=False):
    """Add to an exception's message the call that it came from.

    Where one op calls another, both come here, the inner one first; the outer one's call, which is
    the one that the program wrote, replaces the inner one's.

    Args:
        error: the exception.
        name: the op's name.
        arguments: what the op was given, by the names of its parameters.
        keep: leave an inner op's call in place: for ops that take functions, where the inner one
            stands in the program as well.
    """
    already = getattr(error, "_call", None)
    if already is not None and keep:
        return
    told = ", ".join(f"{key}{_told(value)}" for key, value in arguments.items())
    call = f"In {name.lstrip('_')}({told})."
    try:
        error._call = call
        if already is not None and already in getattr(error, "__notes__", ()):
            error.__notes__.remove(already)
        elif already is not None:
            message = error.args[0].removesuffix("\n" + already)
            error.args = (message,)
        # What `str(error)` shows is what it was made of: so it is not for a KeyError, nor for
        # exceptions that make their message from several parts. They get a note, which tracebacks
        # show.
        if not isinstance(error, _OF_TRACING) and error.args == (str(error),):
            error.args = (f"{error.args[0]}\n{call}",)
        else:
            error.add_note(call)
    except Exception:  # An exception that takes neither stays as it is: the first error counts.
        return


def by_name(signature, args, kwargs):
    """The arguments by their parameters' names, also of a call that does not fit the signature."""
    try:
        given = signature.bind_partial(*args, **kwargs).arguments
    except TypeError:
        return {f"argument {place + 1}": value for place, value in enumerate(args)} | kwargs
    rest = {}
    for key, p in signature.parameters.items():
        if p.kind is p.VAR_KEYWORD:
            rest = given.pop(key, {})
    return given | rest


def named(function=None, *, keep=False):
    """A function that is no ``@operation``, with its name and arguments in its errors.

    Args:
        function: the function.
        keep: see ``explain``.
    """
    if function is None:
        return functools.partial(named, keep=keep)
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except Exception as error:
            explain(error, function.__name__, by_name(signature, args, kwargs), keep)
            raise

    return call


def _told(value):
    """``": float32[2,3]"`` for an array, ``"=2"`` for anything else."""
    kind = _kind(value)
    if kind is not None:
        return f": {kind}"
    if isinstance(value, (list, tuple)) and any(_kind(one) is not None for one in value):
        shown = [_kind(one) or _short.repr(one) for one in value[:_MOST_SHOWN]]
        return f": [{', '.join(shown + ['…'] * (len(value) > _MOST_SHOWN))}]"
    try:
        return f"={_short.repr(value)}"
    except Exception:
        return f": {type(value).__name__}"


def _kind(value):
    """dtype[shape] of what has both."""
    if isinstance(value, KerasVariable):
        value = value.value
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if dtype is None or not isinstance(shape, tuple):
        return None
    return f"{dtype}[{','.join(map(str, shape))}]"
