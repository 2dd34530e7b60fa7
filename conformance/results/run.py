"""One training run, through Keras or in plain JAX, and the figures that come out of it."""

import dataclasses
import importlib
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from conformance.results import measures
from conformance.results.rows import Row
from reference_models import training
from reference_models.data.split import Data

KERAS, PLAIN = "keras", "plain"
STYLES = ("sequential", "functional", "subclassed")


def run(row: Row, side: str, seed: int) -> dict[str, Any]:
    """Trains a row's network once, as its document does.

    Args:
        row: the `rows.Row`.
        side: `KERAS`, on whichever backend this process has, or `PLAIN`.
        seed: decides the initial weights and the order of the instances.

    Returns:
        ``parameters`` of each layer, ``updates``, ``epochs``, ``instances`` that the figures are
        measured on, ``notice`` where other data stands in for the document's, and the figures by
        name.
    """
    return {KERAS: with_keras, PLAIN: in_plain_jax}[side](row, seed)


@dataclasses.dataclass(frozen=True)
class Fitted:
    """A trained Keras model.

    Attributes:
        model: the model.
        updates: how often its weights were changed.
        history: mapping of metric to one number per epoch; empty for the perceptron rule.
        data: the catalog's `Data`.
        train: the training data as Keras was given it.
        test: what the figures are measured on: test data, or else the training data.
    """

    model: Any
    updates: int
    history: dict[str, list[float]]
    data: Data
    train: tuple
    test: tuple

    def predict(self, x):
        """The model's outputs, in one go."""
        return self.model.predict(x, verbose=0)


def fit(row: Row, seed: int) -> Fitted:
    """Trains the network of `conformance.models` on whichever backend this process has.

    Args:
        row: the `rows.Row`.
        seed: handed to ``keras.utils.set_random_seed``.

    Returns:
        The model and its training.
    """
    import keras

    entry, data = row.entry(), row.data()
    keras.utils.set_random_seed(seed)
    model = build(row)
    train, validation, test = (pair and _as_keras_takes_it(pair, row) for pair in data[:3])
    if entry.optimizer is None:
        updates, history = perceptron_rule(model, train, row.passes(), seed), {}
    else:
        history = model.fit(
            *train,
            epochs=row.passes(),
            batch_size=entry.batch_size,
            validation_data=validation,
            verbose=0,
        ).history
        updates = int(model.optimizer.iterations)
    return Fitted(model, updates, history, data, train, test or train)


def with_keras(row: Row, seed: int) -> dict[str, Any]:
    """Trains through Keras and measures.

    Args:
        row: the `rows.Row`.
        seed: as for `fit`.

    Returns:
        As `run`.
    """
    fitted = fit(row, seed)
    x, y = fitted.test
    outputs = jax.tree.map(np.asarray, fitted.predict(x))
    figures = {}
    if fitted.history:
        evaluated = fitted.model.evaluate(x, y, verbose=0, return_dict=True)
        figures["loss"] = float(evaluated["loss"])
    return {
        "parameters": [_size(layer.weights) for layer in fitted.model.layers if layer.weights],
        "updates": fitted.updates,
        **_measured(row, fitted.data, outputs, figures, fitted.predict),
    }


def in_plain_jax(row: Row, seed: int) -> dict[str, Any]:
    """Trains the network of `reference_models` with its own loop.

    Args:
        row: the `rows.Row`.
        seed: decides the initial weights and the order.

    Returns:
        As `run`.
    """
    entry, data = row.entry(), row.data()
    choices = {} if row.network == "regression_mlp" else row.choices
    parameters, _ = entry.train(seed, epochs=row.passes(), **choices)
    x, y = data.test or data.train
    instances = len(jax.tree.leaves(data.train[0])[0])
    outputs = jax.tree.map(np.asarray, entry.apply(parameters, x))
    figures = {"loss": entry.evaluate(parameters, x, y)["loss"]}
    return {
        "parameters": [_size(jax.tree.leaves(layer)) for layer in entry.to_dense(parameters)],
        "updates": row.passes() * training.updates_per_epoch(instances, entry.batch_size),
        **_measured(row, data, outputs, figures, lambda x: entry.apply(parameters, x)),
    }


def build(row: Row) -> Any:
    """The row's Keras model, in the first style that its module offers.

    Args:
        row: the `rows.Row`.

    Returns:
        A compiled model.
    """
    import keras

    module = importlib.import_module(f"conformance.models.{row.network}")
    style = next(name for name in STYLES if hasattr(module, name))
    model = getattr(module, style)()
    if row.network == "regression_mlp":
        model.layers[-1].activation = keras.activations.get(row.choices["output"])
    if row.flatten:
        dense = [layer for layer in model.layers if layer.weights]
        layers = [keras.Input((28, 28)), keras.layers.Flatten(), *dense]
        compilation = model.get_compile_config()
        model = keras.Sequential(layers)
        model.compile_from_config(compilation)
    return model


def perceptron_rule(model: Any, data: tuple, epochs: int, seed: int) -> int:
    """W = W + x (y - y'), b = b + (y - y') for one instance at a time, y' the model's answer.

    It stops where an epoch passes without a mistake, since nothing changes after that.

    Args:
        model: Keras model of one layer of step-function units.
        data: inputs x, and y, 0 or 1 for each instance and unit.
        epochs: passes through the data, each in a new order.
        seed: decides the order.

    Returns:
        How many instances were shown.

    Source: document 3, "The Perceptron" ("fed one training instance at a time").
    """
    random = np.random.default_rng(seed)
    kernel, bias = model.trainable_variables
    x, y = data
    shown = 0
    for _ in range(epochs):
        mistakes = 0.0
        for row in random.permutation(len(x)):
            error = y[row] - np.asarray(model(x[row : row + 1]))[0]
            if error.any():
                kernel.assign_add(np.outer(x[row], error))
                bias.assign_add(error)
                mistakes += np.abs(error).sum()
        shown += len(x)
        if not mistakes:
            break
    return shown


def _measured(row, data, outputs, figures, predict: Callable) -> dict[str, Any]:
    x, y = data.test or data.train
    figures = figures | measures.figures(row, y, outputs, predict)
    return {
        "epochs": row.passes(),
        "instances": len(jax.tree.leaves(x)[0]),
        "notice": data.notice,
        "figures": figures,
    }


def _as_keras_takes_it(pair, row):
    """NumPy arrays, lists where the catalog has tuples, and images unless they are flat."""
    x, y = pair
    if row.flatten:
        x = x.reshape(-1, 28, 28)
    return _numpy(x), _numpy(y)


def _numpy(part):
    if isinstance(part, tuple):
        return [np.asarray(each) for each in part]
    return np.asarray(part)


def _size(arrays):
    return int(sum(np.prod(array.shape) for array in arrays))
