"""Load files that were cut off or tampered with, and print which error each one raised."""

import json
import shutil
import sys
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np

folder = sys.argv[1]
whole = Path(folder, "model.keras").read_bytes()
weights = Path(folder, "model.weights.h5").read_bytes()
x = np.load(f"{folder}/data.npz")["x"]


def cut(content, share, name):
    with open(name, "wb") as file:
        file.write(content[: int(len(content) * share)])
    return name


def with_config(change):
    """The archive again, with `change` made to the text of its config.json."""
    with zipfile.ZipFile(f"{folder}/model.keras") as old, zipfile.ZipFile("t.keras", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name == "config.json" else content)
    return "t.keras"


def without(member):
    with zipfile.ZipFile(f"{folder}/model.keras") as old, zipfile.ZipFile("t.keras", "w") as new:
        for name in old.namelist():
            if name != member:
                new.writestr(name, old.read(name))
    return "t.keras"


def flipped():
    """One bit of the compressed or stored weights is another."""
    content = bytearray(whole)
    with zipfile.ZipFile(f"{folder}/model.keras") as archive:
        info = archive.getinfo("model.weights.h5")
    content[info.header_offset + info.compress_size // 2] ^= 1
    with open("f.keras", "wb") as file:
        file.write(content)
    return "f.keras"


def another_shape():
    shutil.copy(f"{folder}/model.weights.h5", "s.weights.h5")
    with h5py.File("s.weights.h5", "r+") as file:
        path = "layers/dense/vars/0"
        del file[path]
        file[path] = np.zeros((5, 16), "float32")
    return "s.weights.h5"


load = keras.saving.load_model
model = load(f"{folder}/model.keras")
before = model.predict(x, verbose=0)
cases = {
    "cut at 10 %": lambda: load(cut(whole, 0.1, "c.keras")),
    "cut at 50 %": lambda: load(cut(whole, 0.5, "c.keras")),
    "cut at 99 %": lambda: load(cut(whole, 0.99, "c.keras")),
    "empty": lambda: load(cut(whole, 0, "c.keras")),
    "missing": lambda: load("no_such_file.keras"),
    "config is not JSON": lambda: load(with_config(lambda text: text[: len(text) // 2])),
    "unknown layer": lambda: load(with_config(lambda text: text.replace(b"Dense", b"Dence"))),
    "unknown activation": lambda: load(with_config(lambda text: text.replace(b"relu", b"rellu"))),
    "other units": lambda: load(with_config(lambda text: text.replace(b": 16", b": 17"))),
    "no weights": lambda: load(without("model.weights.h5")),
    "a bit flipped": lambda: load(flipped()),
    "weights cut": lambda: model.load_weights(cut(weights, 0.5, "c.weights.h5")),
    # What could not be read has changed nothing in the model that was there.
    "the model afterwards": lambda: np.array_equal(before, model.predict(x, verbose=0)),
    "weights of another shape": lambda: model.load_weights(another_shape()),
}
for name, case in cases.items():
    try:
        print(json.dumps([name, "no error", str(case())]))
    except Exception as error:
        print(json.dumps([name, type(error).__name__, str(error)]))
