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
x = random.normal(size=(64, 6)).astype("float32")
y = random.integers(0, 3, 64)
if kind == "processes":
    own = slice(int(number), None, int(count))
    x, y = x[own], y[own]
history = model.fit(x, y, batch_size=16, epochs=3, shuffle=False, verbose=0).history
scores = model.evaluate(x, y, batch_size=16, verbose=0)
weights = {weight.path: np.asarray(weight.value) for weight in model.weights}
kernel = model.get_layer("hidden").kernel.value
np.savez(
    file,
    scores=scores,
    shards=[str(kernel.sharding.spec), str(len(kernel.sharding.device_set))],
    **{f"history {name}": values for name, values in history.items()},
    **{f"weight {path}": value for path, value in weights.items()},
)
