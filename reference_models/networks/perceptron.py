"""Perceptron of document 3, "The Perceptron", and document 2, "Perceptron".

A single layer of threshold logic units, each connected to all inputs and to a bias. There is one
unit per class: setosa and versicolor, told apart by the lengths of sepal and petal, which a
straight line separates.
"""

from typing import TypedDict

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense, perceptron_rule
from reference_models.activations import step
from reference_models.data import iris, points
from reference_models.data.split import Data, choose, floats, instances, one_hot
from reference_models.metrics import binary_accuracy
from reference_models.network import Document, Network

NAME = "perceptron"


class Layer(TypedDict):
    """2 units on 2 inputs: 2 * (2 + 1) = 6 parameters."""

    kernel: Float[Array, "2 2"]
    bias: Float[Array, "2"]


Parameters = list[Layer]
Lengths = Float[Array, "batch 2"]
Labels = Float[Array, "batch 2"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform weights and zero biases."""
    return dense.init_stack(key, 2, 2)


def apply(parameters: Parameters, x: Lengths) -> Labels:
    """h(X) = phi(X W + b), phi the step function: 0 or 1 for each unit."""
    x = checks.features(NAME, x, (2,), parameters)
    (layer,) = parameters
    return step(dense.apply(layer, x))


def loss(parameters: Parameters, x: Lengths, y: Labels) -> Float[Array, ""]:
    """Fraction of wrong answers, over instances and units."""
    outputs = apply(parameters, x)
    y = checks.binary_labels(NAME, y, outputs)
    return jnp.mean(jnp.abs(y - outputs))


def learning_rule(parameters: Parameters, x: Lengths, y: Labels) -> Parameters:
    """The perceptron rule, one instance after the other, each unit by its own answer."""
    x = checks.features(NAME, x, (2,), parameters)
    (layer,) = parameters
    return [perceptron_rule.learn(layer, x, checks.binary_labels(NAME, y, apply(parameters, x)))]


def sample(n: int, seed: int) -> tuple[Lengths, Labels]:
    """n flowers drawn from the 100: two lengths in cm, and one-hot labels."""
    x, y = data().train
    rows = instances(n, seed).integers(len(x), size=n)
    return x[rows], y[rows]


def data(dataset: str = "iris") -> Data:
    """Flowers of two species ("iris"), or the four points of "xor", which it cannot learn."""
    x, classes = choose("dataset", dataset, {"iris": _two_species, "xor": points.exclusive_or})()
    return Data(train=(floats(x), one_hot(classes, 2)))


def _two_species():
    x, species = iris.measurements()
    chosen = species != iris.SPECIES.index("virginica")
    return x[chosen][:, [0, 2]], species[chosen]


NETWORK = Network(
    name=NAME,
    document=Document(3, "The Perceptron"),
    parameter_counts=(6,),
    init=init,
    apply=apply,
    loss=loss,
    gradients=None,
    learning_rule=learning_rule,
    sample=sample,
    data=data,
    epochs=20,
    accuracy=binary_accuracy,
)
