"""The formula with the numbers in it: each primitive of a call, with what it was given and gave."""

import re

import jax
import keras
import numpy as np
from jax.extend import core

_MOST_STEPS = 40
_MOST_NUMBERS = 8
_INFIX = {"add": "+", "add_any": "+", "sub": "-", "mul": "·", "div": "/", "dot_general": "@"}
_INFIX |= {"gt": ">", "lt": "<", "ge": "≥", "le": "≤", "eq": "==", "ne": "≠", "pow": "^"}
# Only the form of an array changes.
_SILENT = {"broadcast_in_dim", "reshape", "squeeze", "convert_element_type", "copy", "expand_dims"}
_SILENT |= {"stop_gradient", "device_put", "transpose", "copy_p", "iota"}


def steps(sample):
    """The primitives that a sample's call runs, one a line, with numbers.

    Args:
        sample: a `samples.Sample`, on our backend.

    Returns:
        Lines such as ``"[-1.5, 0.5] + 1 = [-0.5, 1.5]"``; those that only change an array's form
        are left out.
    """

    def function(*tensors):
        found = keras.tree.flatten(sample.call(*tensors))
        return [leaf for leaf in found if keras.ops.is_tensor(leaf)]

    tensors = [keras.ops.convert_to_tensor(array) for array in sample.inputs]
    traced = jax.make_jaxpr(function)(*tensors)
    lines = []
    _run(traced.jaxpr, traced.consts, tensors, lines)
    if len(lines) > _MOST_STEPS:
        lines = [*lines[:_MOST_STEPS], f"… and {len(lines) - _MOST_STEPS} more"]
    return lines


def _run(jaxpr, constants, arguments, lines):
    """Evaluate a jaxpr, writing a line for each primitive; returns its outputs."""
    values = dict(zip(jaxpr.constvars, constants, strict=True))
    values |= dict(zip(jaxpr.invars, arguments, strict=True))

    def read(variable):
        return variable.val if isinstance(variable, core.Literal) else values[variable]

    for equation in jaxpr.eqns:
        given = [read(variable) for variable in equation.invars]
        inner = equation.params.get("jaxpr") or equation.params.get("call_jaxpr")
        name = equation.primitive.name
        if name in ("jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call"):
            outputs = _run(inner.jaxpr, inner.consts, given, lines)
        else:
            outputs = equation.primitive.bind(*given, **equation.params)
            outputs = list(outputs) if equation.primitive.multiple_results else [outputs]
            if name not in _SILENT:
                lines.append(_line(name, given, outputs))
        values |= dict(zip(equation.outvars, outputs, strict=True))
    return [read(variable) for variable in jaxpr.outvars]


def _line(name, given, outputs):
    numbers = [text_of(value) for value in given]
    result = ", ".join(text_of(value) for value in outputs)
    if name in _INFIX and len(numbers) == 2:
        return f"{numbers[0]} {_INFIX[name]} {numbers[1]} = {result}"
    return f"{name}({', '.join(numbers)}) = {result}"


def text_of(value):
    """An array's numbers, or its shape where they are many."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return f"({getattr(value, 'dtype', type(value).__name__)})"
    if array.size > _MOST_NUMBERS:
        return f"({' × '.join(map(str, array.shape))} numbers)"
    if array.dtype.kind in "fc":
        array = array.astype(array.dtype if array.dtype.kind == "c" else "float32")
        if array.ndim == 0:
            return f"{array:.6g}"
        written = np.array2string(
            array, separator=", ", formatter={"float_kind": lambda v: f"{v:.6g}"}
        )
    else:
        written = np.array2string(array, separator=", ")
    return re.sub(r"\s*\n\s*", " ", written)


def first_entry(formula, parameters, inputs, outputs):
    """The formula with the first entry of each input in the place of its parameter.

    Args:
        formula: a line such as ``"Rectified linear unit: max(0, x), elementwise."``.
        parameters: the function's parameter names.
        inputs: the arrays, as nested lists.
        outputs: what came out.

    Returns:
        A line such as ``"x = -1.5: max(0, -1.5) = 0"``; None where that does not make sense: the
        formula names no parameter, or the output is not of an input's shape.
    """
    arrays = [np.asarray(value) for value in inputs]
    if not arrays or not outputs or any(a.shape != np.shape(outputs[0]) for a in arrays):
        return None
    if (
        arrays[0].dtype.kind not in "fiu"
        or not arrays[0].size
        or np.asarray(outputs[0]).dtype.kind not in "biuf"
    ):
        return None
    expression = formula.split(": ", 1)[-1]
    expression = re.split(r", elementwise|\. |; |\.$", expression)[0]
    given = {name: f"{array.flat[0]:.6g}" for name, array in zip(parameters, arrays, strict=False)}
    if not given or not all(re.search(rf"\b{name}\b", expression) for name in given):
        return None
    for name, number in given.items():
        number = f"({number})" if number.startswith("-") else number
        expression = re.sub(rf"\b{name}\b", number, expression)
    said = ", ".join(f"{name} = {number}" for name, number in given.items())
    return f"{said}: {expression} = {np.ravel(outputs[0])[0]:.6g}"
