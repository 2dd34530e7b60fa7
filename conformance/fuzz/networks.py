"""Draw a network from a seed, as JSON values, and build it in Keras.

A network has a kind of input (features, images, sequences, words), some layers from that kind's
list, perhaps a branch that joins again or a layer that is used twice, and a head that its loss is
meant for.
"""

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

# Draws one layer: its kind and its arguments.
Draw = Callable[[np.random.Generator], tuple[str, dict[str, Any]]]

ACTIVATIONS = [
    "relu",
    "leaky_relu",
    "relu6",
    "elu",
    "selu",
    "celu",
    "gelu",
    "silu",
    "mish",
    "sigmoid",
    "hard_sigmoid",
    "hard_silu",
    "tanh",
    "hard_tanh",
    "softplus",
    "softsign",
    "exponential",
    "squareplus",
    "tanh_shrink",
    "sparse_plus",
    "linear",
]
HEADS = {
    "mean_squared_error": ("linear", "relu", "tanh"),
    "mean_absolute_error": ("linear", "softplus"),
    "mean_squared_logarithmic_error": ("softplus",),
    "huber": ("linear", "leaky_relu"),
    "log_cosh": ("linear", "softsign"),
    "poisson": ("softplus", "exponential"),
    "kl_divergence": ("softmax",),
    "cosine_similarity": ("linear",),
    "hinge": ("tanh", "linear"),
    "squared_hinge": ("tanh",),
    "binary_crossentropy": ("sigmoid",),
    "binary_focal_crossentropy": ("sigmoid",),
    "categorical_crossentropy": ("softmax",),
    "sparse_categorical_crossentropy": ("softmax",),
}
OPTIMIZERS = (
    ("SGD", {"learning_rate": 0.01}),
    ("SGD", {"learning_rate": 0.01, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True}),
    ("Adagrad", {"learning_rate": 0.01}),
    ("Adadelta", {"learning_rate": 0.1}),
    ("RMSprop", {"learning_rate": 0.001}),
    ("RMSprop", {"learning_rate": 0.001, "centered": True, "momentum": 0.5}),
    ("Adam", {"learning_rate": 0.001}),
    ("Adam", {"learning_rate": 0.001, "amsgrad": True}),
    ("AdamW", {"learning_rate": 0.001, "weight_decay": 0.01}),
    ("Nadam", {"learning_rate": 0.001}),
    ("Adamax", {"learning_rate": 0.001}),
    ("Ftrl", {"learning_rate": 0.01}),
    ("Lamb", {"learning_rate": 0.001}),
)
ROWS, BATCH, EPOCHS = 12, 6, 2

# What may stand in the body, by the kind of data: drawn anew each time it is called.
FEATURES: tuple[Draw, ...] = (
    lambda r: ("Dense", {"units": _size(r), "activation": _of(r, ACTIVATIONS)}),
    lambda r: ("Dense", {"units": _size(r), "use_bias": False}),
    lambda r: ("BatchNormalization", {}),
    lambda r: ("LayerNormalization", {}),
    lambda r: ("RMSNormalization", {}),
    lambda r: ("UnitNormalization", {}),
    lambda r: ("Rescaling", {"scale": 0.5, "offset": -0.25}),
    lambda r: ("PReLU", {}),
    lambda r: ("Softmax", {}),
)
IMAGES: tuple[Draw, ...] = (
    lambda r: (
        "Conv2D",
        {
            "filters": _size(r),
            "kernel_size": _of(r, (1, 2, 3)),
            "padding": _of(r, ("same", "valid")),
            "strides": _of(r, (1, 2)),
            "activation": _of(r, ACTIVATIONS),
        },
    ),
    lambda r: ("DepthwiseConv2D", {"kernel_size": 2, "padding": "same"}),
    lambda r: ("SeparableConv2D", {"filters": _size(r), "kernel_size": 2, "padding": "same"}),
    lambda r: ("Conv2DTranspose", {"filters": _size(r), "kernel_size": 2, "padding": "same"}),
    lambda r: ("MaxPooling2D", {"pool_size": 2, "padding": "same"}),
    lambda r: ("AveragePooling2D", {"pool_size": 2, "padding": "same"}),
    lambda r: ("BatchNormalization", {}),
    lambda r: ("GroupNormalization", {"groups": 1}),
    lambda r: ("ZeroPadding2D", {"padding": 1}),
    lambda r: ("UpSampling2D", {"size": 2}),
)
SEQUENCES: tuple[Draw, ...] = (
    lambda r: ("LSTM", {"units": _size(r), "return_sequences": True}),
    lambda r: ("GRU", {"units": _size(r), "return_sequences": True}),
    lambda r: ("SimpleRNN", {"units": _size(r), "return_sequences": True}),
    lambda r: (
        "Conv1D",
        {"filters": _size(r), "kernel_size": 2, "padding": "causal", "activation": "tanh"},
    ),
    lambda r: ("Dense", {"units": _size(r), "activation": _of(r, ACTIVATIONS)}),
    lambda r: ("LayerNormalization", {}),
    lambda r: ("MaxPooling1D", {"pool_size": 2, "padding": "same"}),
    lambda r: ("SelfAttention", {"num_heads": 2, "key_dim": 3}),
)
BODIES: dict[str, tuple[Draw, ...]] = {
    "features": FEATURES,
    "images": IMAGES,
    "sequences": SEQUENCES,
    "words": SEQUENCES,
}
SHAPES = {"features": (5,), "images": (6, 6, 2), "sequences": (6, 3), "words": (6,)}
ENDS: dict[str, tuple[str, ...]] = {
    "features": (),
    "images": ("GlobalAveragePooling2D", "GlobalMaxPooling2D", "Flatten"),
    "sequences": ("GlobalAveragePooling1D", "GlobalMaxPooling1D", "Flatten"),
    "words": ("GlobalAveragePooling1D", "GlobalMaxPooling1D", "Flatten"),
}
WORDS = 11


def _of(random, choices):
    return choices[int(random.integers(len(choices)))]


def _size(random):
    return int(random.integers(2, 9))


def drawn(seed: int) -> dict:
    """The network that a seed stands for, as JSON values.

    Args:
        seed: a whole number.
    """
    random = np.random.default_rng(seed)
    kind = _of(random, tuple(BODIES))
    body = [list(_of(random, BODIES[kind])(random)) for _ in range(int(random.integers(1, 5)))]
    loss = _of(random, tuple(HEADS))
    several = "categorical" in loss or loss in ("kl_divergence", "cosine_similarity")
    return {
        "seed": seed,
        "kind": kind,
        "body": body,
        # A layer beside the body whose output is joined to its own, and one that is used twice.
        "join": _of(random, (None, "Concatenate", "Add", "Multiply", "Maximum")),
        "twice": bool(random.integers(4) == 0),
        "end": _of(random, ENDS[kind]) if ENDS[kind] else None,
        "units": int(random.integers(2, 5)) if several else int(random.integers(1, 4)),
        "head": _of(random, HEADS[loss]),
        "loss": loss,
        "optimizer": list(_of(random, OPTIMIZERS)),
        "policy": _of(random, ("", "", "", "mixed_bfloat16", "mixed_float16")),
        "scale": float(10 ** random.uniform(-1, 1)),
        "inputs": float(10 ** random.uniform(-3, 1.5)),
        # Which of the drawn instances are used, and how they are trained on.
        "rows": list(range(ROWS)),
        "batch": BATCH,
        "epochs": EPOCHS,
        # Whether word 0 stands for none. Off, because several layers drop the mask with a warning.
        "masked": False,
    }


def build(spec: dict, fault: str = "") -> Any:
    """The compiled Keras model of a network.

    Args:
        spec: what `drawn` returned.
        fault: ignored here; `build_with_fault` plants it.
    """
    import keras
    from keras import layers

    policy = spec["policy"] or keras.config.floatx()
    made = iter(range(1000))

    def layer(kind, **options):
        chosen = getattr(layers, kind)
        # Weights are given to the network: to draw others first would cost a second of compiling.
        parameters = inspect.signature(chosen.__init__).parameters
        options |= {name: "zeros" for name in parameters if name.endswith("_initializer")}
        return chosen(**options, dtype=policy, name=f"{kind.lower()}_{next(made)}")

    words = spec["kind"] == "words"
    inputs = keras.Input(SHAPES[spec["kind"]], dtype="int32" if words else None)
    x = inputs
    if words:
        x = layer("Embedding", input_dim=WORDS, output_dim=4, mask_zero=spec["masked"])(inputs)
    for kind, options in spec["body"]:
        if kind == "SelfAttention":
            x = layer("MultiHeadAttention", **options)(x, x)
        elif options.get("padding") == "valid" and min(x.shape[1:3]) < options["kernel_size"]:
            # The layers before it have left too little of the image.
            x = layer(kind, **options | {"padding": "same"})(x)
        else:
            x = layer(kind, **options)(x)
    if spec["end"]:
        x = layer(spec["end"])(x)
    if spec["twice"]:
        shared = layer("Dense", units=x.shape[-1], activation="tanh")
        x = shared(shared(x))
    if spec["join"]:
        beside = layer("Dense", units=x.shape[-1], activation="sigmoid")(x)
        x = layer(spec["join"])([x, beside])
    # The loss is taken in full precision, as Keras's guide to mixed precision wants it.
    head = layers.Dense(
        spec["units"],
        spec["head"],
        kernel_initializer="zeros",
        dtype=keras.config.floatx(),
        name="head",
    )
    model = keras.Model(inputs, head(x))
    name, options = spec["optimizer"]
    model.compile(getattr(keras.optimizers, name)(**options), spec["loss"])
    return model


def build_with_fault(spec: dict, fault: str) -> Any:
    """The same with a fault planted (see `faults`)."""
    from conformance.fuzz.faults import FAULTS

    return FAULTS[fault].plant(spec, build)


def weights(spec: dict, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Weights by name: normal, scaled by fan-in and the network's own factor.

    Args:
        spec: what `drawn` returned.
        shapes: shape of each weight by its path.
    """
    random = np.random.default_rng(spec["seed"] + 1)
    found = {}
    for name, shape in shapes.items():
        drawn = random.normal(size=shape)
        if len(shape) > 1:
            drawn *= spec["scale"] / math.sqrt(max(1, math.prod(shape[:-1])))
        if name.endswith(("gamma", "scale")):
            drawn = 1 + 0.1 * drawn
        if name.endswith("variance"):
            drawn = 0.5 + np.abs(drawn)
        found[name] = drawn.astype(np.float32)
    return found


def data(spec: dict) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of the network's scale, with zeros, ties and one large row, and labels for its loss.

    Args:
        spec: what `drawn` returned.
    """
    random = np.random.default_rng(spec["seed"] + 2)
    shape = (ROWS, *SHAPES[spec["kind"]])
    if spec["kind"] == "words":
        x = random.integers(WORDS, size=shape).astype(np.int32)
    else:
        x = random.normal(size=shape) * spec["inputs"]
        x[1] = 0  # where biases are 0 too, every sum is exactly 0
        x[2] = np.round(x[2])  # ties
        x[3] *= 20  # saturation
        x = x.astype(np.float32)
    y = _labels(spec["loss"], spec["units"], random)
    return x[spec["rows"]], y[spec["rows"]]


def _labels(loss, units, random):
    if loss == "sparse_categorical_crossentropy":
        return random.integers(units, size=ROWS).astype(np.int32)
    if "categorical" in loss or loss == "kl_divergence":
        return np.eye(units, dtype=np.float32)[random.integers(units, size=ROWS)]
    if "binary" in loss:
        return random.integers(2, size=(ROWS, units)).astype(np.float32)
    if "hinge" in loss:
        return (2 * random.integers(2, size=(ROWS, units)) - 1).astype(np.float32)
    y = random.normal(size=(ROWS, units)).astype(np.float32)
    return np.abs(y) if loss in ("poisson", "mean_squared_logarithmic_error") else y
