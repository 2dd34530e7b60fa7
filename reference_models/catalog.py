"""The networks of the documents by name."""

import importlib

from reference_models.network import Network

NAMES = (
    "threshold_logic_unit",
    "perceptron",
    "perceptron_layer",
    "logistic_regression",
    "moons_circles_ann",
    "sine_ann",
    "softmax_regression",
    "spiral_ann",
    "iris_mlp",
    "take_home",
    "regression_mlp",
    "classification_heads",
    "fashion_mnist_mlp",
    "wide_and_deep",
    "wide_and_deep_two_inputs",
    "wide_and_deep_auxiliary",
    "one_input_two_hidden",
    "function_approximator",
    "mnist_mlp",
    "mnist_softmax_free",
    "mnist_hidden_100",
    "two_hidden_sigmoid",
)


def catalog() -> dict[str, Network]:
    """Every network under its name, from a single unit to whole networks.

    Returns:
        A new dict; each name is also the name of the module in `reference_models.networks` where
        the network is written out.
    """
    return {name: _module(name).NETWORK for name in NAMES}


def _module(name):
    return importlib.import_module(f"reference_models.networks.{name}")
