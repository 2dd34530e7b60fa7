"""``ops.nn`` against formulas written out in NumPy float64, at kinks, and on bad input.

``test_nn_twin.py`` compares the same ops with stock Keras.
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from keras_edu_backend.ops import nn

# Results are float32 numbers of a few roundings: 1e-6 of the largest element is 8 of them.
CLOSE = 1e-6


def close(found, expected):
    expected = np.asarray(expected, "float64")
    np.testing.assert_allclose(found, expected, rtol=CLOSE, atol=CLOSE * np.abs(expected).max())


def slope(function, x):
    return float(jax.grad(lambda x: jnp.sum(function(x)))(jnp.float32(x)))


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (nn.relu, 0.0, 0.0),
        (nn.relu, -0.0, 0.0),
        (nn.relu6, 0.0, 0.0),
        (nn.relu6, 6.0, 0.0),
        (nn.leaky_relu, 0.0, 1.0),
        (nn.hard_tanh, 1.0, 1.0),
        (nn.elu, 0.0, 1.0),
        (nn.softsign, 0.0, 1.0),
        (nn.sigmoid, -200.0, 0.0),
        (nn.softplus, -200.0, 0.0),
        (nn.softplus, 200.0, 1.0),
        (nn.log_sigmoid, -200.0, 1.0),
        (nn.elu, 200.0, 1.0),
    ],
)
def test_slope_at_kinks_and_far_out(function, x, expected):
    assert slope(function, x) == expected


def test_relu_passes_nan_on():
    assert np.isnan(nn.relu(np.float32("nan")))


def test_softmax_of_huge_scores_is_a_distribution():
    close(nn.softmax(np.array([1e30, 1e30, -1e30], "float32")), [0.5, 0.5, 0.0])


def test_sigmoid_refuses_whole_numbers():
    with pytest.raises(TypeError):
        nn.sigmoid(np.array([1, 2]))


def test_glu_refuses_an_odd_axis():
    with pytest.raises(AssertionError, match="even size"):
        nn.glu(np.zeros((2, 3), "float32"))


def test_cross_entropies_agree_on_the_same_distribution():
    logits = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    classes = np.array([0, 3, 1, 2, 2])
    p = np.exp(logits.astype("float64"))
    p /= p.sum(axis=1, keepdims=True)
    expected = -np.log(p[np.arange(5), classes])
    close(nn.sparse_categorical_crossentropy(classes, logits, from_logits=True), expected)
    close(nn.categorical_crossentropy(np.eye(4)[classes], p.astype("float32")), expected)


def test_clip_makes_a_sure_mistake_finite_and_flat():
    def loss(p):
        return nn.binary_crossentropy(jnp.float32(1), p)

    close(loss(jnp.float32(0)), -np.log(1e-7))
    assert slope(loss, 0.0) == 0.0


def test_moments_of_large_halves_stay_in_range():
    mean, variance = nn.moments(np.array([6e4, -6e4], "float16"), axes=[0])
    assert mean.dtype == variance.dtype == "float16"
    assert (float(mean), float(variance)) == (0.0, 65504.0)


def test_conv_is_a_weighted_sum_at_every_place():
    random = np.random.default_rng(0)
    x, kernel = random.normal(size=(2, 5, 6, 3)), random.normal(size=(2, 3, 3, 4))
    expected = np.zeros((2, 4, 4, 4))
    for i, j in itertools.product(range(4), range(4)):
        expected[:, i, j] = np.einsum("nhwc,hwco->no", x[:, i : i + 2, j : j + 3], kernel)
    found = nn.conv(x.astype("float32"), kernel.astype("float32"), data_format="channels_last")
    close(found, expected)


def test_adaptive_pooling_takes_the_windows_it_says():
    x = np.random.default_rng(0).normal(size=(1, 7, 2)).astype("float32")
    windows = [x[:, 0:3], x[:, 2:5], x[:, 4:7]]
    for op, mean in ((nn.adaptive_max_pool, np.max), (nn.adaptive_average_pool, np.mean)):
        expected = np.stack([mean(window, axis=1) for window in windows], axis=1)
        close(op(x, 3, data_format="channels_last"), expected)


# With stock's formula a window of 7, 14, 28 and 41 on JAX is another: 21 · (1/7) is 3.0000002.
@pytest.mark.parametrize(("length", "size"), [(7, 7), (14, 7), (28, 14), (41, 41), (30, 7), (3, 5)])
def test_adaptive_pooling_rounds_no_window_off_its_place(length, size):
    x = np.random.default_rng(0).normal(size=(1, length, 2)).astype("float32")
    windows = [
        x[:, order * length // size : -(-(order + 1) * length // size)] for order in range(size)
    ]
    for op, mean in ((nn.adaptive_max_pool, np.max), (nn.adaptive_average_pool, np.mean)):
        expected = np.stack([mean(window, axis=1) for window in windows], axis=1)
        close(op(x, size, data_format="channels_last"), expected)


def test_fold_adds_up_what_unfold_took_apart():
    x = np.ones((1, 2, 4, 4), "float32")
    image = nn.fold(nn.unfold(x, 3), 4, 3)
    times = np.array([1, 2, 2, 1])
    close(image, np.broadcast_to(np.outer(times, times), x.shape))


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_space_and_depth_undo_each_other(data_format):
    x = np.arange(2 * 4 * 8 * 4.0).reshape(2, 4, 8, 4)
    np.testing.assert_array_equal(
        nn.space_to_depth(nn.depth_to_space(x, 2, data_format), 2, data_format), x
    )


def test_causal_attention_does_not_look_ahead():
    q, k, v = np.random.default_rng(0).normal(size=(3, 1, 4, 2, 8)).astype("float32")
    changed = v.copy()
    changed[:, 3] += 1
    before, after = (nn.dot_product_attention(q, k, x, is_causal=True) for x in (v, changed))
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert np.all(before[:, 3] != after[:, 3])


def test_flash_attention_says_that_it_is_not_there():
    x = np.zeros((1, 2, 1, 8), "float32")
    with pytest.raises(RuntimeError, match="flash"):
        nn.dot_product_attention(x, x, x, flash_attention=True)


def reads_as(alignment, blank=0):
    return tuple(label for label, _ in itertools.groupby(alignment) if label != blank)


def probabilities_of_readings(logits):
    """Every alignment's probability, added up by what it reads as."""
    p = np.exp(logits.astype("float64"))
    p /= p.sum(axis=1, keepdims=True)
    found = {}
    for alignment in itertools.product(range(p.shape[1]), repeat=len(p)):
        likely = np.prod(p[np.arange(len(p)), alignment])
        found[reads_as(alignment)] = found.get(reads_as(alignment), 0.0) + likely
    return found


LOGITS = np.random.default_rng(0).normal(size=(1, 5, 3)).astype("float32")


@pytest.mark.parametrize("labels", [(1,), (1, 2), (1, 1), (2, 1, 2), (1, 1, 2)])
def test_ctc_loss_adds_up_all_alignments(labels):
    found = nn.ctc_loss(np.array([labels]), LOGITS, np.array([len(labels)]), np.array([5]))
    close(found, [-np.log(probabilities_of_readings(LOGITS[0])[labels])])


def test_beam_search_finds_the_likeliest_readings():
    best = sorted(probabilities_of_readings(LOGITS[0]).items(), key=lambda one: -one[1])[:4]
    # A beam that holds every reading of 5 frames searches them all.
    paths, scores = nn.ctc_decode(
        LOGITS, np.array([5]), strategy="beam_search", beam_width=63, top_paths=4
    )
    assert [tuple(path[path >= 0]) for path in np.asarray(paths)[:, 0]] == [k for k, _ in best]
    close(scores[0], np.log([p for _, p in best]))


def test_greedy_decoding_reads_the_best_alignment():
    logits = np.eye(3, dtype="float32")[[1, 1, 0, 1, 2, 2]][None]
    paths, scores = nn.ctc_decode(logits, np.array([5]))
    np.testing.assert_array_equal(paths, [[[1, 1, 2, -1, -1, -1]]])
    np.testing.assert_array_equal(scores, [[-5.0]])


def test_ctc_decode_names_the_strategies_there_are():
    with pytest.raises(ValueError, match="Invalid strategy"):
        nn.ctc_decode(LOGITS, np.array([5]), strategy="guess")
