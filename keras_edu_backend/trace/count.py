"""What one primitive costs: a formula for each kind, in terms of the shapes it is given.

Everything a Keras program computes is in the end a list of JAX primitives (a jaxpr). A dot product
of two vectors of n entries takes n multiplications and n additions and counts as 2n; that is also
how XLA counts. Other conventions count a multiply-add as one: `Cost.multiply_adds` says how many
pairs there are, so ``flops - multiply_adds`` is that other number.

Not in ``flops``: transcendental functions (exp, log, tanh, a square root), which take a different
number of operations on each processor and have a count of their own; arithmetic with integers;
selecting, converting and moving numbers. XLA counts selections and integers too: `Cost.beside`.

Source: the formulas of XLA's ``HloCostAnalysis``, and Goodfellow et al., *Deep Learning*, 6.5.
"""

import dataclasses
import math

import numpy as np


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a primitive, or many, cost.

    Attributes:
        flops: floating-point operations, a multiplication and an addition counted as two.
        multiply_adds: how many of the multiplications are each followed by its addition.
        transcendentals: values of exp, log, tanh, sqrt and their like.
        beside: selections and operations with integers, which XLA counts as flops.
        bytes: read and written by each primitive, as if none were fused with another.
    """

    flops: int = 0
    multiply_adds: int = 0
    transcendentals: int = 0
    beside: int = 0
    bytes: int = 0

    def __add__(self, other):
        return Cost(*(a + b for a, b in zip(self._values(), other._values(), strict=True)))

    def __mul__(self, times):
        return Cost(*(times * value for value in self._values()))

    def _values(self):
        return (self.flops, self.multiply_adds, self.transcendentals, self.beside, self.bytes)


_ARITHMETIC = {"add", "add_any", "sub", "mul", "div", "rem", "max", "min", "neg", "abs", "sign"}
_ARITHMETIC |= {"floor", "ceil", "round", "square", "nextafter", "is_finite", "reduce_precision"}
_ARITHMETIC |= {"eq", "ne", "lt", "le", "gt", "ge"}
_WHOLE = {"and", "or", "xor", "not", "shift_left", "shift_right_logical", "population_count"}
_WHOLE |= {"shift_right_arithmetic", "clz", "select_n"}
_TRANSCENDENTAL = {"exp", "exp2", "expm1", "log", "log1p", "sqrt", "rsqrt", "cbrt", "pow", "tanh"}
_TRANSCENDENTAL |= {"sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "asinh"}
_TRANSCENDENTAL |= {"acosh", "atanh", "logistic", "erf", "erfc", "erf_inv", "lgamma", "digamma"}
_TRANSCENDENTAL |= {"igamma", "igammac", "polygamma", "zeta", "regularized_incomplete_beta"}
_REDUCTIONS = {"reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "argmax", "argmin"}
_REDUCTIONS |= {"reduce_and", "reduce_or", "reduce_xor", "reduce"}
_RUNNING = {"cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp"}
_WINDOWS = {"reduce_window_sum", "reduce_window_max", "reduce_window_min", "reduce_window"}
_WINDOWS |= {"select_and_gather_add", "select_and_scatter_add"}
_SCATTERS = {"scatter-add", "scatter_add", "scatter-mul", "scatter_mul", "scatter-min"}
_SCATTERS |= {"scatter-max", "scatter_min", "scatter_max", "scatter_sub", "scatter-sub"}
# Another look at the same numbers: nothing is read or written.
_FREE = {"reshape", "squeeze", "expand_dims", "stop_gradient", "bitcast_convert_type", "pvary"}
_FREE |= {"optimization_barrier", "copy_p", "sharding_constraint", "layout_constraint", "jit"}
_MOVES = {"broadcast_in_dim", "transpose", "convert_element_type", "slice", "dynamic_slice", "copy"}
_MOVES |= {"dynamic_update_slice", "gather", "scatter", "concatenate", "pad", "rev", "iota"}
_MOVES |= {"split", "real", "imag", "complex", "conj", "device_put", "tile", "select_and_gather"}
_MOVES |= {"random_bits", "random_seed", "random_wrap", "random_unwrap", "random_fold_in"}
_MOVES |= {"random_split", "threefry2x32", "shift_left", "empty", "create_token", "platform_index"}


def cost(equation):
    """What an equation of a jaxpr costs, and whether there is a formula for its primitive.

    Args:
        equation: a ``JaxprEqn`` without a jaxpr of its own inside.

    Returns:
        The `Cost`, and True; or the bytes alone, and False.
    """
    name = equation.primitive.name
    inputs = [variable.aval for variable in equation.invars]
    outputs = [variable.aval for variable in equation.outvars]
    moved = 0 if name in _FREE else sum(map(_bytes, inputs)) + sum(map(_bytes, outputs))
    if name in _FREE or name in _MOVES:
        return Cost(bytes=moved), True
    if name == "dot_general":
        pairs = _size(outputs[0]) * _contracted(equation)
        return Cost(2 * pairs, pairs, bytes=moved), True
    if name == "conv_general_dilated":
        pairs = _convolution(equation)
        return Cost(2 * pairs, pairs, bytes=moved), True
    operations = _operations(name, equation, inputs, outputs)
    if operations is None:
        return Cost(bytes=moved), False
    if name == "logistic":  # 1 / (1 + exp(-x))
        return Cost(3 * operations, transcendentals=operations, bytes=moved), True
    if name in _TRANSCENDENTAL:
        return Cost(transcendentals=operations, bytes=moved), True
    if name in _WHOLE or not _is_floating(inputs[0]):
        return Cost(beside=operations, bytes=moved), True
    return Cost(operations, bytes=moved), True


def _operations(name, equation, inputs, outputs):
    """How many operations on single numbers a primitive makes; None where no formula says."""
    size = _size(outputs[0]) if outputs else 0
    n = _size(inputs[0]) if inputs else 0
    if name in _ARITHMETIC or name in _WHOLE or name in _TRANSCENDENTAL:
        return size
    if name == "clamp":
        return 2 * size
    if name == "integer_pow":
        return size * _multiplications(equation.params["y"])
    if name in _REDUCTIONS:
        return n - size
    if name in _RUNNING:
        return n
    if name == "select_and_scatter_add":
        # For each window: find the largest of its entries, then add one number there.
        return n * math.prod(equation.params["window_dimensions"])
    if name in _WINDOWS:
        return size * (math.prod(equation.params["window_dimensions"]) - 1)
    if name in _SCATTERS:
        return _size(inputs[2])
    if name == "sort":
        along = inputs[0].shape[equation.params["dimension"]]
        return n * math.ceil(math.log2(max(along, 1)))
    if name == "fft":
        length = math.prod(equation.params["fft_lengths"])
        return int(5 * n * math.log2(max(length, 1)))
    if name in ("cholesky", "lu", "triangular_solve"):
        batch, (rows, columns) = math.prod(inputs[0].shape[:-2]), inputs[0].shape[-2:]
        if name == "cholesky":
            return batch * rows**3 // 3
        if name == "lu":
            return batch * 2 * max(rows, columns) * min(rows, columns) ** 2 // 3
        return rows * _size(inputs[1])
    return None


def _contracted(equation):
    """Over how many entries each entry of a product is summed."""
    (over, _), _ = equation.params["dimension_numbers"]
    return math.prod(equation.invars[0].aval.shape[axis] for axis in over)


def _convolution(equation):
    """Multiply-adds of a convolution; those with the zeros of padding and dilation do not count."""
    p = equation.params
    image, kernel = equation.invars[0].aval.shape, equation.invars[1].aval.shape
    result = equation.outvars[0].aval.shape
    numbers = p["dimension_numbers"]
    pairs = 1
    for axis in range(len(p["window_strides"])):
        pairs *= _valid_positions(
            image[numbers.lhs_spec[2 + axis]],
            kernel[numbers.rhs_spec[2 + axis]],
            result[numbers.out_spec[2 + axis]],
            p["window_strides"][axis],
            p["padding"][axis][0],
            p["lhs_dilation"][axis],
            p["rhs_dilation"][axis],
        )
    channels = image[numbers.lhs_spec[1]] // p["feature_group_count"]
    batch = image[numbers.lhs_spec[0]] // p["batch_group_count"]
    return pairs * channels * kernel[numbers.rhs_spec[0]] * batch


def _valid_positions(image, kernel, result, stride, padding, image_dilation, kernel_dilation):
    """Along one axis: (output, kernel) positions that meet an entry of the image."""
    at = np.arange(result)[:, None] * stride + np.arange(kernel)[None, :] * kernel_dilation
    at = at - padding
    inside = (at >= 0) & (at <= (image - 1) * image_dilation) & (at % image_dilation == 0)
    return int(inside.sum())


def _multiplications(power):
    """How many multiplications x**power takes, by squaring; a negative power divides once."""
    n = abs(power)
    return max(0, n.bit_length() - 1 + n.bit_count() - 1) + (power < 0)


def _size(aval):
    return math.prod(getattr(aval, "shape", ()))


def _bytes(aval):
    itemsize = getattr(getattr(aval, "dtype", None), "itemsize", 0)
    return _size(aval) * itemsize


def _is_floating(aval):
    return getattr(getattr(aval, "dtype", None), "kind", "f") in "fcV"
