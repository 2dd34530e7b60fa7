"""Who asked for an equation: a name on each layer call, op and update, while JAX traces them.

JAX keeps with each equation of a jaxpr the stack of names that were open when it was made
(``jax.named_scope``), and differentiating keeps them: the equations of the backward pass carry the
names of the forward calls that they come from, inside ``transpose(jvp(…))``. So it is enough to
open a name around every call of a layer while JAX traces. The program that the user runs is never
given names: it is traced a second time, beside it, on shapes alone.
"""

import contextlib
import dataclasses
import itertools
import re
from typing import Any

import jax
from keras import KerasTensor, Layer, Model, tree
from keras.losses import Loss
from keras.optimizers import Optimizer

from keras_edu_backend.watching import watching

_NAME = re.compile(r"keras_edu_call_(\d+)$")
# No number twice in a process: JAX keeps traces, and a kept one may have names of an earlier time.
_numbers = itertools.count()


@dataclasses.dataclass
class Call:
    """One call of a model, layer, op, loss or update that was traced.

    Attributes:
        number: which call it was, counted in order.
        name: of the layer, op or variable.
        kind: ``"model"``, ``"layer"``, ``"op"``, ``"loss"`` or ``"update"``.
        class_name: of the layer.
        parent: the call that made this one; None for the outermost.
        variables: those of the layer.
        inputs: shapes and dtypes of the arrays it was given.
        outputs: and of those it returned, as they were while traced.
        again: whether the same layer was called before.
    """

    number: int
    name: str
    kind: str
    class_name: str
    parent: "Call | None"
    variables: tuple = ()
    inputs: tuple = ()
    outputs: tuple = ()
    again: bool = False
    owner: Any = dataclasses.field(default=None, repr=False)


class Calls:
    """The calls made while names were open, and how an equation's names lead to one of them."""

    def __init__(self):
        self.made: dict[int, Call] = {}
        self._open: list[Call] = []

    @contextlib.contextmanager
    def within(self, name, kind, owner=None, variables=(), inputs=()):
        """Names everything that is traced inside; gives the `Call`."""
        call = Call(
            number=next(_numbers),
            name=name,
            kind=kind,
            class_name="" if owner is None else type(owner).__name__,
            parent=self._open[-1] if self._open else None,
            variables=tuple(variables),
            inputs=forms(inputs),
            again=owner is not None and any(other.owner is owner for other in self.made.values()),
            owner=owner,
        )
        self.made[call.number] = call
        self._open.append(call)
        try:
            with jax.named_scope(f"keras_edu_call_{call.number}"):
                yield call
        finally:
            self._open.pop()

    def of(self, stacks):
        """The innermost call in an equation's names, from the outermost jaxpr's inwards.

        Names inside the formula of an op are left out: JAX keeps the trace of a formula and uses it
        for later calls, names and all.
        """
        found = None
        for entry in stacks:
            named = _NAME.match(getattr(entry, "name", ""))
            call = self.made.get(int(named.group(1))) if named else None
            if call is None or (found is not None and call.number <= found.number):
                continue
            if found is None or not (found.kind == call.kind == "op"):
                found = call
        return found


@contextlib.contextmanager
def names_on_calls(calls, optimizers=()):
    """While open, each call that JAX traces is one of ``calls`` and gives its name to equations."""

    def call_layer(original):
        def __call__(self, *args, **kwargs):
            if any(isinstance(leaf, KerasTensor) for leaf in tree.flatten((args, kwargs))):
                return original(self, *args, **kwargs)
            # A model's own call comes through `stateless_call`, which opens its name.
            with calls.within(self.name, _kind(self), self, self.weights, (args, kwargs)) as call:
                outputs = original(self, *args, **kwargs)
                call.outputs = forms(outputs)
                call.variables = tuple(self.weights)
                return outputs

        return __call__

    def call_stateless(original):
        def stateless_call(self, trainable, non_trainable, *args, **kwargs):
            with calls.within(self.name, _kind(self), self, self.weights, (args, kwargs)) as call:
                result = original(self, trainable, non_trainable, *args, **kwargs)
                call.outputs = forms(result[0])
                return result

        return stateless_call

    def call_as(kind):
        def around(original):
            def call(self, *args, **kwargs):
                with calls.within(self.name, kind, self):
                    return original(self, *args, **kwargs)

            return call

        return around

    def update_one(original):
        def update_step(self, gradient, variable, learning_rate):
            with calls.within(variable.path, "op", None, [variable], [gradient]) as call:
                call.outputs = forms([variable])
                return original(self, gradient, variable, learning_rate)

        return update_step

    def run_op(op, args, kwargs):
        return calls.within(op.__name__.lstrip("_"), "op", inputs=(args, kwargs))

    changes = [
        (Layer, "__call__", call_layer),
        (Layer, "stateless_call", call_stateless),
        (Loss, "__call__", call_as("loss")),
        (Optimizer, "apply", call_as("update")),
        *((each, "update_step", update_one) for each in _classes(optimizers)),
    ]
    with contextlib.ExitStack() as stack:
        for owner, name, change in changes:
            stack.enter_context(replaced(owner, name, change))
        stack.enter_context(watching(run_op))
        yield calls


@contextlib.contextmanager
def replaced(owner, name, change):
    """While open, a class has ``change(method)`` in the place of its method of that name."""
    owner = next(each for each in owner.__mro__ if name in vars(each))
    original = vars(owner)[name]
    setattr(owner, name, change(original))
    try:
        yield
    finally:
        setattr(owner, name, original)


def forms(values):
    """Shape and dtype of each array in a structure: a tuple of ``jax.ShapeDtypeStruct``."""
    return tuple(
        jax.ShapeDtypeStruct(tuple(leaf.shape), str(leaf.dtype))
        for leaf in tree.flatten(values)
        if hasattr(leaf, "shape") and hasattr(leaf, "dtype")
    )


def _kind(layer):
    return "model" if isinstance(layer, Model) else "layer"


def _classes(optimizers):
    """The classes whose ``update_step`` these optimisers have, each once."""
    found = []
    for optimizer in optimizers:
        while optimizer is not None:
            owner = next(c for c in type(optimizer).__mro__ if "update_step" in vars(c))
            found.extend([owner] if owner not in found else [])
            optimizer = getattr(optimizer, "inner_optimizer", None)
    return found
