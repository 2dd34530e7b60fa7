"""A layer that is called eagerly gives the bits that stock Keras on JAX gives."""

import numpy as np
from two_backends import run


def test_layers_called_eagerly_have_the_bits_of_stock(tmp_path):
    ours, theirs = (run("eager_layers", backend, tmp_path) for backend in ("edu", "jax"))
    assert ours.keys() == theirs.keys()
    other = [name for name in ours if not np.array_equal(ours[name], theirs[name])]
    assert not other
