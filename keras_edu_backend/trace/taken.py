"""``with trace() as t:``: notes what runs while it is open, and counts it when it is closed."""

import contextlib
import json
import sys
import threading
from typing import Any

import jax
import keras
from keras import Layer, tree
from keras.src.backend.common.stateless_scope import in_stateless_scope

from keras_edu_backend.trace.nodes import PARTS, Node
from keras_edu_backend.trace.programs import Step, look_at, shapes_of
from keras_edu_backend.trace.scopes import replaced

_FIRST = ("train", "test", "predict", "call")


class Trace:
    """What ran while it was open: a list of `Step`, each with how often it ran.

    Calls of the same model on the same shapes are one step. `forward`, `backward` and `update` are
    those of the step that does most: a training step if there was one.

    Attributes:
        steps: every `Step`, in the order in which each first ran.
    """

    def __init__(self):
        self.steps: list[Step] = []
        self._noted: dict[Any, list] = {}
        self._stack: contextlib.ExitStack | None = None
        self._depth = threading.local()
        self._running: list = []

    def __enter__(self):
        if self._stack is not None:
            raise RuntimeError("trace: this trace is open already; trace() makes another.")
        self._stack = contextlib.ExitStack()
        for owner, name, change in self._changes():
            self._stack.enter_context(replaced(owner, name, change))
        return self

    def __exit__(self, kind, error, traceback):
        stack, self._stack = self._stack, None
        if stack is not None:
            stack.close()
        if error is None:
            noted, self._noted = self._noted, {}
            for what, model, batch, times in noted.values():
                try:
                    self.add(what, model, batch, times)
                except Exception as failed:
                    raise RuntimeError(
                        f"trace: {model.name} ran, but cannot be traced on shapes alone, as "
                        f"compiling it would: {type(failed).__name__}: {failed}"
                    ) from failed

    def add(self, what, model, batch, times=1):
        """Count a step that did not run: as `programs.look_at`. Returns its `Step`."""
        self.steps.append(look_at(what, model, batch, times))
        return self.steps[-1]

    # What was found ------------------------------------------------------------------------------

    @property
    def step(self) -> Step:
        """The step that `forward`, `backward` and `update` are of."""
        if not self.steps:
            raise ValueError(
                "trace: nothing ran yet. Call a model, or fit, inside the `with` block, and look "
                "at the trace after it."
            )
        return min(self.steps, key=lambda step: _FIRST.index(step.what))

    @property
    def forward(self) -> Node:
        """The forward pass: a tree of models, layers and ops."""
        return self.step.parts["forward"]

    @property
    def backward(self) -> Node:
        """The backward pass, layer by layer from the last to the first."""
        return self.step.parts["backward"]

    @property
    def update(self) -> Node:
        """What the optimiser does, variable by variable."""
        return self.step.parts["update"]

    def tree(self, ops=True):
        """The trace as text.

        Args:
            ops: False shows models and layers only.
        """
        from keras_edu_backend.trace.show import text

        return text(self, ops)

    def to_html(self):
        """The trace as one HTML page, which needs nothing from elsewhere."""
        from keras_edu_backend.trace.show import html

        return html(self)

    def to_json(self):
        """The trace as JSON text: `as_json` says what is in it."""
        return json.dumps(self.as_json(), indent=1)

    def as_json(self):
        """The trace as dicts and lists.

        Returns:
            ``forward``, ``backward``, ``update``, ``loss``, ``loss_backward`` and ``other`` of
            `step`, each as `Node.as_json`; ``steps`` with all of it for each step, how often it
            ran and XLA's own count.
        """
        first = self.step
        return {
            "counted": "a multiplication and an addition as two",
            **{part: first.parts[part].as_json() for part in PARTS},
            "steps": [
                {
                    "what": step.what,
                    "model": step.model.name,
                    "inputs": [
                        {"shape": list(leaf.shape), "dtype": str(leaf.dtype)}
                        for leaf in jax.tree.leaves(step.batch)
                        if hasattr(leaf, "shape")
                    ],
                    "times": step.times,
                    **{part: step.parts[part].as_json() for part in PARTS},
                    "xla": step.xla,
                    "no_formula": step.unknown,
                }
                for step in self.steps
            ],
        }

    def __str__(self):
        return self.tree()

    def _repr_html_(self):
        return self.to_html()

    # What is noted while it is open --------------------------------------------------------------

    def _note(self, what, model, batch, times=1) -> None:
        batch = shapes_of(batch)
        leaves, structure = jax.tree.flatten(batch)
        key = (what, id(model), structure, tuple(map(str, leaves)))
        if key in self._noted:
            self._noted[key][3] += times
        else:
            self._noted[key] = [what, model, batch, times]

    def _changes(self):
        """Which methods are replaced while the trace is open, and by what."""
        # The loop over steps is a part of the trainer that Keras mixes into its models.
        trainer = next(c for c in keras.Model.__mro__ if "_take_steps" in vars(c))
        steps = sys.modules[trainer.__module__].Steps
        one_step = next(c for c in steps.__mro__ if "__call__" in vars(c))
        loops = [(steps, "loop", self._around_loop)] if hasattr(steps, "loop") else []
        return [
            (Layer, "__call__", self._around_layer),
            (keras.Model, "_take_steps", self._around_training),
            (keras.Model, "_metrics_on_batch", self._around_training),
            (keras.Model, "predict_on_batch", self._around_training),
            (one_step, "__call__", self._around_steps),
            *loops,
        ]

    def _around_layer(self, original):
        def __call__(layer, *args, **kwargs):
            outermost = not getattr(self._depth, "value", 0) and not in_stateless_scope()
            outermost = outermost and all(map(_has_value, tree.flatten((args, kwargs))))
            self._depth.value = getattr(self._depth, "value", 0) + 1
            try:
                outputs = original(layer, *args, **kwargs)
            finally:
                self._depth.value -= 1
            if outermost:
                self._note("call", layer, (_as_arrays(args), _as_arrays(kwargs)))
            return outputs

        return __call__

    def _around_training(self, original):
        def within(model, *args, **kwargs):
            self._running.append(model)
            try:
                return original(model, *args, **kwargs)
            finally:
                self._running.pop()

        return within

    def _kind(self, function) -> tuple[str, Any]:
        model = self._running[-1]
        for what in ("train", "test", "predict"):
            if getattr(model, f"{what}_function") is function:
                return what, model
        return "train" if function._trains else "predict", model

    def _around_steps(self, original):
        def __call__(function, state, batches):
            taken = []

            def each():
                for batch in batches:
                    taken.append(batch)
                    yield batch

            result = original(function, state, each())
            what, model = self._kind(function)
            for batch in taken:
                self._note(what, model, batch)
            return result

        return __call__

    def _around_loop(self, original):
        def loop(function, state, kept, batches, first, stop, *args, **kwargs):
            size = batches.rows.batch_size
            data = batches.data
            outputs, after = original(function, state, kept, batches, first, stop, *args, **kwargs)
            rows = min(leaf.shape[0] for leaf in jax.tree.leaves(data, is_leaf=_has_rows))
            full, rest = divmod(rows, size)
            reached = int(outputs[1])
            what, model = self._kind(function)
            for number, count in (
                (size, min(reached, full) - min(first, full)),
                (rest, max(reached - full, 0) - max(first - full, 0)),
            ):
                if number and count:
                    batch = jax.tree.map(_cut_to(number), data, is_leaf=_has_rows)
                    self._note(what, model, batch, count)
            return outputs, after

        return loop


def _has_rows(leaf):
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype")


def _cut_to(rows):
    """Shape and dtype of the batch of so many rows that is taken from an array."""
    return lambda leaf: jax.ShapeDtypeStruct((rows, *leaf.shape[1:]), leaf.dtype)


def _has_value(leaf):
    return not isinstance(leaf, (jax.core.Tracer, keras.KerasTensor))


def _as_arrays(values):
    """Lists of numbers and variables as the arrays that a layer makes of them."""
    return tree.map_structure(
        lambda leaf: leaf.value if isinstance(leaf, keras.Variable) else leaf, values
    )
