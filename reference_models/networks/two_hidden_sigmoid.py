"""Two hidden sigmoid layers, document 5, "Training the Neural Network".

The document numbers the input as layer 1, the hidden layers 2 and 3 and the output 4:

    z[2] = W[1] x + b[1]       a[2] = sigmoid(z[2])
    z[3] = W[2] a[2] + b[2]    a[3] = sigmoid(z[3])

and the loss is the mean squared error. There x is a column; here every row is an instance, so
W x is written x W. It gives no sizes; 4 inputs, 4 and 4 units and 1 output are chosen here.
"""

from typing import TypedDict

from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import sigmoid, sigmoid_derivative
from reference_models.data.split import Data, floats, instances
from reference_models.losses import mean_squared_error, mean_squared_error_derivative
from reference_models.network import Document, Network
from reference_models.optimizers import sgd

NAME = "two_hidden_sigmoid"


class Hidden(TypedDict):
    """W[1], b[1] and W[2], b[2]: 4 units on 4 inputs, 4 * (4 + 1) = 20 parameters each."""

    kernel: Float[Array, "4 4"]
    bias: Float[Array, "4"]


class Output(TypedDict):
    """W[3], b[3]: 1 unit on 4 inputs, 5 parameters."""

    kernel: Float[Array, "4 1"]
    bias: Float[Array, "1"]


Parameters = list[Hidden | Output]
Features = Float[Array, "batch 4"]
Targets = Float[Array, "batch 1"]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    return dense.init_stack(key, 4, 4, 4, 1)


def forward(parameters: Parameters, x: Features):
    """Forward propagation: z = W a + b and a = sigmoid(z), layer by layer."""
    x = checks.features(NAME, x, (4,), parameters)
    layer1, layer2, layer3 = parameters
    z2 = dense.apply(layer1, x)
    a2 = sigmoid(z2)
    z3 = dense.apply(layer2, a2)
    a3 = sigmoid(z3)
    z4 = dense.apply(layer3, a3)
    prediction = sigmoid(z4)
    return x, z2, a2, z3, a3, z4, prediction


def apply(parameters: Parameters, x: Features) -> Targets:
    """The prediction, between 0 and 1, for every row of x."""
    *_, prediction = forward(parameters, x)
    return prediction


def loss(parameters: Parameters, x: Features, y: Targets) -> Float[Array, ""]:
    """Mean squared error between prediction and target."""
    prediction = apply(parameters, x)
    return mean_squared_error(checks.targets(NAME, y, prediction), prediction)


def gradients(parameters: Parameters, x: Features, y: Targets) -> Parameters:
    """Backpropagation: dL/dW and dL/db of every layer, by the chain rule."""
    x, z2, a2, z3, a3, z4, prediction = forward(parameters, x)
    y = checks.targets(NAME, y, prediction)
    layer1, layer2, layer3 = parameters
    dz4 = mean_squared_error_derivative(y, prediction) * sigmoid_derivative(z4)
    d_layer3, da3 = dense.backward(layer3, a3, dz4)
    dz3 = da3 * sigmoid_derivative(z3)
    d_layer2, da2 = dense.backward(layer2, a2, dz3)
    dz2 = da2 * sigmoid_derivative(z2)
    d_layer1, _ = dense.backward(layer1, x, dz2)
    return [d_layer1, d_layer2, d_layer3]


def sample(n: int, seed: int) -> tuple[Features, Targets]:
    """n random instances; the target is 1 where the features sum to more than 0."""
    x = instances(n, seed).normal(size=(n, 4))
    return floats(x), floats(x.sum(axis=1, keepdims=True) > 0)


def data() -> Data:
    """1000 random instances."""
    return Data(train=sample(1000, seed=0))


NETWORK = Network(
    name=NAME,
    document=Document(5, "Training the Neural Network"),
    parameter_counts=(20, 20, 5),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=100,
    optimizer=sgd(),
)
