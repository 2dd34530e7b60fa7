"""What an entry of the catalog offers: one network, its parts and how its document trains it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
from jaxtyping import Array, Float, PyTree

from reference_models import training
from reference_models.data.split import Data
from reference_models.dense import Dense
from reference_models.optimizers import Optimizer

Parameters: TypeAlias = PyTree[Float[Array, "..."]]
Inputs: TypeAlias = PyTree[Array]
Labels: TypeAlias = PyTree[Array]
Scalar = Float[Array, ""]


class Document(NamedTuple):
    """Where a network is described: the document's number and its section."""

    number: int
    section: str


@dataclass(frozen=True, eq=False)
class Network:
    """A network of the documents as pure functions over explicit parameters.

    Attributes:
        name: its name in the catalog, and of the module that describes it.
        document: number and section of the document.
        parameter_counts: weights and biases of each layer, in order.
        init: init(key) -> parameters, a list with {"kernel", "bias"} for each layer.
        apply: apply(parameters, x) -> outputs.
        loss: loss(parameters, x, y) -> scalar.
        gradients: gradients(parameters, x, y) -> derivatives of the loss, shaped like the
            parameters, by the chain rule written out; None where units are step functions.
        sample: sample(n, seed) -> (x, y), n valid instances.
        data: data(**choices) -> Data, what the document trains on; the same at every call.
        epochs: how often the document goes through the training data.
        batch_size: instances per update.
        optimizer: the document's optimiser; None where the perceptron rule takes its place.
        accuracy: accuracy(y, outputs) -> fraction of right answers; None for regression.
        learning_rule: learning_rule(parameters, x, y) -> parameters, in place of gradients.
        to_dense: parameters -> list of {"kernel", "bias"}; they are that already but where the
            document stores weights in another way.
        from_dense: the way back.
    """

    name: str
    document: Document
    parameter_counts: tuple[int, ...]
    init: Callable[..., Parameters]
    apply: Callable[[Parameters, Inputs], Any]
    loss: Callable[[Parameters, Inputs, Labels], Scalar]
    gradients: Callable[[Parameters, Inputs, Labels], Parameters] | None
    sample: Callable[..., tuple[Inputs, Labels]]
    data: Callable[..., Data]
    epochs: int
    batch_size: int = 32
    optimizer: Optimizer | None = None
    accuracy: Callable[[Labels, Any], Scalar] | None = None
    learning_rule: Callable[[Parameters, Inputs, Labels], Parameters] | None = None
    to_dense: Callable[[Parameters], list[Dense]] = list
    from_dense: Callable[[list[Dense]], Parameters] = list

    def init_optimizer(self, parameters: Parameters) -> PyTree[Array]:
        """What the optimiser remembers before the first step.

        Args:
            parameters: the network's parameters.
        Returns:
            The optimiser's state, empty for the perceptron rule.
        """
        return {} if self.optimizer is None else self.optimizer.init(parameters)

    def train_step(
        self, parameters: Parameters, optimizer_state: PyTree[Array], x: Inputs, y: Labels
    ) -> tuple[Parameters, PyTree[Array], Scalar]:
        """One update on one batch, compiled by jax.jit.

        Args:
            parameters: weights before the step.
            optimizer_state: what the optimiser remembers.
            x: inputs of the batch.
            y: labels of the batch.
        Returns:
            Weights after the step, the new state, and the loss before the step.
        """
        return _train_step(self, parameters, optimizer_state, x, y)

    def train(
        self,
        seed: int = 0,
        *,
        epochs: int | None = None,
        batch_size: int | None = None,
        parameters: Parameters | None = None,
        **choices: Any,
    ) -> tuple[Parameters, dict[str, Sequence[float]]]:
        """Trains as the document does.

        Args:
            seed: decides the initial weights and the order of the instances.
            epochs: passes through the training data; the document's number unless given.
            batch_size: instances per update; the document's number unless given.
            parameters: weights to start from, in place of freshly drawn ones.
            choices: handed to `data`, such as dataset="moons".
        Returns:
            The trained parameters, and the history: lists with one number per epoch under "loss"
            and "accuracy", and the same for "val_loss" and "val_accuracy" where the document
            sets validation data aside.
        Raises:
            ValueError: epochs or batch_size below 1, or a choice that `data` does not know.
        """
        epochs = self.epochs if epochs is None else epochs
        batch_size = self.batch_size if batch_size is None else batch_size
        if epochs < 1 or batch_size < 1:
            raise ValueError(
                f"{self.name}: epochs and batch_size must be at least 1; got epochs={epochs}, "
                f"batch_size={batch_size}."
            )
        data = self.data(**choices)
        init_key, shuffle_key = jax.random.split(jax.random.key(seed))
        if parameters is None:
            parameters = self.init(init_key)
        return training.fit(self, parameters, data, epochs, batch_size, shuffle_key)

    def evaluate(self, parameters: Parameters, x: Inputs, y: Labels) -> dict[str, float]:
        """Loss, and accuracy where the network classifies, on the given instances.

        Args:
            parameters: the network's parameters.
            x: inputs.
            y: labels.
        Returns:
            The numbers by name.
        """
        return {name: float(value) for name, value in _measure(self, parameters, x, y).items()}


@partial(jax.jit, static_argnums=0)
def _train_step(network, parameters, optimizer_state, x, y):
    loss = network.loss(parameters, x, y)
    if network.optimizer is None:
        return network.learning_rule(parameters, x, y), optimizer_state, loss
    gradients = network.gradients(parameters, x, y)
    parameters, optimizer_state = network.optimizer.update(gradients, optimizer_state, parameters)
    return parameters, optimizer_state, loss


@partial(jax.jit, static_argnums=0)
def _measure(network, parameters, x, y):
    return training.measure(network, parameters, x, y)
