"""A model as a TensorFlow SavedModel, for programs that know neither Keras nor JAX.

Each endpoint is a function that JAX compiles to XLA's own language and TensorFlow then carries
along (``jax2tf``). A JAX function has no state, so its variables become arguments: TensorFlow keeps
them, passes them in, and writes back those that the function changed. TensorFlow is needed when a
model is exported, not before.
"""

import inspect
import itertools
from typing import Any

import jax
from keras.src import tree
from keras.src.backend.common.stateless_scope import StatelessScope
from keras.src.utils.module_utils import tensorflow as tf

from keras_edu_backend import keras_seam

BaseArchive: Any = keras_seam.base(
    "keras.src.export.saved_model_export_archive", "SavedModelExportArchive"
)

# Options that Keras documents and that jax2tf only warns about any more.
_WITHOUT_EFFECT = ("enable_xla", "native_serialization")


class JaxExportArchive(BaseArchive):
    """What is to be written into a SavedModel: variables, and functions that use them.

    Source: ``keras.export.ExportArchive``, ``keras.Model.export``.
    """

    def _backend_init(self):
        # Pairs of a Keras variable and the TensorFlow variable that carries its value, in step with
        # the lists of TensorFlow variables that the archive saves.
        self._trainable = []
        self._non_trainable = []

    def _backend_track_layer(self, layer):
        saved = self._tf_trackable
        for variables, pairs, saved_variables in (
            (layer.trainable_variables, self._trainable, saved.trainable_variables),
            (layer.non_trainable_variables, self._non_trainable, saved.non_trainable_variables),
        ):
            carried = [self._convert_to_tf_variable(variable) for variable in variables]
            pairs.extend(zip(variables, carried, strict=True))
            saved_variables.extend(carried)
        saved.variables = [*saved.trainable_variables, *saved.non_trainable_variables]

    def _backend_add_endpoint(
        self, name, fn, input_signature, is_static=False, jax2tf_kwargs=None, **kwargs
    ):
        """A TensorFlow function that computes ``fn``.

        Args:
            name: what the endpoint will be called.
            fn: a function of arrays, which may read and write variables of layers tracked so far.
            input_signature: for each of its arguments a ``tf.TensorSpec``, or a structure of them.
            is_static: the function has no variables, or they are to be constants in it.
            jax2tf_kwargs: options for ``jax.experimental.jax2tf.convert``.
            **kwargs: ignored, as stock Keras does.
        """
        options = {"polymorphic_shapes": _symbolic_shapes(input_signature), **(jax2tf_kwargs or {})}
        if jax.default_backend() == "gpu" and not tf.config.list_physical_devices("GPU"):
            # What is compiled for a GPU alone could not be loaded by this very TensorFlow.
            options.setdefault("native_serialization_platforms", ("cpu",))
        convert = _convert if is_static else self._convert_with_variables
        converted = convert(fn, options)
        # TensorFlow matches the signature against the parameters by their number and names.
        parameters = list(inspect.signature(fn).parameters.values())[: len(input_signature)]
        converted.__signature__ = inspect.Signature(parameters)
        return tf.function(converted, input_signature=input_signature, autograph=False)

    def _convert_with_variables(self, fn, options):
        """A TensorFlow function that computes ``fn`` with the variables' values of the moment."""
        pairs = self._trainable + self._non_trainable
        changeable = [variable for variable, _ in self._non_trainable]

        def pure(values, *args, **kwargs):
            state = zip((variable for variable, _ in pairs), values, strict=True)
            with StatelessScope(state_mapping=state) as scope:
                outputs = fn(*args, **kwargs)
            return outputs, [scope.get_current_value(variable) for variable in changeable]

        # None: the variables' shapes are known.
        shapes = [None, *options["polymorphic_shapes"]]
        computed = _convert(pure, {**options, "polymorphic_shapes": shapes})
        carried = [carrier for _, carrier in pairs]
        to_update = [carrier for _, carrier in self._non_trainable]

        def with_variables(*args, **kwargs):
            outputs, new_values = computed(carried, *args, **kwargs)
            for variable, value in zip(to_update, new_values, strict=True):
                variable.assign(tf.cast(value, variable.dtype))
            return outputs

        return with_variables


def _convert(fn, options):
    from jax.experimental import jax2tf

    still_of_use = {key: value for key, value in options.items() if key not in _WITHOUT_EFFECT}
    return jax2tf.convert(fn, **still_of_use)


def _symbolic_shapes(input_signature):
    """For each ``tf.TensorSpec`` its shape in jax2tf's words, such as "(batch, 3, dimension_0)".

    Unknown first dimensions are one and the same, the batch size; all the others may differ.
    """
    number = itertools.count()

    def shape(spec):
        dimensions = [
            str(size) if size is not None else "batch" if axis == 0 else f"dimension_{next(number)}"
            for axis, size in enumerate(spec.shape)
        ]
        return f"({', '.join(dimensions)})"

    return tree.map_structure(shape, input_signature)
