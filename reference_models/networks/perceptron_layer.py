"""The hand-built layers of document 2, "Building A Neural Network By Hand".

A perceptron of dimension dim is a vector of dim + 1 weights, of which the first is the bias; a
layer is a number of perceptrons with an activation function. Here 5 perceptrons of dimension 3
feed 2 of dimension 5, all sigmoid. The document only runs them forward; loss and gradients, a mean
squared error and its chain rule, are added so that the layers can be trained and compared.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks
from reference_models.activations import sigmoid, sigmoid_derivative
from reference_models.data.split import Data, floats, instances
from reference_models.dense import Dense
from reference_models.losses import mean_squared_error, mean_squared_error_derivative
from reference_models.network import Document, Network
from reference_models.optimizers import sgd

NAME = "perceptron_layer"

Layer = Float[Array, "perceptrons dim_plus_1"]
Parameters = list[Layer]
Inputs = Float[Array, "batch 3"]
Outputs = Float[Array, "batch 2"]


def create_perceptron(key: PRNGKeyArray, dim: int) -> Float[Array, " dim_plus_1"]:
    """dim + 1 weights, uniform in [0, 1): index 0 is the bias."""
    return jax.random.uniform(key, (dim + 1,), float)


def create_layer(key: PRNGKeyArray, num_perceptrons: int, dim: int) -> Layer:
    """The weights of num_perceptrons perceptrons, one row each."""
    keys = jax.random.split(key, num_perceptrons)
    return jnp.stack([create_perceptron(each, dim) for each in keys])


def init(key: PRNGKeyArray) -> Parameters:
    """A layer of 5 perceptrons of dimension 3, and one of 2 of dimension 5."""
    first, second = jax.random.split(key)
    return [create_layer(first, 5, 3), create_layer(second, 2, 5)]


def weighted_sums(layer: Layer, x: Float[Array, "batch dim"]) -> Float[Array, "batch perceptrons"]:
    """For each perceptron the dot product of x with w_1, ..., w_n, plus the bias w_0."""
    return x @ layer[:, 1:].T + layer[:, 0]


def compute_output_for_layer(
    layer: Layer, x: Float[Array, "batch dim"]
) -> Float[Array, "batch perceptrons"]:
    """One output per perceptron: the sigmoid of its weighted sum."""
    return sigmoid(weighted_sums(layer, x))


def apply(parameters: Parameters, x: Inputs) -> Outputs:
    """The second layer's outputs for the first layer's outputs for x."""
    x = checks.features(NAME, x, (3,), parameters)
    l1, l2 = parameters
    o1 = compute_output_for_layer(l1, x)
    return compute_output_for_layer(l2, o1)


def loss(parameters: Parameters, x: Inputs, y: Outputs) -> Float[Array, ""]:
    """Mean squared error."""
    outputs = apply(parameters, x)
    return mean_squared_error(checks.targets(NAME, y, outputs), outputs)


def gradients(parameters: Parameters, x: Inputs, y: Outputs) -> Parameters:
    """dL/dw of every perceptron, bias first, by the chain rule from the last layer back."""
    x = checks.features(NAME, x, (3,), parameters)
    l1, l2 = parameters
    z1 = weighted_sums(l1, x)
    o1 = sigmoid(z1)
    z2 = weighted_sums(l2, o1)
    outputs = sigmoid(z2)
    y = checks.targets(NAME, y, outputs)
    dz2 = mean_squared_error_derivative(y, outputs) * sigmoid_derivative(z2)
    do1 = dz2 @ l2[:, 1:]
    dz1 = do1 * sigmoid_derivative(z1)
    return [_weight_gradient(x, dz1), _weight_gradient(o1, dz2)]


def _weight_gradient(x, dz):
    """dL/dw_0 = sum dz and dL/dw_i = sum dz x_i, over the batch; one row per perceptron."""
    return jnp.concatenate([jnp.sum(dz, axis=0)[:, None], dz.T @ x], axis=1)


def to_dense(parameters: Parameters) -> list[Dense]:
    """The same weights as kernels and biases of fully connected layers."""
    return [{"kernel": layer[:, 1:].T, "bias": layer[:, 0]} for layer in parameters]


def from_dense(layers: list[Dense]) -> Parameters:
    """Kernels and biases of fully connected layers as perceptrons, bias first."""
    return [
        jnp.concatenate([layer["bias"][:, None], layer["kernel"].T], axis=1) for layer in layers
    ]


def sample(n: int, seed: int) -> tuple[Inputs, Outputs]:
    """The document's X = [0.8, -2.3, 2.15], then random inputs; targets between 0 and 1."""
    random = instances(n, seed)
    x = random.normal(scale=2, size=(n, 3))
    x[0] = [0.8, -2.3, 2.15]
    return floats(x), floats(random.random((n, 2)))


def data() -> Data:
    """256 random inputs; the targets are what layers of another seed answer."""
    x, _ = sample(256, seed=0)
    return Data(train=(x, apply(init(jax.random.key(1)), x)))


NETWORK = Network(
    name=NAME,
    document=Document(2, "Building A Neural Network By Hand"),
    parameter_counts=(20, 12),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=50,
    optimizer=sgd(),
    to_dense=to_dense,
    from_dense=from_dense,
)
