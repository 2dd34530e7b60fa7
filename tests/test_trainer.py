"""`fit`, `evaluate` and `predict` when something unusual happens."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from keras import layers


def network(**compile_arguments):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu"), layers.Dense(1)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **compile_arguments})
    return model


X = np.linspace(-1, 1, 60, dtype="float32").reshape(20, 3)
Y = X.sum(axis=1, keepdims=True)


def weights(model):
    return [np.array(w) for w in model.weights]


def equal(left, right):
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def test_a_batch_of_the_wrong_shape_leaves_the_model_as_it_was():
    model = network()
    before = weights(model)
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 3"):
        model.fit(X[:, :2], Y, verbose=0)
    assert equal(before, weights(model))
    model.fit(X, Y, verbose=0)
    assert not equal(before, weights(model))


class StopsAtBatch(keras.callbacks.Callback):
    def __init__(self, batch, error):
        super().__init__()
        self.batch = batch
        self.error = error

    def on_train_batch_end(self, batch, logs=None):
        if batch == self.batch:
            raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_fit_keeps_the_steps_it_finished(error, tmp_path):
    model = network()
    with pytest.raises(error):
        model.fit(
            X, Y, batch_size=5, shuffle=False, verbose=0, callbacks=[StopsAtBatch(1, error())]
        )
    two_steps = network()
    for start in (0, 5):
        two_steps.train_on_batch(X[start : start + 5], Y[start : start + 5])
    assert equal(weights(model), weights(two_steps))
    model.save(tmp_path / "interrupted.keras")
    assert model.predict(X, verbose=0).shape == (20, 1)


def test_an_evaluation_that_fails_leaves_the_model_whole():
    model = network()
    before = weights(model)
    with pytest.raises(ValueError):
        model.evaluate(X[:, :1], Y, verbose=0)
    with pytest.raises(ValueError):
        model.predict(X[:, :1], verbose=0)
    assert equal(before, weights(model))


def test_callbacks_see_and_may_change_the_weights_between_batches():
    class Zeroes(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            for variable in self.model.trainable_variables:
                variable.assign(np.zeros(variable.shape))

    model = network()
    model.fit(X, Y, batch_size=5, verbose=0, callbacks=[Zeroes()])
    assert not any(np.any(w) for w in weights(model))


def test_stop_training_ends_after_the_batch():
    class Stops(keras.callbacks.Callback):
        batches = 0

        def on_train_batch_end(self, batch, logs=None):
            self.batches += 1
            self.model.stop_training = True

    stops = Stops()
    history = network().fit(X, Y, batch_size=5, epochs=3, verbose=0, callbacks=[stops])
    assert stops.batches == 1
    assert history.epoch == [0]


@pytest.mark.parametrize("steps_per_execution", [1, 3, 7])
@pytest.mark.parametrize("run_eagerly", [False, True])
def test_how_steps_are_grouped_changes_no_number(steps_per_execution, run_eagerly):
    plain = network()
    plain.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    grouped = network(steps_per_execution=steps_per_execution, run_eagerly=run_eagerly)
    grouped.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    for a, b in zip(weights(plain), weights(grouped), strict=True):
        # Without compilation XLA rounds after every primitive; compiled, it may not.
        np.testing.assert_allclose(a, b, rtol=1e-5 if run_eagerly else 0, atol=1e-7)
    assert grouped.predict(X, batch_size=6, verbose=0).shape == (20, 1)


def test_a_moving_average_that_became_the_weights_can_be_trained_on():
    # Stock Keras fails here with "Array has been deleted": weight and average are one array.
    model = network(optimizer=keras.optimizers.SGD(0.1, use_ema=True))
    model.fit(X, Y, verbose=0)
    assert np.isfinite(model.train_on_batch(X, Y))


def test_no_data_is_a_clear_error():
    model = network()
    with pytest.raises(ValueError, match="the data is empty"):
        model.fit(X[:0], Y[:0], verbose=0)
    with pytest.raises(ValueError, match="the data is empty"):
        model.predict(X[:0], verbose=0)


def test_nan_labels_end_training_where_terminate_on_nan_looks():
    y = Y.copy()
    y[7] = np.nan
    model = network()
    history = model.fit(
        X,
        y,
        batch_size=5,
        epochs=3,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.TerminateOnNaN()],
    )
    assert history.epoch == [0]
    assert np.isnan(history.history["loss"][0])


def test_a_model_may_bring_its_own_steps():
    class Doubling(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, x):
            return self.dense(x)

        def train_step(self, state, data):
            logs, state = super().train_step(state, data)
            return {**logs, "twice": 2 * logs["loss"]}, state

        def predict_step(self, state, data):
            outputs, others = super().predict_step(state, data)
            return outputs + 100, others

    model = Doubling()
    model.compile("sgd", "mse")
    history = model.fit(X, Y, batch_size=20, verbose=0).history
    assert history["twice"] == [pytest.approx(2 * history["loss"][0])]
    assert np.all(model.predict(X, verbose=0) > 50)


def test_unknown_activation_and_loss_are_value_errors():
    with pytest.raises(ValueError, match="Could not interpret activation function"):
        layers.Dense(1, activation="reluu")
    with pytest.raises(ValueError, match="Could not interpret loss"):
        network(loss="msee").fit(X, Y, verbose=0)


def test_each_epoch_and_evaluation_begins_with_fresh_metrics():
    model = network(metrics=["mae"])
    first = model.evaluate(X, Y, verbose=0)
    assert model.evaluate(X, Y, verbose=0) == first
    model.evaluate(X[:5], Y[:5], verbose=0)
    assert model.evaluate(X, Y, verbose=0) == first
    for metric in model.metrics:
        metric.reset_state()
    model.fit(X, Y, epochs=2, verbose=0, validation_data=(X, Y))
    trained = model.evaluate(X, Y, verbose=0)
    assert trained != first
    history = model.history.history
    assert [history["val_loss"][-1], history["val_mae"][-1]] == trained
    model.compile("sgd", "mae", metrics=["mse"])  # other metrics: not those that are remembered
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(trained[::-1])


def test_a_model_may_bring_its_own_reset_of_metrics():
    resets = []

    class Resets(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, x):
            return self.dense(x)

        def reset_metrics(self):
            resets.append(1)
            super().reset_metrics()

    model = Resets()
    model.compile("sgd", "mse")
    model.fit(X, Y, epochs=3, verbose=0)
    assert len(resets) == 3
    model.evaluate(X, Y, verbose=0)
    model.evaluate(X, Y, verbose=0)
    assert len(resets) == 5


class LooksAtBatches(keras.callbacks.Callback):
    async_safe = True

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(batch)


def test_threads_are_started_only_for_callbacks_that_are_told_of_batches(monkeypatch):
    started = []

    class Pool(ThreadPoolExecutor):
        def __init__(self):
            started.append(1)
            super().__init__()

    monkeypatch.setattr("concurrent.futures.ThreadPoolExecutor", Pool)
    model = network()
    model.fit(X, Y, verbose=0)
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    assert not started
    looks = LooksAtBatches()
    model.fit(X, Y, batch_size=5, verbose=0, callbacks=[looks])
    # Keras hands the batches to a pool of threads, so they may arrive in any order.
    assert started and sorted(looks.seen) == [0, 1, 2, 3]
