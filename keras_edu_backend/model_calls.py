"""Which layers and ops a model calls, in order, and on which arrays.

    with calls_of(model) as calls:
        model(x)

Works on every backend, and while JAX traces: then the arrays are tracers, and two calls share an
array where one is given what the other returned. Calls in the body of a loop (the cell of an LSTM)
are left out: some backends trace it once, others run it at every step.
"""

import contextlib
import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import keras
from keras import tree

# Layers that call others in a loop.
LOOPS = (keras.layers.RNN, keras.layers.TimeDistributed)


@dataclasses.dataclass
class Call:
    """One call of a layer, of a model, or of an op in a functional model's graph.

    Attributes:
        owner: the layer or op.
        path: names of the models and layers around it and its own, joined by ``/``; with a number
            from the second call under the same path on.
        arguments: what it was called with, positional and by name.
        inputs: arrays among them.
        outputs: arrays it returned.
        inner: calls that it made itself.
    """

    owner: Any
    path: str
    arguments: tuple[tuple, dict]
    inputs: list[Any]
    outputs: list[Any] = dataclasses.field(default_factory=list)
    inner: list["Call"] = dataclasses.field(default_factory=list)


@contextlib.contextmanager
def calls_of(model):
    """While this is open, calls are noted in the list that it gives, in the order they end.

    Args:
        model: a Keras model; its own call is the last in the list, and its name in no other path.
    """
    found: list[Call] = []
    open_calls: list[Call] = []
    times: dict[str, int] = {}
    trace = _trace()
    original = keras.Operation.__call__

    def noted(owner, function, args, kwargs):
        in_loop = any(isinstance(call.owner, LOOPS) for call in open_calls)
        if in_loop or _trace() != trace:
            return function(*args, **kwargs)
        around = [call.owner for call in open_calls if call.owner is not model]
        path = "/".join(map(_name_of, [*around, owner]))
        times[path] = times.get(path, 0) + 1
        if times[path] > 1:
            path = f"{path} ({times[path]})"
        call = Call(owner, path, (args, kwargs), arrays_in((args, kwargs)))
        if open_calls:
            open_calls[-1].inner.append(call)
        open_calls.append(call)
        try:
            outputs = function(*args, **kwargs)
        finally:
            open_calls.pop()
        call.outputs = arrays_in(outputs)
        found.append(call)
        return outputs

    @functools.wraps(original)
    def of_any(owner, *args, **kwargs):
        call = functools.partial(original, owner)
        return call(*args, **kwargs) if owner is model else noted(owner, call, args, kwargs)

    # `stateless_call` calls the model's own method, not the model.
    own = model.call

    @functools.wraps(own)
    def of_model(*args, **kwargs):
        return noted(model, own, args, kwargs)

    before = dict(vars(model))
    vars(model)["call"] = of_model
    keras.Operation.__call__ = of_any
    try:
        yield found
    finally:
        keras.Operation.__call__ = original
        del vars(model)["call"]
        if "call" in before:
            vars(model)["call"] = before["call"]


def told_of(model: keras.Model, training: bool) -> dict[str, bool]:
    """The keyword arguments with which ``fit`` or ``predict`` calls a model.

    A model of the user's own whose ``call`` has no argument ``training`` is told of neither, and
    so are the layers that it calls: they do what they do for ``predict``.
    """
    return {"training": training} if model._call_has_training_arg else {}


def _name_of(owner):
    """Its name; of an op that a layer makes anew in each call, which counts up, its class's."""
    lasting = isinstance(owner, keras.Layer) or hasattr(owner, "output")  # a node of a graph
    return owner.name if lasting else type(owner).__name__.lower()


def arrays_in(values: Any) -> list[Any]:
    """The leaves of a tree that are the backend's arrays, in order."""
    return [leaf for leaf in tree.flatten(values) if keras.ops.is_tensor(leaf)]


def with_arrays(values: Any, arrays: Sequence[Any]) -> Any:
    """The same tree with others in place of its arrays, in the order of `arrays_in`.

    On PyTorch ``tree.map_structure`` visits a dict as it lies, and ``tree.flatten`` sorts its keys.
    """
    left = iter(arrays)
    leaves = [next(left) if keras.ops.is_tensor(leaf) else leaf for leaf in tree.flatten(values)]
    return tree.pack_sequence_as(values, leaves)


def _trace():
    """Which of JAX's traces is open; elsewhere all calls of a model are of one kind."""
    if keras.backend.backend() != "jax":
        return None
    from jax.extend.core import get_opaque_trace_state

    return get_opaque_trace_state(convention="flax")
