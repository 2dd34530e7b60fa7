"""The parts that the networks are made of: initialisers, dropout, descent, demonstrations."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reference_models import (
    dense,
    dropout,
    exploding_gradient,
    finite_differences,
    gaussian_dropout,
    gradient_descent,
    initializers,
    metrics,
    optimizer_comparison,
    perceptron_rule,
    tensors,
    vanishing_gradient,
)
from reference_models.activations import sigmoid
from tests.reference_models.conftest import relative_difference

SHAPE = (300, 200)
VARIANCE = {
    "uniform": 1 / 300 / 3,
    "glorot_uniform": 2 / 500,
    "glorot_normal": 2 / 500,
    "he_uniform": 2 / 300,
    "he_normal": 2 / 300,
}


@pytest.mark.parametrize("name", VARIANCE)
def test_initialisers_have_the_mean_and_variance_of_their_formula(name):
    w = np.asarray(getattr(initializers, name)(jax.random.key(0), SHAPE), float)
    deviation = math.sqrt(VARIANCE[name])
    # 60,000 draws: mean and variance stray by about 1/245 and 1/170 of their size.
    assert abs(w.mean()) < 5 * deviation / 245
    assert w.var() == pytest.approx(VARIANCE[name], rel=5 / 170)
    if name.endswith("uniform"):
        assert np.abs(w).max() <= math.sqrt(3) * deviation * (1 + 1e-6)
    else:
        # Cut off at two deviations of the normal distribution before the cut.
        assert np.abs(w).max() <= 2 * deviation / initializers.TRUNCATED_DEVIATION * (1 + 1e-6)


def test_the_deviation_of_a_truncated_normal():
    density = math.exp(-2) / math.sqrt(2 * math.pi)
    inside = math.erf(math.sqrt(2))
    expected = math.sqrt(1 - 4 * density / inside)
    assert pytest.approx(expected, rel=1e-14) == initializers.TRUNCATED_DEVIATION


def test_dropout_gradient_is_on_average_that_of_the_regularised_network(float64):
    random = np.random.default_rng(0)
    w, x = jnp.asarray(random.normal(size=(2, 7)))
    t, p = 0.7, 0.6
    expected = dropout.regularised_error_derivative(w, x, t, p)
    # A sum of 128 float64 terms of size 1.
    np.testing.assert_allclose(dropout.expected_gradient(w, x, t, p), expected, atol=1e-14)
    automatic = jax.grad(dropout.regularised_error)(w, x, t, p)
    np.testing.assert_allclose(expected, automatic, atol=1e-14)
    kept = jnp.asarray([1.0, 0, 1, 1, 0, 0, 1])
    np.testing.assert_allclose(
        dropout.dropout_error_derivative(w, kept, x, t),
        jax.grad(dropout.dropout_error)(w, kept, x, t),
        atol=1e-14,
    )


def test_dropout_keeps_a_share_p_and_weights_are_scaled_by_it():
    kept = dropout.mask(jax.random.key(0), 0.8, (100, 100))
    # 10,000 draws: the share strays by 0.004.
    assert kept.mean() == pytest.approx(0.8, abs=5 * 0.004)
    x = jnp.ones((100, 100))
    np.testing.assert_array_equal(dropout.dropout(x, kept), kept)
    np.testing.assert_array_equal(dropout.scale_weights(x, 0.5), 0.5)


def test_inverted_dropout_drops_the_rate_and_keeps_the_expectation():
    key, x = jax.random.key(1), jnp.full((100, 100), 3.0)
    dropped = dropout.inverted_dropout(key, x, rate=0.25)
    assert set(np.unique(dropped)) == {0, 4}
    # A share of 0.25, drawn 10,000 times, strays by 0.0043; the mean by four times that.
    assert dropped.mean() == pytest.approx(3, abs=5 * 4 * 0.0043)
    _, pullback = jax.vjp(lambda x: dropout.inverted_dropout(key, x, 0.25), x)
    da = jax.random.normal(key, x.shape)
    by_hand = dropout.inverted_dropout_derivative(key, x, 0.25, da)
    # da / 0.75 as one division, or as a product: a rounding apart.
    np.testing.assert_allclose(by_hand, pullback(da)[0], rtol=2e-7)


def test_gaussian_dropout_has_mean_1_and_the_variance_of_bernoulli():
    key, x = jax.random.key(1), jnp.full((200, 200), 2.0)
    noisy = np.asarray(gaussian_dropout.gaussian_dropout(key, x, rate=0.2), float)
    # 40,000 draws with deviation 2 * 0.5.
    assert noisy.mean() == pytest.approx(2, abs=5 / 200)
    assert noisy.std() == pytest.approx(2 * math.sqrt(0.2 / 0.8), rel=5 / 283)
    _, pullback = jax.vjp(lambda x: gaussian_dropout.gaussian_dropout(key, x, 0.2), x)
    by_hand = gaussian_dropout.gaussian_dropout_derivative(key, x, 0.2, x)
    np.testing.assert_array_equal(by_hand, pullback(x)[0])


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2])
def test_dropout_rates_that_make_no_sense(rate):
    x = jnp.ones(3)
    for apply in (dropout.inverted_dropout, gaussian_dropout.gaussian_dropout):
        with pytest.raises(ValueError, match="rate must be at least 0 and below 1"):
            apply(jax.random.key(0), x, rate)
    with pytest.raises(ValueError, match="p must be a probability"):
        dropout.scale_weights(x, rate + 0.1 if rate == 1 else rate)


def test_perceptron_rule_moves_only_the_units_that_err():
    layer = {"kernel": jnp.asarray([[1.0, -1.0], [0.5, -0.5]]), "bias": jnp.zeros(2)}
    x = jnp.asarray([2.0, 4.0])  # sums 4 and -4: the layer answers 1 and 0
    unmoved = perceptron_rule.update(layer, x, jnp.asarray([1.0, 0.0]))
    assert relative_difference(unmoved, layer) == 0
    moved = perceptron_rule.update(layer, x, jnp.asarray([1.0, 1.0]), learning_rate=0.5)
    np.testing.assert_array_equal(moved["kernel"], [[1, 0], [0.5, 1.5]])
    np.testing.assert_array_equal(moved["bias"], [0, 0.5])


def test_perceptron_rule_takes_instances_one_at_a_time():
    layer = dense.init(jax.random.key(0), 2, 3)
    random = np.random.default_rng(0)
    x = jnp.asarray(random.normal(size=(5, 2)), jnp.float32)
    y = jnp.asarray(random.integers(2, size=(5, 3)), jnp.float32)
    expected = layer
    for instance in zip(x, y, strict=True):
        expected = perceptron_rule.update(expected, *instance)
    # The same float32 operations, compiled once as a loop and once each.
    assert relative_difference(perceptron_rule.learn(layer, x, y), expected) <= 1e-6


def line(parameters, x, y):
    """Gradient of the mean squared error of w x + b, by hand."""
    w, b = parameters
    error = w * x + b - y
    return 2 * jnp.mean(error * x), 2 * jnp.mean(error)


def test_batch_gradient_descent_is_the_documents_loop(float64):
    x = jnp.linspace(-1, 1, 7)
    y = 3 * x - 1
    w, b = 0.0, 0.0
    for _ in range(4):
        dw, db = line((w, b), x, y)
        w, b = w - 0.1 * dw, b - 0.1 * db
    found = gradient_descent.batch(line, (0.0, 0.0), x, y, learning_rate=0.1, epochs=4)
    # Sums of seven terms in another order, four times.
    np.testing.assert_allclose(found, (w, b), rtol=1e-14)


@pytest.mark.parametrize("variant", ["stochastic", "mini-batch"])
def test_shuffled_variants_find_the_line(variant, float64):
    x = jnp.linspace(-1, 1, 120)
    arguments = line, (0.0, 0.0), x, 3 * x - 1, 0.1
    if variant == "stochastic":
        found = gradient_descent.stochastic(*arguments, epochs=20, key=jax.random.key(0))
    else:
        # 120 is two batches of 50 and one of 20, 3 steps an epoch; each shortens the distance
        # by 1 - 0.1 * 2/3 at least.
        found = gradient_descent.mini_batch(*arguments, epochs=150, key=jax.random.key(0))
    # There is no noise, so every variant closes in on the line itself.
    np.testing.assert_allclose(found, (3, -1), atol=1e-9)


def test_every_example_is_seen_once_an_epoch(float64):
    # With the gradient -x and a step of 1, w ends as the sum of all examples.
    x = jnp.arange(7.0)
    seen = gradient_descent.mini_batch(
        lambda w, x, _: -jnp.sum(x), 0.0, x, x, 1.0, epochs=2, key=jax.random.key(0), batch_size=3
    )
    assert seen == 2 * 21


def test_gradient_descent_needs_an_epoch():
    with pytest.raises(ValueError, match="epochs and batch_size"):
        gradient_descent.batch(line, (0.0, 0.0), jnp.ones(3), jnp.ones(3), 0.1, epochs=0)


def test_finite_differences_of_a_known_function(float64):
    parameters = {"a": jnp.asarray([1.0, -2.0]), "b": jnp.asarray(0.5)}
    numerical = finite_differences.gradient(
        lambda p: jnp.sum(p["a"] ** 3) + jnp.sin(p["b"]), parameters
    )
    # The cube is off by step^2, 4e-11, and rounding adds about as much.
    np.testing.assert_allclose(numerical["a"], [3, 12], atol=1e-9)
    assert numerical["b"] == pytest.approx(math.cos(0.5), abs=1e-9)


def test_vanishing_gradient_is_the_derivative_and_shrinks(float64):
    w, b = jnp.asarray([0.7, -1.1, 0.4, 0.9]), jnp.asarray([0.1, 0.2, -0.3, 0.0])

    def output(first):
        a = 1.3
        for weight, bias in zip([first, *w[1:]], b, strict=True):
            a = sigmoid(weight * a + bias)
        return a

    gradient = vanishing_gradient.first_weight_gradient(w, b, 1.3)
    assert gradient == pytest.approx(float(jax.grad(output)(w[0])), rel=1e-14)
    by_depth = vanishing_gradient.by_depth(10)
    assert (by_depth[1:] <= by_depth[:-1] * vanishing_gradient.LARGEST_SLOPE).all()
    assert by_depth[3] < 0.25**4
    with pytest.raises(ValueError, match="at least 1"):
        vanishing_gradient.by_depth(0)


def test_exploding_gradient_grows_with_every_layer(float64):
    by_depth = exploding_gradient.by_depth(6, weight=100)
    # Each layer multiplies by 100 / 4, the first by its input 1/2 times 1/4.
    np.testing.assert_allclose(by_depth, 0.125 * 25.0 ** np.arange(6), rtol=1e-14)
    jumps = exploding_gradient.jumping_descent(learning_rate=3.0, steps=4)
    np.testing.assert_array_equal(jumps, [-2, 4, -8, 16])
    calm = exploding_gradient.jumping_descent(learning_rate=0.5, steps=4)
    np.testing.assert_array_equal(calm, [0.5, 0.25, 0.125, 0.0625])


def test_tensors_of_every_rank():
    sizes = {"samples": 2, "height": 4, "width": 5, "channels": 3}
    images = tensors.of_axes(tensors.IMAGES, **sizes)
    video = tensors.of_axes(tensors.VIDEO, frames=6, **sizes)
    series = tensors.of_axes(tensors.TIME_SERIES, samples=2, timesteps=7, features=3)
    every = [tensors.scalar(), tensors.vector(), tensors.matrix(), series, images, video]
    assert [tensors.rank(tensor) for tensor in every] == [0, 1, 2, 3, 4, 5]
    assert [t.shape for t in every[:3]] == [(), (3,), (2, 3)]
    assert video.shape == (2, 6, 4, 5, 3)
    assert tensors.channels_first(video).shape == (2, 6, 3, 4, 5)
    first = tensors.of_axes(tensors.IMAGES_CHANNELS_FIRST, **sizes)
    assert tensors.channels_first(images).shape == first.shape == (2, 3, 4, 5)
    with pytest.raises(ValueError, match="size for each of samples, features"):
        tensors.of_axes(tensors.VECTOR_DATA, samples=2)
    with pytest.raises(ValueError, match="at least 4 axes"):
        tensors.channels_first(series)


def test_confusion_matrix_has_true_classes_as_rows():
    y, predicted = jnp.asarray([0, 1, 2, 2, 2]), jnp.asarray([0, 2, 2, 2, 1])
    matrix = metrics.confusion_matrix(y, predicted, 3)
    np.testing.assert_array_equal(matrix, [[1, 0, 0], [0, 0, 1], [0, 1, 2]])


def test_accuracies():
    y, outputs = jnp.asarray([[1.0, 0.0]] * 2), jnp.asarray([[0.9, 0.2], [0.4, 0.3]])
    assert metrics.binary_accuracy(y, outputs) == 0.75
    assert metrics.categorical_accuracy(y, outputs) == 1
    assert metrics.sparse_categorical_accuracy(jnp.asarray([0, 1]), outputs) == 0.5


def test_dropout_network_gradients_and_cost_curves(float64, monkeypatch):
    random = np.random.default_rng(0)
    x = jnp.asarray(random.random((200, 784)))
    y = jnp.asarray(np.eye(10)[random.integers(10, size=200)])
    parameters = optimizer_comparison.init(jax.random.key(0))
    arguments = parameters, x[:8], y[:8], jax.random.key(5)
    by_hand, automatic = jax.jit(
        lambda *a: (optimizer_comparison.gradients(*a), jax.grad(optimizer_comparison.loss)(*a))
    )(*arguments)
    assert relative_difference(by_hand, automatic) <= 1e-12
    compared = optimizer_comparison.OPTIMIZERS
    assert list(compared) == ["SGD", "SGD with momentum", "Adagrad", "RMSprop", "Adam"]
    # Two of them are enough here: each costs seconds to compile.
    two = {name: compared[name] for name in ("SGD", "Adam")}
    monkeypatch.setattr(optimizer_comparison, "OPTIMIZERS", two)
    curves = optimizer_comparison.costs(epochs=3, x=x, y=y)
    # Equal weights, batches and masks: the first epoch, one step of 128, costs the same for both.
    assert float(curves["SGD"][0]) == pytest.approx(float(curves["Adam"][0]), rel=1e-12)
    assert float(curves["SGD"][2]) != pytest.approx(float(curves["Adam"][2]), rel=1e-3)
    with pytest.raises(ValueError, match="128 images"):
        optimizer_comparison.costs(epochs=1, x=x[:100], y=y[:100])
