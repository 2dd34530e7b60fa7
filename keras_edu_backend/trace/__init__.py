"""What Keras really does for one call of a model, or for one step of training it, as a tree.

    >>> import keras_edu_backend
    >>> keras_edu_backend.activate()
    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="scores")])
    >>> with keras_edu_backend.trace() as t:
    ...     scores = model.predict(keras.ops.ones((2, 4)), verbose=0)
    >>> print(t.tree())
    sequential: one step of predicting on (2, 4)
    ...
    FORWARD
    sequential (Sequential)  (2, 3)  float32      15     54              188
    └ scores (Dense)         (2, 3)  float32      15     54              188
      ├ matmul               (2, 3)  float32             48              104
      └ add                  (2, 3)  float32              6               84
    ...

The tree goes from models to their layers, and from layers to the ops that they call (``matmul``,
``add``, ``relu``), with shapes, parameters, floating-point operations and bytes; then come the
loss, the backward pass, layer by layer from the last to the first, and what the optimiser does to
each variable. ``keras-edu trace TARGET`` prints the same of a model in a file.

Where the numbers come from. While a trace is open, it only notes which model ran, on which shapes
and how often; the programs that run are the same as ever. When it is closed, the step that the
training loop compiles is traced once more on shapes alone, with a name open around each layer and
op (``scopes``). In the list of primitives that JAX then has (the jaxpr), each equation carries
these names, in the backward pass as well; each is counted by a formula (``count``), and the sums
make the tree (``nodes``). A step that was compiled, one in a loop of many, and one that ran eagerly
are the same step, so they have the same tree; `Step.times` says how often it ran.

How it is counted. A multiplication and an addition are two operations: a product of an (m, k) and a
(k, n) matrix takes 2mkn. ``multiply_adds`` says how many pairs there are, for those who count a
pair as one. Exponentials and their like are counted apart. What is inside a scan counts as often as
it runs. Beside that stands XLA's own count of the same program (``xla``), with the reasons for the
gap.

Read ``programs`` first: it says what a step is; then ``scopes``, ``count``, ``nodes``.
"""

import sys
import types

from keras_edu_backend.plugin import activate, is_active

__all__ = ["Trace"]


def __getattr__(name):
    """`Trace`, once it is asked for: with it come Keras and JAX."""
    if name == "Trace":
        _need_this_backend()
        from keras_edu_backend.trace.taken import Trace

        return Trace
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _need_this_backend():
    if "keras.src.backend" not in sys.modules:
        activate()
    elif not is_active():
        raise RuntimeError(
            "trace: Keras is running on another backend in this process. Set KERAS_BACKEND=edu, or "
            "call keras_edu_backend.activate() before Keras is imported."
        )


class _CallableModule(types.ModuleType):
    """``keras_edu_backend.trace`` is this package, and what users call."""

    def __call__(self):
        """A `Trace`, to be opened with ``with``."""
        return self.Trace()


sys.modules[__name__].__class__ = _CallableModule
