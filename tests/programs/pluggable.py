"""Keras 3.15 as its branch `pluggable_backend` finds a backend: ``python pluggable.py FILE.npz``.

Where Keras gives up on a backend that is not its own, the branch imports ``keras_<name>.src``
(keras-team/keras#23543). Here a finder puts those imports into the installed Keras's source as it
is loaded, and renames the classes that the branch renames. Then a model is trained; saved are its
history, weights and predictions.
"""

import importlib.machinery
import os
import re
import sys

NAME = os.environ["KERAS_BACKEND"]
FOUND = f"keras_{NAME}.src"
IMPORTS = {
    "keras.src.backend": (
        f"from {FOUND} import *\n    from {FOUND}.ops.core import Variable as BackendVariable"
    ),
    "keras.src.layers.layer": f"from {FOUND}.layer import BackendLayer",
    "keras.src.models.model": f"from {FOUND}.trainer import Trainer",
    "keras.src.optimizers.optimizer": f"from {FOUND}.optimizer import BackendOptimizer",
    "keras.src.export.saved_model": (
        f"from {FOUND}.export import SavedModelExportArchive as BackendSavedModelExportArchive"
    ),
}
# Classes that the branch has renamed: where they are named, and how.
RENAMED = {
    "keras.src.trainers.trainer": ("Trainer", "BaseTrainer"),
    "keras.src.models.model": ("base_trainer.Trainer", "base_trainer.BaseTrainer"),
    "keras.src.export.saved_model_export_archive": (
        "SavedModelExportArchive",
        "BaseSavedModelExportArchive",
    ),
}
# The last branch of the choice between Keras's own backends.
GIVES_UP = re.compile(
    r"^else:\n\s*(raise \w+\((.|\n)*?^ *\S*\)|class \w+\(.*\n +pass)$", re.MULTILINE
)


class Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname):
        text = self.get_data(self.get_filename(fullname)).decode()
        if fullname in IMPORTS:
            text, changed = GIVES_UP.subn(f"else:\n    {IMPORTS[fullname]}", text, count=1)
            assert changed == 1, fullname
        if fullname in RENAMED:
            old, new = RENAMED[fullname]
            assert re.search(rf"\b{old}\b", text), fullname
            text = re.sub(rf"\b{old}\b", new, text)
        return compile(text, self.get_filename(fullname), "exec", dont_inherit=True)


class Finder:
    @staticmethod
    def find_spec(fullname, path=None, target=None):
        if fullname not in IMPORTS | RENAMED:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        spec.loader = Loader(fullname, spec.origin)
        return spec


if "--as-planned" in sys.argv:
    # Without what this project's start-up line left.
    sys.meta_path[:] = [each for each in sys.meta_path if not hasattr(each, "asked_for")]
    sys.meta_path.insert(0, Finder)

import keras  # noqa: E402
import numpy as np  # noqa: E402

keras.utils.set_random_seed(7)
random = np.random.default_rng(7)
x = random.normal(size=(64, 6)).astype("float32")
y = random.integers(0, 3, 64)
model = keras.Sequential(
    [
        keras.Input((6,)),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dropout(0.3),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, batch_size=16, epochs=3, verbose=0)
found = {f"history {name}": np.asarray(values) for name, values in history.history.items()}
found |= {f"weight {number}": w for number, w in enumerate(model.get_weights())}
found["predictions"] = model.predict(x, verbose=0)
found["sum of squares"] = np.asarray(keras.ops.sum(keras.ops.square(x)))
np.savez(sys.argv[1], **found)
files = [str(getattr(module, "__file__", "")) for module in list(sys.modules.values())]
print(keras.backend.backend())
print(*(file for file in files if os.path.join("keras", "src", "backend", "jax") in file))
