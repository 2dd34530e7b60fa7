"""Steps in one compiled loop give what steps one by one give, whatever `fit` is asked to do."""

import contextlib
import io
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from keras_edu_backend.training.fast import calls, many_steps
from keras_edu_backend.training.fast.many_steps import ManySteps
from keras_edu_backend.training.fast.rows import Rows

pytestmark = pytest.mark.long

# A loop and a single step are two XLA programs, which may round differently where they fuse
# operations; training feeds that back. The project's bound for the losses of a training run.
RELATIVE = 1e-5


class ActsAtBatches(keras.callbacks.Callback):
    """Does nothing, but could: so every step has to be taken on its own."""

    def on_train_batch_end(self, batch, logs=None):
        pass

    def on_test_batch_end(self, batch, logs=None):
        pass

    def on_predict_batch_end(self, batch, logs=None):
        pass


@contextlib.contextmanager
def counted_loops():
    """Yields a list that grows with every compiled loop."""
    loops, loop = [], ManySteps.loop

    def counting(self, *arguments, **keywords):
        loops.append(arguments[3:5])
        return loop(self, *arguments, **keywords)

    ManySteps.loop = counting
    try:
        yield loops
    finally:
        ManySteps.loop = loop


def network(dropout=False, batch_normalization=False, **compile_arguments):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(5, "tanh")])
    if dropout:
        model.add(layers.Dropout(0.4))
    if batch_normalization:
        model.add(layers.BatchNormalization())
    model.add(layers.Dense(2, "softmax"))
    model.compile(
        **{
            "optimizer": "adam",
            "loss": "categorical_crossentropy",
            "metrics": ["accuracy"],
            **compile_arguments,
        }
    )
    return model


def data(count, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, 3)).astype("float32")
    return x, np.eye(2, dtype="float32")[(x.sum(axis=1) > 0).astype(int)]


def trained(model, one_by_one, callbacks=(), **fit_arguments):
    """History, weights and optimiser of a run, and the loops that it took."""
    keras.utils.set_random_seed(11)
    callbacks = [*callbacks, *([ActsAtBatches()] if one_by_one else [])]
    with counted_loops() as loops, contextlib.redirect_stdout(io.StringIO()):
        history = model.fit(**fit_arguments, callbacks=callbacks).history
    values = [np.array(v) for v in (*model.variables, *model.optimizer.variables)]
    return history, values, loops, np.random.random()


def assert_same_run(make, **fit_arguments):
    """Take a run both ways; `make` gives the model and its callbacks."""
    model, callbacks = make()
    history, values, loops, drawn = trained(model, False, callbacks, **fit_arguments)
    model, callbacks = make()
    expected, expected_values, none, expected_draw = trained(
        model, True, callbacks, **fit_arguments
    )
    assert loops and not none
    # As many numbers were drawn for the order of the rows, so both saw the same batches.
    assert drawn == expected_draw
    assert history.keys() == expected.keys()
    for name, numbers in expected.items():
        np.testing.assert_allclose(history[name], numbers, rtol=RELATIVE, err_msg=name)
    for got, wanted in zip(values, expected_values, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=RELATIVE, atol=RELATIVE)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    count=st.integers(1, 60),
    batch_size=st.integers(1, 40),
    epochs=st.integers(1, 3),
    shuffle=st.sampled_from([True, False, "batch"]),
    dropout=st.booleans(),
    batch_normalization=st.booleans(),
    weights=st.sampled_from([None, "class", "sample"]),
    validation=st.sampled_from([None, "split", "data"]),
    per_execution=st.integers(1, 3),
    verbose=st.integers(0, 2),
    callback=st.sampled_from([None, "early stopping", "schedule", "terminate on NaN"]),
)
def test_a_run_is_the_same_in_loops_and_step_by_step(
    count,
    batch_size,
    epochs,
    shuffle,
    dropout,
    batch_normalization,
    weights,
    validation,
    per_execution,
    verbose,
    callback,
):
    x, y = data(count)
    arguments = {
        "x": x,
        "y": y,
        "batch_size": batch_size,
        "epochs": epochs,
        "shuffle": shuffle,
        "verbose": verbose,
    }
    if weights == "class":
        arguments["class_weight"] = {0: 0.5, 1: 2.0}
    if weights == "sample":
        arguments["sample_weight"] = np.linspace(0.1, 1, count)
    if validation == "split" and count >= 4 and weights is None:
        arguments["validation_split"] = 0.25
    if validation == "data":
        arguments["validation_data"] = data(7, seed=1)
    monitor = "val_loss" if "validation_data" in arguments else "loss"

    def make():
        callbacks = {
            None: [],
            "early stopping": [
                keras.callbacks.EarlyStopping(monitor, patience=0, restore_best_weights=True)
            ],
            "schedule": [keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 / (epoch + 1))],
            "terminate on NaN": [keras.callbacks.TerminateOnNaN()],
        }[callback]
        if callback == "terminate on NaN" and per_execution > 1:
            callbacks = []  # that one is taken step by step
        return (
            network(dropout, batch_normalization, steps_per_execution=per_execution),
            callbacks,
        )

    assert_same_run(make, **arguments)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, gradient_accumulation_steps=3),
        lambda: keras.optimizers.Adam(0.01, use_ema=True, ema_overwrite_frequency=4),
        lambda: keras.optimizers.LossScaleOptimizer(
            keras.optimizers.Adam(0.01), dynamic_growth_steps=3
        ),
    ],
    ids=["accumulation", "EMA", "loss scaling"],
)
def test_what_an_optimizer_does_on_some_steps_only(optimizer):
    x, y = data(50)
    assert_same_run(
        lambda: (network(optimizer=optimizer()), []), x=x, y=y, batch_size=8, epochs=3, verbose=0
    )


def test_steps_per_epoch_go_on_where_the_last_epoch_ended():
    x, y = data(64)
    assert_same_run(
        lambda: (network(), []), x=x, y=y, batch_size=8, steps_per_epoch=4, epochs=4, verbose=0
    )


def test_several_inputs_and_outputs():
    def make():
        keras.utils.set_random_seed(1)
        left, right = keras.Input((3,), name="left"), keras.Input((2,), name="right")
        joined = layers.Concatenate()([layers.Dense(4)(left), right])
        model = keras.Model(
            [left, right], [layers.Dense(1, name="a")(joined), layers.Dense(1, name="b")(left)]
        )
        model.compile("rmsprop", loss=["mse", "mae"], loss_weights=[0.7, 0.3])
        return model, []

    random = np.random.default_rng(0)
    x = [random.normal(size=(30, 3)), random.normal(size=(30, 2))]
    y = [random.normal(size=(30, 1)), random.normal(size=(30, 1))]
    assert_same_run(make, x=x, y=y, batch_size=7, epochs=2, verbose=0)


def test_a_model_with_a_step_of_its_own():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs):
            return self.dense(inputs)

        def train_step(self, state, data):
            logs, state = super().train_step(state, data)
            return {"twice": 2 * logs["loss"]}, state

    def make():
        keras.utils.set_random_seed(1)
        model = Own()
        model.compile("sgd", "mse")
        return model, []

    x, y = data(40)
    assert_same_run(make, x=x, y=y, batch_size=16, epochs=2, verbose=0)
    model, _ = make()
    terminate = keras.callbacks.TerminateOnNaN()  # which finds no loss in the logs
    assert list(model.fit(x, y, verbose=0, callbacks=[terminate]).history) == ["twice"]


def test_a_state_that_changes_its_form_is_stepped_one_by_one():
    """Stock Keras trains such a model; a compiled loop cannot."""

    class Widens(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)
            self.seen = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, inputs):
            return self.dense(inputs)

        def train_step(self, state, data):
            logs, (trainable, other, optimizer, metrics) = super().train_step(state, data)
            other = [value.astype("float16") for value in other]
            return logs, (trainable, other, optimizer, metrics)

    keras.utils.set_random_seed(1)
    model = Widens()
    model.compile("sgd", "mse")
    x, y = data(20)
    with counted_loops() as loops:
        model.fit(x, y[:, :1], batch_size=5, epochs=2, verbose=0)
    assert not loops


@pytest.mark.parametrize("count", [1, 31, 32, 33, 100])
def test_predict_and_evaluate_are_the_same_in_loops(count):
    x, y = data(count)
    model = network(batch_normalization=True)
    with counted_loops() as loops:
        predicted = model.predict(x, verbose=0)
        scores = model.evaluate(x, y, verbose=0)
    assert len(loops) >= (2 if count > 32 else 1)  # one batch is predicted in one step
    with counted_loops() as loops:
        expected = model.predict(x, verbose=0, callbacks=[ActsAtBatches()])
        expected_scores = model.evaluate(x, y, verbose=0, callbacks=[ActsAtBatches()])
    assert not loops
    assert predicted.shape == (count, 2) and predicted.flags.writeable
    np.testing.assert_allclose(predicted, expected, rtol=RELATIVE)
    np.testing.assert_allclose(scores, expected_scores, rtol=RELATIVE)


class Notes(keras.callbacks.Callback):
    """Notes what it is told of batches; `async_safe` says that it only looks."""

    async_safe = True

    def __init__(self):
        super().__init__()
        self.told = []

    def on_train_batch_begin(self, batch, logs=None):
        self.told.append(("begin", batch))

    def on_train_batch_end(self, batch, logs=None):
        self.told.append(("end", batch, logs["loss"]))


@pytest.mark.parametrize("per_execution", [1, 3])
def test_a_callback_that_only_looks_is_told_of_every_batch(per_execution):
    x, y = data(50)

    def told(one_by_one):
        notes = Notes()
        _, _, loops, _ = trained(
            network(steps_per_execution=per_execution),
            one_by_one,
            [notes],
            x=x,
            y=y,
            batch_size=7,
            epochs=2,
            verbose=0,
        )
        assert bool(loops) != one_by_one
        # Keras calls such callbacks from other threads, in an order of their own.
        return sorted(notes.told)

    looped, stepped = told(False), told(True)
    assert [note[:2] for note in looped] == [note[:2] for note in stepped]
    losses = [[note[2] for note in notes if note[0] == "end"] for notes in (looped, stepped)]
    np.testing.assert_allclose(*losses, rtol=RELATIVE)


def test_a_loss_that_is_not_finite_ends_the_loop_at_its_batch():
    x, y = data(64)
    x[40] = np.inf

    def run(one_by_one):
        model = network()
        with counted_loops() as loops:
            model.fit(
                x,
                y,
                batch_size=8,
                shuffle=False,
                epochs=3,
                verbose=0,
                callbacks=[keras.callbacks.TerminateOnNaN(), *[ActsAtBatches()] * one_by_one],
            )
        assert bool(loops) != one_by_one
        return int(model.optimizer.iterations), [np.array(w) for w in model.weights]

    (steps, weights), (expected_steps, expected) = run(False), run(True)
    assert steps == expected_steps == 6
    for got, wanted in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(np.isnan(got), np.isnan(wanted))


class LooksAtTheModel(keras.callbacks.Callback):
    """Reads and writes the model between epochs, by a way that Keras does not see."""

    def __init__(self, model):
        super().__init__()
        self.kernel = model.layers[0].kernel
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(np.array(self.kernel))
        self.kernel.assign(self.kernel * 0.5)


def test_variables_fill_themselves_when_somebody_looks():
    x, y = data(40)

    def run(one_by_one):
        model = network()
        looks = LooksAtTheModel(model)
        trained(model, one_by_one, [looks], x=x, y=y, batch_size=8, epochs=3, verbose=0)
        return looks.seen

    for got, wanted in zip(run(False), run(True), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=RELATIVE)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_loop_leaves_a_model_that_works(error, tmp_path):
    class Raises(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise error

    x, y = data(40)
    model = network()
    keras.utils.set_random_seed(11)
    with pytest.raises(error):
        model.fit(x, y, epochs=5, verbose=0, callbacks=[Raises()])
    two_epochs = network()
    trained(two_epochs, False, x=x, y=y, epochs=2, verbose=0)
    for got, wanted in zip(model.get_weights(), two_epochs.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)
    model.save(tmp_path / "interrupted.keras")
    model.fit(x, y, verbose=0)


def test_a_model_that_is_compiled_anew_forgets_its_old_steps():
    x, y = data(40)
    model = network(loss="mse")
    model.fit(x, y, verbose=0)
    model.layers[0].trainable = False
    model.compile("sgd", "mae", metrics=["mse"])
    kernel = np.array(model.layers[0].kernel)
    history = model.fit(x, y, epochs=2, verbose=0).history
    np.testing.assert_array_equal(kernel, model.layers[0].kernel)
    assert history.keys() == {"loss", "mse"}
    assert history["loss"][0] == pytest.approx(
        float(np.mean(np.abs(y - model.predict(x, verbose=0)))), rel=0.2
    )


def test_in_float64_nothing_but_rounding_is_left(run_python):
    """Rounding of 80 steps; in float32 the same run parts by some 1e-7."""
    program = Path(__file__).parent / "programs" / "loops_in_float64.py"
    ended = run_python(program, KERAS_BACKEND="edu", JAX_ENABLE_X64="1")
    dtype, looped, parted = ended.lines()[-1].split()
    assert (dtype, looped) == ("float64", "True")
    assert float(parted) <= 1e-12


class Batches(keras.utils.PyDataset):
    """Batches of the given sizes."""

    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes
        self.ended = 0

    def __len__(self):
        return len(self.sizes)

    def __getitem__(self, number):
        return data(self.sizes[number], seed=number)

    def on_epoch_end(self):
        self.ended += 1


def generator(sizes):
    while True:
        for number, size in enumerate(sizes):
            yield data(size, seed=number)


def short_generator(sizes):
    for number, size in enumerate(sizes):
        yield data(size, seed=number)


SIZES = {
    "one size": [8] * 11,
    "a partial batch at the end": [8] * 5 + [3],
    "a partial batch in the middle": [8, 8, 3, 8, 8],
    "a single batch": [5],
    "all different": [1, 2, 3, 4],
}


@pytest.mark.parametrize(
    ("kind", "per_execution"),
    [("PyDataset", 1), ("PyDataset", 2), ("generator", 1), ("generator that ends", 2)],
)
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.filterwarnings("ignore:`shuffle=True` was passed")
def test_a_stream_of_batches_is_the_same_in_chunks(kind, sizes, per_execution):
    def run(one_by_one):
        arguments = {"epochs": 2, "verbose": 2}
        if kind == "PyDataset":
            arguments["x"] = Batches(sizes)
            arguments["shuffle"] = False
        elif kind == "generator":
            arguments |= {"x": generator(sizes), "steps_per_epoch": len(sizes)}
        else:
            arguments |= {"x": short_generator(sizes), "epochs": 1}
        model = network(dropout=True, steps_per_execution=per_execution)
        history, values, loops, _ = trained(model, one_by_one, **arguments)
        return history, values, len(loops), getattr(arguments["x"], "ended", None)

    history, values, loops, ended = run(False)
    expected, expected_values, none, expected_ended = run(True)
    assert none == 0 and ended == expected_ended
    # Of a generator, Keras takes two batches to see what they are like.
    looked_at = per_execution if kind == "PyDataset" else 2
    assert loops or len(set(sizes[:looked_at])) > 1 or len(sizes) < per_execution
    assert history.keys() == expected.keys()
    for name, numbers in expected.items():
        np.testing.assert_allclose(history[name], numbers, rtol=RELATIVE, err_msg=name)
    for got, wanted in zip(values, expected_values, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=RELATIVE, atol=RELATIVE)


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_predict_and_evaluate_on_a_stream(sizes):
    model = network()
    with counted_loops() as loops:
        predicted = model.predict(Batches(sizes), verbose=0)
        scores = model.evaluate(Batches(sizes), verbose=0)
    assert loops
    acts = {"verbose": 0, "callbacks": [ActsAtBatches()]}
    expected = model.predict(Batches(sizes), **acts)
    assert predicted.shape == expected.shape == (sum(sizes), 2)
    np.testing.assert_allclose(predicted, expected, rtol=RELATIVE)
    np.testing.assert_allclose(scores, model.evaluate(Batches(sizes), **acts), rtol=RELATIVE)


def test_one_batch_is_predicted_in_one_step():
    model = network()
    x, _ = data(8)
    with counted_loops() as loops:
        predicted = model.predict(x, batch_size=8, verbose=0)
    assert not loops
    np.testing.assert_allclose(predicted, model(x), rtol=RELATIVE)


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype float64")
def test_weights_of_a_dtype_that_jax_does_not_have_outlast_a_loop():
    """Without x64 the values of float64 variables are float32."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, dtype="float64")])
    model.compile("sgd", "mse")
    weights = model.get_weights()
    x, y = data(20)
    with counted_loops() as loops:
        predicted = model.predict(x, batch_size=8, verbose=0)
        model.evaluate(x, y, batch_size=8, verbose=0)
    assert len(loops) >= 2
    np.testing.assert_allclose(predicted, x @ weights[0] + weights[1], rtol=RELATIVE, atol=1e-6)
    for kept, weight in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(kept, weight)
    model.fit(x, y, batch_size=8, epochs=2, verbose=0)
    assert not np.array_equal(model.get_weights()[0], weights[0])


def test_ever_new_numbers_of_rows_need_few_programs(monkeypatch):
    monkeypatch.setattr(many_steps, "_MOST_SIZES", 2)
    sizes = [40, 42, 43, 60, 90, 50, 42]

    def run(callbacks):
        model, told = network(dropout=True), []
        for count in sizes:
            x, y = data(count)
            options = {"batch_size": 8, "verbose": 0, "callbacks": callbacks}
            told += model.fit(x, y, **options).history["loss"]
            told += model.evaluate(x, y, **options)
            told += [model.predict(x, **options)]
        return model, told

    np.random.seed(0)
    model, told = run([])
    np.random.seed(0)
    _, told_step_by_step = run([ActsAtBatches()])
    for ours, theirs in zip(told, told_step_by_step, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=RELATIVE, atol=1e-6)
    # For the first two sizes, and for chunks of 8 and 16 batches.
    for function in (model.train_function, model.test_function, model.predict_function):
        assert function._program._cache_size() == 4


def test_rows_used_for_many_epochs_have_a_program_of_their_own(monkeypatch):
    monkeypatch.setattr(many_steps, "_MOST_SIZES", 1)
    monkeypatch.setattr(calls, "Chunk", None)
    model = network()
    for count in (40, 48):
        x, y = data(count)
        with counted_loops() as loops:
            model.fit(x, y, batch_size=8, epochs=3, validation_data=(x, y), verbose=0)
        assert len(loops) >= 6


def test_a_loop_is_compiled_once_for_variables_made_of_python_numbers():
    class Scaled(layers.Layer):
        def __init__(self):
            super().__init__()
            self.by = keras.Variable(2.0, trainable=False)

        def call(self, x):
            return x * self.by

    model = keras.Sequential([keras.Input((3,)), Scaled(), layers.Dense(1)])
    model.compile(keras.optimizers.Adafactor(), "mse")  # it has such variables, too
    model.fit(np.ones((8, 3)), np.ones((8, 1)), batch_size=2, epochs=3, verbose=0)
    assert model.train_function._program._cache_size() == 1


def test_arrays_too_large_for_the_device_come_in_chunks(monkeypatch):
    monkeypatch.setattr(Rows, "LARGEST_SHARE", 0)
    x, y = data(75)
    for shuffle in (True, False):
        assert_same_run(
            lambda: (network(dropout=True), []),
            x=x, y=y, batch_size=8, epochs=3, shuffle=shuffle, validation_split=0.2, verbose=0,
        )  # fmt: skip


def test_memory_stays_bounded_however_long_the_stream():
    """No more batches are collected than a chunk holds, and one chunk ahead."""
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield data(4, seed=0)

    most = 0

    class Watches(keras.callbacks.Callback):
        async_safe = True
        seen = 0

        # (Ends are told in a thread, which may fall behind.)
        def on_train_batch_begin(self, batch, logs=None):
            nonlocal most
            self.seen += 1
            most = max(most, taken - self.seen)

    network().fit(endless(), steps_per_epoch=1200, verbose=0, callbacks=[Watches()])
    assert taken <= 1200 + 2  # Keras looks at the first before it begins
    assert 0 < most <= 2 * calls.MOST_BATCHES + 2
