"""Weights by name, made with numpy so that every backend is given the same ones.

All values are float32 numbers, also where they will be used as float64: both precisions then
calculate with exactly the same inputs.
"""

import math

import numpy as np


def dense(inputs, *units):
    """Shapes of the weights of Dense layers in a row.

    Args:
        inputs: number of features.
        units: units of each layer.

    Returns:
        Mapping of weight name to shape: ``dense/kernel``, ``dense/bias``, ``dense_1/kernel``, …
    """
    return layers(*zip((inputs, *units), units, strict=False))


def layers(*sizes):
    """Shapes of the weights of Dense layers, in the order in which Keras lists them.

    Args:
        sizes: number of inputs and units of each layer.

    Returns:
        Mapping as of `dense`.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for index, (fan_in, fan_out) in enumerate(sizes):
        layer = f"dense_{index}" if index else "dense"
        shapes |= {f"{layer}/kernel": (fan_in, fan_out), f"{layer}/bias": (fan_out,)}
    return shapes


def count_by_layer(shapes):
    """Weights and biases of each layer.

    Args:
        shapes: mapping of weight name, ``"layer/weight"``, to shape.

    Returns:
        Mapping of layer name to count, in order.
    """
    counts: dict[str, int] = {}
    for name, shape in shapes.items():
        layer = name.rpartition("/")[0]
        counts[layer] = counts.get(layer, 0) + math.prod(shape)
    return counts


def initial(shapes, random):
    """Glorot-uniform kernels, in ±√(6 / (fan_in + fan_out)), and zero biases: Keras's defaults.

    Args:
        shapes: mapping of weight name to shape.
        random: numpy random generator.

    Returns:
        Mapping of weight name to float32 array.

    Raises:
        ValueError: a weight is called neither kernel nor bias.
    """
    values = {}
    for name, shape in shapes.items():
        if name.endswith("/bias"):
            values[name] = np.zeros(shape, np.float32)
        elif name.endswith("/kernel"):
            receptive_field = math.prod(shape[:-2])
            limit = math.sqrt(6 / (receptive_field * (shape[-2] + shape[-1])))
            values[name] = random.uniform(-limit, limit, shape).astype(np.float32)
        else:
            raise ValueError(f"No initial value is known for the weight {name!r}.")
    return values


def with_biases(values, random):
    """The same weights, with biases drawn from a normal distribution of deviation 0.5.

    Args:
        values: mapping of weight name to array.
        random: numpy random generator.

    Returns:
        A new mapping.
    """
    return {
        name: random.normal(0, 0.5, value.shape).astype(np.float32)
        if name.endswith("/bias")
        else value
        for name, value in values.items()
    }


def scaled(values, factor):
    """The same weights, each times a number.

    Args:
        values: mapping of weight name to array.
        factor: the number.

    Returns:
        A new mapping of float32 arrays.
    """
    return {name: (value * factor).astype(np.float32) for name, value in values.items()}
