"""Faults to plant in a network: each changes one thing, by a known amount.

How large it is in noise floors differs from network to network, so it is measured: the comparison
of the faulty network with the sound one says it.
"""

import copy
import dataclasses
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np

from conformance.fuzz.networks import loss_of


@dataclasses.dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        fits: function of a network's spec: whether the fault can be planted there.
        plant: function of the spec and `networks.build` that returns the faulty model.
        needs: parts of the spec that both sides get, for the fault to show.
    """

    fits: Callable[[dict], bool]
    plant: Callable[[dict, Callable[[dict], Any]], Any]
    needs: dict[str, Any] = dataclasses.field(default_factory=dict)


def _output(change):
    """Change what the last layer with weights before the head hands on."""

    def plant(spec, build):
        model = build(spec)
        layer = next((x for x in reversed(model.layers[:-1]) if x.weights), model.layers[-1])
        call = layer.call
        layer.call = lambda *arguments, **options: change(call(*arguments, **options))
        return model

    return Fault(lambda spec: True, plant)


def _scaled(factor):
    return _output(lambda x: x * factor)


def _stopped(x):
    from keras import ops

    # Half of the gradient is lost, not all of it: a weight without any would be noticed at once.
    return 0.5 * x + 0.5 * ops.stop_gradient(x)


def _of_optimizer(name, factor, optimizers):
    def plant(spec, build):
        changed = copy.deepcopy(spec)
        model = build(changed)
        setting = getattr(model.optimizer, name)
        setattr(model.optimizer, name, float(setting) * factor)
        return model

    def fits(spec):
        kind, options = spec["optimizer"]
        return kind in optimizers and (name != "momentum" or name in options)

    return Fault(fits, plant)


def _rate(factor):
    def plant(spec, build):
        changed = copy.deepcopy(spec)
        changed["optimizer"][1]["learning_rate"] *= factor
        return build(changed)

    return Fault(lambda spec: True, plant)


def _epsilon():
    def plant(spec, build):
        model = build(spec)
        for layer in model.layers:
            if hasattr(layer, "epsilon") and layer.weights:
                layer.epsilon = 10 * layer.epsilon
        return model

    normalised = ("BatchNormalization", "LayerNormalization", "GroupNormalization")
    return Fault(lambda spec: any(kind in normalised for kind, _ in spec["body"]), plant)


def _moving_momentum():
    """0.98 in place of 0.99: how fast the moving mean and variance move."""

    def plant(spec, build):
        model = build(spec)
        for layer in model.layers:
            if type(layer).__name__ == "BatchNormalization":
                layer.momentum = 0.98
        return model

    return Fault(lambda spec: any(kind == "BatchNormalization" for kind, _ in spec["body"]), plant)


def _axis():
    """A softmax over the instances in place of the classes; a norm likewise."""

    def plant(spec, build):
        from keras import ops

        model = build(spec)
        for layer in model.layers:
            if type(layer).__name__ in ("Softmax", "UnitNormalization"):
                layer.axis = 0
        if spec["head"] == "softmax":
            model.layers[-1].activation = lambda x: ops.softmax(x, axis=0)
        return model

    def fits(spec):
        along = ("Softmax", "UnitNormalization")
        return spec["head"] == "softmax" or any(kind in along for kind, _ in spec["body"])

    return Fault(fits, plant)


def _last_place():
    """The largest element of the first kernel is the next larger number."""

    def plant(spec, build):
        model = build(spec)
        set_weights = model.set_weights

        def nudged(weights):
            weights = [np.array(weight) for weight in weights]
            kernel = next(weight for weight in weights if weight.ndim > 1).reshape(-1)
            place = np.abs(kernel).argmax()
            kernel[place] = np.nextafter(kernel[place], kernel.dtype.type(np.inf))
            set_weights(weights)

        model.set_weights = nudged
        return model

    return Fault(lambda spec: True, plant)


def _stale_mask():
    """Every sequence is masked by the one before it."""

    def plant(spec, build):
        from keras import layers, ops

        class Stale(layers.Embedding):
            def compute_mask(self, inputs, mask=None):
                return ops.roll(super().compute_mask(inputs, mask), 1, axis=0)

        with mock.patch.object(layers, "Embedding", Stale):
            return build(spec)

    masked = ("LSTM", "GRU", "SimpleRNN", "MultiHeadAttention")
    return Fault(
        lambda spec: (spec["first"] or [""])[0] == "Embedding" and spec["body"][0][0] in masked,
        plant,
        needs={"masked": True},
    )


def _reduction():
    def plant(spec, build):
        model = build(spec)
        model.compile(model.optimizer, loss_of(spec, reduction="sum"))
        return model

    return Fault(lambda spec: True, plant)


FAULTS: dict[str, Fault] = {
    "output off by 1 %": _scaled(1.01),
    "output off by 0.01 %": _scaled(1.0001),
    "output off by 1e-6": _scaled(1 + 1e-6),
    "sign of an output": _scaled(-1),
    "gradient half stopped": _output(_stopped),
    "learning rate off by 1 %": _rate(1.01),
    "learning rate off by 0.01 %": _rate(1.0001),
    "beta_1 off by 1 %": _of_optimizer("beta_1", 0.99, ("Adam", "AdamW", "Nadam", "Adamax")),
    "beta_2 off by 0.01 %": _of_optimizer("beta_2", 0.9999, ("Adam", "AdamW", "Nadam")),
    "momentum off by 1 %": _of_optimizer("momentum", 0.99, ("SGD", "RMSprop")),
    "moving averages twice as fast": _moving_momentum(),
    "epsilon ten times as large": _epsilon(),
    "wrong axis": _axis(),
    "stale mask": _stale_mask(),
    "1 ULP of a weight": _last_place(),
    "sum in place of mean": _reduction(),
}
