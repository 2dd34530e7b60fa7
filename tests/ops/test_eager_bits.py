"""A layer that is called eagerly gives the bits that stock Keras on JAX gives."""

import keras
import numpy as np
import pytest
from two_backends import run


def test_layers_called_eagerly_have_the_bits_of_stock(tmp_path):
    ours, theirs = (run("eager_layers", backend, tmp_path) for backend in ("edu", "jax"))
    assert ours.keys() == theirs.keys()
    other = [name for name in ours if not np.array_equal(ours[name], theirs[name])]
    assert not other


@pytest.mark.long
def test_ops_called_eagerly_have_the_bits_of_stock(tmp_path):
    ours, theirs = (run("eager_ops", backend, tmp_path) for backend in ("edu", "jax"))
    assert ours.keys() == theirs.keys() and len(ours) > len(dir(keras.ops))
    other = [name for name in ours if not np.array_equal(ours[name], theirs[name], equal_nan=True)]
    assert not other
