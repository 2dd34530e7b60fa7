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
and dtypes. So a call whose arguments JAX can take as they are goes straight to the compiled
program: `dispatch.py`.
"""

import functools
import inspect

import jax
import jax.numpy as jnp
from jax.experimental import sparse as jax_sparse
from keras.src.backend import config
from keras.src.backend.common import KerasVariable, dtypes

from keras_edu_backend.constants import Exactly, as_constant
from keras_edu_backend.dispatch import dispatched, unless_ready
from keras_edu_backend.jax_versions import DIFFERENTIATED_INLINE, INLINE

_SETTINGS = {
    "epsilon": config.epsilon,
    "floatx": config.floatx,
    "image_data_format": config.image_data_format,
}


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
            on the values it is given, or because it takes functions; and where one program would
            round otherwise than the several that stock Keras dispatches, because within one XLA
            contracts a product and a sum, and does not round what is between two steps to bfloat16.
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
    not_plain = set(static) | lists
    leading = next((i for i, key in enumerate(signature.parameters) if key in not_plain), 99)
    # Whether a program that is being traced gets the formula itself; or else the op's own program.
    joins = not (nested or DIFFERENTIATED_INLINE)
    # A weak float beside whole numbers becomes `floatx`, so promotion depends on that setting.
    read = tuple(settings) + (("floatx",) if promote and "floatx" not in settings else ())

    def arrays_in(bound):
        for key, value in bound.arguments.items():
            if key in array_names:
                bound.arguments[key] = (
                    [as_array(one) for one in value] if key in lists else as_array(value)
                )

    def build(values):
        """``(compiled, traced)`` for these values of the settings that the op reads."""
        constants = {key: value for key, value in values.items() if key in settings}

        def traced(*args, **kwargs):
            bound = signature.bind(*args, **kwargs)
            arrays_in(bound)
            for key in static:
                if type(bound.arguments.get(key)) is Exactly:
                    bound.arguments[key] = bound.arguments[key].value
            if promote:
                _promote(bound.arguments, promote, at_least, lists)
            # What the formula does with the copy comes back as one gradient.
            for key in sums:
                bound.arguments[key] = jnp.copy(bound.arguments[key])
            return formula(*bound.args, **bound.kwargs, **constants)

        traced.__name__ = traced.__qualname__ = formula.__name__
        traced.__signature__ = signature
        if compiled:
            inline = False if nested else INLINE
            return jax.jit(traced, static_argnames=tuple(static), inline=inline), traced
        in_order = array_names.issubset([*signature.parameters][:leading])
        if promote or lists or sums or not in_order:
            return traced, traced
        itself = functools.partial(formula, **constants)
        return unless_ready(itself, traced, leading, array_names), traced

    programs = {}

    def program():
        values = tuple(_SETTINGS[key]() for key in read)
        if values not in programs:
            programs[values] = build(dict(zip(read, values, strict=True)))
        return programs[values]

    def whole_way(args, kwargs):
        """Convert what a compiled program would not take as it is, and call the program."""
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
            bound.arguments[key], safe = as_constant(bound.arguments[key])
            hashable = hashable and safe
        fast, slow = program()
        part_of_another = joins and any(
            isinstance(value, jax.core.Tracer) for value in _each_array(bound, array_names, lists)
        )
        whole = compiled and hashable and not part_of_another
        return (fast if whole else slow)(*bound.args, **bound.kwargs)

    op = dispatched(
        formula,
        signature,
        array_names=array_names,
        leading=leading,
        program=program,
        always=None if read or not compiled else program()[0],
        whole_way=whole_way,
        joins=joins,
    )
    return op


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
