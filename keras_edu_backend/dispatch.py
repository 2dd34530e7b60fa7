"""The fast way from a call of an op to its compiled program.

``jax.jit`` finds the program for its arguments in a few microseconds, without Python. To bind and
convert the arguments first, as `operation` describes, takes longer than that. So each argument is
looked at once: where jit can take all of them as they are, which is nearly always, they go straight
to the program. Any other call takes the whole way.
"""

import functools

import jax
import numpy as np
from keras.src.backend.common import KerasVariable

from keras_edu_backend.constants import PLAIN_TYPES, is_plain
from keras_edu_backend.watching import around, entering, watchers
from keras_edu_backend.wrong_calls import by_name, explain

# The type of JAX's arrays joins them when the first array comes. To make one here would settle
# which devices there are, and `keras.distribution.initialize` has to come before that.
_ARRAY_TYPES: set[type] = {np.ndarray, int, float, bool, complex, type(None)}


def dispatched(formula, signature, *, array_names, leading, program, always, whole_way, joins):
    """The op: a function with the formula's name, documentation and parameters.

    Args:
        formula: the formula.
        signature: the op's parameters.
        array_names: those that take arrays.
        leading: how many parameters come before the first that takes a list or a constant. Arrays
            come before constants in nearly every op, so one look at each argument is enough.
        program: gives ``(compiled, traced)`` for the settings of the moment.
        always: the compiled program where it depends on no setting, else None.
        whole_way: ``whole_way(args, kwargs)``, for any arguments.
        joins: whether a program that is being traced gets the formula itself.
    """

    @functools.wraps(formula)
    def op(*args, **kwargs):
        if watchers:
            if op not in entering:
                with around(op, args, kwargs):
                    return op(*args, **kwargs)
            entering.clear()
        try:
            variables = formula_itself = False
            for value in args[:leading]:
                if type(value) in _ARRAY_TYPES:
                    continue
                if isinstance(value, jax.Array):
                    if isinstance(value, jax.core.Tracer):
                        formula_itself = joins
                    else:
                        _ARRAY_TYPES.add(type(value))
                    continue
                if not isinstance(value, KerasVariable):
                    return whole_way(args, kwargs)
                variables = True
            if variables:
                args = tuple([v.value if isinstance(v, KerasVariable) else v for v in args])
            for value in args[leading:]:
                if type(value) not in PLAIN_TYPES and not is_plain(value):
                    return whole_way(args, kwargs)
            for key, value in kwargs.items():
                if key in array_names:
                    if type(value) not in _ARRAY_TYPES:
                        return whole_way(args, kwargs)
                elif type(value) not in PLAIN_TYPES and not is_plain(value):
                    return whole_way(args, kwargs)
            if formula_itself:
                return program()[1](*args, **kwargs)
            return (always or program()[0])(*args, **kwargs)
        except Exception as error:
            explain(error, formula.__name__, by_name(signature, args, kwargs))
            raise

    op.__signature__ = signature
    return op


def unless_ready(formula, traced, leading, array_names):
    """An op that is no program: the formula itself, where there is nothing to convert.

    Args:
        formula: takes arrays for the first ``leading`` parameters, and constants for all others.
        traced: the same on anything that holds numbers.
        leading: see ``dispatched``.
        array_names: likewise.
    """

    def eager(*args, **kwargs):
        ready = array_names.isdisjoint(kwargs)
        if ready and all([isinstance(value, jax.Array) for value in args[:leading]]):
            return formula(*args, **kwargs)
        return traced(*args, **kwargs)

    return eager
