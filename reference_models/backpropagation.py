"""Forward pass and backpropagation through a stack of layers of any number and size.

Forward, left to right: z[l] = a[l-1] W[l] + b[l], a[l] = f(z[l]), where a[0] is the input.
Backward, right to left: dL/dz[l] = dL/da[l] f'(z[l]), from which come dL/dW[l], dL/db[l] and
dL/da[l-1], where the layer before begins.

The networks in `reference_models.networks` with a fixed number of layers write these lines out
one by one; this is the loop that they are.

Source: document 3, "Backpropagation"; document 5, "Training the Neural Network"; document 2,
"Supplement: Feed-Forward Networks and Backpropagation".
"""

from collections.abc import Sequence

from jaxtyping import Array, Float

from reference_models import dense
from reference_models.activations import ACTIVATIONS
from reference_models.dense import Dense

Values = list[Float[Array, "batch _"]]


def forward(
    parameters: Sequence[Dense], activations: Sequence[str], x: Float[Array, "batch features"]
) -> tuple[Values, Values]:
    """z[l] = a[l-1] W[l] + b[l] and a[l] = f(z[l]) for every layer, first to last.

    Args:
        parameters: the layers' weights.
        activations: a name from `activations.ACTIVATIONS` for each layer.
        x: inputs.
    Returns:
        The list of z, and the list of a, which starts with x and ends with the output.
    Raises:
        ValueError: not one activation per layer, or an unknown activation.
    Source: document 5, "Training the Neural Network" (forward propagation).
    """
    _check(parameters, activations)
    z: Values = []
    a: Values = [x]
    for layer, activation in zip(parameters, activations, strict=True):
        z.append(dense.apply(layer, a[-1]))
        a.append(ACTIVATIONS[activation].value(z[-1]))
    return z, a


def backward(
    parameters: Sequence[Dense],
    activations: Sequence[str],
    z: Values,
    a: Values,
    d_output: Float[Array, "batch units"],
) -> list[Dense]:
    """dL/dW[l] and dL/db[l] of every layer, last to first.

    Args:
        parameters: the layers' weights.
        activations: a name from `activations.ACTIVATIONS` for each layer.
        z: weighted sums, from the forward pass.
        a: x and the activations, from the forward pass.
        d_output: derivative of the loss with respect to the output.
    Returns:
        The derivatives, in the order of the layers.
    Raises:
        ValueError: not one activation per layer, or an unknown activation.
    Source: document 5, "Training the Neural Network" (backpropagation).
    """
    _check(parameters, activations)
    gradients: list[Dense] = []
    da = d_output
    for layer in reversed(range(len(parameters))):
        dz = ACTIVATIONS[activations[layer]].backward(z[layer], da)
        gradient, da = dense.backward(parameters[layer], a[layer], dz)
        gradients.insert(0, gradient)
    return gradients


def _check(parameters, activations):
    if len(parameters) != len(activations):
        raise ValueError(
            f"give one activation per layer; got {len(activations)} activations for "
            f"{len(parameters)} layers."
        )
    for name in activations:
        if name not in ACTIVATIONS:
            known = ", ".join(sorted(ACTIVATIONS))
            raise ValueError(f"unknown activation {name!r}; choose one of {known}.")
