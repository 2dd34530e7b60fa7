"""``@operation``: what every op of the backend shares, said once.

An op's body is its formula. Around the formula the decorator

* turns what the caller gave (Keras variables, NumPy arrays, lists, Python numbers) into arrays;
* brings arguments to a common dtype by Keras's promotion rules, where the op asks for it;
* compiles the formula into one XLA program (``jax.jit``), so that an eager call costs a single
  dispatch however many primitives the formula has;
* hands sparse arguments to the op's rule for them;
* tells whoever is watching that the op was called (``watching``), which is how a trace is taken;
* adds the op's name and arguments to the message where something fails.

Conversion and promotion happen while JAX traces the formula, once for each combination of shapes
and dtypes, so a call whose arguments JAX can take as they are goes straight to the compiled
program.
"""

import contextlib
import functools
import inspect
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import sparse as jax_sparse
from keras.src.backend import config
from keras.src.backend.common import KerasVariable, dtypes

from keras_edu_backend.jax_versions import DIFFERENTIATED_INLINE, INLINE
from keras_edu_backend.wrong_calls import by_name, explain

_SETTINGS = {
    "epsilon": config.epsilon,
    "floatx": config.floatx,
    "image_data_format": config.image_data_format,
}

# What a compiled program takes as it is: for an array, for a compile-time constant, and in a tuple
# of constants. jit compares constants by their type and ==, and what a tuple holds by == alone.
_CONSTANT_TYPES = frozenset({int, bool, str, type(None)})
_PLAIN_PARTS = _CONSTANT_TYPES - {bool}
# The type of JAX's arrays joins them when the first array comes. To make one here would settle
# which devices there are, and `keras.distribution.initialize` has to come before that.
_ARRAY_TYPES: set[type] = {np.ndarray, int, float, bool, complex, type(None)}

_watchers: list[Callable] = []
_entering: list[Callable] = []  # the op whose watchers have been told, and which has yet to begin


def operation(
    formula=None,
    *,
    promote=(),
    at_least=None,
    lists=(),
    static=(),
    settings=(),
    sums=(),
    sparse=None,
    compiled=True,
    nested=False,
):
    """Make a formula on arrays an op that Keras can call.

    Args:
        formula: a function of arrays. Each of its parameters takes an array, or ``None``, unless
            it is named in ``lists``, ``static`` or ``settings``.
        promote: names of parameters to bring to one dtype, the least that holds them all on
            Keras's promotion lattice (``keras.backend.result_type``). Python numbers count as
            weak: they take the dtype of the arrays beside them. Those that are ``None`` do not
            take part.
        at_least: ``float`` where whole numbers in ``promote`` must become floating.
        lists: names of parameters that take a list of arrays; ``*args`` always does.
        static: names of parameters that are compile-time constants: axes, shapes, modes, dtypes.
        settings: names of Keras's global settings (``"epsilon"``, ``"floatx"``,
            ``"image_data_format"``) that the formula reads. The formula takes each as a
            keyword-only parameter, which callers of the op do not see.
        sums: names of parameters that the formula uses more than once, where the parts of the
            gradient are to be summed before others are added: those of whatever else uses the
            same array. The last bit of a sum depends on the order, and stock Keras has this one.
        sparse: what to do when an argument is a sparse array: ``rule(op, *args, **kwargs)``, from
            ``keras_edu_backend.sparse``. Without a rule a sparse argument is a ``TypeError``.
        compiled: False where the op cannot be one program, because the shape of its result depends
            on the values it is given, or because it takes functions.
        nested: whether the op stays a program of its own within others, which is differentiated and
            simplified by itself. JAX's ready-made function of the same formula is one, where there
            is one; in which order XLA multiplies the last bits of a gradient depends on it.

    Returns:
        The op: a function with the formula's name, documentation and parameters. The formula
        itself stays within reach as ``op.__wrapped__``.
    """
    if formula is None:
        return functools.partial(
            operation,
            promote=promote,
            at_least=at_least,
            lists=lists,
            static=static,
            settings=settings,
            sums=sums,
            sparse=sparse,
            compiled=compiled,
            nested=nested,
        )

    signature = _without(inspect.signature(formula), settings)
    various = {key for key, p in signature.parameters.items() if p.kind is p.VAR_POSITIONAL}
    lists = various.union(lists)
    array_names = frozenset(signature.parameters).difference(static)
    # Arrays come before constants in nearly every op, so one look at each argument is enough.
    not_plain = set(static) | lists
    leading = next((i for i, key in enumerate(signature.parameters) if key in not_plain), 99)
    arrays_first = (
        not promote and not lists and array_names.issubset([*signature.parameters][:leading])
    )
    # A weak float beside whole numbers becomes `floatx`, so promotion depends on that setting.
    read = tuple(settings) + (("floatx",) if promote and "floatx" not in settings else ())

    def arrays_in(bound):
        for key, value in bound.arguments.items():
            if key in array_names:
                bound.arguments[key] = (
                    [as_array(one) for one in value] if key in lists else as_array(value)
                )

    def build(values):
        """The program for these values of the settings it reads."""
        constants = {key: value for key, value in values.items() if key in settings}

        def traced(*args, **kwargs):
            bound = signature.bind(*args, **kwargs)
            arrays_in(bound)
            for key in static:
                if type(bound.arguments.get(key)) is _Exactly:
                    bound.arguments[key] = bound.arguments[key].value
            if promote:
                _promote(bound.arguments, promote, at_least, lists)
            # What the formula does with the copy comes back as one gradient.
            for key in sums:
                bound.arguments[key] = jnp.copy(bound.arguments[key])
            return formula(*bound.args, **bound.kwargs, **constants)

        def eager(*args, **kwargs):
            """The formula itself, where there is nothing that would have to be converted."""
            ready = arrays_first and array_names.isdisjoint(kwargs)
            if ready and all([isinstance(value, jax.Array) for value in args[:leading]]):
                return formula(*args, **kwargs, **constants)
            return traced(*args, **kwargs)

        traced.__name__ = traced.__qualname__ = formula.__name__
        traced.__signature__ = signature
        if not compiled:
            return eager, traced
        inline = False if nested else INLINE
        return jax.jit(traced, static_argnames=tuple(static), inline=inline), traced

    programs = {}

    def program():
        values = tuple(_SETTINGS[key]() for key in read)
        if values not in programs:
            programs[values] = build(dict(zip(read, values, strict=True)))
        return programs[values]

    def take_the_long_way(args, kwargs):
        """For arguments that a compiled program would not take as they are."""
        bound = signature.bind(*args, **kwargs)
        if any(map(is_sparse, _each_array(bound, array_names, lists))):
            if sparse is None:
                raise TypeError(
                    f"{formula.__name__} does not take sparse arrays. Make them dense first: "
                    "`keras.ops.convert_to_tensor(x, sparse=False)`."
                )
            return sparse(op, *args, **kwargs)
        arrays_in(bound)
        hashable = True
        for key in set(bound.arguments).difference(array_names):
            bound.arguments[key], safe = _as_constant(bound.arguments[key])
            hashable = hashable and safe
        fast, slow = program()
        return (fast if hashable and compiled else slow)(*bound.args, **bound.kwargs)

    always = None if read or not compiled else program()[0]

    @functools.wraps(formula)
    def op(*args, **kwargs):
        if _watchers:
            if op not in _entering:
                with _around(op, args, kwargs):
                    return op(*args, **kwargs)
            _entering.clear()
        try:
            variables = formula_itself = False
            for value in args[:leading]:
                if type(value) in _ARRAY_TYPES:
                    continue
                if isinstance(value, jax.Array):
                    if isinstance(value, jax.core.Tracer):
                        formula_itself = not (nested or DIFFERENTIATED_INLINE)
                    else:
                        _ARRAY_TYPES.add(type(value))
                    continue
                if not isinstance(value, KerasVariable):
                    return take_the_long_way(args, kwargs)
                variables = True
            if variables:
                args = tuple([v.value if isinstance(v, KerasVariable) else v for v in args])
            for value in args[leading:]:
                if type(value) not in _CONSTANT_TYPES and not _is_plain(value):
                    return take_the_long_way(args, kwargs)
            for key, value in kwargs.items():
                if key in array_names:
                    if type(value) not in _ARRAY_TYPES:
                        return take_the_long_way(args, kwargs)
                elif type(value) not in _CONSTANT_TYPES and not _is_plain(value):
                    return take_the_long_way(args, kwargs)
            if formula_itself:
                return program()[1](*args, **kwargs)
            return (always or program()[0])(*args, **kwargs)
        except Exception as error:
            explain(error, formula.__name__, by_name(signature, args, kwargs))
            raise

    op.__signature__ = signature
    return op


@contextlib.contextmanager
def watching(watcher):
    """While open, ``watcher(op, args, kwargs)`` is called just before each op runs or is traced.

    It may return a context manager, which stays open until the op has ended.
    """
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


@contextlib.contextmanager
def _around(op, args, kwargs):
    """Tell the watchers; inside, the next call of ``op`` is this one, of which they know."""
    with contextlib.ExitStack() as stack:
        for scope in [watcher(op, args, kwargs) for watcher in _watchers]:
            if scope is not None:
                stack.enter_context(scope)
        _entering[:] = [op]
        yield


def is_sparse(value):
    """Whether a value is one of JAX's sparse arrays."""
    return isinstance(value, jax_sparse.JAXSparse)


def as_array(value):
    """One argument as an array: a variable's value; arrays and ``None`` stay as they are."""
    if value is None or isinstance(value, (jax.Array, jax_sparse.JAXSparse)):
        return value
    if isinstance(value, KerasVariable):
        return value.value
    return jnp.asarray(value)


def result_type(*values):
    """Keras's result dtype for arrays, dtypes and Python types.

    Python numbers, and arrays that JAX marks as weakly typed because they came from one, bend to
    the dtypes beside them: bfloat16 and 2.0 make bfloat16.
    """
    return dtypes.result_type(*map(_dtype_or_weak_type, values))


def _dtype_or_weak_type(value):
    if isinstance(value, (str, type, jnp.dtype)):
        return value
    if not hasattr(value, "dtype"):
        return type(value)
    if getattr(value, "weak_type", False):
        return {"i": int, "f": float}.get(value.dtype.kind, value.dtype)
    return value.dtype


def _promote(arguments, names, at_least, lists):
    """Cast the named arguments to their common dtype, in place."""
    present = [key for key in names if arguments.get(key) is not None]
    values = []
    for key in present:
        values.extend(arguments[key] if key in lists else [arguments[key]])
    if at_least is not None:
        values.append(at_least)
    dtype = result_type(*values)
    for key in present:
        value = arguments[key]
        if key in lists:
            arguments[key] = [_cast(one, dtype) for one in value]
        else:
            arguments[key] = _cast(value, dtype)


def _cast(value, dtype):
    # `astype` would make a strong type of a weak one even where the dtype is right already.
    return value if value.dtype == dtype else value.astype(dtype)


def _without(signature, names):
    """A signature without the parameters of these names."""
    return signature.replace(
        parameters=[p for key, p in signature.parameters.items() if key not in names]
    )


def _each_array(bound, array_names, lists):
    """Each value given for a parameter that takes arrays."""
    for key, value in bound.arguments.items():
        if key in lists:
            yield from value
        elif key in array_names:
            yield value


class _Exactly:
    """A compile-time constant that equals only those that are written alike.

    To == there is no difference between 0.0 and -0.0, nor between (1,) and (True,), and a NaN is
    like no other: two programs would count as one, or one as many.
    """

    def __init__(self, value):
        self.value = value
        self.written = repr(value)

    def __eq__(self, other):
        if type(other) is not _Exactly:
            return NotImplemented
        return type(self.value) is type(other.value) and self.written == other.written

    def __hash__(self):
        return hash(self.written)


def _is_plain(value):
    """Whether jit's own comparison is right for a constant that is none of `_CONSTANT_TYPES`."""
    if type(value) is float:
        return value < 0 or value > 0
    return type(value) is tuple and all([type(one) in _PLAIN_PARTS for one in value])


def _as_constant(value):
    """A compile-time constant in a form jit can compare, and whether it has one.

    Lists become tuples. Arrays, symbolic dimensions and the like have none: the op then runs
    without being compiled as a whole.
    """
    value, known = _as_plain(value)
    if known and isinstance(value, (tuple, float, complex, np.generic)) and not _is_plain(value):
        value = _Exactly(value)
    return value, known


def _as_plain(value):
    if isinstance(value, (list, tuple)):
        parts = [_as_plain(one) for one in value]
        return tuple(part for part, _ in parts), all(known for _, known in parts)
    if isinstance(value, np.integer):
        return int(value), True
    known = (int, float, complex, str, bytes, type(None), type, np.dtype, np.generic, slice)
    return value, isinstance(value, known)
