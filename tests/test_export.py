"""Models exported as TensorFlow SavedModels, read back by TensorFlow alone."""

import keras
import numpy as np
import pytest

# The one thing that exporting needs beyond the project's own dependencies: `make test` has it only
# where the other backends were installed too.
tensorflow = pytest.importorskip("tensorflow")

X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")

# Both are XLA's, of the same weights; a program of another batch size may be cut up differently.
CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def network():
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(8, "relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(2, "softmax"),
        ]
    )


@pytest.mark.parametrize("is_static", [False, True])
def test_an_exported_model_predicts_the_same_for_any_batch_size(tmp_path, is_static):
    model = network()
    model.export(tmp_path / "model", verbose=False, is_static=is_static)
    loaded = tensorflow.saved_model.load(tmp_path / "model")
    for batch in (X, X[:1]):
        np.testing.assert_allclose(loaded.serve(batch), model(batch), **CLOSE)


def test_every_unknown_dimension_stays_unknown(tmp_path):
    inputs = [keras.Input((None, 3)), keras.Input((None, 3))]
    pooled = [keras.layers.GlobalAveragePooling1D()(one) for one in inputs]
    model = keras.Model(inputs, keras.layers.Concatenate()(pooled))
    model.export(tmp_path / "model", verbose=False)
    loaded = tensorflow.saved_model.load(tmp_path / "model")
    short, long = (np.stack([X[:length]] * 2) for length in (2, 5))
    np.testing.assert_allclose(loaded.serve([short, long]), model([short, long]), **CLOSE)


def test_what_an_endpoint_writes_to_a_variable_stays_there(tmp_path):
    model = network()
    archive = keras.export.ExportArchive()
    archive.track(model)
    signature = [keras.InputSpec(shape=(None, 3), dtype="float32")]
    archive.add_endpoint("evaluate", lambda x: model(x, training=False), signature)
    archive.add_endpoint("train", lambda x: model(x, training=True), signature)
    archive.write_out(tmp_path / "model", verbose=False)
    served = tensorflow.saved_model.load(tmp_path / "model")
    before = np.array(served.evaluate(X))
    served.train(X)
    after = np.array(served.evaluate(X))
    np.testing.assert_allclose(before, model(X), **CLOSE)
    model(X, training=True)
    np.testing.assert_allclose(after, model(X), **CLOSE)
    assert not np.allclose(before, after)


def test_layers_tracked_later_do_not_disturb_the_endpoints_before(tmp_path):
    first, second = network(), network()
    archive = keras.export.ExportArchive()
    signature = [keras.InputSpec(shape=(None, 3), dtype="float32")]
    archive.track_and_add_endpoint("first", first, signature)
    archive.track_and_add_endpoint("second", second, signature)
    archive.write_out(tmp_path / "model", verbose=False)
    served = tensorflow.saved_model.load(tmp_path / "model")
    np.testing.assert_allclose(served.first(X), first(X), **CLOSE)
    np.testing.assert_allclose(served.second(X), second(X), **CLOSE)
