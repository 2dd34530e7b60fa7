"""A trace says what a call or a training step does, and changes nothing.

Expected counts are worked out by hand here from shapes, or are XLA's own.
"""

import json

import jax
import keras
import numpy as np
import pytest

import keras_edu_backend
from keras_edu_backend.trace.programs import look_at

pytestmark = pytest.mark.long

BATCH, FEATURES, UNITS, CLASSES = 16, 4, 8, 3


def shape(*sizes, dtype="float32"):
    return jax.ShapeDtypeStruct(sizes, dtype)


@pytest.fixture
def data():
    random = np.random.default_rng(0)
    x = random.normal(size=(70, FEATURES)).astype("float32")
    return x, random.integers(0, CLASSES, 70)


def dense_network():
    keras.utils.clear_session()
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((FEATURES,)),
            keras.layers.Dense(UNITS, activation="relu", name="hidden"),
            keras.layers.Dense(CLASSES, name="logits"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    return model


def outline(node):
    """A tree without its costs."""
    return node.name, node.kind, node.shape, node.times, [outline(c) for c in node.children]


def find(node, *path):
    for name in path:
        node = next(child for child in node.children if child.name == name)
    return node


def test_a_dense_network_equals_the_count_by_hand():
    step = look_at("train", dense_network(), (shape(BATCH, FEATURES), shape(BATCH, dtype="int32")))
    forward, backward = step.parts["forward"], step.parts["backward"]
    # Forward: every output is a sum of products and a bias; relu compares once.
    first = 2 * BATCH * FEATURES * UNITS
    second = 2 * BATCH * UNITS * CLASSES
    assert find(forward, "hidden", "matmul").cost.flops == first
    assert find(forward, "hidden").cost.flops == first + BATCH * UNITS + BATCH * UNITS
    assert find(forward, "logits").cost.flops == second + BATCH * CLASSES
    assert forward.cost.flops == first + second + 2 * BATCH * UNITS + BATCH * CLASSES
    assert forward.cost.multiply_adds == (first + second) // 2
    # Backward: a product for the kernel, one more for the layer's input where something needs it;
    # the bias's gradient is a sum over the batch; relu's slope needs one comparison.
    assert find(backward, "logits", "matmul").cost.flops == 2 * second
    assert find(backward, "hidden", "matmul").cost.flops == first
    assert find(backward, "logits", "add").cost.flops == (BATCH - 1) * CLASSES
    assert find(backward, "hidden", "add").cost.flops == (BATCH - 1) * UNITS
    assert find(backward, "hidden", "relu").cost.flops == BATCH * UNITS
    assert forward.parameters == (FEATURES + 1) * UNITS + (UNITS + 1) * CLASSES
    assert [layer.name for layer in backward.children] == ["logits", "hidden"]
    assert find(backward, "logits").shape == (BATCH, UNITS)


def test_the_update_is_by_variable():
    model = dense_network()
    model.compile(keras.optimizers.SGD(0.1), model.loss)
    step = look_at("train", model, (shape(BATCH, FEATURES), shape(BATCH, dtype="int32")))
    of_variables = [node for node in step.parts["update"].children if node.parameters]
    assert [node.name for node in of_variables] == [v.path for v in model.trainable_variables]
    # w - learning_rate * gradient
    assert [node.cost.flops for node in of_variables] == [
        2 * node.parameters for node in of_variables
    ]


def test_shared_and_nested_models_are_each_call_s():
    keras.utils.clear_session()
    inner = keras.Sequential([keras.layers.Dense(4, name="a")], name="inner")
    x = keras.Input((4,))
    model = keras.Model(x, inner(inner(x)) + x)
    forward = look_at("predict", model, (shape(BATCH, 4),)).parts["forward"]
    assert [(node.name, node.kind, node.again) for node in forward.children] == [
        ("inner", "model", False),
        ("inner", "model", True),
        ("add", "op", False),
    ]
    assert find(forward, "inner", "a", "matmul").cost.flops == 2 * BATCH * 4 * 4
    assert forward.parameters == 20


def test_padding_counts_for_nothing_in_a_convolution():
    layer = keras.layers.Conv2D(5, 3, padding="same", use_bias=False)
    layer.build((None, 4, 4, 2))
    forward = look_at("call", layer, ((shape(1, 4, 4, 2),), {})).parts["forward"]
    # Along an axis of 4, a window of 3 has 2 + 3 + 3 + 2 places inside the image.
    assert forward.cost.flops == 2 * 10 * 10 * 2 * 5


def test_lstms_agree_with_xla_forward_and_backward():
    model = keras.Sequential(
        [
            keras.Input((10, 8)),
            keras.layers.LSTM(64, return_sequences=True),
            keras.layers.LSTM(64),
            keras.layers.Dense(3),
        ]
    )
    model.compile("sgd", "mse")
    step = look_at("train", model, (shape(BATCH, 10, 8), shape(BATCH, 3)))
    for name in ("forward", "backward", "step"):
        found = step.xla[name]
        # The 5 % of the issue that asked for this: what primitives are made of differs.
        assert found["flops"] == pytest.approx(found["xla_flops"], rel=0.05), name
    cell = find(step.parts["forward"], "lstm", "lstm_cell")
    assert cell.times == 10
    assert find(step.parts["forward"], "lstm").times == 1
    assert find(step.parts["backward"], "lstm", "lstm_cell").times == 10


def test_xla_counts_a_written_out_loop_as_we_count_the_scan():
    counts = {}
    for unroll in (False, True):
        layer = keras.layers.LSTM(16, unroll=unroll)
        layer.build((None, 6, 8))
        step = look_at("call", layer, ((shape(4, 6, 8),), {}))
        counts[unroll] = step.xla["forward"]
    assert counts[False]["flops"] == counts[True]["flops"] == counts[True]["xla_flops"]
    assert counts[False]["xla_flops_loops_once"] < counts[True]["xla_flops"] / 5


def test_resnet_agrees_with_xla_forward_and_backward():
    model = keras.applications.ResNet50(weights=None)
    step = look_at("train", model, (shape(1, 224, 224, 3),))
    assert step.xla.keys() == {"forward", "backward"}
    for name, found in step.xla.items():
        assert found["flops"] == pytest.approx(found["xla_flops"], rel=0.05), name
    assert not step.unknown


def train_on_batches(model, x, y):
    for start in range(0, len(x), 32):
        model.train_on_batch(x[start : start + 32], y[start : start + 32])


def fit(model, x, y):
    model.fit(x, y, batch_size=32, shuffle=False, verbose=0)


def fit_eagerly(model, x, y):
    model.compile(model.optimizer, model.loss, run_eagerly=True)
    fit(model, x, y)


@pytest.mark.parametrize("run", [train_on_batches, fit, fit_eagerly])
def test_one_by_one_in_a_loop_and_eagerly_the_tree_is_the_same(run, data):
    model = dense_network()
    with keras_edu_backend.trace() as t:
        run(model, *data)
    assert [(step.what, step.times) for step in t.steps] == [("train", 2), ("train", 1)]
    rows = [jax.tree.leaves(step.batch)[0].shape[0] for step in t.steps]
    assert rows == [32, 70 - 64]
    direct = look_at("train", dense_network(), (shape(32, FEATURES), shape(32, dtype="int32")))
    for part in ("forward", "backward", "update"):
        assert outline(getattr(t, part)) == outline(direct.parts[part])
        assert getattr(t, part).cost == direct.parts[part].cost


def test_a_trace_changes_no_number(data):
    x, y = data
    weights = []
    for traced in (False, True):
        model = dense_network()
        if traced:
            with keras_edu_backend.trace():
                model.fit(x, y, epochs=2, verbose=0)
                model(x[:3])
        else:
            model.fit(x, y, epochs=2, verbose=0)
        weights.append([*model.get_weights(), model.predict(x, verbose=0)])
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


def test_nothing_is_left_behind():
    before = keras.layers.Layer.__call__, keras.Model._take_steps, keras.losses.Loss.__call__
    with pytest.raises(ZeroDivisionError), keras_edu_backend.trace():
        dense_network()(np.ones((2, FEATURES)))
        raise ZeroDivisionError
    after = keras.layers.Layer.__call__, keras.Model._take_steps, keras.losses.Loss.__call__
    assert before == after


def test_calls_predictions_and_evaluations_are_told_apart(data):
    x, y = data
    model = dense_network()
    with keras_edu_backend.trace() as t:
        model(x[:3])
        model(x[:3])
        model.predict(x, batch_size=35, verbose=0)
        model.evaluate(x, y, batch_size=70, verbose=0)
    assert [(s.what, s.times) for s in t.steps] == [("call", 2), ("predict", 2), ("test", 1)]
    assert not t.steps[0].parts["backward"].cost.flops


def test_json_text_and_page_say_the_same():
    with keras_edu_backend.trace() as t:
        dense_network().train_on_batch(np.ones((BATCH, FEATURES)), np.zeros(BATCH))
    found = json.loads(t.to_json())
    flops = found["forward"]["flops"]
    assert flops == t.forward.cost.flops
    needed = {"name", "kind", "shape", "dtype", "parameters", "flops", "bytes", "times", "children"}
    for part in ("forward", "backward", "update"):
        assert needed <= found[part].keys()
    assert found["forward"]["children"][0]["shape"] == [BATCH, UNITS]
    assert f"{flops:,}" in t.tree() and f"{flops:,}" in t._repr_html_()
    assert "http" not in t.to_html().replace("http-equiv", "")


def test_a_trace_with_nothing_in_it_says_what_to_do():
    with pytest.raises(ValueError, match="nothing ran"):
        keras_edu_backend.trace().tree()
