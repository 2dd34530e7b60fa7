"""Logistic regression of document 1, "2. Logistic Regression": y = f(x W), f the sigmoid.

A single sigmoid unit on two features draws a straight line. After 50 epochs it is right for 0.997
of the linearly separable points, for about 0.86 of the moons and for half of the circles.
"""

from typing import TypedDict

from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import sigmoid, sigmoid_derivative
from reference_models.data import points
from reference_models.data.split import Data, choose, floats, instances
from reference_models.losses import binary_crossentropy, binary_crossentropy_derivative
from reference_models.metrics import binary_accuracy
from reference_models.network import Document, Network
from reference_models.optimizers import adam

NAME = "logistic_regression"
DATASETS = {"separable": points.separable, "moons": points.moons, "circles": points.circles}


class Output(TypedDict):
    """One unit on two features: 2 weights and a bias."""

    kernel: Float[Array, "2 1"]
    bias: Float[Array, "1"]


Parameters = list[Output]
Points = Float[Array, "batch 2"]
Labels = Float[Array, "batch 1"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform weights and a zero bias."""
    return dense.init_stack(key, 2, 1)


def forward(parameters: Parameters, x: Points):
    """The weighted sum z and its sigmoid."""
    x = checks.features(NAME, x, (2,), parameters)
    (output,) = parameters
    z = dense.apply(output, x)
    probability = sigmoid(z)
    return x, z, probability


def apply(parameters: Parameters, x: Points) -> Labels:
    """P(class = 1) of every point; P(class = 0) is 1 minus it."""
    *_, probability = forward(parameters, x)
    return probability


def loss(parameters: Parameters, x: Points, y: Labels) -> Float[Array, ""]:
    """Binary cross-entropy of labels 0 and 1."""
    probability = apply(parameters, x)
    return binary_crossentropy(checks.binary_labels(NAME, y, probability), probability)


def gradients(parameters: Parameters, x: Points, y: Labels) -> Parameters:
    """dL/dW and dL/db, by the chain rule through loss and sigmoid."""
    x, z, probability = forward(parameters, x)
    y = checks.binary_labels(NAME, y, probability)
    (output,) = parameters
    dz = binary_crossentropy_derivative(y, probability) * sigmoid_derivative(z)
    d_output, _ = dense.backward(output, x, dz)
    return [d_output]


def sample(n: int, seed: int) -> tuple[Points, Labels]:
    """n random points, class 1 where the coordinates sum to more than 0."""
    x = instances(n, seed).normal(size=(n, 2))
    return floats(x), floats(x.sum(axis=1, keepdims=True) > 0)


def data(dataset: str = "separable") -> Data:
    """1000 points: "separable", "moons" or "circles"."""
    x, classes = choose("dataset", dataset, DATASETS)()
    return Data(train=(floats(x), floats(classes[:, None])))


NETWORK = Network(
    name=NAME,
    document=Document(1, "2. Logistic Regression"),
    parameter_counts=(3,),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=50,
    optimizer=adam(),
    accuracy=binary_accuracy,
)
