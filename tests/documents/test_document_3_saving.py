"""Document 3, "Saving and Restoring models": the part that `tests/saving` leaves open.

A "dynamic model" keeps its layers in `call`; the document saves its weights alone.
"""

import json

import pytest

PROGRAM = """
    import json
    import sys

    import keras
    import numpy as np

    class WideAndDeepModel(keras.models.Model):
        def __init__(self, units=30, activation="relu", **kwargs):
            super().__init__(**kwargs)
            self.hidden1 = keras.layers.Dense(units, activation=activation)
            self.hidden2 = keras.layers.Dense(units, activation=activation)
            self.main_output = keras.layers.Dense(1)
            self.aux_output = keras.layers.Dense(1)

        def call(self, inputs):
            input_A, input_B = inputs
            hidden1 = self.hidden1(input_B)
            hidden2 = self.hidden2(hidden1)
            concat = keras.layers.concatenate([input_A, hidden2])
            main_output = self.main_output(concat)
            aux_output = self.aux_output(hidden2)
            return main_output, aux_output

    random = np.random.default_rng(0)
    x = [random.normal(size=(40, n)).astype("float32") for n in (5, 6)]
    y = [random.normal(size=(40, 1)).astype("float32") for _ in range(2)]
    keras.utils.set_random_seed(int(sys.argv[3]))
    model = WideAndDeepModel(30, activation="relu")
    model.compile(loss=["mse", "mse"], loss_weights=[0.9, 0.1], optimizer="sgd")
    if sys.argv[1] == "save":
        model.fit(x, y, epochs=2, verbose=0)
        model.save_weights(sys.argv[2])
    else:
        model.predict(x, verbose=0)
        model.load_weights(sys.argv[2])
    print(json.dumps([np.ravel(part).tolist() for part in model.predict(x, verbose=0)]))
"""


def test_weights_of_a_subclassed_model_saved_on_stock_keras_load_on_edu(
    installed, run_python, tmp_path
):
    def predictions(backend, *arguments):
        ended = run_python(PROGRAM, *arguments, python=installed, KERAS_BACKEND=backend)
        return json.loads(ended.lines()[-1])

    file = tmp_path / "my_keras_weights.weights.h5"
    saved = predictions("jax", "save", file, 1)
    # Another seed: without its weights from the file, the model would predict something else.
    loaded = predictions("edu", "load", file, 2)
    for one, other in zip(saved, loaded, strict=True):
        # One forward pass in float32, compiled by two processes: a few units in the last place.
        assert other == pytest.approx(one, rel=1e-6, abs=1e-6)
