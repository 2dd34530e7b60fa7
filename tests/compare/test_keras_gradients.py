"""Gradients come as arrays from every backend."""

import importlib.util

import numpy as np
import pytest

from tests.two_backends import run

BACKENDS = pytest.mark.parametrize("backend", ["edu", "jax", "tensorflow", "torch"])


@BACKENDS
def test_the_gradient_of_an_embedding_is_an_array(backend, tmp_path):
    """TensorFlow gives a list of rows: one for each time that a word occurs."""
    _needs(backend)
    gradient = run("embedding_gradient", backend, tmp_path)["gradient"]
    # Of mean(w²) over 12 outputs at w = 1, each occurrence adds 2/12.
    occurrences = np.array([2, 3, 0, 1, 0])
    np.testing.assert_allclose(gradient, np.tile(occurrences[:, None] / 6, 2), rtol=1e-6)


@BACKENDS
def test_losses_of_layers_and_weights_that_are_not_trained_count(backend, tmp_path):
    """Both losses are (2 w s)², at w = 1 and a scale s that another call finds changed."""
    _needs(backend)
    found = run("gradients_in_turn", backend, tmp_path)
    for scale in (1, 3):
        square = (2 * scale) ** 2
        np.testing.assert_allclose(found[str(scale)], [2 * square, 4 * square], rtol=1e-6)


def _needs(backend):
    if importlib.util.find_spec("jax" if backend == "edu" else backend) is None:
        pytest.skip(f"{backend} is not installed; `make test-all-backends` runs this")
