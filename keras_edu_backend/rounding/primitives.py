"""JAX's primitives in float64 NumPy, with a leading axis of draws.

NumPy instead of JAX because nothing has to be compiled: a training step of a small network has some
three hundred equations, and compiling a program for each would take longer than all the draws. What
has no rule here (gathers, scatters, convolutions, windows, factorisations) runs as JAX's own
primitive in float64, one draw at a time (`bind`).

A rule is a function of the operands, each of shape (1 or draws, *shape), and of the equation.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
from jax import lax

LIFTED = {
    np.dtype(jnp.bfloat16): np.dtype(np.float64),
    np.dtype(np.float16): np.dtype(np.float64),
    np.dtype(np.float32): np.dtype(np.float64),
    np.dtype(np.complex64): np.dtype(np.complex128),
}

# Correctly rounded, or free of rounding where the operands are integers.
ARITHMETIC = {
    "add": np.add,
    "add_any": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "sqrt": np.sqrt,
    "square": np.square,
    "one_minus_square": lambda x: (1 - x) * (1 + x),
}

# What libraries compute to a few units in the last place (`elementary` says how many).
ELEMENTARY = {
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "logistic": scipy.special.expit,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "pow": np.power,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "cbrt": np.cbrt,
    "erf": scipy.special.erf,
    "erfc": scipy.special.erfc,
    "erf_inv": scipy.special.erfinv,
    "lgamma": scipy.special.gammaln,
    "digamma": scipy.special.digamma,
}

# No rounding: the result is one of the operands, or a bit pattern.
EXACT = {
    "neg": np.negative,
    "abs": np.abs,
    "max": np.maximum,
    "min": np.minimum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "not": np.invert,
    "is_finite": np.isfinite,
    "real": np.real,
    "imag": np.imag,
    "conj": np.conj,
    "complex": lambda x, y: x + 1j * y,
    "stop_gradient": lambda x: x,
    "copy": lambda x: x,
    "copy_p": lambda x: x,
    "optimization_barrier": lambda *x: x if len(x) > 1 else x[0],
    "sharding_constraint": lambda x: x,
    "reshard": lambda x: x,
    "pvary": lambda x: x,
    "name": lambda x: x,
    "device_put": lambda *x: x if len(x) > 1 else x[0],
}

# Where a result jumps when its operand crosses a line.
BRANCHES = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
}

REDUCTIONS = {
    "reduce_max": np.max,
    "reduce_min": np.min,
    "reduce_and": np.logical_and.reduce,
    "reduce_or": np.logical_or.reduce,
    "reduce_xor": np.bitwise_xor.reduce,
    "reduce_sum": np.sum,
    "reduce_prod": np.prod,
}

CUMULATIVE = {
    "cumsum": np.cumsum,
    "cumprod": np.cumprod,
    "cummax": np.maximum.accumulate,
    "cummin": np.minimum.accumulate,
}

# Stable algorithms of linear algebra: the result is exact for a matrix that differs by a rounding
# of its norm (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, chapters 10 and 19),
# so the operands are disturbed instead.
BACKWARD_STABLE = {
    "cholesky",
    "cholesky_update",
    "eig",
    "eigh",
    "geqp3",
    "geqrf",
    "hessenberg",
    "householder_product",
    "lu",
    "ormqr",
    "qr",
    "schur",
    "svd",
    "triangular_solve",
    "tridiagonal",
    "tridiagonal_solve",
}

# Random bits, data movement and integer work: JAX's own primitive, without any rounding.
MOVED = {
    "clz",
    "gather",
    "iota",
    "lu_pivots_to_permutation",
    "population_count",
    "random_bits",
    "random_clone",
    "random_fold_in",
    "random_seed",
    "random_split",
    "random_unwrap",
    "random_wrap",
    "reduce_window_max",
    "reduce_window_min",
    "rng_bit_generator",
    "scatter",
    "scatter_max",
    "scatter_min",
    "scatter-max",
    "scatter-min",
    "select_and_gather_add",
    "shift_left",
    "shift_right_arithmetic",
    "shift_right_logical",
    "threefry2x32",
    "empty",
    "empty2",
}


def lifted(dtype):
    """The dtype in which the interpreter keeps values of a dtype."""
    return LIFTED.get(np.dtype(dtype), np.dtype(dtype)) if is_numeric(dtype) else dtype


def is_numeric(dtype):
    """Whether NumPy can hold it: keys of JAX's generators cannot be."""
    return not jnp.issubdtype(dtype, jax.dtypes.extended)


def is_floating(dtype):
    """Whether numbers of this dtype are rounded."""
    return is_numeric(dtype) and jnp.issubdtype(dtype, jnp.inexact)


def bind(equation, operands, parameters=None):
    """JAX's own primitive in float64, for each draw by itself.

    Args:
        equation: the jaxpr's equation.
        operands: arrays with a leading axis.
        parameters: in place of the equation's.

    Returns:
        List of arrays with a leading axis.
    """
    parameters = _lifted_parameters(equation) if parameters is None else parameters
    draws = max((len(operand) for operand in operands), default=1)
    rows = []
    for draw in range(draws):
        row = [operand[draw if len(operand) > 1 else 0] for operand in operands]
        found = equation.primitive.bind(*map(_as_jax, row), **parameters)
        rows.append(found if equation.primitive.multiple_results else [found])
    return [_stack(column) for column in zip(*rows, strict=True)]


def _as_jax(value):
    return jnp.asarray(value) if isinstance(value, np.ndarray | np.generic) else value


def _stack(column):
    if not is_numeric(column[0].dtype):
        return jnp.stack(column)
    return np.stack([np.asarray(value) for value in column])


def _lifted_parameters(equation):
    """The parameters with every floating dtype widened, a scatter's combiner among them."""
    parameters = {
        name: lifted(value) if _is_dtype(value) else value
        for name, value in equation.params.items()
    }
    if parameters.get("update_jaxpr") is not None:
        combine = {"add": lax.add, "mul": lax.mul, "sub": lax.sub, "min": lax.min, "max": lax.max}
        kind = equation.primitive.name.replace("-", "_").rpartition("_")[2]
        if kind in combine:
            one = jnp.zeros((), lifted(equation.invars[0].aval.dtype))
            closed = jax.make_jaxpr(combine[kind])(one, one)
            parameters |= {"update_jaxpr": closed.jaxpr, "update_consts": ()}
    return parameters


def _is_dtype(value):
    if isinstance(value, bool | int | str | float) or value is None:
        return False
    try:
        np.dtype(value)
    except TypeError:
        return False
    return isinstance(value, np.dtype | type)


# Data movement in NumPy.


def broadcast_in_dim(equation, x, *_):
    """Axes placed where ``broadcast_dimensions`` says, the others repeated."""
    shape = equation.params["shape"]
    placed = [1] * len(shape)
    for axis, size in zip(equation.params["broadcast_dimensions"], x.shape[1:], strict=True):
        placed[axis] = size
    return np.broadcast_to(x.reshape(len(x), *placed), (len(x), *shape))


def reshape(equation, x, *_):
    """The same numbers in another shape."""
    return x.reshape(len(x), *equation.outvars[0].aval.shape)


def transpose(equation, x):
    """Axes in another order."""
    return x.transpose(0, *(axis + 1 for axis in equation.params["permutation"]))


def slice_(equation, x):
    """A part of each axis."""
    parameters = equation.params
    strides = parameters["strides"] or (1,) * (x.ndim - 1)
    starts, limits = parameters["start_indices"], parameters["limit_indices"]
    parts = (slice(*part) for part in zip(starts, limits, strides, strict=True))
    return x[(slice(None), *parts)]


def split(equation, x):
    """Consecutive parts of one axis."""
    edges = np.cumsum(equation.params["sizes"])[:-1]
    return tuple(np.split(x, edges, axis=equation.params["axis"] + 1))


def concatenate(equation, *operands):
    """One after the other."""
    draws = max(map(len, operands))
    rows = [np.broadcast_to(x, (draws, *x.shape[1:])) for x in operands]
    return np.concatenate(rows, axis=equation.params["dimension"] + 1)


def stack(equation, *operands):
    """Beside each other, along a new axis."""
    draws = max(map(len, operands))
    rows = [np.broadcast_to(x, (draws, *x.shape[1:])) for x in operands]
    return np.stack(rows, axis=equation.params["axis"] + 1)


def unstack(equation, x):
    """Every slice along an axis."""
    return tuple(np.moveaxis(x, equation.params["axis"] + 1, 0))


def tile(equation, x):
    """Several times along each axis."""
    return np.tile(x, (1, *equation.params["reps"]))


def pad(equation, x, filling):
    """Numbers around and between; negative padding cuts off."""
    shape = equation.outvars[0].aval.shape
    draws = max(len(x), len(filling))
    found = np.empty((draws, *shape), x.dtype)
    found[...] = filling.reshape(-1, *(1 for _ in shape))
    into, out_of = [slice(None)], [slice(None)]
    for size, (low, _, inner), length in zip(
        x.shape[1:], equation.params["padding_config"], shape, strict=True
    ):
        step = inner + 1
        first = max(0, -(low // step)) if low < 0 else 0
        last = min(size, (length - 1 - low) // step + 1)
        if last <= first:
            return found
        start = low + first * step
        into.append(slice(start, start + (last - first - 1) * step + 1, step))
        out_of.append(slice(first, last))
    found[tuple(into)] = x[tuple(out_of)]
    return found


def rev(equation, x):
    """Axes back to front."""
    return np.flip(x, [axis + 1 for axis in equation.params["dimensions"]])


def select_n(equation, which, *cases):
    """One of the cases, element by element."""
    which = which.reshape(which.shape + (1,) * (cases[0].ndim - which.ndim))
    if which.dtype == bool:
        return np.where(which, cases[1], cases[0])
    return np.choose(which, cases)


def clamp(equation, low, x, high):
    """The number, or the end of the range that it is beyond."""
    low, high = (end.reshape(end.shape + (1,) * (x.ndim - end.ndim)) for end in (low, high))
    return np.minimum(np.maximum(x, low), high)


def dynamic_slice(equation, x, *starts):
    """A part of each axis, from a place that is computed."""
    sizes = equation.params["slice_sizes"]
    if any(len(start) > 1 for start in starts):
        return bind(equation, (x, *starts))[0]
    return x[(slice(None), *_place(x.shape[1:], sizes, starts))]


def dynamic_update_slice(equation, x, update, *starts):
    """The array with a part replaced, at a place that is computed."""
    if any(len(start) > 1 for start in starts):
        return bind(equation, (x, update, *starts))[0]
    draws = max(len(x), len(update))
    found = np.array(np.broadcast_to(x, (draws, *x.shape[1:])))
    found[(slice(None), *_place(x.shape[1:], update.shape[1:], starts))] = update
    return found


def _place(shape, sizes, starts):
    """Slices of these sizes, moved inside where they would leave the array."""
    firsts = (
        int(np.clip(int(start[0]), 0, length - size))
        for start, length, size in zip(starts, shape, sizes, strict=True)
    )
    return (slice(first, first + size) for first, size in zip(firsts, sizes, strict=True))


def _moved_axes(axes):
    return tuple(axis + 1 for axis in axes)


def reduce(equation, x, *_):
    """Over axes."""
    axes = _moved_axes(equation.params["axes"])
    return REDUCTIONS[equation.primitive.name](x, axis=axes) if axes else x


def cumulate(equation, x):
    """Along one axis, from either end."""
    axis, function = equation.params["axis"] + 1, CUMULATIVE[equation.primitive.name]
    if equation.params["reverse"]:
        return np.flip(function(np.flip(x, axis), axis=axis), axis)
    return function(x, axis=axis)


def matrix_form(equation, left, right):
    """`dot_general`'s operands as (draws, batch, m, k) and (draws, batch, k, n)."""
    (left_sum, right_sum), (left_batch, right_batch) = equation.params["dimension_numbers"]

    def brought_to(x, *groups):
        order = (axis + 1 for group in groups for axis in group)
        sizes = (math.prod(x.shape[axis + 1] for axis in group) for group in groups)
        return x.transpose(0, *order).reshape(len(x), *sizes)

    left_free, right_free = (
        [axis for axis in range(x.ndim - 1) if axis not in (*summed, *batch)]
        for x, summed, batch in ((left, left_sum, left_batch), (right, right_sum, right_batch))
    )
    return (
        brought_to(left, left_batch, left_free, left_sum),
        brought_to(right, right_batch, right_sum, right_free),
    )


def dot_general(equation, left, right):
    """Sums of products over the contracted axes."""
    left, right = matrix_form(equation, left, right)
    return (left @ right).reshape(-1, *equation.outvars[0].aval.shape)


def integer_pow(equation, x):
    """A power with a whole exponent."""
    return x ** float(equation.params["y"]) if x.dtype.kind in "fc" else x ** equation.params["y"]


STRUCTURAL = {
    "broadcast_in_dim": broadcast_in_dim,
    "clamp": clamp,
    "concatenate": concatenate,
    "dynamic_slice": dynamic_slice,
    "dynamic_update_slice": dynamic_update_slice,
    "expand_dims": reshape,
    "pad": pad,
    "reshape": reshape,
    "rev": rev,
    "select_n": select_n,
    "slice": slice_,
    "split": split,
    "squeeze": reshape,
    "stack": stack,
    "tile": tile,
    "transpose": transpose,
    "unstack": unstack,
}
