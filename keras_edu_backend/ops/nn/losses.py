"""Cross-entropies: how surprised the predicted distribution is by the true class.

Each takes probabilities or logits, the scores before softmax or sigmoid. Probabilities are clipped
to [ε, 1 - ε] before the logarithm (ε is Keras's setting ``epsilon``), so that a sure and wrong
prediction costs much but not infinity; where the clip takes hold, the slope is 0. Logits need no
such care, and are the better choice for that.
"""

import jax.numpy as jnp

from keras_edu_backend.operation import operation
from keras_edu_backend.ops.nn.activations import log_sigmoid
from keras_edu_backend.ops.nn.distributions import log_softmax
from keras_edu_backend.ops.nn.encodings import one_hot

__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
]


@operation(static=("from_logits", "axis"), settings=("epsilon",), sums=("output",), compiled=False)
def categorical_crossentropy(target, output, from_logits=False, axis=-1, *, epsilon):
    """-Σᵢ targetᵢ log pᵢ over the classes i.

    Args:
        target: the true distributions, usually one-hot, of output's shape.
        output: shape (…, classes): probabilities, which are divided by their sum first, or logits.
        from_logits: whether ``output`` holds logits.
        axis: the axis of the classes.
        epsilon: ε, which is Keras's setting and not for the caller to give.
    Returns:
        One loss for each distribution: output's shape without ``axis``.
    Raises:
        ValueError: the shapes differ, or are those of single numbers.
    Source: document 2, "Compiling the model"; ``keras.ops.categorical_crossentropy``.
    """
    _expect_equal_shapes("categorical_crossentropy", target, output)
    _expect_classes("categorical_crossentropy", output)
    log_probabilities = _log_probabilities(output, from_logits, axis, epsilon)
    return -jnp.sum(target * log_probabilities, axis=axis)


@operation(static=("from_logits", "axis"), settings=("epsilon",), sums=("output",), compiled=False)
def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1, *, epsilon):
    """-log p of the true class.

    Args:
        target: the true classes as whole numbers, of output's shape without its last axis; a last
            axis of size 1 is allowed.
        output: shape (…, classes): probabilities, which are divided by their sum first, or logits.
        from_logits: whether ``output`` holds logits.
        axis: the axis of the classes.
        epsilon: ε, which is Keras's setting and not for the caller to give.
    Returns:
        One loss for each class number.
    Raises:
        ValueError: the shapes do not match.
    Source: document 3, "Compiling the model"; ``keras.ops.sparse_categorical_crossentropy``.
    """
    _expect_classes("sparse_categorical_crossentropy", output)
    target = target.astype("int32")
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = jnp.squeeze(target, axis=-1)
    if target.shape != output.shape[:-1]:
        raise ValueError(
            "Arguments `target` and `output` must have the same shape up until the last dimension: "
            f"target.shape={target.shape}, output.shape={output.shape}"
        )
    log_probabilities = _log_probabilities(output, from_logits, axis, epsilon)
    targets = one_hot(target, output.shape[axis], axis=axis, dtype=jnp.result_type(float))
    return -jnp.sum(targets * log_probabilities, axis=axis)


@operation(static=("from_logits",), settings=("epsilon",), sums=("output",), compiled=False)
def binary_crossentropy(target, output, from_logits=False, *, epsilon):
    """-target log p - (1 - target) log(1 - p), elementwise.

    Args:
        target: 0 or 1, or a probability in between, of output's shape.
        output: probabilities of 1, or logits: p = σ(output).
        from_logits: whether ``output`` holds logits.
        epsilon: ε, which is Keras's setting and not for the caller to give.
    Returns:
        One loss for each element.
    Raises:
        ValueError: the shapes differ.
    Source: document 1, "Logistic regression"; ``keras.ops.binary_crossentropy``.
    """
    _expect_equal_shapes("binary_crossentropy", target, output)
    if from_logits:
        # 1 - σ(x) = σ(-x)
        return -1.0 * target * log_sigmoid(output) - (1.0 - target) * log_sigmoid(-output)
    p = jnp.clip(output, epsilon, 1.0 - epsilon)
    return -(target * jnp.log(p) + (1.0 - target) * jnp.log(1.0 - p))


def _log_probabilities(output, from_logits, axis, epsilon):
    if from_logits:
        return log_softmax(output, axis=axis)
    probabilities = output / jnp.sum(output, axis, keepdims=True)
    return jnp.log(jnp.clip(probabilities, epsilon, 1.0 - epsilon))


def _expect_equal_shapes(name, first, second):
    if first.shape != second.shape:
        raise ValueError(
            f"{name}: both arrays must have the same shape, got {first.shape} and {second.shape}"
        )


def _expect_classes(name, output):
    if output.ndim < 1:
        raise ValueError(f"{name}: `output` must have an axis of classes, got a single number")
