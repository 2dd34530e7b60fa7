"""Gradients come as arrays from every backend."""

import importlib.util

import numpy as np
import pytest

from tests.two_backends import run


@pytest.mark.parametrize("backend", ["edu", "jax", "tensorflow", "torch"])
def test_the_gradient_of_an_embedding_is_an_array(backend, tmp_path):
    """TensorFlow gives a list of rows: one for each time that a word occurs."""
    if importlib.util.find_spec("jax" if backend == "edu" else backend) is None:
        pytest.skip(f"{backend} is not installed; `make test-all-backends` runs this")
    gradient = run("embedding_gradient", backend, tmp_path)["gradient"]
    # Of mean(w²) over 12 outputs at w = 1, each occurrence adds 2/12.
    occurrences = np.array([2, 3, 0, 1, 0])
    np.testing.assert_allclose(gradient, np.tile(occurrences[:, None] / 6, 2), rtol=1e-6)
