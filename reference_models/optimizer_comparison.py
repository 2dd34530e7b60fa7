"""Training cost of the optimisers on a multilayer MNIST network with dropout.

Two hidden layers of 100 relu units with dropout after each, and ten softmax units; the document
shows the cost curves without sizes, so those and the rates are chosen here. Each optimiser starts
from the same weights and sees the same batches and masks.

Source: document 5, "We can also compare the training cost for the following optimizers".
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import dense
from reference_models.activations import relu, relu_derivative, softmax, softmax_derivative
from reference_models.data import images
from reference_models.data.split import Data, floats, one_hot
from reference_models.dropout import inverted_dropout, inverted_dropout_derivative
from reference_models.losses import categorical_crossentropy, categorical_crossentropy_derivative
from reference_models.optimizers import Optimizer, adagrad, adam, momentum, rmsprop, sgd

RATE = 0.5
BATCH_SIZE = 128

OPTIMIZERS: dict[str, Optimizer] = {
    "SGD": sgd(),
    "SGD with momentum": momentum(),
    "Adagrad": adagrad(learning_rate=0.01),
    "RMSprop": rmsprop(),
    "Adam": adam(),
}

Pixels = Float[Array, "batch 784"]
Digits = Float[Array, "batch 10"]


def init(key: PRNGKeyArray) -> list[dense.Dense]:
    """Glorot-uniform kernels and zero biases of the three layers.

    Args:
        key: random key.
    Returns:
        The parameters.
    Source: document 5, "MNIST Multilayer Neural Network with dropout regularisation".
    """
    return dense.init_stack(key, 784, 100, 100, 10)


def forward(parameters, x: Pixels, key: PRNGKeyArray):
    """z, then relu, then dropout, twice; then softmax.

    Args:
        parameters: the three layers.
        x: flat images.
        key: random key that draws the masks.
    Returns:
        All intermediate values, the probabilities last.
    Source: document 5, "MNIST Multilayer Neural Network with dropout regularisation".
    """
    key1, key2 = jax.random.split(key)
    z1 = dense.apply(parameters[0], x)
    a1 = inverted_dropout(key1, relu(z1), RATE)
    z2 = dense.apply(parameters[1], a1)
    a2 = inverted_dropout(key2, relu(z2), RATE)
    z3 = dense.apply(parameters[2], a2)
    return z1, a1, z2, a2, z3, softmax(z3)


def loss(parameters, x: Pixels, y: Digits, key: PRNGKeyArray) -> Float[Array, ""]:
    """Categorical cross-entropy under one draw of the masks.

    Args:
        parameters: the three layers.
        x: flat images.
        y: one-hot digits.
        key: random key that draws the masks.
    Returns:
        The cost.
    Source: document 5, "compare the training cost".
    """
    *_, probabilities = forward(parameters, x, key)
    return categorical_crossentropy(y, probabilities)


def gradients(parameters, x: Pixels, y: Digits, key: PRNGKeyArray) -> list[dense.Dense]:
    """dL/dW and dL/db under the same masks, by the chain rule from the last layer back.

    Args:
        parameters: the three layers.
        x: flat images.
        y: one-hot digits.
        key: the key of the forward pass.
    Returns:
        The derivatives, shaped like the parameters.
    Source: document 5, "Dropout Layers Regularisation" and "Training the Neural Network".
    """
    key1, key2 = jax.random.split(key)
    z1, a1, z2, a2, z3, probabilities = forward(parameters, x, key)
    dz3 = softmax_derivative(z3, categorical_crossentropy_derivative(y, probabilities))
    d_layer3, da2 = dense.backward(parameters[2], a2, dz3)
    dz2 = inverted_dropout_derivative(key2, z2, RATE, da2) * relu_derivative(z2)
    d_layer2, da1 = dense.backward(parameters[1], a1, dz2)
    dz1 = inverted_dropout_derivative(key1, z1, RATE, da1) * relu_derivative(z1)
    d_layer1, _ = dense.backward(parameters[0], x, dz1)
    return [d_layer1, d_layer2, d_layer3]


def data() -> Data:
    """Flat MNIST images with one-hot digits, or what stands in for them.

    Returns:
        Training and test data; `notice` says where it is not MNIST.
    Source: document 5, "used on MNIST Multilayer Neural Network".
    """
    (x, y), (x_test, y_test), notice = images.load("MNIST")
    train = floats(x.reshape(-1, 784)), one_hot(y, 10)
    return Data(train, test=(floats(x_test.reshape(-1, 784)), one_hot(y_test, 10)), notice=notice)


def costs(
    seed: int = 0, epochs: int = 10, x: Pixels | None = None, y: Digits | None = None
) -> dict[str, Float[Array, " epochs"]]:
    """Mean training cost of every epoch, for each optimiser.

    Args:
        seed: decides initial weights, order and masks, the same for all optimisers.
        epochs: passes through the data.
        x: flat images; those of `data()` unless given.
        y: their one-hot digits.
    Returns:
        One curve per optimiser, by name.
    Raises:
        ValueError: epochs is below 1, or there are fewer images than one batch.
    Source: document 5, "compare the training cost for the following optimizers".
    """
    if x is None or y is None:
        x, y = data().train
    if epochs < 1 or len(x) < BATCH_SIZE:
        raise ValueError(
            f"give at least one epoch and {BATCH_SIZE} images; got {epochs} and {len(x)}."
        )
    init_key, run_key = jax.random.split(jax.random.key(seed))
    parameters = init(init_key)
    return {name: _cost_curve(name, epochs, parameters, x, y, run_key) for name in OPTIMIZERS}


@partial(jax.jit, static_argnums=(0, 1))
def _cost_curve(name, epochs, parameters, x, y, key):
    optimizer = OPTIMIZERS[name]
    batches = len(x) // BATCH_SIZE

    def step(carry, batch):
        parameters, state = carry
        rows, mask_key = batch
        cost = loss(parameters, x[rows], y[rows], mask_key)
        slopes = gradients(parameters, x[rows], y[rows], mask_key)
        return optimizer.update(slopes, state, parameters), cost

    def epoch(carry, epoch_key):
        order_key, mask_key = jax.random.split(epoch_key)
        order = jax.random.permutation(order_key, len(x))[: batches * BATCH_SIZE]
        rows = order.reshape(batches, BATCH_SIZE)
        carry, cost = lax.scan(step, carry, (rows, jax.random.split(mask_key, batches)))
        return carry, jnp.mean(cost)

    start = parameters, optimizer.init(parameters)
    _, curve = lax.scan(epoch, start, jax.random.split(key, epochs))
    return curve
