"""One call on the Keras of this process: outputs, gradients, kinks, the functions that ran.

It runs in both processes, ours and the production backend's, and uses public Keras, except where a
gradient has to be taken as each framework takes it.
"""

import os
import re
import sys
from typing import Any

import keras
import numpy as np

from keras_edu_backend import target
from keras_edu_backend.explain.samples import candidates
from keras_edu_backend.explain.subjects import find

# Where slopes are looked at: where functions of one number have their corners and poles.
_POINTS = [-6.0, -3.0, -2.5, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 2.5, 3.0, 6.0]
_BESIDE = 2.0**-10
# A smooth function's slope changes by about its curvature times 2 · _BESIDE = 0.002; a corner's by
# the whole difference of its sides, which for no function of Keras's is below 0.1.
_CORNER = 0.05


def measure(path, index=None, compiled=True):
    """Make the sample call of a subject and say what came out.

    Args:
        path: such as ``"layers.Dense"``.
        index: which candidate of `samples.candidates`; None: the first that runs.
        compiled: also differentiate it, and compile it where Keras runs on JAX. Without, there are
            no ``gradients``, ``kinks``, ``at_constants`` and ``compiled``: quick, for many at once.

    Returns:
        A dict that JSON can hold: ``index``, ``text``, ``inputs``, ``outputs``, ``gradients``,
        ``kinks``, ``at_constants``, ``functions`` and ``compiled``. What could not be had is a
        sentence that says why, under the same key; ``error`` says why nothing could be had.
    """
    subject = find(path)
    choices = candidates(subject)
    numbers = range(len(choices)) if index is None else [index]
    refused = []
    for number in numbers:
        keras.utils.set_random_seed(1)
        try:
            sample = choices[number]()
            tensors = [keras.ops.convert_to_tensor(array) for array in sample.inputs]
            ran, outputs = _watched(sample.call, tensors, subject.name)
        except Exception as error:
            refused.append(one_line(error))
            continue
        return {"index": number, **_answer(sample, outputs, ran, compiled)}
    return {"index": None, "text": f"keras.{path}", "functions": [], "error": refused[0]}


def _answer(sample, outputs, ran, compiled):
    found = {
        "text": sample.text,
        "inputs": _plain(sample.inputs),
        "weights": {v.path: keras.ops.convert_to_numpy(v).tolist() for v in sample.variables},
        "outputs": _plain(outputs),
        "functions": ran,
    }
    if not compiled:
        return found
    return {
        **found,
        "gradients": _guarded(lambda: _gradients(sample)),
        "kinks": _kinks_or_none(sample, outputs),
        "at_constants": _guarded(lambda: _at_constants(sample)),
        "compiled": _guarded(lambda: _compiled(sample)),
    }


def one_line(error):
    """An exception as one line; of one that says what is missing, all that it says."""
    if isinstance(error, NotImplementedError) and str(error):
        return " ".join(str(error).split())
    return target.one_line(error)


def _guarded(function) -> Any:
    try:
        return function()
    except Exception as error:
        return one_line(error)


def _plain(outputs):
    """Outputs as nested lists of numbers."""
    found = []
    for leaf in keras.tree.flatten(outputs):
        if keras.ops.is_tensor(leaf):
            leaf = keras.ops.convert_to_numpy(leaf)
        if isinstance(leaf, (np.ndarray, np.generic, int, float, bool, complex)):
            array = np.asarray(leaf)
            if array.dtype.kind == "c":
                array = np.stack([array.real, array.imag], -1)
            if array.dtype.kind not in "biuf":  # bfloat16, strings
                array = array.astype("float32") if array.dtype.kind == "V" else array.astype(str)
            found.append(array.tolist())
        else:
            found.append(str(leaf))
    return found


# Which functions ran ------------------------------------------------------------------------------

_SHOWN = re.compile(
    r"(keras/src/(layers|activations|losses|initializers|optimizers|ops|random|backend/\w+)/.*"
    r"|keras_edu_backend/(ops/.*|random|rnn|threefry|layer|optimizer)"
    r"|jax/_src/nn/\w+)\.py$"
)
_HIDDEN = re.compile(
    r"keras/src/(layers/layer|ops/(operation|operation_utils|symbolic_arguments|node|function|core)"
    r"|backend/common/.*|backend/\w+/(core|__init__|layer|distribution_lib)|initializers/__init__"
    r"|layers/(input_spec|__init__)|optimizers/base_optimizer|ops/ops_utils|losses/__init__|activations/__init__|optimizers/__init__"
    r"|random/seed_generator)\.py$|keras_edu_backend/ops/(core/(conversion|scopes|output_spec)"
    r"|.*__init__)\.py$"
)


def _watched(call, tensors, name):
    """What a call returns, and the functions of Keras and its backend that ran, in order."""
    seen = {}

    def note(code):
        file = code.co_filename.replace(os.sep, "/")
        found = _SHOWN.search(file)
        if found is None or code.co_name.startswith(("<", "__", "any_")):
            return
        if _HIDDEN.search(file) and code.co_name != name:
            return  # what runs under every name: conversions, checks, scopes
        key = (found.group(0), code.co_firstlineno)
        seen.setdefault(
            key, {"file": key[0], "line": key[1], "name": code.co_qualname, "at": code.co_filename}
        )

    def look(frame, event, argument):
        if event == "call":
            note(frame.f_code)

    with _each_op(lambda op: note(op.__wrapped__.__code__)):
        before = sys.getprofile()
        sys.setprofile(look)
        try:
            outputs = call(*tensors)
        finally:
            sys.setprofile(before)
    return list(seen.values()), outputs


def _each_op(tell):
    """On our own backend, ``tell(op)`` for each op: a compiled one runs without its function."""
    import contextlib

    from keras_edu_backend.plugin import is_active

    if not is_active():
        return contextlib.nullcontext()
    from keras_edu_backend.watching import watching

    return watching(lambda op, args, kwargs: tell(op))


# Gradients ----------------------------------------------------------------------------------------


def _gradients(sample, inputs=None, weighted=True):
    """The gradient of Σ k · y_k, k = 1, 2, …, with respect to each real input and weight.

    A plain sum would have no gradient where outputs add up to a constant, as in softmax.
    """
    inputs = sample.inputs if inputs is None else inputs
    real = [i for i, array in enumerate(inputs) if array.dtype.kind == "f"]
    variables = [v for v in sample.variables if keras.backend.is_float_dtype(v.dtype)]
    if not real and not variables:
        return "There is nothing to differentiate with respect to: no real input, no weight."

    def total(values, scope=None):
        filled = [keras.ops.convert_to_tensor(array) for array in inputs]
        for i, value in zip(real, values, strict=True):
            filled[i] = value
        outputs = [
            leaf
            for leaf in keras.tree.flatten(sample.call(*filled))
            if keras.ops.is_tensor(leaf) and keras.backend.is_float_dtype(leaf.dtype)
        ]
        if not outputs:
            raise TypeError("the outputs are no real numbers: there is nothing to differentiate.")
        result = 0.0
        for leaf in outputs:
            flat = keras.ops.cast(keras.ops.reshape(leaf, (-1,)), "float32")
            count = int(flat.shape[0])
            weights = np.arange(1, count + 1) if weighted else np.ones(count)
            result = result + keras.ops.sum(flat * keras.ops.cast(weights, "float32"))
        return result

    values = [np.asarray(inputs[i]) for i in real]
    found = derivatives(total, values, variables)
    names = [f"input {i + 1}" for i in real] + [v.path for v in variables]
    return {
        name: None if gradient is None else np.asarray(gradient).tolist()
        for name, gradient in zip(names, found, strict=True)
    }


def derivatives(total, values, variables=()):
    """The gradient of a number, as the framework of this process differentiates it.

    Args:
        total: function of a list of tensors that returns a number.
        values: arrays, the point at which to differentiate.
        variables: Keras variables that ``total`` uses and that are differentiated too.

    Returns:
        A list of arrays: for each of ``values``, then for each of ``variables``. None: the number
        does not depend on it.
    """
    ways = {"jax": _jax, "tensorflow": _tensorflow, "torch": _torch}
    return ways[keras.backend.backend()](total, values, variables)


def _jax(total, values, variables):
    import jax

    def function(values, weights):
        with keras.StatelessScope(zip(variables, weights, strict=True)):
            return total(values)

    values = [keras.ops.convert_to_tensor(value) for value in values]
    by_input, by_weight = jax.grad(function, (0, 1))(values, [v.value for v in variables])
    return [*by_input, *by_weight]


def _tensorflow(total, values, variables):
    import tensorflow as tf

    values = [tf.convert_to_tensor(value) for value in values]
    with tf.GradientTape() as tape:
        for value in values:
            tape.watch(value)
        result = total(values)
    found = tape.gradient(result, [*values, *(v.value for v in variables)])
    return [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in found]


def _torch(total, values, variables):
    import torch

    values = [torch.tensor(value, requires_grad=True) for value in values]
    for variable in variables:
        variable.value.grad = None
    result = total(values)
    if result.requires_grad:
        result.backward()
    found = [*(value.grad for value in values), *(v.value.grad for v in variables)]
    return [None if gradient is None else gradient.detach().cpu().numpy() for gradient in found]


# Kinks and ties -----------------------------------------------------------------------------------


def _kinks(sample, outputs):
    """Points where the slope of a function of one number jumps, or has no value."""
    real = [i for i, array in enumerate(sample.inputs) if array.dtype.kind == "f"]
    outputs = keras.tree.flatten(outputs)
    if len(real) != 1 or len(outputs) != 1 or sample.variables:
        return []
    array = sample.inputs[real[0]]
    if tuple(getattr(outputs[0], "shape", ())) != array.shape or array.ndim > 2:
        return []  # images and sequences, too, are no function of one number
    if not _is_elementwise(sample, real[0]):
        return []
    points = np.float32(_POINTS)
    around = np.concatenate([points - _BESIDE, points, points + _BESIDE])
    # In rows of the sample's own shape, since a layer may ask for it.
    width = array.shape[-1]
    padded = np.resize(around, (-(-len(around) // width), width)) if array.ndim > 1 else around
    inputs = list(sample.inputs)
    inputs[real[0]] = padded.astype("float32")
    slopes = next(iter(_gradients(sample, inputs, weighted=False).values()))
    left, here, right = np.ravel(slopes)[: len(around)].reshape(3, -1)
    values = np.ravel(
        keras.ops.convert_to_numpy(sample.call(*map(keras.ops.convert_to_tensor, inputs)))
    )[: len(around)].reshape(3, -1)[1]
    found = []
    for i, point in enumerate(points):
        sides = np.isfinite(left[i]) and np.isfinite(right[i])
        jumps = sides and abs(right[i] - left[i]) > _CORNER * max(1.0, abs(left[i]), abs(right[i]))
        if jumps or (not np.isfinite(here[i]) and (np.isfinite(left[i]) or np.isfinite(right[i]))):
            found.append(
                {
                    "at": float(point),
                    "value": float(values[i]),
                    "left": float(left[i]),
                    "here": float(here[i]),
                    "right": float(right[i]),
                }
            )
    return found


def _kinks_or_none(sample, outputs):
    try:
        return _kinks(sample, outputs)
    except Exception:
        return []  # it takes no other shape than the sample's, so it is no function of one number


def _is_elementwise(sample, place):
    """Whether another first entry changes the first entry of the output alone."""

    def run(array):
        inputs = list(sample.inputs)
        inputs[place] = array
        return np.ravel(
            keras.ops.convert_to_numpy(sample.call(*map(keras.ops.convert_to_tensor, inputs)))
        )

    other = sample.inputs[place].copy()
    other.flat[0] += 0.125
    return np.array_equal(run(other)[1:], run(sample.inputs[place])[1:], equal_nan=True)


def _at_constants(sample):
    """Gradients where all entries of the real inputs are equal, which makes ties, and at 0 and 1,
    where probabilities are clipped."""
    if not any(array.dtype.kind == "f" for array in sample.inputs) or sample.variables:
        return []
    found = []
    for constant in (0.0, 1.0):
        inputs = [
            np.full_like(array, constant) if array.dtype.kind == "f" else array
            for array in sample.inputs
        ]
        gradients = _gradients(sample, inputs)
        if isinstance(gradients, str):
            return gradients
        by_input = {k: v for k, v in gradients.items() if k.startswith("input ")}
        found.append({"inputs": constant, "gradients": by_input})
    return found


# Compiled -----------------------------------------------------------------------------------------


def _compiled(sample):
    """How many operations the program has, and how many flops XLA counts in it."""
    if keras.backend.backend() != "jax":
        return f"XLA counts what JAX compiles; on {keras.backend.backend()} there is no such count."
    import jax

    tensors = [keras.ops.convert_to_tensor(array) for array in sample.inputs]

    def function(tensors, weights):
        with keras.StatelessScope(zip(sample.variables, weights, strict=True)):
            return [
                leaf
                for leaf in keras.tree.flatten(sample.call(*tensors))
                if keras.ops.is_tensor(leaf)
            ]

    program = jax.jit(function).lower(tensors, [v.value for v in sample.variables]).compile()
    counted = program.cost_analysis() or {}
    listing = program.as_text()
    main = listing[listing.index("ENTRY") :]
    kinds = re.findall(r"^\s+(?:ROOT )?%?[\w.-]+ = \S+ ([\w-]+)\(", main, re.M)
    return {
        "operations": len([kind for kind in kinds if kind not in ("parameter", "tuple")]),
        "flops": int(counted.get("flops", 0)),
        "transcendentals": int(counted.get("transcendentals", 0)),
        "bytes": int(counted.get("bytes accessed", 0)),
    }
