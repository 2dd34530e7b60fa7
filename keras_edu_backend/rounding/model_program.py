"""One training step of a Keras model as a pure function that also hands out what layers return.

`StepProgram` holds the jaxpr of

    (weights, other variables, x, y) → loss, gradients, every array between layers

and measures how well each number of it is known where the whole step runs in another precision.
The forward pass is that of training. Weights and inputs are rounded to that precision first: how
far each moves is known, so that much and no more.
"""

import contextlib
import functools
import operator
from typing import Any

import jax
import keras
import numpy as np
from keras import tree

from keras_edu_backend.model_calls import Call, calls_of, told_of
from keras_edu_backend.rounding import primitives
from keras_edu_backend.rounding.interpreter import lift
from keras_edu_backend.rounding.monte_carlo import Program, measure
from keras_edu_backend.rounding.noise import in_range
from keras_edu_backend.rounding.units import UNIT_ROUNDOFF, Floor

FLOATING = ("float16", "bfloat16", "float32", "float64")


class StepProgram:
    """The program of one step.

    Attributes:
        calls: the `Call`s that it makes, in order; their inputs and outputs are places in the list
            of arrays that `measured` returns.
        loss: what is differentiated, in words.
        dtype_policy: of each layer, as the program was made.
    """

    def __init__(self, model: keras.Model, x: Any, y: Any = None, loss: Any = None):
        self.model = model
        self.calls: list[Call] = []
        step, self.loss = _step_of(model, y, loss)
        state = [[variable.value for variable in part] for part in _variables(model)]
        self._rounded = len(jax.tree.leaves((state[:2], x)))
        arguments = (*state[:2], x, y, *state[2:])
        self._leaves = jax.tree.leaves(arguments)
        self.program = Program(functools.partial(self._with_arrays, step), *arguments)

    def _with_arrays(self, step, trainable, fixed, x, y, metrics, optimizer):
        def loss(trainable):
            with calls_of(self.model) as calls:
                found = step(trainable, fixed, metrics, optimizer, x, y)
            self.calls, arrays = _numbered(calls)
            return found, arrays

        (value, arrays), gradients = jax.value_and_grad(loss, has_aux=True)(trainable)
        return value, gradients, arrays

    def measured(self, precision: str | None) -> tuple[Floor, list[Floor], list[Floor]]:
        """Floors of the loss, of each gradient and of each array, in a precision.

        Args:
            precision: ``"float32"``, ``"bfloat16"`` or ``"float16"`` for the whole step; None: as
                the model's layers have it.
        """
        changed = dict.fromkeys(FLOATING, precision) if precision else {}

        def run(rounding):
            leaves = [
                _narrowed(lift(leaf), leaf, rounding) if place < self._rounded else lift(leaf)
                for place, leaf in enumerate(self._leaves)
            ]
            return self.program.continue_from(rounding, leaves)

        floors = measure(run, precision=changed, dtypes=self.program.dtypes)
        return self.program.in_tree(floors)


@contextlib.contextmanager
def dtype_policies(model, policy, kept):
    """While this is open the model's layers have a dtype policy, and those in ``kept`` float32.

    Args:
        model: a Keras model.
        policy: the name of a policy, such as ``"mixed_bfloat16"``.
        kept: layers that compute in float32, with all that is inside them.
    """
    in_float32 = {id(inner) for layer in kept for inner in layer._flatten_layers()}
    layers = model._flatten_layers()
    before = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = "float32" if id(layer) in in_float32 else policy
        yield
    finally:
        for layer, one in zip(layers, before, strict=True):
            layer.dtype_policy = one


def has_loss(model):
    """Whether the model is compiled with a loss."""
    return model.compiled and getattr(model, "loss", None) is not None


def outputs_of(model, x):
    """Shapes and dtypes of the model's outputs, as a tree."""
    trainable, fixed, *_ = _variables(model)
    state = [[variable.value for variable in part] for part in (trainable, fixed)]
    return jax.eval_shape(lambda *given: model.stateless_call(*given)[0], *state, x)


def _variables(model):
    """Trainable weights, other variables, metrics' and the optimizer's."""
    optimizer = getattr(model, "optimizer", None)
    return (
        model.trainable_variables,
        model.non_trainable_variables,
        model.metrics_variables if optimizer else [],
        optimizer.variables if optimizer else [],
    )


def _step_of(model, y, loss):
    """The loss of a step as a function, and what it is in words."""
    told = told_of(model, training=True)

    def forward(trainable, fixed, x):
        return tree.flatten(model.stateless_call(trainable, fixed, x, **told)[0])

    def own(trainable, fixed, metrics, optimizer, x, y):
        found = model.compute_loss_and_updates(
            trainable, fixed, metrics, x, y, None, training=True, optimizer_variables=optimizer
        )
        return found[0]

    def given(trainable, fixed, metrics, optimizer, x, y):
        pairs = zip(tree.flatten(y), forward(trainable, fixed, x), strict=True)
        terms = [keras.ops.mean(function(label, output)) for label, output in pairs]
        return functools.reduce(operator.add, terms)

    def mean_square(trainable, fixed, metrics, optimizer, x, y):
        terms = [keras.ops.mean(keras.ops.square(o)) for o in forward(trainable, fixed, x)]
        return functools.reduce(operator.add, terms)

    if loss is not None and y is not None:
        function = keras.losses.get(loss)
        return given, f"the loss {getattr(function, 'name', None) or loss}"
    if has_loss(model) and y is not None:
        return own, "the model's loss"
    return mean_square, "the mean square of the outputs, for want of a loss"


def _numbered(calls):
    """The calls with places in place of arrays, and the arrays that are floating."""
    places: dict[int, int] = {}
    arrays = []

    def place(array):
        if id(array) not in places:
            places[id(array)] = len(arrays)
            arrays.append(array)
        return places[id(array)]

    def floating(values):
        return [place(value) for value in values if primitives.is_floating(value.dtype)]

    numbered: dict[int, Call] = {}
    for call in calls:
        numbered[id(call)] = Call(
            call.owner,
            call.path,
            call.arguments,
            floating(call.inputs),
            floating(call.outputs),
            [numbered[id(inner)] for inner in call.inner],
        )
    return list(numbered.values()), arrays


def _narrowed(value, leaf, rounding):
    """An argument rounded to the precision of the run, each number by as much as it moves."""
    if not primitives.is_floating(leaf.dtype) or np.iscomplexobj(value):
        return value
    dtype = rounding.dtype(leaf.dtype)
    if UNIT_ROUNDOFF[dtype] <= UNIT_ROUNDOFF[np.dtype(leaf.dtype)]:
        return value
    value = in_range(value, dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        moved = np.abs(value.astype(dtype).astype(np.float64) - value)
    # A number drawn between -√3 and √3 has root mean square 1.
    return rounding.disturb(value, 3**0.5 * np.nan_to_num(moved), by_value=True)
