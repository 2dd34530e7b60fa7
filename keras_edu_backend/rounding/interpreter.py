"""A jaxpr, evaluated in float64 with every rounding drawn at random.

`Evaluation` walks through the equations in order. For each it computes the result in float64, for
all draws at once, and then lets `Rounding` disturb it as the equation's own dtype would round it.
Control flow and calls are walked through as well. A primitive that it does not know is an error,
never a result without rounding.

One run without rounding comes first. It is the exact result, and it writes the *tape*: what every
comparison was of and which way it went, which predicates ended loops, and how large the rounding of
every sum can be.
The disturbed runs read it, in the same order. A draw whose branches are ``held`` takes the exact
run's side of every comparison; a free one takes its own. What differs between the two is what lies
at a kink.
"""

import dataclasses
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from keras_edu_backend.jax_versions import scan_counts
from keras_edu_backend.rounding import primitives, sums
from keras_edu_backend.rounding.elementary import UNITS, units_of
from keras_edu_backend.rounding.noise import (
    FLOAT64_STAND_IN,
    denormal_rounding,
    disturbed,
    far_from_the_ends,
    in_range,
)
from keras_edu_backend.rounding.units import UNIT_ROUNDOFF

# Of normal errors, one of two is larger by this factor than the larger of two others in 1.6 % of
# the cases.
NEAR = 8


class UnknownPrimitive(NotImplementedError):
    """A primitive whose rounding nobody has described; the message names it."""


class Tape:
    """What the exact run decided, in the order in which it did.

    Attributes:
        entries: comparisons' operands and outcomes, and amplitudes of sums.
        peak: bytes that the exact run's values took at most.
    """

    def __init__(self):
        self.entries: list[Any] = []
        self.peak = 0
        self._position = 0

    def rewind(self):
        """Start reading from the beginning."""
        self._position = 0

    def write(self, entry):
        """Keep what the exact run found."""
        self.entries.append(entry)
        return entry

    def read(self):
        """What the exact run found at this place."""
        self._position += 1
        return self.entries[self._position - 1]


@dataclasses.dataclass
class Rounding:
    """How results are rounded in one run over the program.

    Attributes:
        tape: written by the exact run, read by the others.
        salts: uint64 array (draws,); empty: the exact run.
        by_position: boolean array (draws,), see `noise`.
        held: boolean array (draws,): which draws go the way of the exact run at every branch.
        strength: factor of all disturbances in each draw, an array (draws,); None: 1.
        precision: dtypes in place of the program's: ``{float32: bfloat16}`` says what the program
            would lose in bfloat16.
        scaled: whether float64 is disturbed by `noise.FLOAT64_STAND_IN`.
    """

    tape: Tape
    salts: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0, np.uint64))
    by_position: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0, bool))
    held: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0, bool))
    strength: np.ndarray | None = None
    precision: dict = dataclasses.field(default_factory=dict)
    scaled: bool = False
    sites: int = 0

    def rewound(self):
        """Ready for one more run from the beginning."""
        self.tape.rewind()
        return dataclasses.replace(self, sites=0)

    @property
    def exact(self):
        """Whether this is the run without rounding."""
        return not len(self.salts)

    def dtype(self, dtype):
        """The precision in which the program is taken to compute a dtype."""
        if np.dtype(dtype) == np.complex64:
            dtype = np.float32
        elif np.dtype(dtype) == np.complex128:
            dtype = np.float64
        return self.precision.get(np.dtype(dtype), np.dtype(dtype))

    def roundoff(self, dtype):
        """Its unit roundoff."""
        dtype = self.dtype(dtype)
        if dtype == np.float64 and self.scaled:
            return FLOAT64_STAND_IN
        return UNIT_ROUNDOFF[dtype]

    def disturb(self, values, amplitude, by_value=False):
        """Values with a disturbance of at most ``amplitude`` added, another one in each draw."""
        self.sites += 1
        if self.exact:
            return values
        with np.errstate(over="ignore"):
            site = np.uint64(self.sites) * np.uint64(0xBF58476D1CE4E5B9)
            salts = (self.salts ^ site) * np.uint64(0x94D049BB133111EB)
        by_position = np.zeros(len(salts), bool) if by_value else self.by_position
        if self.strength is not None:
            amplitude = amplitude * self.strength.reshape(-1, *(1,) * (values.ndim - 1))
        if values.dtype.kind == "c":
            parts = (
                disturbed(np.ascontiguousarray(part), amplitude, salts + np.uint64(n), by_position)
                for n, part in enumerate((values.real, values.imag))
            )
            real, imaginary = parts
            return real + 1j * imaginary
        return disturbed(np.ascontiguousarray(values), amplitude, salts, by_position)

    def narrowed(self, values, dtype, rounds):
        """Overflow and flushing to zero (`noise.in_range`), where the exact run came near.

        Args:
            values: float64 array.
            dtype: the dtype that they are of in the program.
            rounds: whether they were computed, and not only moved.
        """
        if dtype == np.float64:
            return values
        if self.exact:
            near = not far_from_the_ends(values, dtype)
            self.tape.write(near)
        else:
            near = self.tape.read()
        if not near:
            return values
        values = in_range(values, dtype)
        if rounds and dtype == np.float16 and not self.exact:
            values = self.disturb(values, denormal_rounding(values, dtype), by_value=True)
        return values

    def amplitude(self, compute):
        """What ``compute()`` says in the exact run, with a leading axis of one."""
        if self.exact:
            return self.tape.write(np.asarray(compute(), np.float64)[None])
        return self.tape.read()

    def mirrored(self, operands):
        """A comparison's operands, where one of them alone is rounded: near the exact run's, of a
        pair of free draws the second is the first one's reflection, so that one of the two is
        beyond whatever is in reach. Two that are rounded may depend on each other, as x and the
        maximum of x and 0 do, and stay."""
        if self.exact:
            return self.tape.write(operands)
        exact = self.tape.read()
        rounded = [n for n, x in enumerate(operands) if len(x) > 1 and x.dtype.kind == "f"]
        if self.held.all() or len(self.held) < 4 or len(rounded) != 1:
            return operands
        (number,) = rounded
        centre = exact[number]
        free, held = np.split(operands[number].copy(), 2)
        with np.errstate(invalid="ignore"):
            near = np.abs(free - centre) <= NEAR * np.abs(held - centre).max(0)
            reflected = 2 * centre - free[::2]
        free[1::2] = np.where(near[::2] & near[1::2], reflected, free[1::2])
        return [*operands[:number], np.concatenate([free, held]), *operands[number + 1 :]]

    def branch(self, found):
        """The result of a comparison: the exact run's in the draws whose branches are held."""
        if self.exact:
            return self.tape.write(found)
        exact = self.tape.read()
        if self.held.all() or len(found) == 1 < len(self.held):  # nothing was rounded before
            return exact
        return np.where(self.held.reshape(-1, *(1,) * (found.ndim - 1)), exact, found)

    def decision(self, found):
        """What a loop or a conditional goes by: always the exact run's, one for all draws."""
        if self.exact:
            return self.tape.write(found[0])
        return self.tape.read()


def evaluate(jaxpr, constants, arguments, rounding):
    """The results of a jaxpr.

    Args:
        jaxpr: an open jaxpr.
        constants: its constants, arrays without the leading axis.
        arguments: arrays of shape (1 or draws, *shape), floating ones in float64.
        rounding: the `Rounding`.

    Returns:
        List of arrays with the leading axis.

    Raises:
        UnknownPrimitive: an equation that is not described here.
    """
    values = dict(zip(jaxpr.constvars, map(lift, constants), strict=True))
    values |= zip(jaxpr.invars, arguments, strict=True)

    def read(atom):
        if isinstance(atom, core.Literal):
            return lift(np.asarray(atom.val, atom.aval.dtype))
        return values[atom]

    live = sum(value.nbytes for value in values.values())
    with np.errstate(all="ignore"):
        for step in _steps(jaxpr):
            operands = [read(atom) for atom in step.equation.invars]
            results = step.rule(step.equation, operands, rounding)
            results = list(results) if isinstance(results, tuple | list) else [results]
            for place, dtype in step.narrow:
                results[place] = rounding.narrowed(
                    results[place], rounding.dtype(dtype), step.rounds
                )
            values |= zip(step.equation.outvars, results, strict=True)
            live += sum(value.nbytes for value in results)
            if rounding.exact:
                rounding.tape.peak = max(rounding.tape.peak, live)
            for variable in step.last_uses:
                live -= values.pop(variable).nbytes
    return [read(atom) for atom in jaxpr.outvars]


class _Step(NamedTuple):
    """An equation and what is asked of it in every run."""

    equation: Any
    rule: Callable[..., Any]
    narrow: list[tuple[int, Any]]  # which results are floating, and of which dtype
    rounds: bool  # whether those are computed, and not only moved
    last_uses: list[Any]  # variables that no later equation needs


_STEPS: weakref.WeakKeyDictionary[Any, list[_Step]] = weakref.WeakKeyDictionary()


def _steps(jaxpr):
    """The equations that the results depend on, each with its rule; worked out once."""
    if jaxpr not in _STEPS:
        needed = {atom for atom in jaxpr.outvars if not isinstance(atom, core.Literal)}
        steps: list[_Step] = []
        for equation in reversed(jaxpr.eqns):
            if not needed.intersection(equation.outvars):
                continue
            read = {atom for atom in equation.invars if not isinstance(atom, core.Literal)}
            last = [v for v in {*read, *equation.outvars} if v not in needed]
            needed |= {*read, *equation.outvars}
            narrow = [
                (place, variable.aval.dtype)
                for place, variable in enumerate(equation.outvars)
                if primitives.is_floating(variable.aval.dtype)
                and not jnp.issubdtype(variable.aval.dtype, jnp.complexfloating)
            ]
            rounds = equation.primitive.name not in CONTROL_FLOW and bool(narrow)
            rounds = rounds and _kind(equation) not in _WITHOUT_ROUNDING
            steps.append(_Step(equation, _rule(equation), narrow, rounds, last))
        _STEPS[jaxpr] = steps[::-1]
    return _STEPS[jaxpr]


def lift(value):
    """A value of the program as the interpreter keeps it: float64, a leading axis of one."""
    if hasattr(value, "dtype") and not primitives.is_numeric(value.dtype):
        return value[None]
    value = np.asarray(value)
    return value.astype(primitives.lifted(value.dtype))[None]


def _rule(equation):
    """The function that runs an equation."""
    name = equation.primitive.name
    if name in CONTROL_FLOW:
        return CONTROL_FLOW[name]
    if not any(primitives.is_floating(v.aval.dtype) for v in (*equation.outvars, *equation.invars)):
        return _without_rounding
    kind = _kind(equation)
    if kind not in _ELEMENTWISE:
        return _RULES[kind]
    return lambda equation, operands, rounding: _RULES[kind](equation, _aligned(operands), rounding)


def _without_rounding(equation, operands, rounding):
    """Whole numbers, truth values and keys: exact in every library."""
    name = equation.primitive.name
    variables = (*equation.outvars, *equation.invars)
    if operands and all(primitives.is_numeric(v.aval.dtype) for v in variables):
        if name in primitives.STRUCTURAL:
            return _listed(primitives.STRUCTURAL[name](equation, *operands))
        operands = _aligned(operands)
        if name in primitives.EXACT:
            return _listed(primitives.EXACT[name](*operands))
        if name in ("add", "sub", "mul") or name in primitives.BRANCHES:
            function = {**primitives.ARITHMETIC, **primitives.BRANCHES}[name]
            return [np.asarray(function(*operands), equation.outvars[0].aval.dtype)]
    return primitives.bind(equation, operands)


def _aligned(operands):
    """Scalars, which a jaxpr sets beside arrays, with the axes that NumPy wants of them."""
    rank = max(x.ndim for x in operands)
    return [x if x.ndim == rank else x.reshape(x.shape + (1,) * (rank - x.ndim)) for x in operands]


def _listed(found):
    return list(found) if isinstance(found, tuple) else [found]


def _kind(equation):
    """Which of `_RULES` describes an equation's rounding."""
    name = equation.primitive.name
    for kind, names in _KINDS.items():
        if name in names:
            return kind
    if any(hasattr(value, "jaxpr") or hasattr(value, "eqns") for value in equation.params.values()):
        raise UnknownPrimitive(f"the rounding of {name!r}, which holds a program, is not described")
    if name in UNITS:
        return "elementary"
    raise UnknownPrimitive(
        f"the rounding of JAX's primitive {name!r} is not described "
        "(keras_edu_backend/rounding/primitives.py)"
    )


# The rules, by how a primitive rounds.


def _exact(equation, operands, rounding):
    return primitives.EXACT[equation.primitive.name](*operands)


def _structural(equation, operands, rounding):
    return primitives.STRUCTURAL[equation.primitive.name](equation, *operands)


def _moved(equation, operands, rounding):
    return primitives.bind(equation, operands)


def _arithmetic(equation, operands, rounding):
    found = primitives.ARITHMETIC[equation.primitive.name](*operands)
    return _rounded(equation, found, rounding, 1.0, by_value=True)


def _power(equation, operands, rounding):
    """y − 1 multiplications for a positive whole exponent, and a division for a negative one."""
    exponent = equation.params["y"]
    units = max(1, abs(exponent) - 1) + (exponent < 0)
    found = primitives.integer_pow(equation, *operands)
    return _rounded(equation, found, rounding, 0.0 if exponent in (0, 1) else units**0.5)


def _elementary(equation, operands, rounding):
    name = equation.primitive.name
    function = primitives.ELEMENTARY.get(name)
    found = function(*operands) if function else primitives.bind(equation, operands)[0]
    return _rounded(equation, found, rounding, units_of(name, equation.outvars[0].aval.dtype))


def _rounded(equation, found, rounding, units, by_value=False):
    unit = units * rounding.roundoff(equation.outvars[0].aval.dtype)
    return rounding.disturb(found, unit * np.abs(found), by_value)


def _branch(equation, operands, rounding):
    function = primitives.BRANCHES[equation.primitive.name]
    return rounding.branch(function(*rounding.mirrored(operands)))


def _round(equation, operands, rounding):
    """To the nearest whole number; of two, the even one or the one farther from 0."""
    x = operands[0]
    to_even = equation.params["rounding_method"] == jax.lax.RoundingMethod.TO_NEAREST_EVEN
    return rounding.branch(np.rint(x) if to_even else np.copysign(np.floor(np.abs(x) + 0.5), x))


def _remainder(equation, operands, rounding):
    x, y = operands
    return x - rounding.branch(np.trunc(x / y)) * y


def _convert(equation, operands, rounding):
    """To another dtype: rounding where it is narrower, a branch where it is a whole number."""
    (x,) = operands
    source, target = equation.invars[0].aval.dtype, equation.outvars[0].aval.dtype
    if not primitives.is_floating(target):
        found = (x != 0) if target == np.bool_ else np.trunc(x.real).astype(target)
        return rounding.branch(found)
    if not primitives.is_floating(source):
        # Every library rounds a whole number correctly.
        rounded = x.astype(target) if rounding.dtype(target) == target else x
        return rounded.astype(primitives.lifted(target))
    found = x.astype(primitives.lifted(target))
    narrower = rounding.roundoff(target) > rounding.roundoff(source)
    if not narrower:
        return found
    return rounding.disturb(found, rounding.roundoff(target) * np.abs(found), by_value=True)


def _reduce_precision(equation, operands, rounding):
    unit = 2.0 ** -(equation.params["mantissa_bits"] + 1)
    (x,) = operands
    return rounding.disturb(x, unit * np.abs(x), by_value=True)


def _bits(equation, operands, rounding):
    """A bit pattern: taken from the number as its own dtype has it."""
    (x,) = operands
    source = equation.invars[0].aval.dtype
    narrow = x.astype(source) if primitives.is_floating(source) else x
    found = primitives.bind(equation, [narrow], equation.params)[0]
    return found.astype(primitives.lifted(found.dtype))


def _sum(equation, operands, rounding):
    """Sums of every kind; their amplitude comes from `sums`."""
    name = equation.primitive.name
    out = equation.outvars[0].aval.dtype
    computed = {
        "reduce_sum": primitives.reduce,
        "cumsum": primitives.cumulate,
        "dot_general": primitives.dot_general,
    }
    if name in computed:
        found = computed[name](equation, *operands)
    else:
        found = primitives.bind(equation, operands)[0]
    # Products of half precision are added up in float32 by every library, and then rounded.
    unit = rounding.roundoff(out)
    in_sum = min(unit, UNIT_ROUNDOFF[np.dtype(np.float32)]) if name in PRODUCTS else unit
    amplitude = in_sum * rounding.amplitude(lambda: _amplitude(equation, operands))
    if in_sum < unit:
        amplitude = np.hypot(amplitude, unit * np.abs(found))
    return rounding.disturb(found, amplitude)


PRODUCTS = ("dot_general", "conv_general_dilated")


def _amplitude(equation, operands):
    """Of the exact run's values, in units of roundoff."""
    name, parameters = equation.primitive.name, equation.params
    values = [operand[0] for operand in operands]

    def bind(*changed):
        rows = [value[None] for value in changed]
        return primitives.bind(equation, rows)[0][0]

    if name == "reduce_sum":
        return sums.reduce_sum(values[0], parameters["axes"])
    if name == "cumsum":
        return sums.cumulative(values[0], parameters["axis"], parameters["reverse"])
    if name == "dot_general":
        left, right = primitives.matrix_form(equation, operands[0][:1], operands[1][:1])
        return sums.dot(left[0], right[0]).reshape(equation.outvars[0].aval.shape)
    if name == "conv_general_dilated":
        return sums.convolution(bind, *values, parameters["dimension_numbers"])
    if name == "reduce_window_sum":
        return sums.windows(bind, values[0], parameters["window_dimensions"])
    operand, indices, updates = values
    return sums.scattered(
        lambda zeros, changed: bind(zeros, indices, changed), np.zeros_like(operand), updates
    )


def _scatter_mul(equation, operands, rounding):
    found = primitives.bind(equation, operands)[0]
    return _rounded(equation, found, rounding, 1.0)


def _product(equation, operands, rounding):
    """n − 1 roundings of a product of n factors."""
    (x,) = operands
    name = equation.primitive.name
    if name == "cumprod":
        found, terms = primitives.cumulate(equation, x), x.shape[equation.params["axis"] + 1]
    else:
        found = primitives.reduce(equation, x)
        terms = max(1, x[0].size // max(found[0].size, 1))
    return _rounded(equation, found, rounding, terms**0.5)


def _reduce(equation, operands, rounding):
    return primitives.reduce(equation, *operands)


def _cumulate(equation, operands, rounding):
    return primitives.cumulate(equation, *operands)


def _arg(equation, operands, rounding):
    """The place of the largest or smallest number, a branch."""
    find = np.argmax if equation.primitive.name == "argmax" else np.argmin
    (axis,) = equation.params["axes"]
    found = find(operands[0], axis=axis + 1).astype(equation.params["index_dtype"])
    return rounding.branch(found)


def _sort(equation, operands, rounding):
    """Operands in the order of the first ones; which order that is, is a branch."""
    axis, keys = equation.params["dimension"] + 1, equation.params["num_keys"]
    draws = max(map(len, operands))
    operands = [np.broadcast_to(x, (draws, *x.shape[1:])) for x in operands]
    order = rounding.branch(np.lexsort(operands[:keys][::-1], axis=axis))
    order = np.broadcast_to(order, (draws, *order.shape[1:]))
    return [np.take_along_axis(x, order, axis) for x in operands]


def _top_k(equation, operands, rounding):
    (x,) = operands
    k, axis = equation.params["k"], equation.params.get("axis", -1)
    axis = axis + 1 if axis >= 0 else axis
    order = np.argsort(-x, axis=axis, kind="stable").take(range(k), axis=axis)
    order = rounding.branch(order)
    values = np.take_along_axis(x, np.broadcast_to(order, (len(x), *order.shape[1:])), axis=axis)
    return values, order.astype(equation.outvars[1].aval.dtype)


def _select_and_scatter_add(equation, operands, rounding):
    """A maximum's gradient goes to where the maximum is, a branch."""
    source, operand = operands
    chosen = rounding.branch(operand)
    return primitives.bind(equation, [source, chosen])


def _backward_stable(equation, operands, rounding):
    """The exact result for matrices that differ by √n roundings of their largest element."""
    disturbed_operands = []
    for variable, x in zip(equation.invars, operands, strict=True):
        if primitives.is_floating(variable.aval.dtype) and x.ndim > 2:
            scale = np.abs(x).max(axis=(-1, -2), keepdims=True) * x.shape[-1] ** 0.5
            x = rounding.disturb(x, rounding.roundoff(variable.aval.dtype) * scale)
        disturbed_operands.append(x)
    return primitives.bind(equation, disturbed_operands)


def _fft(equation, operands, rounding):
    """log₂ n roundings of the transform's root mean square (Higham 2002, chapter 24)."""
    found = primitives.bind(equation, operands)[0]
    lengths = equation.params["fft_lengths"]
    axes = tuple(range(-len(lengths), 0))
    size = np.sqrt((np.abs(found) ** 2).mean(axis=axes, keepdims=True))
    unit = rounding.roundoff(equation.outvars[0].aval.dtype) * max(1, np.log2(np.prod(lengths)))
    return rounding.disturb(found, np.broadcast_to(unit * size, found.shape))


_WITHOUT_ROUNDING = ("exact", "structural", "moved", "branch", "reduce", "cumulate")
_KINDS = {
    "exact": primitives.EXACT,
    "structural": primitives.STRUCTURAL,
    "arithmetic": primitives.ARITHMETIC,
    "elementary": primitives.ELEMENTARY,
    "branch": primitives.BRANCHES,
    "sum": (
        "reduce_sum",
        "cumsum",
        "dot_general",
        "conv_general_dilated",
        "reduce_window_sum",
        "scatter-add",
        "scatter_add",
        "scatter-sub",
        "scatter_sub",
    ),
    "moved": primitives.MOVED,
    "reduce": ("reduce_max", "reduce_min"),
    "cumulate": ("cummax", "cummin"),
    "product": ("reduce_prod", "cumprod"),
    "power": ("integer_pow",),
    "round": ("round",),
    "remainder": ("rem",),
    "convert": ("convert_element_type",),
    "reduce_precision": ("reduce_precision",),
    "bits": ("bitcast_convert_type",),
    "scatter_mul": ("scatter-mul", "scatter_mul"),
    "arg": ("argmax", "argmin"),
    "sort": ("sort",),
    "top_k": ("top_k",),
    "select_and_scatter_add": ("select_and_scatter_add",),
    "backward_stable": primitives.BACKWARD_STABLE,
    "fft": ("fft",),
}

_ELEMENTWISE = ("exact", "arithmetic", "elementary", "branch", "remainder")

_RULES = {
    "exact": _exact,
    "structural": _structural,
    "arithmetic": _arithmetic,
    "elementary": _elementary,
    "branch": _branch,
    "sum": _sum,
    "moved": _moved,
    "reduce": _reduce,
    "cumulate": _cumulate,
    "product": _product,
    "power": _power,
    "round": _round,
    "remainder": _remainder,
    "convert": _convert,
    "reduce_precision": _reduce_precision,
    "bits": _bits,
    "scatter_mul": _scatter_mul,
    "arg": _arg,
    "sort": _sort,
    "top_k": _top_k,
    "select_and_scatter_add": _select_and_scatter_add,
    "backward_stable": _backward_stable,
    "fft": _fft,
}


# Control flow and calls.


def _call(equation, operands, rounding):
    """A program within the program: jit, remat, and functions with derivatives of their own."""
    parameters = equation.params
    inner = next(
        parameters[key] for key in ("jaxpr", "call_jaxpr", "fun_jaxpr") if key in parameters
    )
    if hasattr(inner, "jaxpr"):
        return evaluate(inner.jaxpr, inner.consts, operands, rounding)
    return evaluate(inner, (), operands, rounding)


def _scan(equation, operands, rounding):
    """The body for each element, in order; outputs stacked."""
    parameters = equation.params
    body, length = parameters["jaxpr"], parameters["length"]
    shared, carried = scan_counts(parameters)
    until = shared + carried
    constants, carry, elements = operands[:shared], operands[shared:until], operands[until:]
    order = range(length)[::-1] if parameters["reverse"] else range(length)
    kept: dict[int, list] = {}
    for index in order:
        now = [x[:, index] for x in elements]
        found = evaluate(body.jaxpr, body.consts, [*constants, *carry, *now], rounding)
        carry, kept[index] = found[:carried], found[carried:]
    if not length:
        avals = [v.aval for v in equation.outvars[carried:]]
        return [*carry, *(np.zeros((1, *a.shape), primitives.lifted(a.dtype)) for a in avals)]
    columns = zip(*(kept[index] for index in range(length)), strict=True)
    return [*carry, *map(_stacked, columns)]


def _stacked(column):
    """Along a new second axis: the first holds the draws."""
    draws = max(map(len, column))
    return np.stack([np.broadcast_to(x, (draws, *x.shape[1:])) for x in column], axis=1)


def _while(equation, operands, rounding):
    """As long as the exact run goes round."""
    parameters = equation.params
    shared_test, shared_body = parameters["cond_nconsts"], parameters["body_nconsts"]
    test, body = parameters["cond_jaxpr"], parameters["body_jaxpr"]
    for_test = operands[:shared_test]
    for_body = operands[shared_test : shared_test + shared_body]
    carry = operands[shared_test + shared_body :]
    while True:
        (go_on,) = evaluate(test.jaxpr, test.consts, [*for_test, *carry], rounding)
        if not rounding.decision(go_on):
            return carry
        carry = evaluate(body.jaxpr, body.consts, [*for_body, *carry], rounding)


def _conditional(equation, operands, rounding):
    """The branch that the exact run takes."""
    index = int(rounding.decision(operands[0]))
    branches = equation.params["branches"]
    branch = branches[min(max(index, 0), len(branches) - 1)]
    return evaluate(branch.jaxpr, branch.consts, operands[1:], rounding)


CONTROL_FLOW = dict.fromkeys(
    (
        "jit",
        "pjit",
        "closed_call",
        "core_call",
        "call",
        "remat",
        "remat2",
        "checkpoint",
        "custom_jvp_call",
        "custom_vjp_call",
        "custom_vjp_call_jaxpr",
    ),
    _call,
) | {"scan": _scan, "while": _while, "cond": _conditional}
