"""The loops written by hand that Keras is measured against compute what Keras computes."""

import jax
import numpy as np
import pytest

from benchmarks.by_hand import ByHand
from benchmarks.training import NETWORKS, data, keras_network

pytestmark = pytest.mark.long

ROWS = 200  # six full batches and a partial one


@pytest.mark.parametrize("network", ["iris", "moons", "convolutions"])
def test_weights_are_those_of_keras(network):
    _, sizes, activation, batch_size, _ = NETWORKS[network]
    x, y = data(ROWS, sizes)
    model = keras_network(sizes, activation)
    by_hand = ByHand(sizes, activation, batch_size, x, y)
    start = [np.array(a) for a in jax.tree.leaves(by_hand.state[0])]
    model.set_weights(start)

    np.random.seed(3)
    model.fit(x, y, batch_size=batch_size, epochs=3, verbose=0)
    np.random.seed(3)
    np.random.permutation(ROWS)  # Keras draws an order more: for the batch that it builds on
    for _ in range(3):
        by_hand.epoch()

    # Loss and softmax are other formulas there, so the last digits differ. Three epochs of Adam
    # move a weight by 0.02; a bias left out or a moment miscounted would be seen.
    for ours, theirs, before in zip(
        jax.tree.leaves(by_hand.state[0]), model.get_weights(), start, strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6)
        assert np.abs(theirs - before).max() > 1e-3


@pytest.mark.parametrize("network", ["iris", "moons"])
def test_predictions_and_scores_are_those_of_keras(network):
    _, sizes, activation, batch_size, _ = NETWORKS[network]
    x, y = data(ROWS, sizes)
    model = keras_network(sizes, activation)
    by_hand = ByHand(sizes, activation, batch_size, x, y)
    model.set_weights([np.array(a) for a in jax.tree.leaves(by_hand.state[0])])

    predicted = by_hand.predict()
    # Softmax and sigmoid are other formulas there: some units in the last place of numbers below 1.
    np.testing.assert_allclose(
        predicted, model.predict(x, batch_size=batch_size, verbose=0), rtol=0, atol=1e-6
    )
    assert np.ptp(predicted) > 0.01
    loss, accuracy = model.evaluate(x, y, batch_size=batch_size, verbose=0)
    # Keras takes the logarithm of probabilities, kept 1e-7 away from 0 and 1; by hand, of logits.
    np.testing.assert_allclose(by_hand.evaluate(), [loss, accuracy], rtol=1e-5)
