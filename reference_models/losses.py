"""Loss functions, each with its derivative directly under it.

Every loss is a mean over the batch of one number per instance. Every derivative is taken with
respect to the model's outputs, so that backpropagation starts from it.

The cross-entropies on probabilities do what Keras does: the outputs are kept within
[1e-7, 1 - 1e-7] before the logarithm is taken, and their derivative is 0 where that clip holds
them, for moving such an output changes nothing.

Source: document 3, "Regression MLP" and "Classification MLP"; document 5, "Training the Neural
Network"; document 1, "4.1) Softmax Regression".
"""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from reference_models import checks
from reference_models.activations import sigmoid, softplus

Scalar = Float[Array, ""]
Outputs = Float[Array, "batch units"]
Labels = Float[Array, "batch units"]
Classes = Int[Array, " batch"]

EPSILON = 1e-7


def mean_squared_error(y: Labels, outputs: Outputs) -> Scalar:
    """(1/n) sum (outputs - y)^2, over the units and then over the batch.

    Args:
        y: targets.
        outputs: what the model answers.
    Returns:
        The loss.
    Raises:
        ValueError: shapes differ, an empty batch, targets that are not finite.
    Source: document 5, "Mean Squared Error(MSE) = 1/n * sum (y' - y)^2".
    """
    y = checks.targets("mean_squared_error", y, outputs)
    return _mean(jnp.square(y - outputs))


def mean_squared_error_derivative(y: Labels, outputs: Outputs) -> Outputs:
    """2 (outputs - y) / n, n the number of outputs in the batch.

    Args:
        y: targets.
        outputs: what the model answers.
    Returns:
        Derivative with respect to the outputs.
    Raises:
        ValueError: shapes differ, an empty batch, targets that are not finite.
    Source: document 5, "Training the Neural Network".
    """
    y = checks.targets("mean_squared_error", y, outputs)
    return _weight(outputs) * (2 * (outputs - y))


def mean_absolute_error(y: Labels, outputs: Outputs) -> Scalar:
    """(1/n) sum |outputs - y|: outliers weigh less than in the squared error.

    Args:
        y: targets.
        outputs: what the model answers.
    Returns:
        The loss.
    Raises:
        ValueError: shapes differ, an empty batch, targets that are not finite.
    Source: document 3, "Regression MLP".
    """
    y = checks.targets("mean_absolute_error", y, outputs)
    return _mean(jnp.abs(y - outputs))


def mean_absolute_error_derivative(y: Labels, outputs: Outputs) -> Outputs:
    """1 / n where the output is above y, else -1 / n.

    At equality, where |e| has no slope, Keras on JAX takes -1 / n, and so does this.

    Args:
        y: targets.
        outputs: what the model answers.
    Returns:
        Derivative with respect to the outputs.
    Raises:
        ValueError: shapes differ, an empty batch, targets that are not finite.
    Source: document 3, "Regression MLP".
    """
    y = checks.targets("mean_absolute_error", y, outputs)
    return _weight(outputs) * jnp.where(outputs > y, 1, -1).astype(outputs.dtype)


def huber(y: Labels, outputs: Outputs, delta: float = 1.0) -> Scalar:
    """(1/n) sum of e^2 / 2 where |e| <= delta, else delta |e| - delta^2 / 2; e = outputs - y.

    Args:
        y: targets.
        outputs: what the model answers.
        delta: error at which the parabola goes over into straight lines.
    Returns:
        The loss.
    Raises:
        ValueError: shapes differ, an empty batch, targets that are not finite.
    Source: document 3, "Regression MLP" ("combination of both").
    """
    y = checks.targets("huber", y, outputs)
    error = outputs - y
    size = jnp.abs(error)
    return _mean(jnp.where(size <= delta, 0.5 * error**2, delta * size - 0.5 * delta**2))


def huber_derivative(y: Labels, outputs: Outputs, delta: float = 1.0) -> Outputs:
    """e / n, held within -delta / n and delta / n; e = outputs - y.

    Args:
        y: targets.
        outputs: what the model answers.
        delta: error at which the parabola goes over into straight lines.
    Returns:
        Derivative with respect to the outputs.
    Raises:
        ValueError: shapes differ, an empty batch, targets that are not finite.
    Source: document 3, "Regression MLP".
    """
    y = checks.targets("huber", y, outputs)
    return _weight(outputs) * jnp.clip(outputs - y, -delta, delta)


def binary_crossentropy(y: Labels, probabilities: Outputs) -> Scalar:
    """-(1/n) sum [y log p + (1 - y) log(1 - p)], p clipped; for sigmoid outputs.

    With several units per instance (multilabel) each is a yes-no question of its own.

    Args:
        y: labels 0 or 1.
        probabilities: sigmoid outputs p.
    Returns:
        The loss.
    Raises:
        ValueError: shapes differ, an empty batch, labels or probabilities outside [0, 1].
    Source: document 1, "2.1) Linearly Separable Data"; document 3, "Classification MLP".
    """
    y = checks.binary_labels("binary_crossentropy", y, probabilities)
    p = _clip(checks.probabilities("binary_crossentropy", probabilities))
    return _mean(-(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)))


def binary_crossentropy_derivative(y: Labels, probabilities: Outputs) -> Outputs:
    """((1 - y) / (1 - p) - y / p) / n where p is not clipped, 0 where it is.

    Args:
        y: labels 0 or 1.
        probabilities: sigmoid outputs p.
    Returns:
        Derivative with respect to the probabilities.
    Raises:
        ValueError: shapes differ, an empty batch, labels or probabilities outside [0, 1].
    Source: document 1, "2.1) Linearly Separable Data".
    """
    y = checks.binary_labels("binary_crossentropy", y, probabilities)
    p = _clip(checks.probabilities("binary_crossentropy", probabilities))
    weight = _weight(p)
    return (weight * (1 - y) / (1 - p) - weight * y / p) * _clip_derivative(probabilities)


def binary_crossentropy_from_logits(y: Labels, logits: Outputs) -> Scalar:
    """(1/n) sum [y softplus(-z) + (1 - y) softplus(z)], z the sums before the sigmoid.

    It is the binary cross-entropy of sigmoid(z), for log sigmoid(z) = -softplus(-z), and it needs
    no clip.

    Args:
        y: labels 0 or 1.
        logits: weighted sums z.
    Returns:
        The loss.
    Raises:
        ValueError: shapes differ, an empty batch, labels outside [0, 1].
    Source: document 3, "Classification MLP"; keras.losses.BinaryCrossentropy(from_logits=True).
    """
    y = checks.binary_labels("binary_crossentropy_from_logits", y, logits)
    return _mean(y * softplus(-logits) + (1 - y) * softplus(logits))


def binary_crossentropy_from_logits_derivative(y: Labels, logits: Outputs) -> Outputs:
    """((1 - y) sigmoid(z) - y sigmoid(-z)) / n, which is (sigmoid(z) - y) / n.

    Args:
        y: labels 0 or 1.
        logits: weighted sums z.
    Returns:
        Derivative with respect to the logits.
    Raises:
        ValueError: shapes differ, an empty batch, labels outside [0, 1].
    Source: document 3, "Classification MLP".
    """
    y = checks.binary_labels("binary_crossentropy_from_logits", y, logits)
    # Not sigmoid(z) - y, which loses every digit where a confident unit is right.
    return _weight(logits) * ((1 - y) * sigmoid(logits) - y * sigmoid(-logits))


def categorical_crossentropy(y: Labels, probabilities: Outputs) -> Scalar:
    """-(1/batch) sum y log q, q = p / sum p clipped; for softmax outputs, one-hot labels.

    A softmax row sums to 1 already. The division is for outputs that do not, such as document 5's
    ten sigmoids: they are no distribution, and Keras divides them by their sum.

    Args:
        y: one-hot labels.
        probabilities: outputs p.
    Returns:
        The loss.
    Raises:
        ValueError: shapes differ, an empty batch, rows of y that are no distribution, outputs
            outside [0, 1].
    Source: document 1, "4.1) Softmax Regression"; document 2, "Step 3: Compile the Model".
    """
    y = checks.one_hot_labels("categorical_crossentropy", y, probabilities)
    p = checks.probabilities("categorical_crossentropy", probabilities)
    q = _clip(p / jnp.sum(p, axis=-1, keepdims=True))
    return jnp.mean(-jnp.sum(y * jnp.log(q), axis=-1))


def categorical_crossentropy_derivative(y: Labels, probabilities: Outputs) -> Outputs:
    """Back through log, clip and quotient: dq = -y / (q batch), dp = dq/s - sum(dq p) / s^2.

    Args:
        y: one-hot labels.
        probabilities: outputs p; s is the sum of a row.
    Returns:
        Derivative with respect to the probabilities.
    Raises:
        ValueError: shapes differ, an empty batch, rows of y that are no distribution, outputs
            outside [0, 1].
    Source: document 1, "4.1) Softmax Regression".
    """
    y = checks.one_hot_labels("categorical_crossentropy", y, probabilities)
    p = checks.probabilities("categorical_crossentropy", probabilities)
    s = jnp.sum(p, axis=-1, keepdims=True)
    share = p / s
    dq = -y / len(y) / _clip(share) * _clip_derivative(share)
    return dq / s - jnp.sum(dq * s**-2 * p, axis=-1, keepdims=True)


def categorical_crossentropy_from_logits(y: Labels, logits: Outputs) -> Scalar:
    """-(1/batch) sum y log softmax(z), log softmax(z) = z - max z - log sum exp(z - max z).

    Args:
        y: one-hot labels.
        logits: weighted sums z.
    Returns:
        The loss.
    Raises:
        ValueError: shapes differ, an empty batch, rows of y that are no distribution, logits that
            are probabilities.
    Source: document 3, "Classification MLP"; keras.losses.CategoricalCrossentropy(
        from_logits=True).
    """
    y = checks.one_hot_labels("categorical_crossentropy_from_logits", y, logits)
    checks.logits("categorical_crossentropy_from_logits", logits)
    shifted = _shift(logits)
    log_sum = jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    return jnp.mean(-jnp.sum(y * (shifted - log_sum), axis=-1))


def categorical_crossentropy_from_logits_derivative(y: Labels, logits: Outputs) -> Outputs:
    """(softmax(z) - y) / batch, for labels whose rows sum to 1.

    Args:
        y: one-hot labels.
        logits: weighted sums z.
    Returns:
        Derivative with respect to the logits.
    Raises:
        ValueError: shapes differ, an empty batch, rows of y that are no distribution, logits that
            are probabilities.
    Source: document 3, "Classification MLP".
    """
    y = checks.one_hot_labels("categorical_crossentropy_from_logits", y, logits)
    checks.logits("categorical_crossentropy_from_logits", logits)
    exponentials = jnp.exp(_shift(logits))
    d_log = -y / len(y)
    # Softmax times -sum(d_log), in the order in which jax.grad takes the logarithm apart.
    d_sum = jnp.sum(d_log, axis=-1, keepdims=True) / jnp.sum(exponentials, axis=-1, keepdims=True)
    return d_log - exponentials * d_sum


def sparse_categorical_crossentropy(y: Classes, probabilities: Outputs) -> Scalar:
    """The categorical cross-entropy of class numbers instead of one-hot rows.

    Args:
        y: class numbers, 0 to classes - 1.
        probabilities: outputs p, one column per class.
    Returns:
        The loss.
    Raises:
        ValueError: wrong shape, an empty batch, labels out of range, outputs outside [0, 1].
        TypeError: labels that are not integers.
    Source: document 3, "Sequential API"; document 5, "Designing a simple dense Neural Network".
    """
    y = checks.class_labels("sparse_categorical_crossentropy", y, probabilities)
    checks.probabilities("sparse_categorical_crossentropy", probabilities)
    return categorical_crossentropy(one_hot(y, probabilities), probabilities)


def sparse_categorical_crossentropy_derivative(y: Classes, probabilities: Outputs) -> Outputs:
    """The derivative of the categorical cross-entropy, for class numbers.

    Args:
        y: class numbers, 0 to classes - 1.
        probabilities: outputs p, one column per class.
    Returns:
        Derivative with respect to the probabilities.
    Raises:
        ValueError: wrong shape, an empty batch, labels out of range, outputs outside [0, 1].
        TypeError: labels that are not integers.
    Source: document 3, "Sequential API".
    """
    y = checks.class_labels("sparse_categorical_crossentropy", y, probabilities)
    checks.probabilities("sparse_categorical_crossentropy", probabilities)
    return categorical_crossentropy_derivative(one_hot(y, probabilities), probabilities)


def sparse_categorical_crossentropy_from_logits(y: Classes, logits: Outputs) -> Scalar:
    """The categorical cross-entropy from logits, for class numbers.

    Args:
        y: class numbers, 0 to classes - 1.
        logits: weighted sums z, one column per class.
    Returns:
        The loss.
    Raises:
        ValueError: wrong shape, an empty batch, labels out of range, logits that are
            probabilities.
        TypeError: labels that are not integers.
    Source: document 3, "Classification MLP".
    """
    y = checks.class_labels("sparse_categorical_crossentropy_from_logits", y, logits)
    checks.logits("sparse_categorical_crossentropy_from_logits", logits)
    return categorical_crossentropy_from_logits(one_hot(y, logits), logits)


def sparse_categorical_crossentropy_from_logits_derivative(y: Classes, logits: Outputs) -> Outputs:
    """(softmax(z) - one_hot(y)) / batch.

    Args:
        y: class numbers, 0 to classes - 1.
        logits: weighted sums z, one column per class.
    Returns:
        Derivative with respect to the logits.
    Raises:
        ValueError: wrong shape, an empty batch, labels out of range, logits that are
            probabilities.
        TypeError: labels that are not integers.
    Source: document 3, "Classification MLP".
    """
    y = checks.class_labels("sparse_categorical_crossentropy_from_logits", y, logits)
    checks.logits("sparse_categorical_crossentropy_from_logits", logits)
    return categorical_crossentropy_from_logits_derivative(one_hot(y, logits), logits)


def one_hot(y: Classes, outputs: Outputs) -> Labels:
    """A row per class number, 1 at that column and 0 elsewhere.

    Args:
        y: class numbers.
        outputs: an array with one column per class, whose width and float type are taken.
    Returns:
        One-hot rows.
    Source: document 2, "Loading the Data" (to_categorical).
    """
    return (y[:, None] == jnp.arange(outputs.shape[-1])).astype(outputs.dtype)


def _mean(values):
    """First over the units of an instance, then over the batch, in Keras's order."""
    return jnp.mean(jnp.mean(values, axis=-1))


def _weight(outputs):
    """What each output counts for in that mean: 1 / (batch units)."""
    batch, units = outputs.shape
    return 1 / batch / units


def _clip(p):
    return jnp.clip(p, EPSILON, 1 - EPSILON)


def _clip_derivative(p):
    """1 inside, 0 outside, and at the two ends a half, which is what JAX takes there."""
    inside = (p > EPSILON) & (p < 1 - EPSILON)
    at_the_ends = (p == EPSILON) | (p == 1 - EPSILON)
    return jnp.where(inside, 1.0, jnp.where(at_the_ends, 0.5, 0.0)).astype(p.dtype)


def _shift(z):
    # The largest z cancels in every formula above, so jax.grad need not differentiate it.
    return z - lax.stop_gradient(jnp.max(z, axis=-1, keepdims=True))


#: Every loss and its derivative, under the name that Keras knows it by.
LOSSES = {
    "mse": (mean_squared_error, mean_squared_error_derivative),
    "mae": (mean_absolute_error, mean_absolute_error_derivative),
    "huber": (huber, huber_derivative),
    "binary_crossentropy": (binary_crossentropy, binary_crossentropy_derivative),
    "categorical_crossentropy": (categorical_crossentropy, categorical_crossentropy_derivative),
    "sparse_categorical_crossentropy": (
        sparse_categorical_crossentropy,
        sparse_categorical_crossentropy_derivative,
    ),
}
