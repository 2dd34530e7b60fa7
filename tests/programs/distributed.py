"""Train over several devices, or as one of several processes, and save what came out.

Arguments: the file to write, the kind of distribution (``data``, ``model`` or ``processes``), and
for processes the coordinator's address, how many there are, and which of them this one is.
"""

import sys

import numpy as np

file, kind, *place = sys.argv[1:]

import keras  # noqa: E402
from keras import layers  # noqa: E402

if kind == "processes":
    address, count, number = place
    keras.distribution.initialize(address, int(count), int(number))
devices = keras.distribution.list_devices()
keras.utils.set_random_seed(5)
if kind == "model":
    mesh = keras.distribution.DeviceMesh((2, len(devices) // 2), ("batch", "model"), devices)
    layout = keras.distribution.LayoutMap(mesh)
    layout[".*hidden/kernel"] = (None, "model")
    layout[".*hidden/bias"] = ("model",)
    distribution = keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")
else:
    # Each process has read its own part of the rows: see below.
    distribution = keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False)
keras.distribution.set_distribution(distribution)

model = keras.Sequential(
    [
        keras.Input((6,)),
        layers.Dense(8, "tanh", name="hidden"),
        layers.Dropout(0.25),
        layers.Dense(3, "softmax", name="output"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
random = np.random.default_rng(0)
x = random.normal(size=(72, 6)).astype("float32")
y = random.integers(0, 3, 72)
if kind == "processes":
    own = slice(int(number), None, int(count))
    x, y = x[own], y[own]

calls = []
if "keras_edu_backend" in sys.modules:
    from keras_edu_backend.training.way import Steps

    loop = Steps.loop

    def counted(function, *arguments, first, stop, **options):
        calls.append(stop - first)
        return loop(function, *arguments, first=first, stop=stop, **options)

    Steps.loop = counted


def batches():
    while True:
        for start in range(0, 64, 16):
            yield x[start : start + 16], y[start : start + 16]


# The last batch has half of the rows.
history = model.fit(x, y, batch_size=16, epochs=3, verbose=0).history
if kind != "processes":
    streamed = model.fit(batches(), steps_per_epoch=4, epochs=2, verbose=0).history
    history = {name: values + streamed[name] for name, values in history.items()}
    predicted = {"predicted": model.predict(x, batch_size=16, verbose=0)}
else:
    predicted = {}

    class Told(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    # One process alone may look at batches, as those that write logs do.
    chief = [Told()] if number == "0" else []
    more = model.fit(x, y, batch_size=16, epochs=2, verbose=0, callbacks=chief).history
    history = {name: values + more[name] for name, values in history.items()}
scores = model.evaluate(x, y, batch_size=16, verbose=0)
weights = {weight.path: np.asarray(weight.value) for weight in model.weights}
kernel = model.get_layer("hidden").kernel.value
np.savez(
    file,
    scores=scores,
    calls=calls,
    **predicted,
    shards=[str(kernel.sharding.spec), str(len(kernel.sharding.device_set))],
    **{f"history {name}": values for name, values in history.items()},
    **{f"weight {path}": value for path, value in weights.items()},
)
