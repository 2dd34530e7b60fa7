"""What people do around `fit`: data that grow, end or fail, callbacks that act, threads, copies."""

import copy
import pickle
import threading

import jax
import keras
import numpy as np
import pytest
from keras import layers

from keras_edu_backend.training.fast import many_steps
from keras_edu_backend.training.fast.rows import Rows

pytestmark = pytest.mark.long

X = np.linspace(-1, 1, 120, dtype="float32").reshape(40, 3)
Y = X.sum(axis=1, keepdims=True)

# A loop and a single step are two XLA programs, which may round differently where they fuse
# operations. The project's bound for the losses of a training run.
RELATIVE = 1e-5


def network(**compile_arguments):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu"), layers.Dense(1)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **compile_arguments})
    return model


def stepped(batches):
    """A model after one step on each of the batches."""
    model = network()
    for batch in batches:
        model.train_on_batch(*batch)
    return model


def assert_same_weights(model, other):
    assert int(model.optimizer.iterations) == int(other.optimizer.iterations)
    for ours, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=RELATIVE, atol=1e-7)


class ActsAtBatches(keras.callbacks.Callback):
    """Does nothing, but could: so every step is taken by itself."""

    def on_train_batch_end(self, batch, logs=None):
        pass


def batches(count):
    for number in range(count):
        start = number * 4 % 40
        yield X[start : start + 4], Y[start : start + 4]


@pytest.mark.parametrize("device", ["cpu", "gpu"])
@pytest.mark.parametrize("error", [RuntimeError("no more"), KeyboardInterrupt()])
@pytest.mark.parametrize("before", [2, 47])
def test_what_came_before_an_error_in_the_data_is_trained_on(error, before, device, monkeypatch):
    # On a GPU the next batch is fetched while a step runs.
    monkeypatch.setattr(jax, "default_backend", lambda: device)

    def fails():
        yield from batches(before)
        raise error

    model = network()
    with pytest.raises(type(error)):
        model.fit(fails(), steps_per_epoch=100, verbose=0)
    assert_same_weights(model, stepped(batches(before)))
    model.fit(X, Y, verbose=0)


def test_an_execution_whose_batches_fail_leaves_the_steps_before_it():
    def fails():
        yield from batches(7)
        raise RuntimeError

    model = network(steps_per_execution=3)
    with pytest.raises(RuntimeError):
        model.fit(fails(), steps_per_epoch=20, verbose=0, callbacks=[ActsAtBatches()])
    assert_same_weights(model, stepped(batches(6)))
    model.fit(X, Y, verbose=0)


def test_data_that_depend_on_the_weights_see_those_of_the_step_before():
    def sees(model, seen):
        for batch in batches(40):
            seen.append(np.array(model.layers[0].kernel))
            yield batch

    seen, expected = [], []
    model = network()
    model.fit(sees(model, seen), steps_per_epoch=40, verbose=0)
    model = network()
    model.fit(sees(model, expected), steps_per_epoch=40, verbose=0, callbacks=[ActsAtBatches()])
    assert len(seen) == len(expected) == 40
    for ours, theirs in zip(seen, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=RELATIVE, atol=1e-7)


def test_data_of_ever_new_lengths_share_few_programs():
    model = network()
    lengths = [40, 33, 37, 36, 29, 31, 32, 34, 35, 38, 39, 5, 3]
    for length in lengths:
        model.fit(X[:length], Y[:length], batch_size=8, epochs=3, verbose=0)
    # One for the first length, one for arrays with room for all the others.
    assert model.train_function._program._cache_size() == 2
    assert len(model.train_function._known_places) == 2


def test_large_batches_get_no_more_room_than_they_need(monkeypatch):
    monkeypatch.setattr(Rows, "LARGEST_COPY", 2 * X.nbytes)
    assert Rows(X, 8, False).with_room().room == 16  # five batches; ten would be the largest copy
    assert Rows(X, 1, False).with_room().room == Rows.SMALLEST_ROOM


class Batches(keras.utils.PyDataset):
    """The first rows of the data: as many as ``sizes`` says for each batch."""

    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes

    def __len__(self):
        return len(self.sizes)

    def __getitem__(self, number):
        return X[: self.sizes[number]], Y[: self.sizes[number]]


@pytest.mark.parametrize(("kind", "loops"), [("generator", 0), ("PyDataset", 1)])
def test_batches_of_ever_new_lengths_go_one_by_one(kind, loops):
    """Keras looks at a generator's first two batches; those of a dataset have to be met."""
    model = network()
    orders = [(5, 7, 9, 3), (7, 3, 5, 9), (9, 3, 7, 5)]
    for sizes in orders:
        data = Batches(sizes)
        if kind == "generator":
            data = ((X[:size], Y[:size]) for size in sizes)
        model.fit(data, shuffle=False, verbose=0)
    assert_same_weights(model, stepped((X[:n], Y[:n]) for sizes in orders for n in sizes))
    assert model.train_function._program._cache_size() == loops


def test_a_partial_batch_in_a_stream_leaves_the_others_together():
    model = network()
    for _ in range(3):
        model.fit(Batches([8] * 9 + [4]), shuffle=False, verbose=0)
    assert model.train_function._program._cache_size() == 1
    assert not model.train_function.takes_streams_apart


@pytest.mark.parametrize(
    ("per_execution", "verbose", "shuffle"), [(1, 0, True), (2, 1, True), (2, 0, "batch")]
)
def test_rows_with_room_give_the_numbers_of_steps_one_by_one(
    monkeypatch, per_execution, verbose, shuffle
):
    monkeypatch.setattr(many_steps, "_MOST_SIZES_BEFORE_ROOM", 0)

    def run(callbacks):
        model = network(steps_per_execution=per_execution, metrics=["mae"])
        histories = [
            model.fit(
                X[:length], Y[:length], batch_size=8, epochs=3, verbose=verbose, shuffle=shuffle,
                validation_data=(X[: length - 2], Y[: length - 2]), callbacks=callbacks,
            ).history
            for length in (40, 39, 12)
        ]  # fmt: skip
        return model, histories

    model, histories = run([])
    other, expected = run([ActsAtBatches()])
    assert model.train_function._program._cache_size() > 0
    assert_same_weights(model, other)
    for ours, theirs in zip(histories, expected, strict=True):
        assert ours.keys() == theirs.keys()
        for name, numbers in theirs.items():
            np.testing.assert_allclose(ours[name], numbers, rtol=RELATIVE, err_msg=name)


def test_more_forms_of_data_than_there_are_loops_for_go_step_by_step(monkeypatch):
    monkeypatch.setattr(many_steps, "_MOST_LOOPS", 3)
    model, other = network(), network()
    for batch_size in (3, 4, 5, 6, 7, 8, 9):
        for each, callbacks in ((model, []), (other, [ActsAtBatches()])):
            each.fit(
                X, Y, batch_size=batch_size, epochs=2, shuffle=False, verbose=0, callbacks=callbacks
            )
    assert model.train_function._program._cache_size() <= 3
    assert_same_weights(model, other)


@pytest.mark.parametrize("rows", [40, 400_000], ids=["copied", "lent"])
@pytest.mark.parametrize("skipped", [0, 4], ids="{} numbers after a boundary".format)
def test_data_changed_between_epochs_are_trained_on_as_they_are_then(rows, skipped):
    """Wherever NumPy put the array: a CPU reads some from NumPy's memory, and copies others."""

    class Changes(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            x[:] = x[::-1] * 0.5

    def array():
        space = np.zeros(rows * 3 + 64, "float32")
        start = -space.ctypes.data % 64 // 4 + skipped
        found = space[start : start + rows * 3].reshape(rows, 3)
        found[:] = np.resize(X, (rows, 3))
        return found

    y, losses = np.resize(Y, (rows, 1)), []
    for callbacks in ([], [ActsAtBatches()]):
        x = array()
        history = network().fit(
            x, y, batch_size=rows // 4, epochs=3, shuffle=False, verbose=0,
            callbacks=[*callbacks, Changes()],
        )  # fmt: skip
        losses.append(history.history["loss"])
    np.testing.assert_allclose(*losses, rtol=RELATIVE)


@pytest.mark.parametrize(
    "make", [copy.deepcopy, copy.copy, lambda v: pickle.loads(pickle.dumps(v))]
)
@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_test_begin"])
def test_variables_and_models_can_be_copied_while_fit_runs(make, hook):
    copies = []

    def copies_both(self, *_, **__):
        variable = self.model.layers[0].kernel
        copies.append((make(variable), make(self.model), np.array(variable)))

    callback = type("Copies", (keras.callbacks.Callback,), {hook: copies_both})()
    model = network()
    model.fit(
        X, Y, epochs=2, batch_size=20, verbose=0, validation_data=(X, Y), callbacks=[callback]
    )
    assert len(copies) >= 2
    for variable, whole, expected in copies:
        if make is not copy.copy:  # a shallow copy shares its array, which a step writes over
            np.testing.assert_array_equal(variable, expected)
        np.testing.assert_array_equal(whole.layers[0].kernel, expected)
    variable, whole, _ = copies[-1]
    whole.fit(X, Y, verbose=0)
    plain = network()
    plain.fit(X, Y, epochs=2, batch_size=20, verbose=0, callbacks=[ActsAtBatches()])
    assert_same_weights(model, plain)


def test_threads_predict_while_the_model_learns():
    """Each prediction is that of the weights after one of the steps, whole."""
    # All weights are equal after each step: a mixture of two steps would give another sum.
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((3,)), *[layers.Dense(3, kernel_initializer="ones") for _ in range(4)]]
    )

    class Counts(keras.optimizers.SGD):
        def update_step(self, gradient, variable, learning_rate):
            self.assign_add(variable, 0 * variable + 2.0**-10)

    model.compile(Counts(), "mse")
    ones = np.ones((64, 3), "float32")
    model.predict(ones, verbose=0)
    failures, outputs, done = [], [], threading.Event()

    def act(predict):
        while not done.is_set():
            try:
                outputs.append(predict()[0, 0])
            except Exception as error:
                failures.append(error)
                return

    ways = [
        lambda: model.predict(ones, verbose=0),
        lambda: model.predict(ones, batch_size=16, verbose=0),
        lambda: model.predict_on_batch(ones),
    ]
    actors = [threading.Thread(target=act, args=(way,)) for way in ways]
    for actor in actors:
        actor.start()
    steps = 0
    for verbose, callbacks in ((0, []), (0, [ActsAtBatches()]), (0, [])):
        model.fit(ones, ones, batch_size=16, epochs=20, verbose=verbose, callbacks=callbacks)
        steps += 80
    done.set()
    for actor in actors:
        actor.join()
    assert not failures, failures[0]
    # After k steps kernels are 1 + k/1024, biases k/1024: exact in float32, so is one product.
    possible = []
    for k in range(steps + 1):
        value = np.float64(1)
        for _ in range(4):
            value = 3 * value * (1 + k / 1024) + k / 1024
        possible.append(value)
    seen = np.array(outputs)
    assert len(seen) > 10
    nearest = np.abs(seen[:, None] - np.array(possible)).min(axis=1)
    # Rounding of 4 layers of 4 terms each; two neighbouring steps are a thousandth apart.
    assert np.all(nearest <= 16 * np.spacing(np.float32(seen.max())))


DEBUGGING = """
import sys

import jax
import keras
import numpy as np
from keras import layers

if "keras_edu_backend.backend" in sys.modules:
    from keras_edu_backend.training.fast.many_steps import ManySteps

    ManySteps.loop = None  # a call would be a TypeError

x = np.linspace(-1, 1, 120, dtype="float32").reshape(40, 3)
y = x.sum(axis=1, keepdims=True)
with_nan = y.copy()
with_nan[20] = np.nan


def network():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu"), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


jax.config.update(sys.argv[1], True)
try:
    network().fit(x, with_nan, batch_size=4, shuffle=False, verbose=0)
    print("no error")
except FloatingPointError:
    print("FloatingPointError")
model = network()
model.fit(x, y, batch_size=4, verbose=0)
model.fit(((x[:4], y[:4]) for _ in range(5)), steps_per_epoch=5, verbose=0)
model.predict(x, verbose=0)
"""


# Each in a process of its own. A change of `jax_debug_nans` inside a `with`, which JAX makes itself
# when it evaluates a jaxpr, turns the check off for the rest of the thread.
@pytest.mark.parametrize(
    ("switch", "outcome"),
    [("jax_debug_nans", "FloatingPointError"), ("jax_debug_infs", "no error")],
)
def test_with_a_switch_for_debugging_steps_go_one_by_one(run_python, switch, outcome):
    assert run_python(DEBUGGING, switch, KERAS_BACKEND="edu").lines()[-1] == outcome
    assert run_python(DEBUGGING, switch, KERAS_BACKEND="jax").lines()[-1] == outcome


def test_an_epoch_without_data_reports_what_the_one_before_did():
    model = network()
    with pytest.warns(UserWarning, match="ran out of data"):
        history = model.fit(batches(10), steps_per_epoch=5, epochs=3, verbose=0)
    assert history.epoch == [0, 1, 2]
    assert len(history.history["loss"]) == 3
    assert history.history["loss"][2] == history.history["loss"][1]
    assert int(model.optimizer.iterations) == 10


def test_a_callback_may_fit_the_same_model():
    class Nested(keras.callbacks.Callback):
        busy = False

        def on_epoch_end(self, epoch, logs=None):
            if not self.busy:
                self.busy = True
                self.model.fit(X, Y, shuffle=False, verbose=0)
                self.busy = False

    model = network()
    model.fit(X, Y, epochs=3, shuffle=False, verbose=0, callbacks=[Nested()])
    other = network()
    other.fit(X, Y, epochs=6, shuffle=False, verbose=0)
    assert_same_weights(model, other)
