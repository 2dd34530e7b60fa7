"""Softmax regression of document 1, "4.1) Softmax Regression": 3 softmax units on 2 features.

It is logistic regression for more than two classes: one unit per class, and softmax so that the
classes' probabilities sum to 1. Its boundaries are straight, so it is right for only about half of
the spiral's points.
"""

from typing import TypedDict

from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import softmax, softmax_derivative
from reference_models.data import points
from reference_models.data.split import Data, floats, instances, one_hot
from reference_models.losses import categorical_crossentropy, categorical_crossentropy_derivative
from reference_models.metrics import categorical_accuracy
from reference_models.network import Document, Network
from reference_models.optimizers import adam

NAME = "softmax_regression"


class Output(TypedDict):
    """3 units on 2 features: 3 * (2 + 1) = 9 parameters."""

    kernel: Float[Array, "2 3"]
    bias: Float[Array, "3"]


Parameters = list[Output]
Points = Float[Array, "batch 2"]
Classes = Float[Array, "batch 3"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernel and zero biases."""
    return dense.init_stack(key, 2, 3)


def forward(parameters: Parameters, x: Points):
    """The weighted sums z and their softmax."""
    x = checks.features(NAME, x, (2,), parameters)
    (output,) = parameters
    z = dense.apply(output, x)
    probabilities = softmax(z)
    return x, z, probabilities


def apply(parameters: Parameters, x: Points) -> Classes:
    """P(class = 0), P(class = 1) and P(class = 2), which sum to 1."""
    *_, probabilities = forward(parameters, x)
    return probabilities


def loss(parameters: Parameters, x: Points, y: Classes) -> Float[Array, ""]:
    """Categorical cross-entropy of one-hot labels."""
    probabilities = apply(parameters, x)
    return categorical_crossentropy(checks.one_hot_labels(NAME, y, probabilities), probabilities)


def gradients(parameters: Parameters, x: Points, y: Classes) -> Parameters:
    """dL/dW and dL/db, by the chain rule through loss and softmax."""
    x, z, probabilities = forward(parameters, x)
    y = checks.one_hot_labels(NAME, y, probabilities)
    (output,) = parameters
    dz = softmax_derivative(z, categorical_crossentropy_derivative(y, probabilities))
    d_output, _ = dense.backward(output, x, dz)
    return [d_output]


def sample(n: int, seed: int) -> tuple[Points, Classes]:
    """n points drawn from the spiral."""
    x, y = data().train
    rows = instances(n, seed).integers(len(x), size=n)
    return x[rows], y[rows]


def data() -> Data:
    """1500 points on the three arms of a spiral."""
    x, classes = points.spiral()
    return Data(train=(floats(x), one_hot(classes, 3)))


NETWORK = Network(
    name=NAME,
    document=Document(1, "4.1) Softmax Regression"),
    parameter_counts=(9,),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=50,
    optimizer=adam(),
    accuracy=categorical_accuracy,
)
