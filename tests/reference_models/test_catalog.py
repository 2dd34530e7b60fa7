"""The catalog holds the documents' 22 networks, with the parameters that the documents count."""

import importlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import reference_models

# Weights and biases per layer as the documents state them; worked out from the layer sizes,
# (inputs + 1) * units, where they give no counts or leave the sizes to us.
COUNTS = {
    "threshold_logic_unit": [3],
    "perceptron": [6],
    "perceptron_layer": [5 * 4, 2 * 6],
    "logistic_regression": [3],
    "moons_circles_ann": [12, 10, 3],
    "sine_ann": [3 * 64, 65 * 64, 65 * 64, 65],
    "softmax_regression": [9],
    "spiral_ann": [3 * 64, 65 * 32, 33 * 16, 17 * 3],
    "iris_mlp": [20, 640, 387],
    "take_home": [704, 2080, 33],
    "regression_mlp": [9 * 30, 31],
    "classification_heads": [9 * 30, 31, 31 * 3, 31 * 4],
    "fashion_mnist_mlp": [235_500, 30_100, 1_010],
    "wide_and_deep": [270, 930, 39],
    "wide_and_deep_two_inputs": [210, 930, 36],
    "wide_and_deep_auxiliary": [210, 930, 36, 31],
    "one_input_two_hidden": [4, 3],
    "function_approximator": [2 * 50, 51 * 50, 51 * 50, 51],
    "mnist_mlp": [401_920, 5_130],
    "mnist_softmax_free": [7_850],
    "mnist_hidden_100": [78_500, 1_010],
    "two_hidden_sigmoid": [5 * 4, 5 * 4, 5],
}
CATALOG = reference_models.catalog()
BY_NAME = pytest.mark.parametrize("name", CATALOG)


def test_the_22_networks_of_the_documents_are_there():
    assert list(CATALOG) == list(COUNTS)


@BY_NAME
def test_declared_counts_are_the_documents_and_those_of_the_parameters(name):
    network = CATALOG[name]
    layers = network.init(jax.random.key(0))
    assert list(network.parameter_counts) == COUNTS[name]
    counted = [sum(w.size for w in jax.tree.leaves(layer)) for layer in layers]
    assert counted == COUNTS[name]


@BY_NAME
def test_each_network_stands_in_the_module_of_its_name(name):
    network = CATALOG[name]
    module = importlib.import_module(f"reference_models.networks.{name}")
    assert module.NETWORK is network and network.name == name
    assert 1 <= network.document.number <= 5 and network.document.section
    assert f"document {network.document.number}" in module.__doc__


# Document 2 draws the hand-built layers' weights, bias included, uniformly from [0, 1).
@pytest.mark.parametrize("name", [name for name in CATALOG if name != "perceptron_layer"])
def test_dense_kernels_start_glorot_uniform_with_zero_biases(name):
    for layer in jax.tree.map(np.asarray, CATALOG[name].init(jax.random.key(1))):
        limit = np.sqrt(6 / sum(layer["kernel"].shape))
        assert not layer["bias"].any()
        assert np.abs(layer["kernel"]).max() <= limit
        assert np.unique(layer["kernel"]).size > 1 or layer["kernel"].size == 1


@BY_NAME
def test_equal_keys_give_equal_weights_and_other_keys_others(name):
    network = CATALOG[name]
    first, again, other = (network.init(jax.random.key(seed)) for seed in (0, 0, 1))
    assert all(map(np.array_equal, jax.tree.leaves(first), jax.tree.leaves(again)))
    assert not all(map(np.array_equal, jax.tree.leaves(first), jax.tree.leaves(other)))


@BY_NAME
def test_samples_are_valid_and_repeat_with_their_seed(name):
    network = CATALOG[name]
    parameters = network.init(jax.random.key(0))
    x, y = network.sample(5, seed=3)
    again, _ = network.sample(5, seed=3)
    other, _ = network.sample(5, seed=4)
    assert all(len(part) == 5 for part in jax.tree.leaves((x, y)))
    assert all(map(np.array_equal, jax.tree.leaves(x), jax.tree.leaves(again)))
    assert not all(map(np.array_equal, jax.tree.leaves(x), jax.tree.leaves(other)))
    loss = network.loss(parameters, x, y)
    assert loss.shape == () and jnp.isfinite(loss)


@BY_NAME
def test_sample_of_no_instances_is_refused(name):
    with pytest.raises(ValueError, match="at least 1"):
        CATALOG[name].sample(0, seed=0)


def test_only_step_function_units_have_no_gradients():
    without = [name for name, network in CATALOG.items() if network.gradients is None]
    assert without == ["threshold_logic_unit", "perceptron"]
    assert all(CATALOG[name].learning_rule is not None for name in without)


def test_a_catalog_may_be_changed_without_changing_the_next():
    reference_models.catalog().clear()
    assert len(reference_models.catalog()) == 22


def test_softmax_rows_sum_to_one_and_multilabel_outputs_stay_in_their_range():
    network = CATALOG["classification_heads"]
    x, _ = network.sample(20, seed=0)
    binary, multiclass, multilabel = network.apply(network.init(jax.random.key(0)), x)
    assert (binary.shape, multiclass.shape, multilabel.shape) == ((20, 1), (20, 3), (20, 4))
    for outputs in (binary, multiclass, multilabel):
        assert ((outputs > 0) & (outputs < 1)).all()
    # Three quotients with one divisor: each is off by at most half a spacing at 1.
    np.testing.assert_allclose(multiclass.sum(axis=1), 1, atol=3 * 2**-24)


@pytest.mark.parametrize(
    ("output", "low", "high"),
    [
        ("linear", -np.inf, np.inf),
        ("relu", 0, np.inf),
        ("softplus", 0, np.inf),
        ("sigmoid", 0, 1),
        ("tanh", -1, 1),
    ],
)
def test_regression_outputs_respect_their_range(output, low, high):
    from reference_models.networks import regression_mlp

    network = regression_mlp.network(output=output, error="huber")
    # Weights ten times too large, so that an unbounded output would leave every range.
    parameters = jax.tree.map(lambda w: 10 * w, network.init(jax.random.key(0)))
    x, _ = network.sample(200, seed=0)
    outputs = network.apply(parameters, x)
    assert (outputs >= low).all() and (outputs <= high).all()
    assert outputs.max() - outputs.min() > 0.5


def test_regression_mlp_takes_any_number_of_hidden_layers():
    from reference_models.networks import regression_mlp

    x, _ = regression_mlp.sample(3, seed=0)
    for hidden_layers in range(4):
        parameters = regression_mlp.init(jax.random.key(0), hidden_layers, units=7)
        assert len(parameters) == hidden_layers + 1
        assert regression_mlp.apply(parameters, x).shape == (3, 1)


def test_perceptron_layers_equal_dense_layers_with_the_same_weights():
    from reference_models.networks import perceptron_layer

    layers = perceptron_layer.init(jax.random.key(0))
    assert [layer.shape for layer in layers] == [(5, 4), (2, 6)]
    x = np.array([[0.8, -2.3, 2.15]])
    expected = x
    for layer in perceptron_layer.to_dense(layers):
        expected = 1 / (1 + np.exp(-(expected @ layer["kernel"] + layer["bias"])))
    # Seven float32 operations deep, of numbers of size 1: a few spacings of 1.2e-7.
    np.testing.assert_allclose(perceptron_layer.apply(layers, x), expected, rtol=1e-6)
    back = perceptron_layer.from_dense(perceptron_layer.to_dense(layers))
    assert all(map(np.array_equal, back, layers))


def test_first_layer_and_aggregated_weights_as_images():
    from reference_models.networks import mnist_mlp

    first, second = parameters = mnist_mlp.init(jax.random.key(0))
    images = mnist_mlp.first_layer_images(parameters)
    assert images.shape == (512, 28, 28)
    np.testing.assert_array_equal(images[7].ravel(), first["kernel"][:, 7])
    aggregated = mnist_mlp.aggregated_images(parameters)
    assert aggregated.shape == (10, 28, 28)
    expected = np.asarray(first["kernel"], float) @ np.asarray(second["kernel"], float)
    # A float32 sum of 512 products of size 0.1 x 0.1.
    np.testing.assert_allclose(aggregated[3].ravel(), expected[:, 3], atol=1e-6)


def test_function_approximator_output_is_the_weighted_sum_of_hidden_features():
    from reference_models.networks import function_approximator as network

    parameters = network.init(jax.random.key(0))
    x, _ = network.sample(9, seed=0)
    assert [a.shape for a in network.hidden_features(parameters, x)] == [(9, 50)] * 3
    total = network.contributions(parameters, x).sum(axis=1, keepdims=True)
    total += parameters[-1]["bias"]
    # The same fifty float32 terms, added in another order.
    np.testing.assert_allclose(total, network.apply(parameters, x), atol=1e-5)


def test_images_are_taken_flat_or_28_by_28():
    network = CATALOG["mnist_hidden_100"]
    parameters = network.init(jax.random.key(0))
    x, _ = network.sample(4, seed=0)
    square = np.asarray(x).reshape(4, 28, 28)
    np.testing.assert_array_equal(network.apply(parameters, x), network.apply(parameters, square))
