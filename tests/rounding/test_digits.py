"""Digits of networks whose noise is known from a formula, or from running them in a precision."""

import json

import keras
import ml_dtypes
import numpy as np
import pytest
from keras import layers

import keras_edu_backend
from keras_edu_backend.rounding.units import UNIT_ROUNDOFF
from keras_edu_backend.target import BadTarget

RANDOM = np.random.default_rng(0)
U = {
    "float32": UNIT_ROUNDOFF[np.dtype(np.float32)],
    "bfloat16": UNIT_ROUNDOFF[np.dtype(ml_dtypes.bfloat16)],
    "float16": UNIT_ROUNDOFF[np.dtype(np.float16)],
}


def normal(*shape):
    return RANDOM.normal(size=shape).astype("float32")


def row(found, name):
    (only,) = (one for one in found.rows if one.name == name)
    return only


def dense(terms):
    model = keras.Sequential([keras.Input((terms,)), layers.Dense(40, use_bias=False, name="d")])
    model.set_weights([normal(terms, 40) / terms**0.5])
    return model


def far_and_back(offset=1000.0):
    """x + offset − offset: all digits that x + offset has no room for are lost."""
    inputs = keras.Input((6,))
    hidden = layers.Dense(6, name="before", kernel_initializer="orthogonal")(inputs)
    far = layers.Rescaling(1.0, offset, name="far")(hidden)
    outputs = layers.Rescaling(1.0, -offset, name="back")(far)
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_dense_layer_in_half_precision_has_the_digits_of_its_roundings(precision):
    found = row(keras_edu_backend.digits(dense(100), normal(16, 100), keep=0), "d")
    # Products add up in float32. At least the result is rounded, by u/√3 at random; at most both
    # factors as well, each by as much: u together.
    assert np.log10(1 / U[precision]) < found.digits[precision] < np.log10(3**0.5 / U[precision])


def test_an_input_that_bfloat16_cannot_hold_loses_digits_before_the_first_layer():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layers.Lambda(lambda x: x - 1000, name="back")(inputs))

    def digits_of(value):
        found = keras_edu_backend.digits(model, np.full((2, 3), value, "float32"), keep=0)
        return row(found, "back").digits["bfloat16"]

    # bfloat16 has multiples of 4 there: 1000.7 becomes 1000, off by all of the 0.7 that is left (a
    # mean over draws: within a factor of two); 1024 stays.
    assert digits_of(1000.7) < np.log10(2)
    assert digits_of(1024) > 2


@pytest.mark.parametrize("terms", [16, 400])
def test_a_dense_layer_in_float32_loses_what_its_sum_loses(terms):
    model, x = dense(terms), normal(16, terms)
    found = row(keras_edu_backend.digits(model, x, keep=0), "d").digits["float32"]
    # n terms of random sign, added one by one: the k-th partial sum is rounded by u √k/√3 σ, all
    # together u √(n/6) of the sum's √n σ, beside the rounding of each product and of the sum.
    expected = -np.log10(U["float32"] * (terms / 6 + 2 / 3) ** 0.5)
    assert found == pytest.approx(expected, abs=np.log10(2))
    (kernel,) = model.get_weights()
    exact = x.astype("float64") @ kernel.astype("float64")
    off = np.float64(model(x)) - exact
    # XLA adds in lanes, so it has no fewer.
    assert np.log10(np.linalg.norm(exact) / np.linalg.norm(off)) > found - np.log10(1.1)


def test_the_layer_that_subtracts_nearly_equal_numbers_is_the_one_that_loses_digits():
    found = keras_edu_backend.digits(far_and_back(), normal(16, 6))
    worst = found.loses("float32")
    assert worst is not None and worst.name == "back"
    # 1000 + z is rounded by u 1000/√3, and z is left: of size 1, as x, by an orthogonal matrix.
    after = np.log10(3**0.5 / (1000 * U["float32"]))
    assert worst.digits["float32"] == pytest.approx(after, abs=np.log10(2))
    # 1000 is rounded to a multiple of 4 in bfloat16: nothing is left.
    assert worst.digits["bfloat16"] == 0
    assert "most digits are lost in back (Rescaling)" in str(found)


def test_the_policy_keeps_its_digits_when_the_model_runs_under_it():
    model, x, keep = far_and_back(), normal(16, 6), 1.5
    policy = keras_edu_backend.digits(model, x, keep=keep).policy
    assert policy.name == "mixed_bfloat16"
    assert {"far", "back"} <= set(policy.in_float32)
    kernel, bias = (np.float64(weight) for weight in model.get_weights())
    exact = x.astype("float64") @ kernel + bias

    def digits_under(in_float32):
        for layer in model.layers:
            layer.dtype_policy = "float32" if layer.name in in_float32 else "mixed_bfloat16"
        off = np.float64(np.asarray(model(x), "float32")) - exact
        return np.log10(np.linalg.norm(exact) / np.linalg.norm(off))

    assert digits_under(policy.in_float32) > keep
    assert digits_under(()) < keep


def test_no_policy_is_named_where_float32_has_too_few_digits():
    policy = keras_edu_backend.digits(far_and_back(), normal(16, 6), keep=6).policy
    assert policy.name is None and "back" in policy.short
    assert "float32 has fewer" in str(policy)


def test_what_is_too_large_for_float16_overflows_there_and_not_in_bfloat16():
    square = keras.Sequential([keras.Input((4,)), layers.Lambda(keras.ops.square, name="square")])
    found = keras_edu_backend.digits(square, np.full((2, 4), 300, "float32"))
    assert row(found, "square").said == {"float16": "overflow"}
    assert row(found, "square").digits["float16"] == 0
    assert row(found, "square").digits["bfloat16"] > 2
    assert found.policy.name == "bfloat16"


def test_a_gradient_that_is_zero_has_no_digits_to_lose():
    model = keras.Sequential(
        [keras.Input((5,)), layers.Dense(4, name="d"), layers.BatchNormalization(name="b")]
    )
    model.compile("sgd", "mse")
    found = keras_edu_backend.digits(model)
    # The batch's mean is taken away, and the bias with it.
    bias = row(found, model.layers[0].bias.path)
    assert bias.digits == dict.fromkeys(U) and set(bias.said.values()) == {"zero"}
    assert row(found, model.layers[0].kernel.path).digits["float32"] > 4


def test_layers_in_nested_models_and_repeated_calls_have_rows_of_their_own():
    inputs = keras.Input((4,))
    shared = layers.Dense(4, name="shared")
    encoder = keras.Sequential([keras.Input((4,)), shared, layers.ReLU(name="r")], name="encoder")
    outputs = keras.ops.subtract(shared(encoder(inputs)), encoder(inputs + 1.0))
    found = keras_edu_backend.digits(keras.Model(inputs, outputs))
    names = {one.name for one in found.rows if one.kind == "layer"}
    twice = {"encoder/shared", "encoder/r", "encoder/shared (2)", "encoder/r (2)"}
    assert names - {n for n in names if n.startswith(("add", "subtract"))} == {"shared", *twice}
    assert [one.name for one in found.rows if one.kind == "gradient"] == [
        variable.path for variable in shared.trainable_variables
    ]


def test_a_recurrent_layer_counts_as_a_whole_and_random_layers_are_held():
    model = keras.Sequential(
        [keras.Input((5, 3)), layers.LSTM(4, name="lstm"), layers.Dropout(0.5, name="drop")]
    )
    one, two = (keras_edu_backend.digits(model, keep=0) for _ in range(2))
    assert [row.name for row in one.rows if row.kind == "layer"] == ["lstm", "drop"]
    assert one.to_json() == two.to_json()
    assert row(one, "drop").digits["float32"] > 5


def test_a_subclassed_model_names_itself_where_it_loses_digits_itself():
    class Cancelling(keras.Model):
        def __init__(self):
            super().__init__(name="cancelling")
            self.inside = layers.Dense(3, name="inside")

        def call(self, x):
            return (self.inside(x) + 1e4) - 1e4

    found = keras_edu_backend.digits(Cancelling(), normal(8, 3))
    assert [row.name for row in found.rows if row.kind == "layer"] == [
        "inside",
        "cancelling",
    ]
    worst = found.loses("float32")
    assert worst is not None and worst.name == "cancelling"


def test_measuring_leaves_the_model_as_it_was():
    model, call = far_and_back(), keras.Operation.__call__
    model.compile("adam", "mse")
    before = model.get_weights()
    keras_edu_backend.digits(model, normal(4, 6), normal(4, 6), keep=1.5)
    with pytest.raises(BadTarget, match="cannot take a step"):
        keras_edu_backend.digits(model, normal(4, 5))
    assert keras.Operation.__call__ is call
    assert {layer.dtype_policy.name for layer in model.layers} == {"float32"}
    for weight, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, now)


def test_the_result_is_shown_in_every_form(tmp_path):
    model = far_and_back()
    found = keras_edu_backend.digits(model, normal(4, 6), loss="mae")
    loaded = json.loads(found.to_json())
    assert [one["name"] for one in loaded["rows"]] == [one.name for one in found.rows]
    assert loaded["loses"]["float32"] == "back"
    assert "mean_absolute_error" in found.loss or "mae" in found.loss
    assert "<td>back (Rescaling)</td>" in found._repr_html_()
    assert found.to_html().startswith("<!DOCTYPE html>")
    found.plot().savefig(tmp_path / "digits.svg")
    assert (tmp_path / "digits.svg").stat().st_size > 0


def test_nested_lists_of_numbers_are_one_array():
    found = keras_edu_backend.digits(dense(3), [[1.0, 2.0, 3.0]], [[0.0] * 40], loss="mse", keep=0)
    assert row(found, "d").shape == (1, 40)
