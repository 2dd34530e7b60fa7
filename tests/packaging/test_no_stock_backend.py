"""No file of Keras's own JAX backend is opened, let alone imported, by a whole training run."""

PROGRAM = """
import sys

opened = []
sys.addaudithook(lambda event, details: event == "open" and opened.append(str(details[0])))

import keras
import numpy as np

keras.utils.set_random_seed(0)
model = keras.Sequential(
    [
        keras.Input((4,)),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
x = np.random.normal(size=(64, 4)).astype("float32")
y = np.eye(3)[np.random.randint(3, size=64)]
model.fit(x, y, epochs=2, validation_split=0.25, verbose=0)
model.evaluate(x, y, verbose=0)
model.predict(x, verbose=0)
model.train_on_batch(x, y)
model.save("model.keras")
keras.saving.load_model("model.keras")

stock = "keras/src/backend/jax"
files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
origins = [str(getattr(spec, "origin", "")) for spec in specs]
print([path for path in files + origins + opened if stock in path.replace("\\\\", "/")])
print(len([path for path in opened if "keras_edu_backend" in path]) > 10)
"""


def test_a_whole_training_run_opens_no_file_of_the_stock_jax_backend(installed, run_python):
    ended = run_python(PROGRAM, python=installed, KERAS_BACKEND="edu")
    stock, ours_was_read = ended.lines()
    assert stock == "[]"
    # The hook sees what is opened: our own files are among it.
    assert ours_was_read == "True"


def test_the_check_itself_finds_the_stock_backend_where_it_is_used(installed, run_python):
    stock, ours_was_read = run_python(PROGRAM, python=installed, KERAS_BACKEND="jax").lines()
    assert "keras/src/backend/jax/core.py" in stock.replace("\\\\", "/")
    assert ours_was_read == "False"
