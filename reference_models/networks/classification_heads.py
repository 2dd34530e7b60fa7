"""The three output layers of document 3, "Classification MLP", on one hidden layer of 30 relu.

Binary: one sigmoid unit, the probability of yes. Multiclass: one softmax unit per class, exactly
one of which is right (3 here). Multilabel: one sigmoid unit per label, any number of which may be
right (4 here). Each head has its matching cross-entropy; the loss is their sum. The document
prescribes the heads; 8 features and one hidden layer for all three are chosen here.
"""

from typing import TypedDict

import jax
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from reference_models import checks, dense
from reference_models.activations import (
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    softmax,
    softmax_derivative,
)
from reference_models.data.split import Data, floats, instances, one_hot
from reference_models.losses import (
    binary_crossentropy,
    binary_crossentropy_derivative,
    categorical_crossentropy,
    categorical_crossentropy_derivative,
)
from reference_models.network import Document, Network
from reference_models.optimizers import adam

NAME = "classification_heads"


class Hidden(TypedDict):
    """30 units on 8 features: 30 * (8 + 1) = 270 parameters."""

    kernel: Float[Array, "8 30"]
    bias: Float[Array, "30"]


class Binary(TypedDict):
    """1 unit on 30 inputs: 31 parameters."""

    kernel: Float[Array, "30 1"]
    bias: Float[Array, "1"]


class Multiclass(TypedDict):
    """3 units on 30 inputs: 93 parameters."""

    kernel: Float[Array, "30 3"]
    bias: Float[Array, "3"]


class Multilabel(TypedDict):
    """4 units on 30 inputs: 124 parameters."""

    kernel: Float[Array, "30 4"]
    bias: Float[Array, "4"]


Parameters = list[Hidden | Binary | Multiclass | Multilabel]
Features = Float[Array, "batch 8"]
Heads = tuple[Float[Array, "batch 1"], Float[Array, "batch 3"], Float[Array, "batch 4"]]


def init(key: PRNGKeyArray) -> Parameters:
    """Glorot-uniform kernels and zero biases."""
    keys = jax.random.split(key, 4)
    sizes = (8, 30), (30, 1), (30, 3), (30, 4)
    return [dense.init(each, *size) for each, size in zip(keys, sizes, strict=True)]


def forward(parameters: Parameters, x: Features):
    """The hidden layer's z and a, and each head's z."""
    x = checks.features(NAME, x, (8,), parameters)
    hidden, binary, multiclass, multilabel = parameters
    z = dense.apply(hidden, x)
    a = relu(z)
    z_heads = dense.apply(binary, a), dense.apply(multiclass, a), dense.apply(multilabel, a)
    return x, z, a, z_heads


def apply(parameters: Parameters, x: Features) -> Heads:
    """P(yes); the probabilities of 3 classes, which sum to 1; and those of 4 labels."""
    *_, (z_binary, z_multiclass, z_multilabel) = forward(parameters, x)
    return sigmoid(z_binary), softmax(z_multiclass), sigmoid(z_multilabel)


def loss(parameters: Parameters, x: Features, y: Heads) -> Float[Array, ""]:
    """Binary plus categorical plus binary cross-entropy."""
    binary, multiclass, multilabel = apply(parameters, x)
    y_binary, y_multiclass, y_multilabel = check_labels(y, (binary, multiclass, multilabel))
    return (
        binary_crossentropy(y_binary, binary)
        + categorical_crossentropy(y_multiclass, multiclass)
        + binary_crossentropy(y_multilabel, multilabel)
    )


def gradients(parameters: Parameters, x: Features, y: Heads) -> Parameters:
    """dL/dW and dL/db of every layer; the heads' messages to the hidden layer add up."""
    x, z, a, (z_binary, z_multiclass, z_multilabel) = forward(parameters, x)
    outputs = sigmoid(z_binary), softmax(z_multiclass), sigmoid(z_multilabel)
    y_binary, y_multiclass, y_multilabel = check_labels(y, outputs)
    hidden, binary, multiclass, multilabel = parameters
    dz = binary_crossentropy_derivative(y_binary, outputs[0]) * sigmoid_derivative(z_binary)
    d_binary, da_binary = dense.backward(binary, a, dz)
    dp = categorical_crossentropy_derivative(y_multiclass, outputs[1])
    d_multiclass, da_multiclass = dense.backward(
        multiclass, a, softmax_derivative(z_multiclass, dp)
    )
    dz = binary_crossentropy_derivative(y_multilabel, outputs[2])
    dz *= sigmoid_derivative(z_multilabel)
    d_multilabel, da_multilabel = dense.backward(multilabel, a, dz)
    da = da_binary + da_multiclass + da_multilabel
    d_hidden, _ = dense.backward(hidden, x, da * relu_derivative(z))
    return [d_hidden, d_binary, d_multiclass, d_multilabel]


def check_labels(y: Heads, outputs: Heads) -> Heads:
    """The labels of the three heads, or an error that says what is wrong with them."""
    y = checks.items(NAME, "y", y, ("binary", "multiclass", "multilabel"))
    return (
        checks.binary_labels(f"{NAME}, binary", y[0], outputs[0]),
        checks.one_hot_labels(f"{NAME}, multiclass", y[1], outputs[1]),
        checks.binary_labels(f"{NAME}, multilabel", y[2], outputs[2]),
    )


def sample(n: int, seed: int) -> tuple[Features, Heads]:
    """n random instances.

    Labels: is the first feature positive; which of the next three is the largest; which of the
    last four are positive.
    """
    x = instances(n, seed).normal(size=(n, 8))
    largest = np.argmax(x[:, 1:4], axis=1)
    return floats(x), (floats(x[:, :1] > 0), one_hot(largest, 3), floats(x[:, 4:] > 0))


def data() -> Data:
    """1000 random instances."""
    return Data(train=sample(1000, seed=0))


NETWORK = Network(
    name=NAME,
    document=Document(3, "Classification MLP"),
    parameter_counts=(270, 31, 93, 124),
    init=init,
    apply=apply,
    loss=loss,
    gradients=gradients,
    sample=sample,
    data=data,
    epochs=50,
    optimizer=adam(),
)
