"""Threshold logic unit of document 3, "The Perceptron": a weighted sum, then a step.

One unit tells one class from the rest: here the setosa among the 150 irises, by the length and the
width of a petal, which a straight line separates. On XOR (`train(dataset="xor")`) it must fail.
"""

from typing import TypedDict

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense, perceptron_rule
from reference_models.activations import step
from reference_models.data import iris, points
from reference_models.data.split import Data, choose, floats, instances
from reference_models.metrics import binary_accuracy
from reference_models.network import Document, Network

NAME = "threshold_logic_unit"


class Unit(TypedDict):
    """One unit on two inputs: 2 weights and a bias."""

    kernel: Float[Array, "2 1"]
    bias: Float[Array, "1"]


Parameters = list[Unit]
Points = Float[Array, "batch 2"]
Labels = Float[Array, "batch 1"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform weights and a zero bias."""
    return dense.init_stack(key, 2, 1)


def apply(parameters: Parameters, x: Points) -> Labels:
    """h(x) = step(x w + b): 1 on one side of a line, 0 on the other."""
    x = checks.features(NAME, x, (2,), parameters)
    (unit,) = parameters
    return step(dense.apply(unit, x))


def loss(parameters: Parameters, x: Points, y: Labels) -> Float[Array, ""]:
    """Fraction of wrong answers."""
    outputs = apply(parameters, x)
    y = checks.binary_labels(NAME, y, outputs)
    return jnp.mean(jnp.abs(y - outputs))


def learning_rule(parameters: Parameters, x: Points, y: Labels) -> Parameters:
    """The perceptron rule, one instance after the other."""
    x = checks.features(NAME, x, (2,), parameters)
    (unit,) = parameters
    return [perceptron_rule.learn(unit, x, checks.binary_labels(NAME, y, apply(parameters, x)))]


def sample(n: int, seed: int) -> tuple[Points, Labels]:
    """n flowers drawn from the 150: petal length and width in cm, and 1 for a setosa."""
    x, y = data().train
    rows = instances(n, seed).integers(len(x), size=n)
    return x[rows], y[rows]


def data(dataset: str = "iris") -> Data:
    """Petals and whether they are a setosa's ("iris"), or the four points of "xor"."""
    x, classes = choose("dataset", dataset, {"iris": _setosa_petals, "xor": points.exclusive_or})()
    return Data(train=(floats(x), floats(classes[:, None])))


def _setosa_petals():
    x, species = iris.measurements()
    return x[:, 2:], species == iris.SPECIES.index("setosa")


NETWORK = Network(
    name=NAME,
    document=Document(3, "The Perceptron"),
    parameter_counts=(3,),
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
