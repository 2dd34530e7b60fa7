"""Float64 for the tests that compare derivatives, and weights and inputs at the awkward places."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest


@pytest.fixture
def float64():
    """JAX's default float type is float64 within the test."""
    with jax.enable_x64(True):
        yield


def relative_difference(tree, other):
    """Largest |a - b| over two pytrees, array by array as a share of the largest |b|."""
    shares = [0.0]
    for a, b in zip(jax.tree.leaves(tree), jax.tree.leaves(other), strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert a.shape == b.shape and a.dtype == b.dtype
        difference = np.abs(a - b).max()
        if difference:
            shares.append(difference / np.abs(b).max())
    return max(shares)


def awkward(parameters, x, kind):
    """Weights and inputs at the places where derivatives go wrong.

    "random": as drawn. "zeros": some instances, and some units' weights, are exactly 0, so that
    sums of relu units are exactly 0 and softmax units tie. "saturated": weights so large that
    sigmoids, tanhs and softmaxes are at their ends and clips hold. "almost saturated": outputs
    close to their ends, but not clipped. "ties": all weights equal.
    """
    # In NumPy, which compiles nothing for every new shape.
    parameters, x = jax.tree.map(np.array, (parameters, x))
    if kind == "zeros":
        for array in jax.tree.leaves(x):
            array[::2] = 0
        for weights in jax.tree.leaves(parameters):
            weights[..., ::2] = 0
    elif kind == "saturated":
        parameters = jax.tree.map(lambda w: 60 * w, parameters)
    elif kind == "almost saturated":
        parameters = jax.tree.map(lambda w: 4 * w, parameters)
    elif kind == "ties":
        parameters = jax.tree.map(lambda w: np.full_like(w, 0.1), parameters)
    return jax.tree.map(jnp.asarray, (parameters, x))


AWKWARD = ["random", "zeros", "saturated", "almost saturated", "ties"]
