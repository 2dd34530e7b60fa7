"""Everything of Keras that this backend uses and that Keras does not promise to keep.

Keras has no public interface for backends. So what the backend imports from ``keras.src``, and the
private attributes of Keras's classes that it reads, stand here in two lists; a test holds them
complete. When a new Keras comes out, ``python -m keras_edu_backend.keras_seam`` says which of them
it moved, and ``KERAS_EDU_ANY_KERAS=1`` lets programs try it.
"""

import importlib
import inspect
import os
import sys
from typing import Any

# What is imported: the module, and the names in it (which may be modules themselves).
IMPORTED = {
    "keras.src": ("activations", "backend", "callbacks", "ops", "optimizers", "tree"),
    "keras.src.backend": ("config",),
    "keras.src.backend.common": (
        *("KerasVariable", "backend_utils", "dtypes", "global_state", "standardize_dtype"),
    ),
    "keras.src.backend.common.backend_utils": ("canonicalize_axis", "to_tuple_or_list"),
    "keras.src.backend.common.dtypes": ("INT_TYPES",),
    "keras.src.backend.common.keras_tensor": ("KerasTensor",),
    "keras.src.backend.common.name_scope": ("name_scope",),
    "keras.src.backend.common.stateless_scope": ("StatelessScope", "in_stateless_scope"),
    "keras.src.backend.common.symbolic_scope": ("SymbolicScope",),
    "keras.src.backend.config": ("floatx", "standardize_data_format"),
    "keras.src.distribution": ("TensorLayout", "distribution_lib"),
    "keras.src.optimizers": ("base_optimizer",),
    "keras.src.random": ("seed_generator",),
    "keras.src.random.seed_generator": ("SeedGenerator", "draw_seed", "make_default_seed"),
    "keras.src.trainers.compile_utils": ("CompileMetrics",),
    "keras.src.trainers.data_adapters": ("array_slicing", "data_adapter_utils"),
    "keras.src.trainers.data_adapters.array_data_adapter": ("ArrayDataAdapter",),
    "keras.src.trainers.data_adapters.generator_data_adapter": ("GeneratorDataAdapter",),
    "keras.src.trainers.epoch_iterator": ("EpochIterator",),
    "keras.src.utils": ("rng_utils", "traceback_utils"),
    "keras.src.utils.module_utils": ("tensorflow",),
    "keras.src.utils.python_utils": ("is_default", "pythonify_logs"),
}

# Classes to inherit from, and what Keras's branch `pluggable_backend` calls them: see `base`.
BASES = {
    ("keras.src.trainers.trainer", "Trainer"): "BaseTrainer",
    ("keras.src.export.saved_model_export_archive", "SavedModelExportArchive"): (
        "BaseSavedModelExportArchive"
    ),
}

# What is read of objects: the class, as module and name, and its private attributes.
ATTRIBUTES = {
    ("keras.src.trainers.trainer", "Trainer"): (
        *("_assert_compile_called", "_flatten_metrics_in_order", "_get_metrics_result_or_logs"),
        *("_loss_tracker", "_should_eval", "_symbolic_build"),
    ),
    ("keras.src.models.model", "Model"): ("_flatten_layers", "_initial_epoch"),
    ("keras.src.layers.layer", "Layer"): ("_call_has_training_arg",),
    ("keras.src.trainers.epoch_iterator", "EpochIterator"): ("_epoch_iterator", "_num_batches"),
    ("keras.src.trainers.data_adapters.array_data_adapter", "ArrayDataAdapter"): (
        *("_inputs", "_num_samples", "_shuffle"),
    ),
    ("keras.src.trainers.data_adapters.generator_data_adapter", "GeneratorDataAdapter"): (
        "_first_batches",
    ),
    ("keras.src.callbacks", "CallbackList"): ("_async_predict", "_async_test", "_async_train"),
    ("keras.src.optimizers.base_optimizer", "BaseOptimizer"): (
        *("_accumulated_gradients", "_apply_weight_decay", "_backend_update_step"),
        *("_clip_gradients", "_get_variable_index", "_iterations"),
        *("_model_variables_moving_average", "_trainable_variables"),
        "_update_model_variables_moving_average",
    ),
    ("keras.src.backend.common", "KerasVariable"): ("_dtype", "_validate_shape", "_value"),
    ("keras.src.backend.common.name_scope", "name_scope"): ("_pop_on_exit",),
    ("keras.src.export.saved_model_export_archive", "SavedModelExportArchive"): (
        *("_convert_to_tf_variable", "_tf_trackable"),
    ),
}


def base(module: str, name: str) -> Any:
    """A class of Keras to inherit from, by the name that it has today or by its new one.

    Args:
        module: one of the modules of `BASES`.
        name: today's name.

    Raises:
        ImportError: the installed Keras has neither.
    """
    found = _find_base(module, name)
    if found is None:
        raise ImportError(f"{module} has neither {name} nor {BASES[module, name]}.")
    return found


def moved():
    """Which of these the installed Keras does not have.

    Returns:
        A list of ``"module.name"`` and ``"module.Class._attribute"``; empty where all is in place.
    """
    lost = [f"{module}.{name}" for module, name in BASES if not _find_base(module, name)]
    for module, names in IMPORTED.items():
        lost += [f"{module}.{name}" for name in names if _find(module, name) is None]
    for (module, name), attributes in ATTRIBUTES.items():
        kind = _find_base(module, name)
        lost += [
            f"{module}.{name}.{attribute}"
            for attribute in attributes
            if kind is None or not _has(kind, attribute)
        ]
    return lost


def _find_base(module, name):
    """`_find`, by either name of a class that was renamed."""
    names = (name, BASES.get((module, name), name))
    return next(filter(None, (_find(module, each) for each in names)), None)


def _find(module, name):
    """What ``from module import name`` would give, or None."""
    try:
        home = importlib.import_module(module)
        return getattr(home, name, None) or importlib.import_module(f"{module}.{name}")
    except ImportError:
        return None


def _has(kind, attribute):
    """Whether a class defines an attribute or its own methods, or those it inherits, set it."""
    if hasattr(kind, attribute):
        return True
    sources = (inspect.getsource(c) for c in kind.__mro__ if c.__module__.startswith("keras."))
    return any(f"self.{attribute}" in source for source in sources)


if __name__ == "__main__":
    # Stock Keras, whose own backend fits it: this one may not even be imported.
    os.environ["KERAS_BACKEND"] = "jax"
    print(*moved() or ["Everything is where it was."], sep="\n")
    sys.exit(bool(moved()))
