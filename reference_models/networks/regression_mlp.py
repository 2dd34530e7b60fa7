"""Regression MLP of document 3, "Regression MLP": relu hidden layers of 30 units, one output.

The output's activation sets the range of the answers: "linear" (none) any number, "relu" and
"softplus" positive ones, "sigmoid" 0 to 1, "tanh" -1 to 1. The loss is the mean squared error, the
mean absolute error where there are many outliers, or Huber's, a combination of both.
`network(output, error)` gives the network for each; in the catalog it has one hidden layer, like
the document's `build_model`, no output activation, and the mean squared error.
"""

from functools import partial

from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense
from reference_models.backpropagation import backward, forward
from reference_models.data import regression
from reference_models.data.split import Data, choose, floats, instances
from reference_models.losses import LOSSES
from reference_models.network import Document, Network
from reference_models.optimizers import sgd

NAME = "regression_mlp"
# The ends of each output activation's range, for targets to be scaled into; the targets are
# positive as they come, so the first three can meet them unscaled.
RANGES = {"linear": None, "relu": None, "softplus": None, "sigmoid": (0, 1), "tanh": (-1, 1)}
ERRORS = {name: LOSSES[name] for name in ("mse", "mae", "huber")}

Parameters = list[dense.Dense]
Features = Float[Array, "batch 8"]
Targets = Float[Array, "batch 1"]


def init(key: PRNGKeyArray, hidden_layers: int = 1, units: int = 30) -> Parameters:
    """Glorot-uniform kernels and zero biases of the hidden layers and the output."""
    return dense.init_stack(key, 8, *[units] * hidden_layers, 1)


def activations(parameters: Parameters, output: str) -> list[str]:
    """Relu in every hidden layer, then the output's activation."""
    choose("output activation", output, RANGES)
    return ["relu"] * (len(parameters) - 1) + [output]


def apply(parameters: Parameters, x: Features, output: str = "linear") -> Targets:
    """One number for every row of x, in the output activation's range."""
    x = checks.features(NAME, x, (8,), parameters)
    _, a = forward(parameters, activations(parameters, output), x)
    return a[-1]


def loss(
    parameters: Parameters, x: Features, y: Targets, output: str = "linear", error: str = "mse"
) -> Float[Array, ""]:
    """The mean of the error chosen: "mse", "mae" or "huber"."""
    predictions = apply(parameters, x, output)
    value, _ = choose("error", error, ERRORS)
    return value(checks.targets(NAME, y, predictions), predictions)


def gradients(
    parameters: Parameters, x: Features, y: Targets, output: str = "linear", error: str = "mse"
) -> Parameters:
    """dL/dW and dL/db of every layer, by backpropagation layer by layer."""
    x = checks.features(NAME, x, (8,), parameters)
    layers = activations(parameters, output)
    z, a = forward(parameters, layers, x)
    _, derivative = choose("error", error, ERRORS)
    d_predictions = derivative(checks.targets(NAME, y, a[-1]), a[-1])
    return backward(parameters, layers, z, a, d_predictions)


def sample(n: int, seed: int) -> tuple[Features, Targets]:
    """n random instances; the targets are positive."""
    random = instances(n, seed)
    return floats(random.normal(size=(n, 8))), floats(random.exponential(size=(n, 1)))


def data(output: str = "linear") -> Data:
    """Training, validation and test data, the targets scaled into the output's range."""
    *parts, notice = regression.load()
    span = choose("output activation", output, RANGES)

    def scale(y):
        if span is None:
            return y
        low, high = span
        return low + (high - low) * y / max(part.max() for _, part in parts)

    train, validation, test = [(floats(x), floats(scale(y))) for x, y in parts]
    return Data(train, validation, test, notice)


def network(output: str = "linear", error: str = "mse") -> Network:
    """The network with an output activation and an error of your choice."""
    choose("error", error, ERRORS)
    return Network(
        name=NAME,
        document=Document(3, "Regression MLP"),
        parameter_counts=(270, 31),
        init=init,
        apply=partial(apply, output=output),
        loss=partial(loss, output=output, error=error),
        gradients=partial(gradients, output=output, error=error),
        sample=sample,
        data=partial(data, output=output),
        epochs=10,
        optimizer=sgd(),
    )


NETWORK = network()
