"""Draw a network from a seed, as JSON values, and build it in Keras.

A network has a kind of input (features, images, sequences, words, …), some layers of that kind's
table (`kinds`), perhaps a branch that joins again or a layer that is used twice, and a head that
its loss is meant for.
"""

import inspect
import math
from typing import Any

import numpy as np

from conformance.fuzz import kinds
from conformance.fuzz.kinds import of

ROWS, BATCH, EPOCHS = 12, 6, 2
# A network takes XLA a second to compile, and milliseconds to run: each is given several sets of
# weights and data.
DRAWS = 4
# A layer that makes its input larger is left out above so many numbers an instance.
LARGE = 1000
# A layer that has as many units as its input has numbers is left out above so many.
WIDE = 100


def drawn(seed: int) -> dict:
    """The network that a seed stands for, as JSON values.

    Args:
        seed: a whole number.
    """
    random = np.random.default_rng(seed)
    kind = of(random, tuple(kinds.BODIES))
    # One layer in three is of those that can follow anything.
    body = [
        list(of(random, kinds.BODIES[kind] if random.integers(3) else kinds.ANYWHERE)(random))
        for _ in range(int(random.integers(1, 5)))
    ]
    loss = of(random, tuple(kinds.HEADS))
    several = "categorical" in loss or loss in ("kl_divergence", "cosine_similarity")
    end = of(random, kinds.ENDS[kind]) if kinds.ENDS[kind] else None
    may_mask = kind == "words" and all(name in kinds.WITH_MASK for name, _ in body)
    return {
        "seed": seed,
        "kind": kind,
        "first": list(of(random, kinds.FIRST[kind])(random)) if kind in kinds.FIRST else None,
        "body": body,
        # A layer beside the body whose output is joined to its own, and one that is used twice.
        "join": of(random, kinds.JOINS) if random.integers(2) else None,
        "twice": bool(random.integers(4) == 0),
        "end": end,
        "units": int(random.integers(2, 5)) if several else int(random.integers(1, 4)),
        "head": of(random, kinds.HEADS[loss]),
        "loss": loss,
        "optimizer": list(of(random, kinds.OPTIMIZERS)),
        "schedule": list(of(random, kinds.SCHEDULES)) if random.integers(5) == 0 else None,
        "policy": of(random, ("", "", "", "mixed_bfloat16", "mixed_float16")),
        # Its weights and data, each drawn from a seed; it is trained with the first.
        "draws": [
            {
                "seed": int(random.integers(2**31)),
                "kernels": of(random, kinds.INITIALIZERS) if number else "normal",
                "scale": float(10 ** random.uniform(-1, 1)),
                "inputs": float(10 ** random.uniform(-3, 1.5)),
            }
            for number in range(DRAWS)
        ],
        # Which of the drawn instances are used, and how they are trained on.
        "rows": list(range(ROWS)),
        "batch": BATCH,
        "epochs": EPOCHS,
        # Whether word 0 stands for none.
        "masked": may_mask and end == "GlobalAveragePooling1D" and bool(random.integers(2)),
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
        for name in {"layer", "cell"} & set(options):
            options[name] = inner(*options[name])
        if "cells" in options:
            options["cells"] = [inner(*cell) for cell in options["cells"]]
        # Weights are given to the network: to draw others first would cost a second of compiling.
        parameters = inspect.signature(chosen.__init__).parameters
        options |= {name: "zeros" for name in parameters if name.endswith("_initializer")}
        precision = keras.config.floatx() if kind in kinds.SPECTROGRAMS else policy
        return chosen(**options, dtype=precision, name=f"{kind.lower()}_{next(made)}")

    def inner(kind, options):
        return layer(kind, **options)

    inputs = keras.Input(
        kinds.SHAPES[spec["kind"]], dtype="int32" if spec["kind"] in kinds.WHOLE else None
    )
    x = inputs
    if spec["first"]:
        kind, options = spec["first"]
        x = layer(kind, **options | ({"mask_zero": True} if spec["masked"] else {}))(x)
    for kind, options in spec["body"]:
        options = _fitting(kind, options, x.shape[1:])
        if options is not None:
            x = _called(kind, layer(kind, **options), x)
    if spec["end"]:
        x = layer(spec["end"])(x)
    wide = x.shape[-1] > WIDE
    if spec["twice"] and not wide:
        shared = layer("Dense", units=x.shape[-1], activation="tanh")
        x = shared(shared(x))
    if spec["join"] and not wide:
        beside = layer("Dense", units=x.shape[-1], activation="sigmoid")(x)
        options = {"axes": 1} if spec["join"] == "Dot" else {}
        x = layer(spec["join"], **options)([x, beside])
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
    if spec["schedule"]:
        schedule, more = spec["schedule"]
        rate = getattr(keras.optimizers.schedules, schedule)(options["learning_rate"], **more)
        options = options | {"learning_rate": rate}
    model.compile(getattr(keras.optimizers, name)(**options), loss_of(spec))
    if spec.get("off_kinks"):
        for weight in model.trainable_weights:
            if weight.constraint is not None:
                weight.constraint = _beside(weight.constraint, weight.shape)
    return model


def _beside(constraint, shape):
    """The constraint, whose zeros and ties are a thousandth apart afterwards."""
    step = 2.0**-10 * np.random.default_rng(0).standard_normal(shape)
    return lambda weight: constraint(weight) + step.astype(weight.dtype)


def loss_of(spec: dict, **options) -> Any:
    """The network's loss as Keras's object."""
    import keras

    special = {"kl_divergence": "KLDivergence", "log_cosh": "LogCosh"}
    special["categorical_generalized_cross_entropy"] = "CategoricalGeneralizedCrossEntropy"
    parts = spec["loss"].split("_")
    name = special.get(spec["loss"], "".join(part.capitalize() for part in parts))
    return getattr(keras.losses, name)(**options)


def _fitting(kind, options, shape):
    """A layer's arguments for an input of a shape; None where it does not fit.

    Args:
        kind: the layer's class.
        options: its arguments as drawn.
        shape: of an instance.
    """
    space = shape[:-1]
    if kind in ("SpectralNormalization", "TimeDistributed"):
        inside, given = options["layer"]
        given = _fitting(inside, given, shape)
        return None if given is None else options | {"layer": [inside, given]}
    grows = kind.startswith(("UpSampling", "ZeroPadding")) or kind.endswith("Transpose")
    if grows and math.prod(shape) > LARGE:
        return None
    if (kind.startswith("Cropping") and min(space) < 3) or (
        kind == "CenterCrop" and min(space) < 2
    ):
        return None
    window = options.get("kernel_size", options.get("pool_size", 1))
    reach = (window - 1) * options.get("dilation_rate", 1) + 1
    if options.get("padding") == "valid" and min(space) < reach:
        # The layers before it have left too little.
        return options | {"padding": "same"}
    return options


def _called(kind, layer, x):
    """Attention is from a sequence to itself."""
    if kind in ("MultiHeadAttention", "GroupQueryAttention"):
        return layer(x, x)
    return layer([x, x]) if kind in ("Attention", "AdditiveAttention") else layer(x)


def build_with_fault(spec: dict, fault: str) -> Any:
    """The same with a fault planted (see `faults`)."""
    from conformance.fuzz.faults import FAULTS

    return FAULTS[fault].plant(spec, build)


def weights(draw: dict, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Weights by name: kernels from the draw's initializer, times its scale; the others normal.

    Args:
        draw: one of a spec's ``draws``.
        shapes: shape of each weight by its path.
    """
    random = np.random.default_rng(draw["seed"] + 1)
    found = {}
    for name, shape in shapes.items():
        drawn = random.normal(size=shape)
        if len(shape) > 1:
            drawn = _kernel(draw["kernels"], drawn, random) * draw["scale"]
        if name.endswith(("gamma", "scale")):
            drawn = 1 + 0.1 * drawn
        if name.endswith("variance"):
            drawn = 0.5 + np.abs(drawn)
        found[name] = drawn.astype(np.float32)
    return found


def _kernel(law, normal, random):
    if law == "normal":
        return normal / math.sqrt(max(1, math.prod(normal.shape[:-1])))
    import keras

    seed = {} if law == "ones" else {"seed": int(random.integers(2**31))}
    initializer = keras.initializers.get({"class_name": law, "config": seed})
    return keras.ops.convert_to_numpy(initializer(normal.shape, "float32")).astype(np.float64)


def data(spec: dict, draw: dict) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of the draw's scale, with zeros, ties and one large row, and labels for the loss.

    Args:
        spec: what `drawn` returned.
        draw: one of its ``draws``.
    """
    random = np.random.default_rng(draw["seed"] + 2)
    shape = (ROWS, *kinds.SHAPES[spec["kind"]])
    if spec["kind"] in kinds.WHOLE:
        x = random.integers(kinds.WORDS, size=shape).astype(np.int32)
    else:
        x = random.normal(size=shape) * draw["inputs"]
        x[1] = 0  # where biases are 0 too, every sum is exactly 0
        x[2] = np.round(x[2])  # ties
        x[3] *= 20  # saturation
        x = x.astype(np.float32)
    y = _labels(spec["loss"], spec["units"], random)
    return x[spec["rows"]], y[spec["rows"]]


def _labels(loss, units, random):
    if loss in ("sparse_categorical_crossentropy", "categorical_generalized_cross_entropy"):
        return random.integers(units, size=ROWS).astype(np.int32)
    if "categorical" in loss or loss == "kl_divergence":
        return np.eye(units, dtype=np.float32)[random.integers(units, size=ROWS)]
    if "binary" in loss or loss in ("dice", "tversky"):
        return random.integers(2, size=(ROWS, units)).astype(np.float32)
    if "hinge" in loss:
        return (2 * random.integers(2, size=(ROWS, units)) - 1).astype(np.float32)
    y = random.normal(size=(ROWS, units)).astype(np.float32)
    return np.abs(y) if loss in ("poisson", "mean_squared_logarithmic_error") else y
