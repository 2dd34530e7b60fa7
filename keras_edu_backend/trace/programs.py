"""The programs that are looked at: one call of a model, or one step of training it.

Each is a pure function of the values of the model's variables and of a batch, the very one that the
training loop compiles. It is traced on shapes and dtypes alone, so nothing is computed, and nothing
in the model changes.
"""

import dataclasses
import functools
import operator
from collections.abc import Callable
from typing import Any

import jax
import keras
from keras import tree

from keras_edu_backend.model_calls import told_of
from keras_edu_backend.trace import xla
from keras_edu_backend.trace.nodes import Node, collect, move_to_backward, trees
from keras_edu_backend.trace.scopes import Calls, names_on_calls


@dataclasses.dataclass
class Step:
    """What was found of one call or step.

    Attributes:
        what: ``"train"``, ``"test"``, ``"predict"`` or ``"call"``.
        model: the model or layer.
        batch: shapes and dtypes it was given.
        times: how often it ran, one by one or in a compiled loop.
        parts: a `Node` for the model's forward pass, the loss, their backward passes, the update,
            and what is left.
        unknown: primitives that no formula is known for, and how often they run.
        programs: what XLA counts.
    """

    what: str
    model: Any
    batch: Any
    times: int
    parts: dict[str, Node]
    unknown: dict[str, int]
    programs: dict[str, Any] = dataclasses.field(repr=False, default_factory=dict)
    _counted: dict | None = None

    @property
    def xla(self):
        """XLA's own count by program, and ours of the same: counted when first asked for.

        ``"forward"``: the model's outputs. ``"backward"``: the loss, and the gradient of all that
        with respect to the variables (XLA's count of loss and gradients, less that of the forward
        pass). ``"step"``: everything.
        """
        if self._counted is None:
            counts = {name: xla.count(make()) for name, make in self.programs.items()}
            self._counted = {}
            ours = {name: node.cost for name, node in self.parts.items()}
            whole = sum(list(ours.values())[1:], ours["forward"])
            around = ours["loss"] + ours["loss_backward"] + ours["backward"]
            if "forward" in counts:
                self._counted["forward"] = _beside(ours["forward"], counts["forward"])
            if "gradient" in counts:
                difference = {
                    key: counts["gradient"][key] - counts["forward"][key]
                    for key in counts["gradient"]
                }
                self._counted["backward"] = _beside(around, difference)
            if "step" in counts:
                self._counted["step"] = _beside(whole, counts["step"])
        return self._counted


def _beside(ours, theirs):
    return {
        "flops": ours.flops,
        "xla_flops": theirs["flops"],
        "selections_and_integers": ours.beside,
        "transcendentals": ours.transcendentals,
        "xla_transcendentals": theirs["transcendentals"],
        "xla_flops_loops_once": theirs["flops_once"],
        "while_loops": theirs["while_loops"],
    }


def look_at(what, model, batch, times=1):
    """Trace one call or step on shapes, and sum up what each layer and op does.

    Args:
        what: ``"train"`` for a training step (of a model that is not compiled: the outputs' sum
            and its gradients), ``"test"``, ``"predict"``, or ``"call"``.
        model: a Keras model (for ``"call"``: or layer) that is built.
        batch: arrays or ``jax.ShapeDtypeStruct``: ``(x, y, sample_weight)`` or less of it; for
            ``"call"``: ``(args, kwargs)``.
        times: how often it ran.

    Returns:
        A `Step`.
    """
    batch = shapes_of(batch)
    programs = _programs(what, model, batch)
    main = next(name for name in ("step", "gradient", "forward") if name in programs)
    jaxpr, calls = _traced(model, *programs[main])
    own, unknown = collect(jaxpr.jaxpr, calls)
    counted = {name: _untraced(*program) for name, program in programs.items()}
    counted[main] = lambda: jaxpr
    if what == "train":
        plain, plain_calls = _traced(model, *programs["forward"])
        move_to_backward(own, calls, collect(plain.jaxpr, plain_calls)[0], plain_calls)
        counted["forward"] = lambda: plain
    return Step(what, model, batch, times, trees(own, calls), unknown, counted)


def _traced(model, function, arguments):
    """A program with names on its equations, and the calls that these stand for."""
    calls = Calls()
    optimizer = getattr(model, "optimizer", None)
    with names_on_calls(calls, [optimizer] if optimizer is not None else []):
        # A function of its own: JAX would give back the trace of an earlier time.
        return jax.make_jaxpr(lambda *values: function(*values))(*arguments), calls


def _untraced(function, arguments):
    return lambda: jax.make_jaxpr(lambda *values: function(*values))(*arguments)


def _programs(what, model, batch) -> dict[str, tuple[Callable, tuple]]:
    """The functions to look at by name, each with its arguments."""
    trainable = [_form(v) for v in model.trainable_variables]
    non_trainable = [_form(v) for v in model.non_trainable_variables]
    if what == "call":
        leaves, structure = jax.tree.flatten(batch)
        arrays = [i for i, leaf in enumerate(leaves) if isinstance(leaf, jax.ShapeDtypeStruct)]

        def call(trainable, non_trainable, given):
            filled = list(leaves)
            for i, value in zip(arrays, given, strict=True):
                filled[i] = value
            args, kwargs = jax.tree.unflatten(structure, filled)
            variables = [*model.trainable_variables, *model.non_trainable_variables]
            values = zip(variables, [*trainable, *non_trainable], strict=True)
            # Not `stateless_call`: it leaves out what a call does before the layer's own method.
            with keras.StatelessScope(values) as scope:
                outputs = model(*args, **kwargs)
            return outputs, [scope.get_current_value(v) for v in model.non_trainable_variables]

        return {"forward": (call, (trainable, non_trainable, [leaves[i] for i in arrays]))}

    x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
    told = told_of(model, training=what == "train")

    def forward(trainable, non_trainable, x):
        return model.stateless_call(trainable, non_trainable, x, **told)

    found: dict[str, tuple[Callable, tuple]] = {"forward": (forward, (trainable, non_trainable, x))}
    if what == "predict":
        return found
    if not model.compiled:

        def total(trainable, non_trainable, x):
            outputs, _ = forward(trainable, non_trainable, x)
            return functools.reduce(operator.add, [leaf.sum() for leaf in tree.flatten(outputs)])

        found["gradient"] = (jax.value_and_grad(total), (trainable, non_trainable, x))
        return found
    model._symbolic_build(data_batch=batch)
    metrics = [_form(v) for v in model.metrics_variables]
    if what == "test":
        test_state = (trainable, non_trainable, metrics)
        found["step"] = (lambda state, batch: model.test_step(state, batch), (test_state, batch))
        return found
    optimizer = [_form(v) for v in model.optimizer.variables]

    def loss(trainable, non_trainable, metrics, optimizer, x, y, weights):
        return model.compute_loss_and_updates(
            trainable,
            non_trainable,
            metrics,
            x,
            y,
            weights,
            training=True,
            optimizer_variables=optimizer,
        )

    arguments = (trainable, non_trainable, metrics, optimizer, x, y, weights)
    found["gradient"] = (jax.value_and_grad(loss, has_aux=True), arguments)
    state = (trainable, non_trainable, optimizer, metrics)
    found["step"] = (lambda state, batch: model.train_step(state, batch), (state, batch))
    return found


def shapes_of(values):
    """A structure with a ``jax.ShapeDtypeStruct`` in the place of each array."""

    def one(leaf):
        if hasattr(leaf, "shape") and hasattr(leaf, "dtype"):
            dtype = jax.dtypes.canonicalize_dtype(leaf.dtype)
            return jax.ShapeDtypeStruct(tuple(leaf.shape), dtype)
        return leaf

    return jax.tree.map(one, values)


def _form(variable):
    return jax.ShapeDtypeStruct(
        tuple(variable.shape), jax.dtypes.canonicalize_dtype(variable.dtype)
    )
