"""Faults to plant in a network: each changes one thing, by a known amount."""

import copy
import dataclasses
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        fits: function of a network's spec: whether the fault can be planted there.
        plant: function of the spec and `networks.build` that returns the faulty model.
    """

    fits: Callable[[dict], bool]
    plant: Callable[[dict, Callable[[dict], Any]], Any]


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

    return Fault(lambda spec: spec["optimizer"][0] in optimizers, plant)


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


def _reduction():
    def plant(spec, build):
        import keras

        model = build(spec)
        loss = keras.losses.get({"class_name": _class(spec["loss"]), "config": {}})
        loss.reduction = "sum"
        model.compile(model.optimizer, loss)
        return model

    return Fault(lambda spec: True, plant)


def _class(name):
    return {"kl_divergence": "KLDivergence", "log_cosh": "LogCosh"}.get(
        name, "".join(part.capitalize() for part in name.split("_"))
    )


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
    "epsilon ten times as large": _epsilon(),
    "sum in place of mean": _reduction(),
}
