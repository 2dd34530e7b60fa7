"""What is there only for speed can be deleted: `training/fast`, each file of `startup`."""

import ast
import shutil

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.long

PROGRAM = """
import sys

sys.path.insert(0, sys.argv[1])
import keras_edu_backend

keras_edu_backend.activate()
import keras
import numpy as np
from keras import layers

print(keras_edu_backend.__file__.startswith(sys.argv[1]))
print("keras_edu_backend.training.fast.many_steps" in sys.modules)

x = np.linspace(-1, 1, 400, dtype="float32").reshape(100, 4) ** 3
y = x.sum(axis=1, keepdims=True)


class Told(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        seen.append((batch, float(logs["loss"])))

    def on_epoch_end(self, epoch, logs=None):
        seen.append(float(np.sum(self.model.get_weights()[0])))


class OwnStep(keras.Model):
    def train_step(self, state, data):
        logs, state = super().train_step(state, data)
        return {**logs, "twice": 2 * logs["loss"]}, state


def network(**options):
    keras.utils.set_random_seed(1)
    inputs = keras.Input((4,))
    hidden = layers.Dropout(0.25)(layers.Dense(8, "relu")(inputs))
    model = options.pop("kind", keras.Model)(inputs, layers.Dense(1)(hidden))
    model.compile("adam", "mse", metrics=["mae"], **options)
    return model


def show(*values):
    print([np.round(np.ravel(value), 9).tolist() for value in values])


def fit(model, *data, **options):
    history = model.fit(*data, verbose=0, epochs=3, **options)
    show(*[history.history[name] for name in sorted(history.history)])
    show(model.evaluate(x, y, verbose=0), model.predict(x, batch_size=16, verbose=0))


def batches():
    while True:
        for start in range(0, 96, 16):
            yield x[start : start + 16], y[start : start + 16]


seen = []
fit(network(), x, y, batch_size=16, validation_split=0.3)
fit(network(), x, y, batch_size=16, callbacks=[Told()], shuffle=False)
show(*seen)
fit(network(), batches(), steps_per_epoch=6)
fit(network(kind=OwnStep), x, y, batch_size=16)
fit(network(steps_per_execution=3), x, y, batch_size=16, validation_data=(x, y))
"""

STARTED = """
import sys

sys.path.insert(0, sys.argv[1])
import keras_edu_backend

keras_edu_backend.activate()
import keras
import numpy as np
from keras import layers, random

print(keras_edu_backend.__file__.startswith(sys.argv[1]))

keras.utils.set_random_seed(1)
x = np.linspace(-1, 1, 400, dtype="float32").reshape(100, 4) ** 3
model = keras.Sequential([layers.Dense(8, "relu"), layers.Dropout(0.25), layers.Dense(1)])
model.compile("adam", "mse")
model.fit(x, x.sum(axis=1), epochs=2, verbose=0)
for draw in (random.normal, random.uniform, random.truncated_normal):
    print(np.asarray(draw((3, 7), -1.0, 0.5, seed=2)).tobytes().hex())
print(*[weight.tobytes().hex() for weight in model.get_weights()])
loaded = (name.rpartition(".") for name in sys.modules)
print(*sorted(name for package, _, name in loaded if package == "keras_edu_backend.startup"))
"""


def numbers_of(lines):
    return [number for line in lines for part in ast.literal_eval(line) for number in part]


def copy_of_the_package(folder):
    shutil.copytree(
        ROOT / "keras_edu_backend",
        folder / "keras_edu_backend",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return folder


def test_the_fast_way_can_be_deleted(run_python, tmp_path):
    folder = copy_of_the_package(tmp_path / "copy")
    copied, with_fast, *intact = run_python(PROGRAM, folder).lines()
    assert (copied, with_fast) == ("True", "True")
    shutil.rmtree(folder / "keras_edu_backend" / "training" / "fast")
    copied, with_fast, *bare = run_python(PROGRAM, folder).lines()
    assert (copied, with_fast) == ("True", "False")
    assert len(bare) == len(intact) > 10
    # A loop and a single step are two XLA programs, which may round differently where they fuse
    # operations. The project's bound for the losses of a training run, as in test_many_steps; a
    # prediction near zero is a sum of terms of about a tenth, to which the same bound applies.
    assert numbers_of(bare) == pytest.approx(numbers_of(intact), rel=1e-5, abs=1e-6)


def test_the_start_up_files_can_be_deleted_and_change_no_number(run_python, tmp_path):
    folder = copy_of_the_package(tmp_path / "copy")
    startup = folder / "keras_edu_backend" / "startup"
    files = sorted(path.stem for path in startup.glob("*.py") if path.stem != "__init__")
    copied, *intact, used = run_python(STARTED, folder).lines()
    assert copied == "True" and used.split() == files and len(intact) == 4
    # Half of them at a time: each is missed while the others of its kind are there.
    for away in (files[: len(files) // 2], files[len(files) // 2 :]):
        for name in away:
            (startup / f"{name}.py").rename(startup / f"{name}.away")
        copied, *bare, used = run_python(STARTED, folder).lines()
        assert copied == "True" and used.split() == sorted({*files}.difference(away))
        assert bare == intact
        for name in away:
            (startup / f"{name}.away").rename(startup / f"{name}.py")
