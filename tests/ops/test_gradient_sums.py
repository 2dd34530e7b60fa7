"""Where an op's argument is used elsewhere too, its gradient is summed in stock Keras's order."""

import numpy as np
import pytest
from two_backends import run


@pytest.fixture(scope="module")
def gradients(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gradient_sums")
    return [run("gradient_sums", backend, folder) for backend in ("edu", "jax")]


def test_gradients_have_the_same_bits(gradients):
    ours, theirs = gradients
    assert len(ours) > 40 and ours.keys() == theirs.keys()
    differ = [name for name in ours if not np.array_equal(ours[name], theirs[name], equal_nan=True)]
    assert not differ
