"""The training loop: epochs of shuffled mini-batches, each epoch compiled as one.

Source: document 1, "1.1) Introduction" (the training procedure); document 3, "Backpropagation"
(mini-batches and epochs); document 4, "Training the Network".
"""

import math
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax


def updates_per_epoch(instances: int, batch_size: int) -> int:
    """ceil(instances / batch_size): the last batch takes what is left.

    Args:
        instances: size of the training data.
        batch_size: instances per update.
    Returns:
        Number of updates; 469 for 60,000 and 128, so 2345 in five epochs.
    Source: document 4, "Training the Network".
    """
    return math.ceil(instances / batch_size)


def fit(network, parameters, data, epochs, batch_size, key):
    """Trains on the training data, and measures on the validation data after every epoch.

    Args:
        network: the reference_models.network.Network.
        parameters: weights to start from.
        data: the reference_models.data.split.Data.
        epochs: passes through the training data.
        batch_size: instances per update.
        key: random key, decides the order of the instances.
    Returns:
        The trained parameters, and a dict of lists with one number per epoch.
    Raises:
        ValueError: labels out of range, wrong shapes or an empty batch, from the network's loss.
    Source: document 1, "2.1) Linearly Separable Data" (fit and its history).
    """
    # Outside compiled code once, where the values of the labels can be checked as well.
    network.loss(parameters, *data.train)
    state = network.init_optimizer(parameters)
    history: dict[str, list[float]] = {}
    for epoch in range(epochs):
        parameters, state, measured = _epoch(
            network, batch_size, parameters, state, *data.train, jax.random.fold_in(key, epoch)
        )
        if data.validation is not None:
            validation = network.evaluate(parameters, *data.validation)
            measured |= {f"val_{name}": value for name, value in validation.items()}
        for name, value in measured.items():
            history.setdefault(name, []).append(float(value))
    return parameters, history


def measure(network, parameters, x, y):
    """Loss and, where the network has one, accuracy.

    Args:
        network: the reference_models.network.Network.
        parameters: its parameters.
        x: inputs.
        y: labels.
    Returns:
        Scalars by name.
    Source: document 1, "2.1) Linearly Separable Data" (metrics).
    """
    measured = {"loss": network.loss(parameters, x, y)}
    if network.accuracy is not None:
        measured["accuracy"] = network.accuracy(y, network.apply(parameters, x))
    return measured


@partial(jax.jit, static_argnums=(0, 1))
def _epoch(network, batch_size, parameters, state, x, y, key):
    """Every instance once, in a new order; the means of what was measured before each update."""
    instances = len(jax.tree.leaves(x)[0])
    order = jax.random.permutation(key, instances)

    def step(carry, rows):
        batch_x, batch_y = jax.tree.map(lambda array: array[rows], (x, y))
        parameters, state = carry
        measured = measure(network, parameters, batch_x, batch_y)
        parameters, state, _ = network.train_step(parameters, state, batch_x, batch_y)
        return (parameters, state), measured

    full, rest = divmod(instances, batch_size)
    batches = order[: full * batch_size].reshape(full, batch_size)
    carry, measured = lax.scan(step, (parameters, state), batches)
    total = jax.tree.map(lambda values: jnp.sum(values) * batch_size, measured)
    if rest:
        carry, last = step(carry, order[full * batch_size :])
        total = jax.tree.map(lambda sum_, value: sum_ + value * rest, total, last)
    mean = jax.tree.map(lambda sum_: sum_ / instances, total)
    return *carry, mean
