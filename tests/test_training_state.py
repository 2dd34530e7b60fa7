"""Where the values of a model's variables are while steps run, and who may look at them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import jax
import keras
import numpy as np
import pytest
from keras import layers


def network():
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(32, "relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(2),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


ROWS = np.random.default_rng(0).normal(size=(100, 6)).astype("float32")
TARGETS = ROWS[:, :2]


@pytest.mark.parametrize(
    "use",
    [
        lambda model: model.predict(ROWS, verbose=0),
        lambda model: model.predict(ROWS[:5], verbose=0),
        lambda model: model.predict_on_batch(ROWS),
        lambda model: model.evaluate(ROWS, TARGETS, verbose=0),
        lambda model: model.test_on_batch(ROWS, TARGETS),
    ],
    ids=["predict", "predict, one batch", "predict_on_batch", "evaluate", "test_on_batch"],
)
def test_what_is_not_changed_stays_where_it_is(use):
    model = network()
    before = [variable.value for variable in model.weights]
    use(model)
    after = [variable.value for variable in model.weights]
    assert all(new is old for new, old in zip(after, before, strict=True))
    assert not any(value.is_deleted() for value in before)


def test_several_threads_predict_with_one_model():
    model = network()
    expected = np.asarray(model(ROWS))
    ways = [
        lambda rows: model.predict(rows, verbose=0),
        lambda rows: model.predict(rows, batch_size=16, verbose=0),
        lambda rows: model.predict_on_batch(rows),
        lambda rows: np.asarray(model(rows)),
    ]

    def predict(number):
        count = [100, 77, 32, 5][number // 4 % 4]
        return count, ways[number % 4](ROWS[:count])

    with ThreadPoolExecutor(8) as pool:
        for count, predicted in pool.map(predict, range(80)):
            np.testing.assert_allclose(predicted, expected[:count], rtol=1e-5, atol=1e-6)


def test_a_thread_that_looks_at_a_weight_waits_for_the_step():
    in_step, seen = threading.Event(), []

    class Slow(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x):
            return self.dense(x)

        def train_step(self, state, data):
            logs, state = super().train_step(state, data)

            def tell():
                in_step.set()
                looking.join(0.3)  # time enough to look, if nothing makes it wait

            jax.debug.callback(tell)
            return logs, state

    def look():
        assert in_step.wait(60)
        seen.append(np.array(model.dense.kernel))

    model = Slow()
    model.compile("sgd", "mse")
    model.predict(ROWS, verbose=0)
    before = np.array(model.dense.kernel)
    looking = threading.Thread(target=look)
    looking.start()
    model.fit(ROWS, TARGETS, batch_size=100, epochs=1, verbose=0)
    looking.join(60)
    after = np.array(model.dense.kernel)
    assert not np.array_equal(after, before)
    np.testing.assert_array_equal(seen, [after])


def test_random_layers_go_on_drawing_from_one_prediction_to_the_next():
    class Random(keras.Model):
        def __init__(self):
            super().__init__()
            self.dropout = layers.Dropout(0.5, seed=3)

        def call(self, x):
            return self.dropout(x, training=True)

    in_loops, one_by_one = Random(), Random()
    for _ in range(2):
        expected = np.concatenate(
            [one_by_one.predict_on_batch(ROWS[i : i + 32]) for i in range(0, 100, 32)]
        )
        np.testing.assert_array_equal(in_loops.predict(ROWS, verbose=0), expected)
    assert not np.array_equal(in_loops.predict(ROWS, verbose=0), expected)
