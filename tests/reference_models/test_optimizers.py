"""Optimisers follow the textbook's recursions, written here with plain NumPy numbers."""

import jax.numpy as jnp
import numpy as np
import pytest

from reference_models import optimizers

RANDOM = np.random.default_rng(0)
GRADIENTS = RANDOM.normal(size=(6, 3)) * np.array([1, 1e-4, 100])
START = np.array([0.3, -1.0, 2.0])


def textbook_sgd(w):
    for g in GRADIENTS:
        w = w - 0.01 * g
    return w


def textbook_momentum(w):
    move = 0
    for g in GRADIENTS:
        move = 0.9 * move - 0.01 * g
        w = w + move
    return w


def textbook_adagrad(w):
    squares = 0.1
    for g in GRADIENTS:
        squares = squares + g * g
        w = w - 0.001 * g / np.sqrt(squares + 1e-7)
    return w


def textbook_rmsprop(w):
    average = 0
    for g in GRADIENTS:
        average = 0.9 * average + 0.1 * g * g
        w = w - 0.001 * g / np.sqrt(average + 1e-7)
    return w


def textbook_adam(w):
    """Kingma and Ba 2014, section 2, last paragraph: bias corrections in the step, epsilon hat."""
    m = v = 0
    for t, g in enumerate(GRADIENTS, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        w = w - 0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-7)
    return w


@pytest.mark.parametrize("name", ["sgd", "momentum", "adagrad", "rmsprop", "adam"])
def test_six_steps(name, float64):
    optimizer = getattr(optimizers, name)()
    parameters = [{"kernel": jnp.asarray(START)}]
    state = optimizer.init(parameters)
    for g in GRADIENTS:
        parameters, state = optimizer.update([{"kernel": jnp.asarray(g)}], state, parameters)
    expected = globals()[f"textbook_{name}"](START)
    # Six float64 steps; 1 - 0.999 loses three digits, in Adam's v twice.
    np.testing.assert_allclose(parameters[0]["kernel"], expected, rtol=1e-12)


def test_names_and_hyperparameters_are_those_of_keras():
    made = {
        "sgd": optimizers.sgd(0.1),
        "momentum": optimizers.momentum(0.1, 0.8),
        "adagrad": optimizers.adagrad(),
        "rmsprop": optimizers.rmsprop(),
        "adam": optimizers.adam(),
    }
    keras_names = {"momentum": "sgd"}
    assert all(o.name == keras_names.get(name, name) for name, o in made.items())
    assert made["momentum"].hyperparameters == {"learning_rate": 0.1, "momentum": 0.8}
    assert made["adam"].hyperparameters == {
        "learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7
    }  # fmt: skip


def test_adagrad_slows_down_and_rmsprop_does_not():
    steps = {}
    for name in ("adagrad", "rmsprop"):
        optimizer = getattr(optimizers, name)()
        w = jnp.asarray(0.0)
        state = optimizer.init(w)
        path = []
        for _ in range(200):
            w, state = optimizer.update(jnp.asarray(1.0), state, w)
            path.append(float(w))
        steps[name] = np.abs(np.diff(path))
    # 1 / sqrt(t): after 200 equal gradients the step is a tenth of that after two.
    assert steps["adagrad"][-1] < 0.11 * steps["adagrad"][0]
    # A moving average of equal squares has settled: the step is the learning rate.
    assert steps["rmsprop"][-1] == pytest.approx(0.001, rel=1e-3)
