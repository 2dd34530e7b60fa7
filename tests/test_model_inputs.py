"""Inputs and labels drawn for a model that comes without."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_edu_backend import model_inputs
from keras_edu_backend.target import BadTarget


def test_inputs_keep_the_tree_shapes_and_dtypes_that_the_model_declares():
    words = keras.Input((None,), dtype="int32", name="words")
    numbers = keras.Input((3,), name="numbers")
    flags = keras.Input((2,), dtype="bool", name="flags")
    model = keras.Model(
        {"words": words, "numbers": numbers, "flags": flags},
        [layers.Embedding(50, 2)(words), numbers, flags],
    )
    found = model_inputs.inputs_for(model, batch=6)
    assert {name: (array.shape, str(array.dtype)) for name, array in found.items()} == {
        "words": ((6, model_inputs.LENGTH), "int32"),
        "numbers": ((6, 3), "float32"),
        "flags": ((6, 2), "bool"),
    }
    model(found)


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_whole_numbers_stay_within_the_embedding_that_takes_them(dtype):
    inputs = keras.Input((400,), dtype=dtype)
    inner = keras.Sequential([keras.Input((400,), dtype=dtype), layers.Embedding(3, 2)])
    found = model_inputs.inputs_for(keras.Model(inputs, inner(inputs)))
    assert set(np.unique(found)) == {0, 1, 2}


def test_whole_numbers_that_nothing_bounds_are_digits():
    inputs = keras.Input((400,), dtype="int32")
    found = model_inputs.inputs_for(keras.Model(inputs, inputs * 2))
    assert set(np.unique(found)) == set(range(10))


def test_strings_and_models_without_shapes_are_refused_in_one_line():
    strings = keras.Input((), dtype="string", name="text")
    for model, said in [
        (keras.Model(strings, layers.Identity()(strings)), "'text' takes strings"),
        (keras.Sequential([layers.Dense(2)]), "does not say which inputs"),
    ]:
        with pytest.raises(BadTarget, match=said) as refused:
            model_inputs.inputs_for(model)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("loss", "shape", "values"),
    [
        ("sparse_categorical_crossentropy", (8,), {0, 1, 2}),
        ("categorical_crossentropy", (8, 3), {0, 1}),
        ("binary_crossentropy", (8, 3), {0, 1}),
        ("hinge", (8, 3), {-1, 1}),
    ],
)
def test_labels_are_such_as_the_loss_takes(loss, shape, values):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    for form in (loss, keras.losses.get(loss)):
        model.compile("sgd", form)
        found = model_inputs.labels_for(model, np.zeros((8, 3), "float32"))
        assert found.shape == shape and set(np.unique(found)) <= values
    model.compile("sgd", "mse")
    assert model_inputs.labels_for(model, np.zeros((8, 3))).dtype == np.float32


def two_inputs():
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    one, two = layers.Dense(1, name="one"), layers.Dense(1, name="two")
    return keras.Model([a, b], [one(a), two(b)])


def test_a_file_gives_inputs_by_name_labels_and_weights(tmp_path):
    a, b, y = np.ones((4, 3)), np.zeros((4, 2)), np.full((4, 1), 5.0)
    np.savez(tmp_path / "both.npz", b=b, a=a, y_two=y, y_one=y + 1)
    x, labels, weights = model_inputs.from_file(two_inputs(), tmp_path / "both.npz")
    assert weights is None
    np.testing.assert_array_equal(x[0], a)
    np.testing.assert_array_equal(x[1], b)
    np.testing.assert_array_equal(labels, [y + 1, y])
    single = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    np.savez(tmp_path / "one.npz", x=a, y=y, sample_weight=np.arange(4))
    x, labels, weights = model_inputs.from_file(single, tmp_path / "one.npz")
    np.testing.assert_array_equal(weights, np.arange(4))
    np.testing.assert_array_equal(x, a)
    np.testing.assert_array_equal(labels, y)


def test_a_bad_file_is_refused_in_one_line(tmp_path):
    np.savez(tmp_path / "short.npz", a=np.ones(2))
    np.savez(tmp_path / "pickled.npz", a=np.array([{}], dtype=object), b=np.ones(2))
    (tmp_path / "text.npz").write_text("no archive")
    np.save(tmp_path / "one.npy", np.ones(2))
    for name in ("short.npz", "pickled.npz", "text.npz", "none.npz", "one.npy"):
        with pytest.raises(BadTarget) as refused:
            model_inputs.from_file(two_inputs(), tmp_path / name)
        assert name in str(refused.value) and "\n" not in str(refused.value)
