"""Neural network of document 1, "3. Artificial Neural Networks (ANN)": 4 tanh, 2 tanh, 1 sigmoid.

Two small hidden layers bend the straight line of logistic regression: the same network classifies
all of the moons correctly, and all of the circles (`train(dataset="circles")`).
"""

from typing import TypedDict

from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import sigmoid, sigmoid_derivative, tanh, tanh_derivative
from reference_models.data import points
from reference_models.data.split import Data, choose, floats, instances
from reference_models.losses import binary_crossentropy, binary_crossentropy_derivative
from reference_models.metrics import binary_accuracy
from reference_models.network import Document, Network
from reference_models.optimizers import adam

NAME = "moons_circles_ann"
DATASETS = {"moons": points.moons, "circles": points.circles}


class Hidden1(TypedDict):
    """4 units on 2 features: 4 * (2 + 1) = 12 parameters."""

    kernel: Float[Array, "2 4"]
    bias: Float[Array, "4"]


class Hidden2(TypedDict):
    """2 units on 4 inputs: 2 * (4 + 1) = 10 parameters."""

    kernel: Float[Array, "4 2"]
    bias: Float[Array, "2"]


class Output(TypedDict):
    """1 unit on 2 inputs: 3 parameters."""

    kernel: Float[Array, "2 1"]
    bias: Float[Array, "1"]


Parameters = list[Hidden1 | Hidden2 | Output]
Points = Float[Array, "batch 2"]
Labels = Float[Array, "batch 1"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    return dense.init_stack(key, 2, 4, 2, 1)


def forward(parameters: Parameters, x: Points):
    """Every layer's weighted sums z and activations a, which backpropagation needs again."""
    x = checks.features(NAME, x, (2,), parameters)
    hidden1, hidden2, output = parameters
    z1 = dense.apply(hidden1, x)
    a1 = tanh(z1)
    z2 = dense.apply(hidden2, a1)
    a2 = tanh(z2)
    z3 = dense.apply(output, a2)
    probability = sigmoid(z3)
    return x, z1, a1, z2, a2, z3, probability


def apply(parameters: Parameters, x: Points) -> Labels:
    """P(class = 1) of every point."""
    *_, probability = forward(parameters, x)
    return probability


def loss(parameters: Parameters, x: Points, y: Labels) -> Float[Array, ""]:
    """Binary cross-entropy of labels 0 and 1."""
    probability = apply(parameters, x)
    return binary_crossentropy(checks.binary_labels(NAME, y, probability), probability)


def gradients(parameters: Parameters, x: Points, y: Labels) -> Parameters:
    """dL/dW and dL/db of every layer, by the chain rule from the last layer back to the first."""
    x, z1, a1, z2, a2, z3, probability = forward(parameters, x)
    y = checks.binary_labels(NAME, y, probability)
    hidden1, hidden2, output = parameters
    dz3 = binary_crossentropy_derivative(y, probability) * sigmoid_derivative(z3)
    d_output, da2 = dense.backward(output, a2, dz3)
    dz2 = tanh_derivative(z2, da2)
    d_hidden2, da1 = dense.backward(hidden2, a1, dz2)
    dz1 = tanh_derivative(z1, da1)
    d_hidden1, _ = dense.backward(hidden1, x, dz1)
    return [d_hidden1, d_hidden2, d_output]


def sample(n: int, seed: int) -> tuple[Points, Labels]:
    """n points drawn from the moons."""
    x, y = data().train
    rows = instances(n, seed).integers(len(x), size=n)
    return x[rows], y[rows]


def data(dataset: str = "moons") -> Data:
    """1000 points: "moons" or "circles"."""
    x, classes = choose("dataset", dataset, DATASETS)()
    return Data(train=(floats(x), floats(classes[:, None])))


NETWORK = Network(
    name=NAME,
    document=Document(1, "3. Artificial Neural Networks (ANN)"),
    parameter_counts=(12, 10, 3),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=1000,  # our choice: as many as it takes to come to the document's result
    optimizer=adam(),
    accuracy=binary_accuracy,
)
