"""Every op and every training step is lowered for a CPU, for NVIDIA and AMD GPUs and for a TPU.

``jax.export`` needs no such hardware: it stops where the compilers of the devices would begin. What
it cannot lower of this backend, it cannot lower of stock Keras's either, for the same platforms.

Run as a program in a process on stock Keras, this file lowers the ops that are named to it there.
"""

import importlib
import json
import re
import sys

import jax
import jax.numpy as jnp
import pytest
from jax import export
from twins import differences

import reference_models
from conformance.cases import all_cases
from conformance.contract import STOCKS_OWN_BUSINESS, offered
from keras_edu_backend import plugin
from keras_edu_backend.compare.adapter import resolve
from keras_edu_backend.compare.batch import rows

pytestmark = pytest.mark.long

PLATFORMS = ("cpu", "cuda", "rocm", "tpu")

# For some ops of a room, arguments that they take. "[2,3]" is a float32 array of that shape,
# "int32[2,3]" one of another dtype; keyword arguments come last.
CALLS = [
    (
        "numpy",
        """abs absolute all amax amin angle any arccos arccosh arcsin arcsinh arctan arctanh argmax
        argmin argsort array average cbrt ceil conj conjugate copy corrcoef cos cosh count_nonzero
        cumprod cumsum deg2rad diag diagflat diagonal diff empty_like exp exp2 expm1 fabs fliplr
        flip flipud floor histogram i0 imag isfinite isinf isnan isneginf isposinf isreal log log1p
        log10 log2 logical_not max mean median min nan_to_num nanargmax nanargmin nancumprod
        nancumsum nanmax nanmean nanmedian nanmin nanprod nanstd nansum nanvar ndim negative
        nonzero ones_like prod ptp rad2deg ravel real reciprocal rot90 round sign signbit sin sinc
        sinh size slogdet sort sqrt square squeeze std sum tan tanh trace transpose trapezoid tril
        triu trunc unique var view zeros_like""",
        ("[3,3]",),
    ),
    ("numpy", "bartlett blackman hamming hanning", (5,)),
    ("numpy", "kaiser", (5, 14.0)),
    ("numpy", "bincount", ("int32[4]", {"minlength": 4})),
    ("numpy", "vander", ("[3]",)),
    (
        "numpy",
        """add allclose append arctan2 cross divide divide_no_nan dot equal floor_divide fmax fmin
        fmod greater greater_equal heaviside hypot inner isclose isin kron less less_equal logaddexp
        logaddexp2 logical_and logical_or logical_xor matmul maximum minimum mod multiply nextafter
        not_equal outer power subtract tensordot true_divide""",
        ("[3,3]", "[3,3]"),
    ),
    ("numpy", "correlate vdot", ("[5]", "[5]")),
    ("numpy", "ldexp", ("[3]", "int32[3]")),
    (
        "numpy",
        """bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor gcd lcm
        left_shift right_shift""",
        ("int32[3]", "int32[3]"),
    ),
    ("numpy", "bitwise_invert bitwise_not", ("int32[3]",)),
    ("numpy", "concatenate dstack hstack stack vstack", (["[3,3]", "[3,3]"],)),
    ("numpy", "array_split hsplit split vsplit", ("[4,4]", 2)),
    ("numpy", "dsplit", ("[2,2,4]", 2)),
    ("numpy", "percentile quantile nanpercentile nanquantile", ("[3,3]", 0.5)),
    ("numpy", "geomspace linspace logspace", ("[3]", "[3]")),
    ("numpy", "full_like repeat tile expand_dims", ("[3,3]", 2)),
    ("numpy", "argpartition roll", ("[3,3]", 1)),
    ("numpy", "moveaxis swapaxes", ("[3,4]", 0, 1)),
    ("numpy", "clip", ("[3]", -1.0, 1.0)),
    ("numpy", "take", ("[3,3]", "int32[2]")),
    ("numpy", "take_along_axis", ("[3,3]", "int32[3,3]", {"axis": 0})),
    ("numpy", "where", ("bool[3]", "[3]", "[3]")),
    ("numpy", "digitize searchsorted", ("[3]", "[3]")),
    ("numpy", "eye identity tri", (3,)),
    ("numpy", "empty ones zeros", ((3, 3),)),
    ("numpy", "full", ((3, 3), 2.0)),
    ("numpy", "arange", (5,)),
    ("numpy", "broadcast_to", ("[3]", (3, 3))),
    ("numpy", "reshape", ("[3,4]", (4, 3))),
    ("numpy", "pad", ("[3,3]", 1)),
    ("numpy", "meshgrid", ("[3]", "[4]")),
    ("numpy", "einsum", ("ij,jk->ik", "[3,4]", "[4,3]")),
    ("numpy", "select", (["bool[3]", "bool[3]"], ["[3]", "[3]"])),
    ("numpy", "unravel_index", ("int32[3]", (2, 3))),
    ("numpy", "vectorize", (jnp.sin,)),
    (
        "nn",
        """celu elu gelu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu log_sigmoid
        log_softmax relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus
        sparse_sigmoid sparsemax squareplus tanh tanh_shrink""",
        ("[3,4]",),
    ),
    ("nn", "glu", ("[3,4]",)),
    ("nn", "threshold", ("[3,4]", 0.5, 0.0)),
    ("nn", "conv", ("[1,5,5,3]", "[2,2,3,4]")),
    ("nn", "depthwise_conv", ("[1,5,5,3]", "[2,2,3,1]")),
    ("nn", "separable_conv", ("[1,5,5,3]", "[2,2,3,1]", "[1,1,3,2]")),
    ("nn", "conv_transpose", ("[1,5,5,3]", "[2,2,4,3]")),
    ("nn", "average_pool max_pool", ("[1,6,6,3]", (2, 2), (2, 2))),
    ("nn", "adaptive_average_pool adaptive_max_pool", ("[1,6,6,3]", 2)),
    ("nn", "one_hot multi_hot", ("int32[3]", 4)),
    ("nn", "categorical_crossentropy binary_crossentropy", ("[3,4]", "[3,4]")),
    ("nn", "sparse_categorical_crossentropy", ("int32[3]", "[3,4]")),
    ("nn", "moments", ("[3,4]", (0,))),
    ("nn", "batch_normalization", ("[3,4]", "[4]", "[4]", -1)),
    ("nn", "ctc_loss", ("int32[2,3]", "[2,5,4]", "int32[2]", "int32[2]")),
    ("nn", "ctc_decode", ("[2,5,4]", "int32[2]")),
    ("nn", "ctc_decode", ("[2,5,4]", "int32[2]", {"strategy": "beam_search"})),
    ("nn", "psnr", ("[3,4]", "[3,4]", 1.0)),
    ("nn", "dot_product_attention", ("[1,4,2,8]", "[1,4,2,8]", "[1,4,2,8]")),
    ("nn", "unfold", ("[1,3,4,4]", 2)),
    ("nn", "fold", ("[1,8,9]", (4, 4), 2)),
    ("nn", "depth_to_space space_to_depth", ("[1,4,4,4]", 2)),
    ("math", "erf erfc erfinv logdet logsumexp rfft rsqrt", ("[3,3]",)),
    ("math", "segment_max segment_min segment_prod segment_sum", ("[4,2]", "int32[4]", 3)),
    ("math", "top_k", ("[3,4]", 2)),
    ("math", "in_top_k", ("int32[3]", "[3,4]", 2)),
    ("math", "extract_sequences", ("[3,9]", 4, 2)),
    ("math", "fft fft2 ifft2 irfft", (("[4,5]", "[4,5]"),)),
    ("math", "stft", ("[3,16]", 8, 4, 8)),
    ("math", "istft", (("[3,3,5]", "[3,3,5]"), 8, 4, 8)),
    ("math", "cdist", ("[3,2]", "[4,2]")),
    (
        "linalg",
        "cholesky cholesky_inverse det eig eigh inv lu_factor matrix_rank norm pinv qr svd",
        ("[3,3]",),
    ),
    ("linalg", "lstsq solve solve_triangular", ("[3,3]", "[3,2]")),
    ("linalg", "jvp", (jnp.sin, ("[3]",), ("[3]",))),
    ("image", "elastic_transform", ("[4,4,3]", {"seed": 1})),
    ("image", "gaussian_blur", ("[4,4,3]",)),
    ("image", "hsv_to_rgb rgb_to_grayscale rgb_to_hsv sobel_edges", ("[1,4,4,3]",)),
    ("image", "resize", ("[4,4,3]", (2, 2))),
    ("image", "affine_transform", ("[4,4,3]", "[8]")),
    ("image", "perspective_transform", ("[1,4,4,3]", "[1,4,2]", "[1,4,2]")),
    ("image", "compute_homography_matrix", ("[1,4,2]", "[1,4,2]")),
    ("image", "map_coordinates", ("[4,4]", "[2,3]", 1)),
    ("image", "scale_and_translate", ("[4,4,3]", (2, 2, 3), "[2]", "[2]", (0, 1), "linear")),
    ("random", "normal truncated_normal uniform", ((3, 4), {"seed": 1})),
    ("random", "randint", ((3, 4), 0, 9, {"seed": 1})),
    ("random", "gamma", ((3,), "[3]", {"seed": 1})),
    ("random", "beta", ((3,), "[3]", "[3]", {"seed": 1})),
    ("random", "binomial", ((3,), "[3]", "[3]", {"seed": 1})),
    ("random", "categorical", ("[3,4]", 2, {"seed": 1})),
    ("random", "dropout", ("[3,4]", 0.5, {"seed": 1})),
    ("random", "shuffle", ("[3,4]", {"seed": 1})),
    ("core", "cast", ("[3]", "float16")),
    ("core", "convert_to_tensor stop_gradient unstack shape", ("[3,3]",)),
    ("core", "scatter", ("int32[2,1]", "[2]", (4,))),
    ("core", "scatter_update", ("[4]", "int32[2,1]", "[2]")),
    ("core", "slice", ("[4,4]", (0, 1), (2, 2))),
    ("core", "slice_update", ("[4,4]", (0, 1), "[2,2]")),
    ("core", "while_loop", (lambda x: jnp.all(x < 1), lambda x: (x + 1,), ("[3]",))),
    ("core", "fori_loop", (0, 3, lambda i, x: x + i, "[3]")),
    ("core", "cond", ("bool[]", lambda: 1.0, lambda: 2.0)),
    ("core", "switch", ("int32[]", [jnp.sin, jnp.cos], "[3]")),
    ("core", "scan", (lambda carry, x: (carry + x, x), "[]", "[3]")),
    ("core", "associative_scan", (jnp.add, "[4]")),
    ("core", "map vectorized_map", (jnp.sin, "[3]")),
    ("core", "remat", (jnp.sin,)),
    ("core", "custom_gradient", (lambda x: (x * x, lambda x, upstream: 2 * x * upstream),)),
    (
        "rnn",
        "rnn",
        (lambda x, states: (x + states[0], [x]), "[2,3,4]", ["[2,4]"]),
    ),
]
# What cannot be called with arrays inside a program, or is no arithmetic.
NO_ARITHMETIC = {
    "core": "compute_output_spec convert_to_numpy device_scope is_tensor random_seed_dtype",
    "rnn": "bidirectional_gru bidirectional_lstm cudnn_ok gru lstm",  # they decline on a CPU
}
ROOMS = ("core", "numpy", "nn", "math", "linalg", "image", "random", "rnn")


def failures(function, arrays):
    """For each platform for which it cannot be lowered, the type of the exception."""
    try:
        export.export(jax.jit(function), platforms=PLATFORMS)(*arrays)
        return {}
    except Exception:
        found = {}
    for platform in PLATFORMS:
        try:
            export.export(jax.jit(function), platforms=(platform,))(*arrays)
        except Exception as error:
            found[platform] = type(error).__name__
    return found or {"together": "they lower one by one only"}


# --- Ops ------------------------------------------------------------------------------------------


def of_call(op, arguments):
    """An op as a function of the arrays among its arguments, and the arrays' shapes."""
    *positional, keywords = arguments if isinstance(arguments[-1], dict) else (*arguments, {})
    leaves, tree = jax.tree.flatten(positional)
    shapes = [_shape(leaf) for leaf in leaves]

    def call(*arrays):
        left = iter(arrays)
        filled = [leaf if _shape(leaf) is None else next(left) for leaf in leaves]
        found = op(*jax.tree.unflatten(tree, filled), **keywords)
        # `remat` and the like hand back functions.
        return found(jnp.ones(3)) if callable(found) else found

    return call, [shape for shape in shapes if shape is not None]


def _shape(leaf):
    found = re.fullmatch(r"([a-z]+\d*)?\[([\d,]*)\]", leaf) if isinstance(leaf, str) else None
    if found is None:
        return None
    sizes = tuple(map(int, filter(None, found[2].split(","))))
    return jax.ShapeDtypeStruct(sizes, found[1] or "float32")


def ops(only=None):
    """What cannot be lowered of the backend that answers for Keras in this process.

    Args:
        only: numbers of calls, counted through the list; all if None.
    Returns:
        For each call that fails, its number and what `failures` says.
    """
    found = {}
    every = [(room, name, given) for room, names, given in CALLS for name in names.split()]
    for number, (room, name, given) in enumerate(every):
        if only is None or number in only:
            op = getattr(importlib.import_module(f"{plugin.PLACE}.{room}"), name)
            if failed := failures(*of_call(op, given)):
                found[f"{number}: {room}.{name}"] = failed
    return found


def test_every_op_is_in_the_list():
    called = {(room, name) for room, names, _ in CALLS for name in names.split()}
    left_out = {(room, name) for room, names in NO_ARITHMETIC.items() for name in names.split()}
    offers = {
        names
        for names, parameters in offered().items()
        if len(names) == 2 and names[0] in ROOMS and parameters is not None
    }
    assert called | left_out == offers.difference(STOCKS_OWN_BUSINESS)


def test_what_cannot_be_lowered_cannot_be_on_stock_either():
    ours = ops()
    # Ops whose shapes depend on numbers cannot be traced at all; the others can, on a CPU at least.
    assert {each["cpu"] for each in ours.values() if "cpu" in each} <= {"ConcretizationTypeError"}
    numbers = [name.partition(":")[0] for name in ours]
    assert ours == differences(__file__, *numbers)


def test_what_jax_has_for_a_cpu_only_is_seen():
    """Eigenvalues of a matrix that is not symmetric."""
    failed = failures(jax.lax.linalg.eig, [jax.ShapeDtypeStruct((3, 3), "float32")])
    assert "tpu" in failed and "cpu" not in failed


# --- Training steps -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", reference_models.catalog())
def test_the_training_step_of_a_network_is_lowered_for_every_platform(name):
    case = all_cases()[name]
    data = case.data()
    builder = f"conformance.models.{case.models or name}:{case.styles[-1]}"
    model = resolve(builder)(**case.arguments)
    batch = rows(data.x, slice(4)), rows(data.y, slice(4))
    model._symbolic_build(data_batch=batch)
    model.optimizer.build(model.trainable_variables)
    state = tuple(
        [variable.value for variable in variables]
        for variables in (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            model.metrics_variables,
        )
    )
    assert failures(model.train_step, (state, batch)) == {}


if __name__ == "__main__":
    print(json.dumps(ops(set(map(int, sys.argv[1:])))))
