"""Accuracy and the confusion matrix: how many answers are right, and which are taken for which.

Source: document 1, "2.1) Linearly Separable Data"; document 5, "Designing a simple dense Neural
Network".
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

Fraction = Float[Array, ""]


def binary_accuracy(
    y: Float[Array, "batch units"], probabilities: Float[Array, "batch units"]
) -> Fraction:
    """Fraction of outputs on the label's side of 0.5.

    Args:
        y: labels 0 or 1.
        probabilities: sigmoid outputs.
    Returns:
        A number from 0 to 1.
    Source: document 1, "2.1) Linearly Separable Data".
    """
    return jnp.mean((probabilities > 0.5) == (y > 0.5), dtype=probabilities.dtype)


def categorical_accuracy(
    y: Float[Array, "batch classes"], outputs: Float[Array, "batch classes"]
) -> Fraction:
    """Fraction of rows whose largest output is at the label's 1.

    Args:
        y: one-hot labels.
        outputs: one column per class.
    Returns:
        A number from 0 to 1.
    Source: document 2, "Step 3: Compile the Model".
    """
    return sparse_categorical_accuracy(jnp.argmax(y, axis=-1), outputs)


def sparse_categorical_accuracy(
    y: Int[Array, " batch"], outputs: Float[Array, "batch classes"]
) -> Fraction:
    """Fraction of rows whose largest output is at the class number.

    Args:
        y: class numbers.
        outputs: one column per class.
    Returns:
        A number from 0 to 1.
    Source: document 5, "Designing a simple dense Neural Network".
    """
    return jnp.mean(jnp.argmax(outputs, axis=-1) == y, dtype=outputs.dtype)


def confusion_matrix(
    y: Int[Array, " batch"], predicted: Int[Array, " batch"], classes: int
) -> Int[Array, "classes classes"]:
    """Row: the true class; column: the predicted one; entry: how many instances.

    Args:
        y: true class numbers.
        predicted: predicted class numbers.
        classes: number of classes.
    Returns:
        Counts; the right answers stand on the diagonal.
    Source: document 1, "2.1) Linearly Separable Data"; document 5 (tf.math.confusion_matrix).
    """
    return jnp.zeros((classes, classes), jnp.int32).at[y, predicted].add(1)
