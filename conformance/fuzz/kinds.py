"""What a network is drawn from: every kind of layer, activation, loss and optimizer of Keras that
all backends have, in settings of its own. `LEFT_OUT` says why the others are not drawn.

An entry of a table draws one layer anew each time it is called: its class and its arguments, as
JSON values. A layer inside another is such a pair itself.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Draw = Callable[[np.random.Generator], tuple[str, dict[str, Any]]]

ACTIVATIONS = (
    *("relu", "leaky_relu", "relu6", "elu", "selu", "celu", "gelu", "silu", "mish"),
    *("sigmoid", "hard_sigmoid", "hard_silu", "log_sigmoid", "sparse_sigmoid"),
    *("tanh", "hard_tanh", "tanh_shrink", "softplus", "softsign", "sparse_plus", "squareplus"),
    *("hard_shrink", "soft_shrink", "exponential", "linear"),
    *("softmax", "log_softmax", "sparsemax"),
)
# What an activation of a layer may be that hands on more than one number an instance.
POINTWISE = tuple(name for name in ACTIVATIONS if "max" not in name)

# For each loss the activations of a head that it is meant for.
HEADS = {
    "mean_squared_error": ("linear", "relu", "tanh"),
    "mean_absolute_error": ("linear", "softplus"),
    "mean_absolute_percentage_error": ("linear", "softplus"),
    "mean_squared_logarithmic_error": ("softplus",),
    "huber": ("linear", "leaky_relu"),
    "log_cosh": ("linear", "softsign"),
    "poisson": ("softplus", "exponential"),
    "kl_divergence": ("softmax",),
    "cosine_similarity": ("linear",),
    "hinge": ("tanh", "linear"),
    "squared_hinge": ("tanh",),
    "categorical_hinge": ("linear", "softmax"),
    "binary_crossentropy": ("sigmoid",),
    "binary_focal_crossentropy": ("sigmoid",),
    "dice": ("sigmoid",),
    "tversky": ("sigmoid",),
    "categorical_crossentropy": ("softmax",),
    "categorical_focal_crossentropy": ("softmax",),
    "categorical_generalized_cross_entropy": ("softmax",),
    "sparse_categorical_crossentropy": ("softmax",),
}
OPTIMIZERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("SGD", {"learning_rate": 0.01}),
    ("SGD", {"learning_rate": 0.01, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"learning_rate": 0.01, "weight_decay": 0.01, "clipnorm": 0.5}),
    ("SGD", {"learning_rate": 0.01, "clipvalue": 0.1}),
    ("SGD", {"learning_rate": 0.01, "gradient_accumulation_steps": 2}),
    ("Adagrad", {"learning_rate": 0.01}),
    ("Adadelta", {"learning_rate": 0.1}),
    ("Adafactor", {"learning_rate": 0.01}),
    ("RMSprop", {"learning_rate": 0.001}),
    ("RMSprop", {"learning_rate": 0.001, "centered": True, "momentum": 0.5}),
    ("Adam", {"learning_rate": 0.001}),
    ("Adam", {"learning_rate": 0.001, "amsgrad": True}),
    ("Adam", {"learning_rate": 0.001, "global_clipnorm": 1.0}),
    ("Adam", {"learning_rate": 0.001, "loss_scale_factor": 8.0}),
    ("Adam", {"learning_rate": 0.001, "use_ema": True, "ema_overwrite_frequency": 3}),
    ("AdamW", {"learning_rate": 0.001, "weight_decay": 0.01}),
    ("Nadam", {"learning_rate": 0.001}),
    ("Adamax", {"learning_rate": 0.001}),
    ("Ftrl", {"learning_rate": 0.01}),
    ("Lamb", {"learning_rate": 0.001}),
    ("Lion", {"learning_rate": 0.001}),
    ("Muon", {"learning_rate": 0.01}),
)
# What the learning rate may be multiplied by from step to step.
SCHEDULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ExponentialDecay", {"decay_steps": 2, "decay_rate": 0.7}),
    ("CosineDecay", {"decay_steps": 5}),
    ("CosineDecayRestarts", {"first_decay_steps": 2}),
    ("InverseTimeDecay", {"decay_steps": 2, "decay_rate": 0.5}),
    ("PolynomialDecay", {"decay_steps": 5, "power": 2.0}),
)
# Which law kernels are drawn from; "normal" is scaled by fan-in here.
INITIALIZERS = (
    *("normal", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal"),
    *("lecun_uniform", "lecun_normal", "orthogonal", "truncated_normal", "random_uniform", "ones"),
)
JOINS = ("Concatenate", "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Dot")


def of(random, choices):
    """One of several, each as likely."""
    return choices[int(random.integers(len(choices)))]


def _size(random):
    return int(random.integers(2, 9))


def _dense(r):
    options = {"units": _size(r), "activation": of(r, ACTIVATIONS)}
    if r.integers(4) == 0:
        options["kernel_regularizer"] = of(r, ("l1", "l2", "orthogonal_regularizer"))
    if r.integers(4) == 0:
        options["kernel_constraint"] = of(r, ("max_norm", "min_max_norm", "non_neg", "unit_norm"))
    return "Dense", options


def _convolution(kind, **more):
    """Either strides or a dilation, as Keras wants it."""

    def draw(r):
        step = of(r, ({}, {"strides": 2}, {"dilation_rate": 2}))
        return kind, {
            "filters": _size(r),
            "kernel_size": of(r, (1, 2, 3)),
            "padding": of(r, ("same", "valid")),
            "activation": of(r, POINTWISE),
            **step,
            **more,
        }

    return draw


def _transposed(kind):
    return lambda r: (
        kind,
        {
            "filters": _size(r),
            "kernel_size": of(r, (2, 3)),
            "strides": of(r, (1, 2)),
            "padding": of(r, ("same", "valid")),
        },
    )


def _depthwise(kind):
    return lambda r: (
        kind,
        {"kernel_size": of(r, (1, 2)), "padding": "same", "depth_multiplier": of(r, (1, 2))},
    )


def _separable(kind):
    return lambda r: (
        kind,
        {"filters": _size(r), "kernel_size": 2, "padding": of(r, ("same", "valid"))},
    )


def _pooling(kind):
    return lambda r: (
        kind,
        {"pool_size": of(r, (2, 3)), "strides": of(r, (1, 2)), "padding": of(r, ("same", "valid"))},
    )


def _adaptive(kind):
    # Not 7 and others: stock on JAX takes wrong windows there (docs/differences.md).
    return lambda r: (kind, {"output_size": of(r, (2, 3))})


def _recurrent(r):
    kind = of(r, ("LSTM", "GRU", "SimpleRNN"))
    options = {"units": _size(r), "return_sequences": True}
    if r.integers(2):
        options["activation"] = of(r, ("tanh", "relu", "softsign", "sigmoid"))
    if kind == "GRU":
        options["reset_after"] = bool(r.integers(2))
    return kind, options | ({"go_backwards": True} if r.integers(4) == 0 else {})


def _both_ways(r):
    kind, options = _recurrent(r)
    options.pop("go_backwards", None)
    merge = of(r, ("concat", "sum", "mul", "ave"))
    return "Bidirectional", {"layer": [kind, options], "merge_mode": merge}


def _cells(r):
    cells = [[of(r, ("LSTMCell", "GRUCell", "SimpleRNNCell")), {"units": _size(r)}] for _ in "ab"]
    return "RNN", {"cell": ["StackedRNNCells", {"cells": cells}], "return_sequences": True}


def _convolving_lstm(kind):
    return lambda r: (
        kind,
        {"filters": of(r, (1, 2, 3)), "kernel_size": 2, "padding": "same"}
        | {"return_sequences": True},
    )


# What can follow anything.
ANYWHERE: tuple[Draw, ...] = (
    lambda r: ("BatchNormalization", {}),
    lambda r: ("LayerNormalization", {}),
    lambda r: ("RMSNormalization", {}),
    lambda r: ("UnitNormalization", {}),
    lambda r: ("Rescaling", {"scale": 0.5, "offset": -0.25}),
    lambda r: ("Normalization", {"mean": 0.5, "variance": 2.0}),
    lambda r: ("PReLU", {}),
    lambda r: ("Softmax", {}),
    lambda r: ("ReLU", {"max_value": of(r, (None, 2.0)), "negative_slope": of(r, (0.0, 0.1))}),
    lambda r: ("LeakyReLU", {"negative_slope": 0.2}),
    lambda r: ("ELU", {"alpha": 0.5}),
    lambda r: ("Activation", {"activation": of(r, ACTIVATIONS)}),
    lambda r: ("ActivityRegularization", {"l1": 0.01, "l2": 0.02}),
    lambda r: ("Identity", {}),
)
FEATURES: tuple[Draw, ...] = (
    *[_dense] * 4,
    lambda r: ("Dense", {"units": _size(r), "use_bias": False}),
    lambda r: (
        "EinsumDense",
        {"equation": "ab,bc->ac", "output_shape": _size(r), "bias_axes": "c"},
    ),
    lambda r: ("SpectralNormalization", {"layer": ["Dense", {"units": _size(r)}]}),
)
SEQUENCES: tuple[Draw, ...] = (
    *[_recurrent] * 3,
    _both_ways,
    _cells,
    _convolution("Conv1D"),
    lambda r: (
        "Conv1D",
        {"filters": _size(r), "kernel_size": 2, "padding": "causal", "activation": "tanh"},
    ),
    _transposed("Conv1DTranspose"),
    _depthwise("DepthwiseConv1D"),
    _separable("SeparableConv1D"),
    _dense,
    lambda r: ("TimeDistributed", {"layer": list(_dense(r))}),
    _pooling("MaxPooling1D"),
    _pooling("AveragePooling1D"),
    _adaptive("AdaptiveMaxPooling1D"),
    _adaptive("AdaptiveAveragePooling1D"),
    lambda r: ("UpSampling1D", {"size": 2}),
    lambda r: ("ZeroPadding1D", {"padding": 1}),
    lambda r: ("Cropping1D", {"cropping": 1}),
    lambda r: ("Permute", {"dims": [2, 1]}),
    lambda r: ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}),
    lambda r: (
        "GroupQueryAttention",
        {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1},
    ),
    lambda r: ("Attention", {"use_scale": True, "score_mode": of(r, ("dot", "concat"))}),
    lambda r: ("AdditiveAttention", {}),
)
IMAGES: tuple[Draw, ...] = (
    *[_convolution("Conv2D")] * 3,
    _transposed("Conv2DTranspose"),
    _depthwise("DepthwiseConv2D"),
    _separable("SeparableConv2D"),
    lambda r: ("SpectralNormalization", {"layer": list(_convolution("Conv2D")(r))}),
    # The images' rows are its steps in time.
    _convolving_lstm("ConvLSTM1D"),
    _pooling("MaxPooling2D"),
    _pooling("AveragePooling2D"),
    _adaptive("AdaptiveMaxPooling2D"),
    _adaptive("AdaptiveAveragePooling2D"),
    lambda r: ("GroupNormalization", {"groups": of(r, (1, -1))}),
    lambda r: ("ZeroPadding2D", {"padding": 1}),
    lambda r: ("Cropping2D", {"cropping": 1}),
    lambda r: ("UpSampling2D", {"size": 2, "interpolation": of(r, ("nearest", "bilinear"))}),
    lambda r: (
        "Resizing",
        {"height": 4, "width": 5, "interpolation": of(r, ("nearest", "bilinear"))},
    ),
    lambda r: ("CenterCrop", {"height": 2, "width": 2}),
    lambda r: ("Permute", {"dims": [2, 1, 3]}),
)
VOLUMES: tuple[Draw, ...] = (
    *[_convolution("Conv3D")] * 3,
    _transposed("Conv3DTranspose"),
    _convolving_lstm("ConvLSTM2D"),
    _pooling("MaxPooling3D"),
    _pooling("AveragePooling3D"),
    _adaptive("AdaptiveMaxPooling3D"),
    _adaptive("AdaptiveAveragePooling3D"),
    lambda r: ("GroupNormalization", {"groups": 1}),
    lambda r: ("ZeroPadding3D", {"padding": 1}),
    lambda r: ("Cropping3D", {"cropping": 1}),
    lambda r: ("UpSampling3D", {"size": 2}),
)
BODIES: dict[str, tuple[Draw, ...]] = {
    "features": FEATURES,
    "classes": FEATURES,
    "sequences": SEQUENCES,
    "words": SEQUENCES,
    "signals": SEQUENCES,
    "sounds": SEQUENCES,
    "images": IMAGES,
    "volumes": VOLUMES,
}
SHAPES = {
    "features": (5,),
    "classes": (3,),
    "sequences": (6, 3),
    "words": (6,),
    "signals": (24, 1),
    "sounds": (24,),
    "images": (6, 6, 2),
    "volumes": (4, 4, 3, 2),
}
WORDS = 11
# Which kinds of input are whole numbers below `WORDS`.
WHOLE = ("words", "classes")
# The layer that a kind of input begins with.
FIRST: dict[str, tuple[Draw, ...]] = {
    "words": (
        lambda r: ("Embedding", {"input_dim": WORDS, "output_dim": 4}),
        lambda r: ("Embedding", {"input_dim": WORDS, "output_dim": 4}),
        lambda r: ("ReversibleEmbedding", {"input_dim": WORDS, "output_dim": 4}),
    ),
    "classes": (
        lambda r: (
            "CategoryEncoding",
            {"num_tokens": WORDS, "output_mode": of(r, ("multi_hot", "count"))},
        ),
    ),
    "signals": (
        lambda r: (
            "STFTSpectrogram",
            {"mode": of(r, ("magnitude", "log", "psd", "real", "imag")), "frame_length": 8}
            | {"frame_step": 4, "fft_length": 8},
        ),
    ),
    "sounds": (
        lambda r: (
            "MelSpectrogram",
            {"num_mel_bins": 4, "fft_length": 8, "sequence_length": 8, "sequence_stride": 4}
            | {"sampling_rate": 16, "min_freq": 1.0, "max_freq": 8.0},
        ),
    ),
}
# Fourier transforms are in full precision: not all libraries have them in another.
SPECTROGRAMS = ("STFTSpectrogram", "MelSpectrogram")
# What makes one vector of what the body hands on.
ENDS: dict[str, tuple[str, ...]] = {
    "features": (),
    "classes": (),
    "images": ("GlobalAveragePooling2D", "GlobalMaxPooling2D", "Flatten"),
    "volumes": ("GlobalAveragePooling3D", "GlobalMaxPooling3D", "Flatten"),
    **dict.fromkeys(
        ("sequences", "words", "signals", "sounds"),
        ("GlobalAveragePooling1D", "GlobalMaxPooling1D", "Flatten"),
    ),
}
# Layers that go on with the mask that word 0 begins: the others drop it with a warning.
WITH_MASK = (
    *("LSTM", "GRU", "SimpleRNN", "Bidirectional", "TimeDistributed", "MultiHeadAttention"),
    *("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "LayerNormalization", "Identity"),
)

_RANDOM = "draws numbers: those of two libraries differ, and are compared by their law"
_AUGMENTS = "changes pictures before training, most by draws; held to Keras's own tests"
_STRINGS = "looks up or hashes, before training; held to Keras's own tests"
_OTHER = "runs a model of one library"
LEFT_OUT: dict[str, str] = {
    **dict.fromkeys(("AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise"), _RANDOM),
    **dict.fromkeys((f"SpatialDropout{n}D" for n in (1, 2, 3)), _RANDOM),
    **dict.fromkeys(
        (
            *("AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix"),
            *("Equalization", "MaxNumBoundingBoxes", "MixUp", "RandAugment", "Solarization"),
            *("RandomBrightness", "RandomColorDegeneration", "RandomColorJitter"),
            *("RandomContrast", "RandomCrop", "RandomElasticTransform", "RandomErasing"),
            *("RandomFlip", "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert"),
            *("RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation"),
            *("RandomSharpness", "RandomShear", "RandomTranslation", "RandomZoom"),
        ),
        _AUGMENTS,
    ),
    **dict.fromkeys(
        ("Discretization", "HashedCrossing", "Hashing", "IntegerLookup", "StringLookup"), _STRINGS
    ),
    "TextVectorization": _STRINGS,
    **dict.fromkeys(("FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"), _OTHER),
    **dict.fromkeys(("Layer", "Wrapper", "InputLayer", "Pipeline"), "hands on what others compute"),
    **dict.fromkeys(("RepeatVector", "Reshape"), "copies numbers into another shape"),
    "ConvLSTM3D": "would need a kind of input for itself",
    "Masking": "makes the mask that an Embedding makes",
    "Lambda": "is a function of the user's",
}
