"""Activations: what a unit makes of the weighted sum of its inputs.

Most formulas below say their derivative too, since JAX differentiates the formula as it stands.
Where a kink leaves the derivative to choice (``relu`` at 0), it is written under the value.
"""

import math

import jax
import jax.numpy as jnp

from keras_edu_backend.operation import operation

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "squareplus",
    "tanh",
    "tanh_shrink",
    "threshold",
]


# --- Rectifiers: straight pieces -----------------------------------------------------------------


@jax.custom_jvp
def _relu(x):
    return jnp.maximum(x, 0)


# Left to itself, JAX would share the slope at a tie, max(0, 0), between the two: 1/2.
_relu.defjvps(lambda x_dot, y, x: jnp.where(x > 0, x_dot, 0))


@operation
def relu(x):
    """Rectified linear unit: max(0, x). Slope: 1 where x > 0, else 0.

    At exactly 0 the slope could be anything from 0 to 1; Keras takes 0. NaN stays NaN.

    Args:
        x: an array of any shape.
    Returns:
        An array of x's shape and dtype.
    Source: document 2, "The ReLU activation function"; ``keras.ops.relu``.
    """
    return _relu(x)


@jax.custom_jvp
def _relu6(x):
    return jnp.minimum(jnp.maximum(x, 0), 6.0)


_relu6.defjvps(lambda x_dot, y, x: jnp.where((x > 0) & (x < 6), x_dot, 0))


@operation(nested=True)
def relu6(x):
    """min(max(0, x), 6). Slope: 1 where 0 < x < 6, else 0, at 0 and at 6 as well.

    Source: ``keras.ops.relu6``.
    """
    return _relu6(x)


@operation(nested=True)
def leaky_relu(x, negative_slope=0.2):
    """x where x ≥ 0, negative_slope · x elsewhere. Slope: 1 or negative_slope; 1 at exactly 0.

    Args:
        x: an array of any shape.
        negative_slope: how much of a negative input leaks through; document 5 takes 0.01.
    Returns:
        An array of x's shape.
    Source: document 5, "Leaky ReLU"; ``keras.ops.leaky_relu``.
    """
    return jnp.where(x >= 0, x, negative_slope * x)


@operation
def threshold(x, threshold, default_value):
    """x where x > threshold, default_value elsewhere. Source: ``keras.ops.threshold``."""
    return jnp.where(x > threshold, x, default_value)


@operation(nested=True)
def hard_tanh(x):
    """x held within [-1, 1]. Slope: 1 on the interval, both ends included, else 0.

    Source: ``keras.ops.hard_tanh``.
    """
    return jnp.where(x > 1, 1, jnp.where(x < -1, -1, x))


@operation(nested=True)
def hard_sigmoid(x):
    """relu6(x + 3) / 6: the sigmoid drawn with a ruler. Source: ``keras.ops.hard_sigmoid``."""
    return relu6(x + 3.0) / 6.0


@operation(nested=True)
def hard_silu(x):
    """x · hard_sigmoid(x). Source: ``keras.ops.hard_silu``, also called hard swish."""
    return x * hard_sigmoid(x)


@operation
def hard_shrink(x, threshold=0.5):
    """x where |x| > threshold, 0 elsewhere. Source: ``keras.ops.hard_shrink``."""
    return jnp.where(jnp.abs(x) > threshold, x, 0.0)


@operation
def soft_shrink(x, threshold=0.5):
    """x moved towards 0 by threshold, and 0 where it would pass it.

    Source: ``keras.ops.soft_shrink``.
    """
    above = jnp.where(x < -threshold, x + threshold, 0.0)
    return jnp.where(x > threshold, x - threshold, above)


# --- Sigmoids: from one level smoothly up to another ---------------------------------------------


@operation
def sigmoid(x):
    """σ(x) = 1 / (1 + exp(-x)), between 0 and 1. Slope: σ(x) (1 - σ(x)), at most 1/4.

    JAX has it as a primitive, because the formula taken literally overflows: for x = -100 in
    float32, exp(100) is infinite and its slope not a number.

    Args:
        x: a floating array of any shape.
    Returns:
        An array of x's shape and dtype.
    Raises:
        TypeError: x holds whole numbers or booleans.
    Source: document 5, "Sigmoid function"; ``keras.ops.sigmoid``.
    """
    return jax.lax.logistic(x)


@operation(nested=True)
def log_sigmoid(x):
    """log σ(x) = -softplus(-x), which stays finite where σ(x) rounds to 0.

    Source: ``keras.ops.log_sigmoid``.
    """
    return -softplus(-x)


@operation
def sparse_sigmoid(x):
    """(x + 1) / 2 held within [0, 1]: the slope of sparse_plus.

    Source: Blondel et al. 2019, "Learning with Fenchel-Young Losses"; ``keras.ops.sparse_sigmoid``.
    """
    return 0.5 * jnp.clip(x + 1.0, 0.0, 2.0)


@operation
def tanh(x):
    """tanh x = 2 σ(2x) - 1, between -1 and 1. Slope: 1 - tanh² x.

    Source: document 5, "Tanh"; ``keras.ops.tanh``.
    """
    return jnp.tanh(x)


@operation
def tanh_shrink(x):
    """x - tanh x. Slope: tanh² x. Source: ``keras.ops.tanh_shrink``."""
    return x - jnp.tanh(x)


@operation(nested=True)
def softsign(x):
    """x / (1 + |x|), between -1 and 1. Slope: 1 / (1 + |x|)². Source: ``keras.ops.softsign``."""
    return x / (jnp.abs(x) + 1)


# --- Smooth rectifiers ---------------------------------------------------------------------------


@operation(nested=True)
def softplus(x):
    """log(1 + exp x), a relu without the kink. Slope: σ(x).

    Written as log(exp x + exp 0), which ``jnp.logaddexp`` computes without overflow.

    Args:
        x: an array of any shape.
    Returns:
        A floating array of x's shape.
    Source: document 3, "Regression MLPs"; ``keras.ops.softplus``.
    """
    return jnp.logaddexp(x, 0)


@operation(nested=True)
def sparse_plus(x):
    """0 up to -1, then ((x + 1) / 2)², and x from 1 on. Slope: sparse_sigmoid(x).

    Source: ``keras.ops.sparse_plus``.
    """
    return jnp.where(x <= -1.0, 0.0, jnp.where(x >= 1.0, x, (x + 1.0) ** 2 / 4))


@operation(nested=True)
def squareplus(x, b=4):
    """(x + √(x² + b)) / 2. Slope: (1 + x / √(x² + b)) / 2.

    Source: Barron 2021, "Squareplus"; ``keras.ops.squareplus``.
    """
    return (x + jnp.sqrt(jnp.square(x) + b)) / 2


@operation(nested=True)
def elu(x, alpha=1.0):
    """Exponential linear unit: x where x > 0, α (exp x - 1) elsewhere. Slope: 1 or α exp x.

    Args:
        x: an array of any shape.
        alpha: the level -α that large negative inputs come down to.
    Returns:
        A floating array of x's shape.
    Source: Clevert et al. 2016; ``keras.ops.elu``.
    """
    # Positive inputs are kept away from the exponential: its slope would overflow for them, and
    # infinity times the 0 of the branch not taken is not a number.
    negative = jnp.where(x > 0, 0.0, x)
    return jnp.where(x > 0, x, alpha * jnp.expm1(negative))


@operation(nested=True)
def selu(x):
    """Scaled elu, λ · elu(x, α), with which a deep network's activations normalise themselves.

    λ and α are such that inputs of mean 0 and variance 1 keep them.

    Source: Klambauer et al. 2017, "Self-Normalizing Neural Networks"; ``keras.ops.selu``.
    """
    alpha = 1.6732632423543772848170429916717
    scale = 1.0507009873554804934193349852946
    return scale * elu(x, alpha)


@operation(nested=True)
def celu(x, alpha=1.0):
    """max(0, x) + α (exp(min(0, x) / α) - 1): an elu whose slope is 1 at 0 for any α.

    Source: Barron 2017, "Continuously Differentiable Exponential Linear Units";
    ``keras.ops.celu``.
    """
    return jnp.maximum(x, 0.0) + alpha * jnp.expm1(jnp.minimum(x, 0.0) / alpha)


# --- Gates: the input times something between 0 and 1 --------------------------------------------


@operation(nested=True)
def silu(x):
    """x · σ(x), also called swish. Source: ``keras.ops.silu``."""
    return x * sigmoid(x)


@operation(static=("approximate",), compiled=False)
def gelu(x, approximate=True):
    """x · Φ(x), with Φ the standard normal distribution's cumulative probability.

    Args:
        x: an array of any shape.
        approximate: whether Φ(x) is (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, or exact, by the
            error function: erfc(-x / √2) / 2.
    Returns:
        A floating array of x's shape.
    Source: Hendrycks & Gimpel 2016, "Gaussian Error Linear Units"; ``keras.ops.gelu``.
    """
    x = jnp.asarray(x, jnp.result_type(x, float))
    if approximate:
        return x * (0.5 * (1.0 + jnp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))))
    return 0.5 * x * jax.lax.erfc(-x * math.sqrt(0.5))


@operation(static=("axis",), nested=True)
def glu(x, axis=-1):
    """Gated linear unit: a · σ(b), where a and b are the halves of x along ``axis``.

    Args:
        x: a floating array.
        axis: the axis to halve; its size must be even.
    Returns:
        An array of x's shape but for ``axis``, which is half as long.
    Raises:
        AssertionError: the axis has an odd size.
    Source: Dauphin et al. 2017; ``keras.ops.glu``.
    """
    if x.shape[axis] % 2:
        raise AssertionError(f"glu: axis {axis} must have an even size, got shape {x.shape}")
    values, gates = jnp.split(x, 2, axis)
    return values * sigmoid(gates)
