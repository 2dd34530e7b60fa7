"""Document 3: one number from 8 features, 8-30-1, and a variant for each range of the output."""

import dataclasses
from functools import partial

from conformance.case import Case, documents_data
from conformance.weights import dense
from reference_models.backpropagation import forward
from reference_models.networks import regression_mlp


def activations(parameters, x, output="linear"):
    """Each layer's output in the plain form."""
    _, (_, a1, number) = forward(parameters, regression_mlp.activations(parameters, output), x)
    return a1, number


LOSSES = {"mse": "mean_squared_error", "mae": "mean_absolute_error", "huber": "huber"}
ANY_NUMBER = Case(
    name="regression_mlp",
    document=3,
    shapes=dense(8, 30, 1),  # 270 and 31 parameters
    data=documents_data("regression_mlp", 160),
    activations=activations,
    keras=("Dense", "SGD", "mean_squared_error"),
    operations=("numpy.matmul", "numpy.add", "nn.relu", "numpy.mean"),
)


def variant(output, error, *operations):
    """The network with an output activation and an error of the document's table."""
    return dataclasses.replace(
        ANY_NUMBER,
        name=f"regression_mlp_{output}",
        models="regression_mlp",
        arguments={"output": output, "error": error},
        styles=("sequential",),
        data=documents_data("regression_mlp", 160, output=output),
        network=partial(regression_mlp.network, output, error),
        activations=partial(activations, output=output),
        keras=("Dense", "SGD", LOSSES[error]),
        operations=(*ANY_NUMBER.operations, *operations),
    )


CASES = (
    ANY_NUMBER,
    variant("relu", "mae", "numpy.absolute"),
    variant("softplus", "huber", "nn.softplus"),
    variant("sigmoid", "mse", "nn.sigmoid"),
    variant("tanh", "mae", "numpy.tanh"),
)
