"""The code that a report shows: each network and part as Keras has it, and as plain JAX.

All of it is read from the installed packages when the report is made.
"""

import functools
from pathlib import Path

from conformance.parts import IN_KERAS, OPERATIONS
from keras_edu_backend.compare.report.code import installed_source, operation_source
from keras_edu_backend.compare.report.reading import NETWORK

REFERENCE = "reference"

# Where the installed Keras has what the networks and parts are made of. It is the same text on
# every backend: what a backend adds are its operations.
_OPTIMIZERS = {
    name: f"src/optimizers/{name.lower()}.py:{name}.update_step"
    for name in ("SGD", "Adagrad", "RMSprop", "Adam")
}
_LOSSES = {
    name: f"src/losses/losses.py:{name}"
    for name in (
        "mean_squared_error",
        "mean_absolute_error",
        "huber",
        "binary_crossentropy",
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
    )
}
_INITIALIZERS = "src/initializers/random_initializers.py"
_DROPOUT = "src/layers/regularization"
KERAS = {
    "Dense": "src/layers/core/dense.py:Dense.call",
    "Flatten": "src/layers/reshaping/flatten.py:Flatten.call",
    "Concatenate": "src/layers/merging/concatenate.py:Concatenate._merge_function",
    **_OPTIMIZERS,
    **_LOSSES,
    "RandomUniform": f"{_INITIALIZERS}:RandomUniform.__call__",
    "VarianceScaling": f"{_INITIALIZERS}:VarianceScaling.__call__",
    "compute_fans": f"{_INITIALIZERS}:compute_fans",
    "Dropout": f"{_DROPOUT}/dropout.py:Dropout.call",
    "GaussianDropout": f"{_DROPOUT}/gaussian_dropout.py:GaussianDropout.call",
}


def _with_derivative(file, *names):
    return {name: (f"{file}:{name}", f"{file}:{name}_derivative") for name in names}


# The same in `reference_models`, values and derivatives, where it has it.
_ACTIVATIONS = _with_derivative("activations.py", "relu", "sigmoid", "softmax", "softplus", "tanh")
PLAIN = {
    "Dense": ("dense.py:apply", "dense.py:backward"),
    "SGD": ("optimizers.py:sgd", "optimizers.py:momentum"),
    "Adagrad": ("optimizers.py:adagrad",),
    "RMSprop": ("optimizers.py:rmsprop",),
    "Adam": ("optimizers.py:adam",),
    **_with_derivative("losses.py", *_LOSSES),
    "RandomUniform": ("initializers.py:uniform",),
    "VarianceScaling": (
        "initializers.py:glorot_uniform",
        "initializers.py:glorot_normal",
        "initializers.py:he_uniform",
        "initializers.py:he_normal",
    ),
    "Dropout": ("dropout.py:inverted_dropout",),
    "GaussianDropout": ("gaussian_dropout.py:gaussian_dropout",),
    **{f"nn.{name}": _ACTIVATIONS[name] for name in ("relu", "sigmoid", "softmax", "softplus")},
    "numpy.tanh": _ACTIVATIONS["tanh"],
}


def listings(networks, parts, sides):
    """List the code of all sides.

    Args:
        networks: mapping of name to `case.Case`.
        parts: names of the parts.
        sides: names of the backends, in the order in which their code stands.

    Returns:
        Dictionaries of ``case``, ``side``, ``title``, ``source`` and ``place`` (where the text
        stands): of each network its own code, titled "network", and then, for each network and
        part, that of the layers, optimizers, losses and operations it uses. A side that has no
        such thing has no entry.
    """
    found = []
    for name, case in networks.items():
        in_keras, plain = case.source(), _plain_network(case)
        sources = {side: plain if side == REFERENCE else in_keras for side in sides}
        found += _entries(name, NETWORK, sources)
    uses = {name: (*case.keras, *case.operations) for name, case in networks.items()}
    uses |= {name: (*IN_KERAS[name], *OPERATIONS[name]) for name in parts}
    for name, titles in uses.items():
        for title in titles:
            found += _entries(name, title, {side: _source(title, side) for side in sides})
    return found


@functools.cache
def _source(title, side):
    """Text and place of what one side has under a title; two empty texts where it has nothing."""
    if side == REFERENCE:
        plain = PLAIN.get(title)
        return (installed_source("reference_models", *plain), "") if plain else ("", "")
    if title in KERAS:
        return installed_source("keras", KERAS[title]), ""
    text, place = operation_source(side, title)
    return (text, place) if place else ("", "")


def _plain_network(case):
    """A variant of a network stands in the module of the network it is a variant of."""
    place = f"reference_models/networks/{case.plain().name}.py"
    return (Path(__file__).parents[1] / place).read_text(encoding="utf-8"), place


def _entries(case, title, sources):
    return [
        {"case": case, "side": side, "title": title, "source": text, "place": place}
        for side, (text, place) in sources.items()
        if text
    ]
