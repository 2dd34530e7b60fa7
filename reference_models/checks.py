"""What a model or a loss says to wrong input.

Shapes and types are known while JAX compiles, so they are always checked. Values are looked at
only outside compiled code, where they are at hand.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Num

# A row of probabilities may miss a sum of 1 by its rounding, in float16 too.
SUM_TOLERANCE = 1e-3


def features(
    name: str, x: Num[Array, "batch ..."], shape: tuple[int, ...], parameters
) -> Float[Array, "batch ..."]:
    """x as an array of the parameters' float type, if its shape is (batch, *shape).

    Args:
        name: who asks, for the message.
        x: the inputs.
        shape: shape of one instance.
        parameters: the model's parameters, which decide the float type.
    Returns:
        x, converted.
    Raises:
        ValueError: wrong shape, or an empty batch.
        TypeError: x is not made of numbers.
    """
    x = numbers(name, "x", x)
    if x.shape[1:] != shape or x.ndim == 0:
        wanted = ", ".join(["batch", *map(str, shape)])
        raise ValueError(
            f"{name}: x must have shape ({wanted}), one row per instance; got {x.shape}."
        )
    not_empty(name, x)
    return x.astype(jax.tree.leaves(parameters)[0].dtype)


def numbers(name: str, argument: str, value) -> Num[Array, "..."]:
    """value as an array of integers or floats.

    Args:
        name: who asks, for the message.
        argument: what value is called there.
        value: anything that may be an array.
    Returns:
        The array.
    Raises:
        TypeError: value holds something else, such as text.
    """
    if not isinstance(value, jax.Array):
        try:
            value = np.asarray(value)
        except ValueError as error:
            raise TypeError(f"{name}: {argument} must be an array of numbers: {error}.") from error
        if value.dtype.kind in "OSUmM":
            raise TypeError(f"{name}: {argument} must be an array of numbers; got {value.dtype}.")
    if jnp.issubdtype(value.dtype, jnp.complexfloating):
        raise TypeError(f"{name}: {argument} must be an array of real numbers; got {value.dtype}.")
    return jnp.asarray(value)


def items(name: str, argument: str, value, names: tuple[str, ...]) -> tuple:
    """A tuple with one item for each name, for networks with several inputs or outputs.

    Args:
        name: who asks, for the message.
        argument: what value is called there.
        value: the tuple.
        names: what the items are.
    Returns:
        value as a tuple.
    Raises:
        TypeError: value is no tuple or list.
        ValueError: it has another number of items.
    """
    wanted = f"{name}: {argument} must be a tuple ({', '.join(names)})"
    if not isinstance(value, tuple | list):
        raise TypeError(f"{wanted}; got {type(value).__name__}.")
    if len(value) != len(names):
        raise ValueError(f"{wanted}; got {len(value)} items.")
    return tuple(value)


def not_empty(name: str, x: Num[Array, "batch ..."]) -> None:
    """Refuses a batch without instances: its mean loss would be 0 / 0.

    Args:
        name: who asks, for the message.
        x: the batch.
    Raises:
        ValueError: the batch is empty.
    """
    if x.shape[0] == 0:
        raise ValueError(f"{name}: the batch is empty; give at least one instance.")


def same_batch(name: str, *inputs: Num[Array, "batch ..."]) -> None:
    """Refuses inputs that disagree on the number of instances.

    Args:
        name: who asks, for the message.
        inputs: the network's inputs.
    Raises:
        ValueError: their batches differ in size.
    """
    sizes = [len(x) for x in inputs]
    if len(set(sizes)) > 1:
        raise ValueError(f"{name}: the inputs must hold equally many instances; got {sizes}.")


def targets(
    name: str, y: Num[Array, "batch units"], outputs: Float[Array, "batch units"]
) -> Float[Array, "batch units"]:
    """Regression targets: numbers, one for each output.

    Args:
        name: who asks, for the message.
        y: the targets.
        outputs: what the model answers.
    Returns:
        y in the float type of the outputs.
    Raises:
        ValueError: shapes differ, the batch is empty, or a target is NaN or infinite.
        TypeError: y is not made of numbers.
    """
    y = _same_shape(name, "targets", y, outputs)
    if _visible(y) and not np.isfinite(y).all():
        raise ValueError(f"{name}: targets must be finite; some are NaN or infinite.")
    return y


def binary_labels(
    name: str, y: Num[Array, "batch units"], outputs: Float[Array, "batch units"]
) -> Float[Array, "batch units"]:
    """Labels 0 or 1 (or a probability between), one for each sigmoid unit.

    Args:
        name: who asks, for the message.
        y: the labels.
        outputs: what the model answers.
    Returns:
        y in the float type of the outputs.
    Raises:
        ValueError: shapes differ, the batch is empty, or a label is outside [0, 1].
        TypeError: y is not made of numbers.
    """
    y = _same_shape(name, "labels", y, outputs)
    if _visible(y) and not _within(y, 0, 1):
        raise ValueError(f"{name}: labels must lie between 0 and 1; got {_range(y)}.")
    return y


def one_hot_labels(
    name: str, y: Num[Array, "batch classes"], outputs: Float[Array, "batch classes"]
) -> Float[Array, "batch classes"]:
    """One row per instance with 1 at its class and 0 elsewhere (or a distribution).

    Args:
        name: who asks, for the message.
        y: the labels.
        outputs: what the model answers.
    Returns:
        y in the float type of the outputs.
    Raises:
        ValueError: shapes differ, the batch is empty, or a row is no distribution.
        TypeError: y is not made of numbers.
    """
    y = binary_labels(name, y, outputs)
    if _visible(y) and not _rows_sum_to_one(y):
        raise ValueError(f"{name}: each row of one-hot labels must sum to 1.")
    return y


def class_labels(
    name: str, y: Int[Array, " batch"], outputs: Float[Array, "batch classes"]
) -> Int[Array, " batch"]:
    """Class numbers: integers from 0 to classes - 1.

    Args:
        name: who asks, for the message.
        y: the labels.
        outputs: what the model answers, one column per class.
    Returns:
        y as int32.
    Raises:
        ValueError: wrong shape, an empty batch, or a label out of range.
        TypeError: y is not made of integers.
    """
    y = numbers(name, "labels", y)
    not_empty(name, outputs)
    if y.shape != outputs.shape[:1]:
        raise ValueError(
            f"{name}: labels must be class numbers of shape {outputs.shape[:1]}, one per "
            f"instance; got shape {y.shape}. One-hot rows belong to categorical cross-entropy."
        )
    if not jnp.issubdtype(y.dtype, jnp.integer):
        raise TypeError(f"{name}: labels must be integers, the class numbers; got {y.dtype}.")
    classes = outputs.shape[-1]
    if _visible(y) and not _within(y, 0, classes - 1):
        raise ValueError(
            f"{name}: labels must be class numbers from 0 to {classes - 1}; got {_range(y)}."
        )
    return y.astype(jnp.int32)


def probabilities(name: str, outputs: Float[Array, "..."]) -> Float[Array, "..."]:
    """Numbers between 0 and 1, as a sigmoid or softmax gives them.

    Args:
        name: who asks, for the message.
        outputs: the probabilities.
    Returns:
        outputs, unchanged.
    Raises:
        ValueError: a number is outside [0, 1], as logits are.
        TypeError: outputs is not made of numbers.
    """
    outputs = numbers(name, "probabilities", outputs)
    if _visible(outputs) and not _within(outputs, 0, 1):
        raise ValueError(
            f"{name}: probabilities must lie between 0 and 1; got {_range(outputs)}. "
            f"For logits, use {name}_from_logits."
        )
    return outputs


def logits(name: str, outputs: Float[Array, "batch classes"]) -> Float[Array, "batch classes"]:
    """Weighted sums before the softmax: refuses rows that are probabilities already.

    Args:
        name: who asks, for the message.
        outputs: the logits.
    Returns:
        outputs, unchanged.
    Raises:
        ValueError: every row lies in [0, 1] and sums to 1, as softmax gives them.
        TypeError: outputs is not made of numbers.
    """
    outputs = numbers(name, "logits", outputs)
    if _visible(outputs) and _within(outputs, 0, 1) and _rows_sum_to_one(outputs):
        raise ValueError(
            f"{name}: these logits are probabilities (every row is positive and sums to 1). Give "
            f"the weighted sums before the softmax, or use {name.removesuffix('_from_logits')}."
        )
    return outputs


def _same_shape(name, what, y, outputs):
    y = numbers(name, what, y)
    not_empty(name, outputs)
    if y.shape != outputs.shape:
        raise ValueError(
            f"{name}: {what} must have the shape of the outputs, {outputs.shape}; got {y.shape}."
        )
    return y.astype(outputs.dtype)


def _visible(array):
    """Whether the values are at hand: not while JAX traces a function to compile it."""
    return not isinstance(array, jax.core.Tracer)


# Values are looked at with NumPy: while a function is traced, jax.numpy puts off even what it
# could work out at once.
def _within(array, low, high):
    values = np.asarray(array)
    return bool(((values >= low) & (values <= high)).all())


def _rows_sum_to_one(array):
    return bool((np.abs(np.asarray(array).sum(axis=-1) - 1) <= SUM_TOLERANCE).all())


def _range(array):
    values = np.asarray(array)
    return f"values from {values.min()} to {values.max()}"
