"""Arrays, scopes, gradients, control flow and indexing: what Keras calls the backend's core."""

from keras_edu_backend.ops.core.control_flow import (
    associative_scan,
    cond,
    fori_loop,
    map,
    scan,
    switch,
    vectorized_map,
    while_loop,
)
from keras_edu_backend.ops.core.conversion import (
    cast,
    convert_to_numpy,
    convert_to_tensor,
    is_tensor,
    random_seed_dtype,
    shape,
)
from keras_edu_backend.ops.core.gradients import custom_gradient, remat, stop_gradient
from keras_edu_backend.ops.core.indexing import (
    scatter,
    scatter_update,
    slice,
    slice_update,
    unstack,
)
from keras_edu_backend.ops.core.output_spec import compute_output_spec
from keras_edu_backend.ops.core.scopes import device_scope, name_scope
from keras_edu_backend.variable import Variable

SUPPORTS_SPARSE_TENSORS = True
SUPPORTS_RAGGED_TENSORS = False
SUPPORTS_COMPLEX_DTYPES = True
IS_THREAD_SAFE = True

__all__ = [
    "IS_THREAD_SAFE",
    "SUPPORTS_COMPLEX_DTYPES",
    "SUPPORTS_RAGGED_TENSORS",
    "SUPPORTS_SPARSE_TENSORS",
    "Variable",
    "associative_scan",
    "cast",
    "compute_output_spec",
    "cond",
    "convert_to_numpy",
    "convert_to_tensor",
    "custom_gradient",
    "device_scope",
    "fori_loop",
    "is_tensor",
    "map",
    "name_scope",
    "random_seed_dtype",
    "remat",
    "scan",
    "scatter",
    "scatter_update",
    "shape",
    "slice",
    "slice_update",
    "stop_gradient",
    "switch",
    "unstack",
    "vectorized_map",
    "while_loop",
]
