"""A small call for each name, the same on every backend.

For most names a generic call will do: the candidates are tried in order, and the first that runs is
taken. What no generic call fits is written out in the tables. Both sides build their calls from
this file, so it uses public Keras alone.
"""

import dataclasses
import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

VECTOR = np.array([-1.5, 0.5, 2.0, 3.0], "float32")
OTHER = np.array([0.5, 1.0, 2.0, -1.0], "float32")
MATRIX = np.array([[2.0, 0.5], [0.5, 1.0]], "float32")
PAIR = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]], "float32")
WHOLE = np.array([3, 1, 2, 1], "int32")
OTHER_WHOLE = np.array([1, 2, 0, 3], "int32")
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]], "float32")
ONE_HOT = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], "float32")
CLASSES = np.array([0, 2], "int32")


def _real(values):
    return np.array(values, "float32")


def _whole(values):
    return np.array(values, "int32")


def ramp(*shape, scale=0.25):
    """Numbers that rise by ``scale``, from below zero: small, and no two alike."""
    count = math.prod(shape)
    return (scale * (np.arange(count) - count // 3)).reshape(shape).astype("float32")


@dataclasses.dataclass
class Sample:
    """A call.

    Attributes:
        call: function of the inputs, as arrays, that calls what is to be explained.
        inputs: NumPy arrays.
        text: the call as a program has it.
        variables: trainable variables that it uses, to be differentiated too.
    """

    call: Callable
    inputs: list
    text: str
    variables: list = dataclasses.field(default_factory=list)


def candidates(subject) -> list[Callable[[], Sample]]:
    """Functions that each make a `Sample` for a subject; some of them may fail.

    Args:
        subject: a `subjects.Subject`.
    """
    make: Callable[[Any], list] = {
        "layers": _layers,
        "activations": _functions,
        "losses": _losses,
        "initializers": _initializers,
        "optimizers": _optimizers,
        "ops": _functions,
    }[subject.room]
    return make(subject)


# Functions: ops and activations -----------------------------------------------------------------

_IMAGE = ramp(1, 4, 4, 2)
_SEGMENTS = np.array([0, 0, 1, 1], "int32")
_UPPER = np.array([[2.0, 1.0], [0.0, 4.0]], "float32")


def _add_one(x):
    return x + 1.0


def _square_with_slope(x):
    return x * x, lambda *arguments, upstream=None: 2.0 * x * upstream


# What comes before the arrays, or beside them, where a generic call will not do: positional and
# keyword arguments. An array of real numbers among the positional ones is an input.
_CALLS: dict[str, Any] = {
    "adaptive_average_pool": ((_IMAGE, 2), {}),
    "adaptive_max_pool": ((_IMAGE, 2), {}),
    "average_pool": ((_IMAGE, 2), {}),
    "max_pool": ((_IMAGE, 2), {}),
    "arange": ((4,), {}),
    "array_split": ((VECTOR, 2), {}),
    "split": ((VECTOR, 2), {}),
    "dsplit": ((ramp(2, 1, 2), 2), {}),
    "hsplit": ((VECTOR, 2), {}),
    "vsplit": ((MATRIX, 2), {}),
    "bartlett": ((5,), {}),
    "blackman": ((5,), {}),
    "hamming": ((5,), {}),
    "hanning": ((5,), {}),
    "kaiser": ((5, 2.0), {}),
    "batch_normalization": ((PAIR, np.zeros(3, "float32"), np.ones(3, "float32")), {"axis": -1}),
    "binary_crossentropy": ((_real([1, 0, 1]), _real([0.9, 0.2, 0.4])), {}),
    "categorical_crossentropy": ((ONE_HOT, PROBABILITIES), {}),
    "sparse_categorical_crossentropy": ((CLASSES, PROBABILITIES), {}),
    "bincount": ((WHOLE,), {}),
    "broadcast_to": ((VECTOR, (2, 4)), {}),
    "cast": ((VECTOR, "float16"), {}),
    "saturate_cast": ((VECTOR, "int8"), {}),
    "view": ((VECTOR, "int32"), {}),
    "cholesky": ((MATRIX,), {}),
    "cholesky_inverse": ((np.linalg.cholesky(MATRIX),), {}),
    "clip": ((VECTOR, -1.0, 2.0), {}),
    "concatenate": (([VECTOR, OTHER],), {}),
    "append": ((VECTOR, OTHER), {}),
    "stack": (([VECTOR, OTHER],), {}),
    "hstack": (([VECTOR, OTHER],), {}),
    "vstack": (([VECTOR, OTHER],), {}),
    "dstack": (([VECTOR, OTHER],), {}),
    "unstack": ((MATRIX,), {}),
    "cond": ((True, lambda: 1.0, lambda: 2.0), {}),
    "conv": ((_IMAGE, ramp(2, 2, 2, 1)), {}),
    "conv_transpose": ((ramp(1, 2, 2, 2), ramp(2, 2, 1, 2)), {"strides": 1}),
    "depthwise_conv": ((_IMAGE, ramp(2, 2, 2, 1)), {}),
    "separable_conv": ((_IMAGE, ramp(2, 2, 2, 1), ramp(1, 1, 2, 1)), {}),
    "cross": ((_real([1, 2, 3]), _real([0, 1, -1])), {}),
    "ctc_decode": ((ramp(1, 3, 3), _whole([3])), {}),
    "ctc_loss": ((_whole([[1, 2]]), ramp(1, 3, 3), _whole([2]), _whole([3])), {}),
    "custom_gradient": ((_square_with_slope,), {}),
    "depth_to_space": ((ramp(1, 1, 1, 4), 2), {}),
    "space_to_depth": ((ramp(1, 2, 2, 1), 2), {}),
    "diagonal": ((MATRIX,), {}),
    "digitize": ((VECTOR, _real([0.0, 1.0])), {}),
    "dot_product_attention": ((ramp(1, 2, 1, 2), ramp(1, 2, 1, 2), ramp(1, 2, 1, 2)), {}),
    "einsum": (("ij,jk->ik", MATRIX, _UPPER), {}),
    "empty": (((2,),), {}),
    "erfinv": ((_real([-0.5, 0.0, 0.5]),), {}),
    "expand_dims": ((VECTOR, 0), {}),
    "extract_sequences": ((VECTOR, 2, 1), {}),
    "eye": ((2,), {}),
    "identity": ((2,), {}),
    "tri": ((3,), {}),
    "fft": (((VECTOR, OTHER),), {}),
    "fft2": (((MATRIX, _UPPER),), {}),
    "ifft2": (((MATRIX, _UPPER),), {}),
    "rfft": ((VECTOR,), {}),
    "irfft": (((OTHER[:3], _real([0, 1, 0])),), {}),
    "stft": ((ramp(8), 4, 2, 4), {}),
    "istft": (((ramp(3, 3), ramp(3, 3)), 4, 2, 4), {}),
    "fold": ((ramp(1, 4, 4), 3, 2), {}),
    "unfold": ((ramp(1, 1, 3, 3), 2), {}),
    "fori_loop": ((0, 3, lambda i, x: x + 1.0, VECTOR), {}),
    "full": (((2,), 3.0), {}),
    "full_like": ((VECTOR, 3.0), {}),
    "geomspace": ((1.0, 8.0, 4), {}),
    "linspace": ((0.0, 1.0, 5), {}),
    "logspace": ((0.0, 1.0, 3), {}),
    "get_item": ((VECTOR, 1), {}),
    "in_top_k": ((CLASSES, PROBABILITIES, 1), {}),
    "isin": ((VECTOR, OTHER), {}),
    "jvp": ((_add_one, (VECTOR,), (OTHER,)), {}),
    "layer_normalization": ((PAIR,), {}),
    "rms_normalization": ((PAIR,), {}),
    "ldexp": ((VECTOR, WHOLE), {}),
    "lstsq": ((MATRIX, OTHER[:2]), {}),
    "solve": ((MATRIX, OTHER[:2]), {}),
    "solve_triangular": ((_UPPER, OTHER[:2]), {}),
    "map": ((_add_one, VECTOR), {}),
    "vectorized_map": ((_add_one, VECTOR), {}),
    "vectorize": ((_add_one,), {}),
    "scan": ((lambda c, x: (c + x, c + x), np.float32(0), VECTOR), {}),
    "associative_scan": ((lambda a, b: a + b, VECTOR), {}),
    "while_loop": ((lambda x: keras.ops.sum(x) < 9.0, lambda x: (x + 1.0,), (VECTOR,)), {}),
    "switch": ((1, [lambda x: x, _add_one], VECTOR), {}),
    "meshgrid": ((VECTOR, OTHER), {}),
    "moments": ((PAIR, 0), {}),
    "moveaxis": ((PAIR, 0, 1), {}),
    "swapaxes": ((PAIR, 0, 1), {}),
    "multi_hot": ((_whole([0, 2]), 3), {}),
    "one_hot": ((CLASSES, 3), {}),
    "ones": (((2,),), {}),
    "zeros": (((2,),), {}),
    "pad": ((VECTOR, 1), {}),
    "percentile": ((VECTOR, 30.0), {}),
    "nanpercentile": ((VECTOR, 30.0), {}),
    "quantile": ((VECTOR, 0.3), {}),
    "nanquantile": ((VECTOR, 0.3), {}),
    "psnr": ((VECTOR, OTHER, 4.0), {}),
    "rearrange": ((PAIR, "a b -> b a"), {}),
    "repeat": ((VECTOR, 2), {}),
    "reshape": ((VECTOR, (2, 2)), {}),
    "roll": ((VECTOR, 1), {}),
    "scatter": ((_whole([[0], [2]]), OTHER[:2], (4,)), {}),
    "scatter_update": ((VECTOR, _whole([[0], [2]]), OTHER[:2]), {}),
    "searchsorted": ((np.sort(VECTOR), OTHER), {}),
    "segment_max": ((VECTOR, _SEGMENTS, 2), {}),
    "segment_min": ((VECTOR, _SEGMENTS, 2), {}),
    "segment_prod": ((VECTOR, _SEGMENTS, 2), {}),
    "segment_sum": ((VECTOR, _SEGMENTS, 2), {}),
    "select": (([VECTOR > 1.0], [OTHER], 0.0), {}),
    "slice": ((VECTOR, (1,), (2,)), {}),
    "slice_update": ((VECTOR, (1,), OTHER[:2]), {}),
    "take": ((VECTOR, _whole([2, 0])), {}),
    "take_along_axis": ((VECTOR, _whole([2, 0])), {}),
    "argpartition": ((VECTOR, 1), {}),
    "tensordot": ((MATRIX, _UPPER), {}),
    "tile": ((VECTOR, 2), {}),
    "top_k": ((VECTOR, 2), {}),
    "unravel_index": ((WHOLE, (2, 2)), {}),
    "view_as_complex": ((MATRIX,), {}),
    "view_as_real": ((np.array([1 + 2j], "complex64"),), {}),
    "where": ((VECTOR > 1.0, VECTOR, OTHER), {}),
    "threshold": ((VECTOR, 1.0, 0.0), {}),
    "convert_to_numpy": ((VECTOR,), {}),
    "arccos": ((_real([-0.5, 0.0, 0.5]),), {}),
    "arcsin": ((_real([-0.5, 0.0, 0.5]),), {}),
    "arctanh": ((_real([-0.5, 0.0, 0.5]),), {}),
    "arccosh": ((_real([1.5, 2.0, 3.0]),), {}),
    **{name: ((_real([0.5, 1.0, 4.0]),), {}) for name in ("log", "log2", "log10", "sqrt")},
    "rsqrt": ((_real([0.5, 1.0, 4.0]),), {}),
    "power": ((_real([0.5, 1.0, 4.0]), _real([2.0, 3.0, 0.5])), {}),
    "logaddexp": ((VECTOR, OTHER), {}),
    "divide_no_nan": ((VECTOR, _real([0.5, 0.0, 2.0, -1.0])), {}),
}

_GENERIC: list[Any] = [
    (VECTOR,),
    (VECTOR, OTHER),
    (MATRIX,),
    (MATRIX, _UPPER),
    (WHOLE,),
    (WHOLE, OTHER_WHOLE),
    (VECTOR > 1.0,),
    (VECTOR > 1.0, OTHER > 0.7),
    (PAIR, PAIR[::-1].copy()),
]


def _functions(subject):
    if subject.name in _CALLS:
        calls = [_CALLS[subject.name]]
    else:
        calls = [(arguments, {}) for arguments in _GENERIC]
    return [lambda call=call: _function(subject, *call) for call in calls]


def _function(subject, arguments, keywords):
    places = [i for i, a in enumerate(arguments) if isinstance(a, np.ndarray)]
    lists = [
        i
        for i, a in enumerate(arguments)
        if isinstance(a, (list, tuple)) and a and all(isinstance(e, np.ndarray) for e in a)
    ]
    inputs = [arguments[i] for i in places] + [e for i in lists for e in arguments[i]]

    def call(*arrays):
        arrays = list(arrays)
        filled = list(arguments)
        for i in places:
            filled[i] = arrays.pop(0)
        for i in lists:
            filled[i] = type(filled[i])(arrays.pop(0) for _ in filled[i])
        result = subject.thing(*filled, **keywords)
        return result(VECTOR) if callable(result) else result

    names = iter("xyzuvw")
    written = [
        next(names, "x") if i in places else f"{next(names, 'x')}s" if i in lists else _short(a)
        for i, a in enumerate(arguments)
    ]
    written += [f"{key}={value!r}" for key, value in keywords.items()]
    return Sample(call, inputs, f"keras.{subject.path}({', '.join(written)})")


def _short(value):
    return getattr(value, "__name__", None) or repr(value)


# Losses ------------------------------------------------------------------------------------------

_LABELS_AND_PREDICTIONS = [
    (ONE_HOT, PROBABILITIES),
    (CLASSES, PROBABILITIES),
    (_whole([[1, 2]]), ramp(1, 3, 3)),
    (PAIR, PAIR[::-1].copy()),
]
_BINARY = (_real([[1.0], [0.0]]), _real([[0.9], [0.2]]))
_REAL = (_real([[1.0, 2.0]]), _real([[1.5, 1.0]]))


def _losses(subject):
    name = subject.name.lower().replace("_", "")
    choices = list(_LABELS_AND_PREDICTIONS)
    if name.startswith("binary"):
        choices.insert(0, _BINARY)
    elif name.startswith("sparse") or name == "circle":
        choices.insert(0, choices.pop(1))
    elif name == "ctc":
        choices.insert(0, choices.pop(2))
    elif "categorical" not in name:
        choices.insert(0, _REAL)

    def make(labels, predictions):
        function = subject.thing() if subject.is_class else subject.thing
        if subject.name == "categorical_generalized_cross_entropy":
            function = functools.partial(function, q=0.5)
        written = f"keras.{subject.path}{'()' if subject.is_class else ''}(y_true, y_pred)"
        return Sample(lambda y_pred: function(labels, y_pred), [predictions], written)

    return [lambda pair=pair: make(*pair) for pair in choices]


# Initialisers ------------------------------------------------------------------------------------


def _initializers(subject):
    parameters = inspect.signature(subject.thing).parameters
    keywords = {"seed": 1} if "seed" in parameters else {}

    def make(shape):
        initializer = subject.thing(**keywords)
        written = ", ".join(f"{key}={value}" for key, value in keywords.items())
        return Sample(
            lambda: initializer(shape, dtype="float32"),
            [],
            f"keras.{subject.path}({written})({shape})",
        )

    return [lambda shape=shape: make(shape) for shape in ((4, 3), (4,), (3, 3), (8, 1, 10))]


# Optimisers --------------------------------------------------------------------------------------

START = _real([1.0, -2.0, 0.5])
GRADIENTS = [_real([0.1, -0.2, 0.0]), _real([0.3, 0.1, -0.4])]
_INNER = {"LossScaleOptimizer": lambda: [keras.optimizers.SGD(0.1)]}


def _optimizers(subject):
    def make(start):
        if subject.name in ("MultiOptimizer", "OptimizerMap"):
            raise NotImplementedError(f"{subject.name} only hands variables to other optimisers.")
        optimizer = subject.thing(*_INNER.get(subject.name, list)())
        variable = keras.Variable(start)
        optimizer.build([variable])

        def call(*gradients):
            # TensorFlow has no `stateless_apply`, and PyTorch's writes over what it returned.
            if keras.backend.backend() != "jax":
                return [_applied(optimizer, variable, each) for each in gradients]
            weights, state, steps = [variable.value], [v.value for v in optimizer.variables], []
            for gradient in gradients:
                weights, state = optimizer.stateless_apply(state, [gradient], weights)
                steps.append(weights[0])
            return steps

        gradients = [np.resize(each, start.shape) for each in GRADIENTS]
        return Sample(call, gradients, f"keras.{subject.path}().apply([gradient], [w]), twice")

    return [lambda: make(START), lambda: make(MATRIX)]


def _applied(optimizer, variable, gradient):
    """The variable's value after an update."""
    optimizer.apply([gradient], [variable])
    return keras.ops.copy(variable)


# Layers ------------------------------------------------------------------------------------------

# What a layer's parameters are given, by name, where they have no default.
_PARAMETERS = {
    "units": 2,
    "filters": 1,
    "kernel_size": 2,
    "pool_size": 2,
    "rate": 0.5,
    "stddev": 0.5,
    "input_dim": 4,
    "output_dim": 2,
    "num_heads": 1,
    "key_dim": 2,
    "head_dim": 2,
    "num_query_heads": 2,
    "num_key_value_heads": 1,
    "target_shape": (-1,),
    "dims": (2, 1),
    "n": 2,
    "axes": 1,
    "equation": "ab,bc->ac",
    "output_shape": 2,
    "scale": 0.5,
    "height": 2,
    "width": 2,
    "size": 2,
    "num_bins": 3,
    "num_tokens": 4,
    "factor": 0.2,
    "height_factor": 0.2,
    "width_factor": 0.2,
    "max_number": 2,
    "output_size": 2,
}


def _doubled(params, inputs):
    return inputs * params["factor"]


_SPECIAL: dict[str, Callable[[], Any]] = {
    "Activation": lambda: keras.layers.Activation("relu"),
    "Bidirectional": lambda: keras.layers.Bidirectional(keras.layers.SimpleRNN(1)),
    "CategoryEncoding": lambda: keras.layers.CategoryEncoding(4, "one_hot"),
    "Discretization": lambda: keras.layers.Discretization([0.0, 1.0]),
    "JaxLayer": lambda: keras.layers.JaxLayer(_doubled, params={"factor": _real(2.0)}),
    "Lambda": lambda: keras.layers.Lambda(lambda x: 2.0 * x),
    "Pipeline": lambda: keras.layers.Pipeline([keras.layers.Rescaling(0.5)]),
    "RNN": lambda: keras.layers.RNN(keras.layers.SimpleRNNCell(1)),
    "StackedRNNCells": lambda: keras.layers.StackedRNNCells([keras.layers.SimpleRNNCell(1)] * 1),
    "SpectralNormalization": lambda: keras.layers.SpectralNormalization(keras.layers.Dense(2)),
    "TimeDistributed": lambda: keras.layers.TimeDistributed(keras.layers.Dense(1)),
    "RandomPosterization": lambda: keras.layers.RandomPosterization(3),
    "RandomCrop": lambda: keras.layers.RandomCrop(2, 2),
    "Normalization": lambda: keras.layers.Normalization(mean=0.5, variance=4.0),
    "GroupNormalization": lambda: keras.layers.GroupNormalization(1),
    "MelSpectrogram": lambda: keras.layers.MelSpectrogram(
        num_mel_bins=2, fft_length=8, sequence_stride=4, sampling_rate=100, max_freq=50, min_freq=1
    ),
    "STFTSpectrogram": lambda: keras.layers.STFTSpectrogram(frame_length=4, frame_step=2),
    "HashedCrossing": lambda: keras.layers.HashedCrossing(3),
    "IntegerLookup": lambda: keras.layers.IntegerLookup(vocabulary=[1, 2]),
}
_STRINGS = {"StringLookup": ["b", "c", "a"], "TextVectorization": ["b a", "c b"]}
_LAYER_INPUTS: list[list] = [
    [PAIR],
    [ramp(1, 4, 2)],
    [ramp(1, 4, 4, 2)],
    [ramp(1, 4, 4, 3)],
    [ramp(1, 3, 3, 3, 1)],
    [ramp(1, 2, 4, 4, 1)],
    [PAIR, PAIR[::-1].copy()],
    [ramp(1, 2, 2), ramp(1, 2, 2)[:, ::-1].copy()],
    [WHOLE],
    [_whole([[1, 2], [0, 3]])],
    [WHOLE, OTHER_WHOLE],
    [ramp(1, 16)],
    [PAIR, np.zeros((2, 2), "float32")],
]
_EMBEDS = {"Embedding", "ReversibleEmbedding", "CategoryEncoding", "Hashing", "IntegerLookup"}


def _layers(subject):
    name = subject.name
    if name in _STRINGS:
        return [lambda: _of_strings(subject)]
    choices = list(_LAYER_INPUTS)
    if name in _EMBEDS:
        choices.insert(0, [WHOLE])
    if name.startswith("Random") or "ontrast" in name or name in ("AugMix", "Equalization"):
        choices.insert(0, [np.abs(ramp(1, 4, 4, 3, scale=2.0))])
    if name.startswith("ConvLSTM"):
        rank = int(name[-2])
        choices.insert(0, [ramp(1, 2, *[3] * rank, 1)])
    if name.endswith("Cell"):
        choices.insert(0, [PAIR[:, :2].copy(), np.zeros((2, 2), "float32")])
    if name in (
        "Attention",
        "AdditiveAttention",
        "Dot",
        "MultiHeadAttention",
        "GroupQueryAttention",
    ):
        choices.insert(0, [ramp(1, 2, 2), ramp(1, 2, 2)[:, ::-1].copy()])
    return [
        lambda inputs=inputs, apart=apart: _layer(subject, inputs, apart)
        for inputs in choices
        for apart in ((False, True) if len(inputs) > 1 else (False,))
    ]


_NOT_CALLED = {
    "InputLayer": "It is where a model begins, and computes nothing.",
    "Wrapper": "It is the base class of layers that wrap another, and computes nothing.",
    "FlaxLayer": "It runs a Flax module, which has to come from outside Keras.",
    "TFSMLayer": "It runs a TensorFlow SavedModel, which has to come from outside Keras.",
    "TorchModuleWrapper": "It runs a PyTorch module, on the torch backend alone.",
}


def _of_strings(subject):
    """A layer that looks strings up; TensorFlow does, on every backend."""
    strings = _STRINGS[subject.name]
    layer = subject.thing(vocabulary=["a", "b"])
    text = f'keras.{subject.path}(vocabulary=["a", "b"])({strings})'
    return Sample(lambda: layer(np.array(strings)), [], text)


def _layer(subject, inputs, apart):
    if subject.name in _NOT_CALLED:
        raise NotImplementedError(_NOT_CALLED[subject.name])
    if subject.name in _SPECIAL:
        layer, written = _SPECIAL[subject.name](), "…"
    else:
        keywords = {
            key: _PARAMETERS[key]
            for key, parameter in inspect.signature(subject.thing).parameters.items()
            if parameter.default is inspect.Parameter.empty
            and parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        }
        layer = subject.thing(**keywords)
        written = ", ".join(f"{key}={value!r}" for key, value in keywords.items())

    names = ["x", "y"][: len(inputs)]
    if subject.name.endswith(("Cell", "Cells")):
        call = functools.partial(_call_cell, layer)
        inputs, names = inputs[:1], ["x", "zeros"]
    elif len(inputs) > 1 and not apart:
        call = functools.partial(_call_on_list, layer)
        names = [f"[{', '.join(names)}]"]
    else:
        call = layer

    call(*map(keras.ops.convert_to_tensor, inputs))  # creates its variables
    for variable in layer.trainable_variables:
        if keras.backend.is_float_dtype(variable.dtype):
            # Round numbers that every backend starts from, and that are easily followed.
            values = 0.5 - 0.25 * (np.arange(math.prod(variable.shape)) % 5)
            variable.assign(values.reshape(variable.shape))
    text = f"keras.{subject.path}({written})({', '.join(names)})"
    return Sample(call, list(inputs), text, list(layer.trainable_variables))


def _call_on_list(layer, *arrays):
    return layer(list(arrays))


def _call_cell(layer, x):
    """A cell of a recurrent layer, on a state of zeros."""
    states = len(layer.state_size) if isinstance(layer.state_size, (list, tuple)) else 1
    return layer(x, [keras.ops.zeros((x.shape[0], _units(layer)))] * states)


def _units(layer):
    size = layer.state_size
    while isinstance(size, (list, tuple)):
        size = size[0]
    return size
