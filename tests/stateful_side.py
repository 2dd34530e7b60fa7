"""One side of `test_stateful`: a model in a worker process, and what can be done to it.

Every function changes or asks the model, and returns arrays that both sides must agree on.
"""

import contextlib
import copy
import os
import pickle
import sys
import threading
from pathlib import Path

import keras
import numpy as np

LAYERS = ("hidden", "norm", "scores")
held: dict = {}


class Stop(Exception):
    pass


class Stopping(keras.callbacks.Callback):
    """Raises after a number of batches."""

    def __init__(self, batches):
        super().__init__()
        self.left = batches

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left <= 0:
            raise Stop


def start(seed):
    """A new model, drawn and compiled; in float64, so that rounding stays far below any fault."""
    keras.backend.clear_session()
    keras.config.set_floatx("float64")
    keras.utils.set_random_seed(seed)
    held["model"] = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(7, activation="tanh", name="hidden"),
            keras.layers.Dropout(0.3, seed=seed),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dense(3, activation="softmax", name="scores"),
        ]
    )
    return compile_anew("sgd")


def compile_anew(optimizer):
    held["model"].compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return state()


def state():
    """Every number that the model and its optimizer hold."""
    model = held["model"]
    variables = [*model.weights, *model.optimizer.variables]
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def fit(rows, batch, epochs, shuffle, held_out, seed):
    keras.utils.set_random_seed(seed)  # of the shuffle
    x, y = data(rows)
    history = held["model"].fit(
        x,
        y,
        batch_size=batch,
        epochs=epochs,
        shuffle=shuffle,
        validation_split=held_out,
        verbose=0,
    )
    return [np.array(values) for _, values in sorted(history.history.items())] + state()


def fit_from_a_generator(rows, batch, steps):
    x, y = data(rows)

    def batches():
        for start in range(0, rows, batch):
            yield x[start : start + batch], y[start : start + batch]

    history = held["model"].fit(batches(), steps_per_epoch=steps, epochs=1, verbose=0)
    return [np.array(values) for _, values in sorted(history.history.items())] + state()


def fit_while_a_thread_predicts(rows, batch):
    """On stock, predicting while training is an error; there nobody predicts."""
    ended, raised = threading.Event(), []

    def predict():
        try:
            while not ended.is_set():
                held["model"].predict(data(4)[0], verbose=0)
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=predict)
    if "keras_edu_backend.backend" in sys.modules:
        thread.start()
    try:
        return fit(rows, batch, 1, False, 0.0, 0)
    finally:
        ended.set()
        if thread.ident is not None:
            thread.join()
        assert not raised, raised


def fit_and_stop(rows, batch, after):
    x, y = data(rows)
    with contextlib.suppress(Stop):
        callback = Stopping(after)
        held["model"].fit(x, y, batch_size=batch, shuffle=False, verbose=0, callbacks=[callback])
    return state()


def train_on_batch(rows):
    held["model"].reset_metrics()
    logs = held["model"].train_on_batch(*data(rows), return_dict=True)
    return [np.array(float(value)) for _, value in sorted(logs.items())] + state()


def evaluate(rows, batch):
    found = held["model"].evaluate(*data(rows), batch_size=batch, verbose=0, return_dict=True)
    return [np.array(value) for _, value in sorted(found.items())]


def predict(rows, batch):
    return [held["model"].predict(data(rows)[0], batch_size=batch, verbose=0)]


def assign(number, factor):
    weights = held["model"].weights
    weight = weights[number % len(weights)]
    if keras.backend.is_float_dtype(weight.dtype):
        weight.assign(weight * factor)
    return state()


def set_trainable(layer, value):
    held["model"].get_layer(LAYERS[layer]).trainable = value
    return compile_anew("adam")


def save_and_load(folder):
    path = Path(folder) / f"{os.getpid()}.keras"
    held["model"].save(path)
    held["model"] = keras.models.load_model(path)
    path.unlink()
    return state()


def clone():
    model = keras.models.clone_model(held["model"])
    model.set_weights(held["model"].get_weights())
    held["model"] = model
    return compile_anew("rmsprop")


def copy_variables():
    """Copies are as they were, whatever becomes of the model."""
    variables = held["model"].weights
    copies = [copy.deepcopy(variable) for variable in variables]
    pickled = [pickle.loads(pickle.dumps(np.array(variable))) for variable in variables]
    train_on_batch(6)
    return [np.array(keras.ops.convert_to_numpy(each)) for each in copies] + pickled + state()


def data(rows):
    random = np.random.default_rng(rows)
    return random.normal(size=(rows, 5)), random.integers(0, 3, rows)
