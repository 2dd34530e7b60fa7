"""Every network tells what is wrong with its input, by name, in each function that takes it."""

import jax
import numpy as np
import pytest

import reference_models

CATALOG = reference_models.catalog()


def functions(network):
    """loss, gradients (or the learning rule) as functions of (parameters, x, y)."""
    return [network.loss, network.gradients or network.learning_rule]


def inputs(name):
    network = CATALOG[name]
    x, y = jax.tree.map(np.asarray, network.sample(4, seed=0))
    return network, network.init(jax.random.key(0)), x, y


@pytest.mark.parametrize("name", CATALOG)
def test_wrong_feature_count(name):
    network, parameters, x, y = inputs(name)
    wider = jax.tree.map(lambda a: np.concatenate([a, a[..., :1]], axis=-1), x)
    with pytest.raises(ValueError, match=rf"{name}.*\(batch, .*got \(4, "):
        network.apply(parameters, wider)
    for function in functions(network):
        with pytest.raises(ValueError, match=name):
            function(parameters, wider, y)


@pytest.mark.parametrize("name", CATALOG)
def test_an_instance_without_a_batch_axis(name):
    network, parameters, x, _ = inputs(name)
    with pytest.raises(ValueError, match=f"{name}.*one row per instance"):
        network.apply(parameters, jax.tree.map(lambda a: a[0], x))


@pytest.mark.parametrize("name", CATALOG)
def test_an_empty_batch(name):
    network, parameters, x, y = inputs(name)
    empty_x, empty_y = jax.tree.map(lambda a: a[:0], (x, y))
    with pytest.raises(ValueError, match=f"{name}.*empty"):
        network.apply(parameters, empty_x)
    for function in functions(network):
        with pytest.raises(ValueError, match=f"{name}.*empty"):
            function(parameters, empty_x, empty_y)


@pytest.mark.parametrize("name", CATALOG)
def test_labels_that_are_not_a_number_or_out_of_range(name):
    network, parameters, x, y = inputs(name)
    classes = jax.tree.leaves(y)[0].dtype.kind == "i"
    spoil = (lambda a: a + 100) if classes else (lambda a: a * np.nan)
    for function in functions(network):
        with pytest.raises(ValueError, match=f"{name}.*(from 0 to|between 0 and 1|finite)"):
            function(parameters, x, jax.tree.map(spoil, y))


@pytest.mark.parametrize("name", CATALOG)
def test_fewer_labels_than_instances(name):
    network, parameters, x, y = inputs(name)
    for function in functions(network):
        with pytest.raises(ValueError, match=f"{name}.*shape"):
            function(parameters, x, jax.tree.map(lambda a: a[:3], y))


def test_labels_that_are_no_distribution():
    network, parameters, x, y = inputs("iris_mlp")
    with pytest.raises(ValueError, match="iris_mlp: each row .* sum to 1"):
        network.loss(parameters, x, np.ones_like(y))


def test_two_inputs_must_be_two_and_of_one_batch():
    network, parameters, (wide, deep), y = inputs("wide_and_deep_two_inputs")
    with pytest.raises(TypeError, match="tuple .wide input, deep input.; got ndarray"):
        network.apply(parameters, np.ones((4, 11)))
    with pytest.raises(ValueError, match="got 1 items"):
        network.apply(parameters, (wide,))
    with pytest.raises(ValueError, match=r"equally many instances; got \[4, 3\]"):
        network.apply(parameters, (wide, deep[:3]))
    with pytest.raises(ValueError, match=r"wide input: x must have shape \(batch, 5\)"):
        network.apply(parameters, (deep, wide))


def test_text_and_ragged_rows_are_no_inputs():
    network, parameters, _, _ = inputs("iris_mlp")
    for x in ([["a", "b", "c", "d"]], [[1, 2, 3, 4], [1, 2]], np.array([[None] * 4])):
        with pytest.raises(TypeError, match="iris_mlp: x must be an array of numbers"):
            network.apply(parameters, x)


def test_shapes_are_checked_while_compiling():
    network, parameters, x, y = inputs("iris_mlp")
    state = network.init_optimizer(parameters)
    with pytest.raises(ValueError, match="iris_mlp.*4"):
        network.train_step(parameters, state, x[:, :3], y)


def test_unknown_choices_say_which_there_are():
    with pytest.raises(ValueError, match="'moon'; choose one of circles, moons, separable"):
        CATALOG["logistic_regression"].data("moon")
    with pytest.raises(ValueError, match="choose one of abs, heaviside, sin, square"):
        CATALOG["function_approximator"].data(function="cos")
    from reference_models.networks import regression_mlp

    with pytest.raises(ValueError, match="'softmax'; choose one of linear"):
        regression_mlp.network(output="softmax").data()
    with pytest.raises(ValueError, match="'rmse'; choose one of huber, mae, mse"):
        regression_mlp.network(error="rmse")


@pytest.mark.parametrize("numbers", [{"epochs": 0}, {"batch_size": 0}])
def test_training_needs_an_epoch_and_a_batch(numbers):
    with pytest.raises(ValueError, match="at least 1"):
        CATALOG["logistic_regression"].train(**numbers)
