"""Training on edu is training on stock Keras: same seeds, shuffles, masks and numbers."""

import numpy as np
import pytest
from two_backends import run, units_in_the_last_place

# Nearly every array is the same to the last bit. Gradient accumulation is not: there a branch of
# ours skips the update, where stock computes it and throws it away, and XLA fuses the two programs
# differently. The limit is the one that outputs and gradients are held to.
FLOAT32_UNITS = 4
FLOAT64_RELATIVE = 1e-12


@pytest.fixture(scope="module", params=["float32", pytest.param("float64", marks=pytest.mark.long)])
def numbers(request, tmp_path_factory):
    """What the program `networks` saved on both backends, and the precision it ran in."""
    precision = request.param
    environment = {"JAX_ENABLE_X64": str(int(precision == "float64"))}
    folder = tmp_path_factory.mktemp(precision)
    ours, stock = (
        run("networks", backend, folder, precision, environment=environment)
        for backend in ("edu", "jax")
    )
    return precision, ours, stock


def test_the_same_things_exist(numbers):
    _, ours, stock = numbers
    assert ours.keys() == stock.keys()
    assert {name: a.dtype for name, a in ours.items()} == {n: a.dtype for n, a in stock.items()}


def test_equal_seeds_give_equal_initial_weights_to_the_last_bit(numbers):
    _, ours, stock = numbers
    initial = [name for name in stock if "/initial/" in name]
    assert len(initial) > 20
    for name in initial:
        assert np.array_equal(ours[name], stock[name]), name


@pytest.mark.parametrize("kind", ["history", "trained", "optimizer", "predicted", "evaluated"])
def test_training_gives_the_same_numbers(numbers, kind):
    precision, ours, stock = numbers
    names = [name for name in stock if f"/{kind}" in name]
    assert names
    for name in names:
        a, b = np.atleast_1d(ours[name]), np.atleast_1d(stock[name])
        if b.dtype.kind not in "fV" or not np.any(b):
            assert np.array_equal(a, b), name
        elif precision == "float64":
            assert np.max(np.abs(a - b)) <= FLOAT64_RELATIVE * np.max(np.abs(b)), name
        else:
            units = units_in_the_last_place(a.astype("float32"), b.astype("float32"))
            assert units <= FLOAT32_UNITS, (name, units)
