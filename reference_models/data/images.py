"""Images of 28 x 28 grey pixels in ten classes: MNIST's digits, Fashion-MNIST's clothes.

They are read only where they already lie in Keras's download cache. Elsewhere scikit-learn's
1797 digits of 8 x 8 pixels, resampled to 28 x 28, stand in, and `Data.notice` says so.

Source: document 4, "Data Preparation"; document 5, "Understanding the data"; document 3.
"""

import functools
import gzip
import os
import pathlib

import jax
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

STAND_IN = (
    "{name} is not in the Keras cache: scikit-learn's 1797 digits, resampled from 8x8 to 28x28, "
    "stand in. Accuracies on them are not accuracies on {name}."
)


def load(name: str):
    """Pixels from 0 to 1 and class numbers, to train and to test.

    Args:
        name: "MNIST" or "Fashion-MNIST".
    Returns:
        (x_train, y_train), (x_test, y_test) and a notice, None where the data is what it is
        called. Pixels have shape (images, 28, 28).
    Raises:
        OSError: a file lies in the cache but cannot be read.
        ValueError: a file lies in the cache but holds something else.
    Source: document 4, "Data Preparation" (scaled by 1 / 255).
    """
    read = {"MNIST": _cached_mnist, "Fashion-MNIST": _cached_fashion_mnist}[name]
    found = read(_keras_cache())
    if found is None:
        return *_digits(), STAND_IN.format(name=name)
    (x_train, y_train), (x_test, y_test) = found
    train = (x_train.astype("float32") / 255, y_train.astype("int32"))
    test = (x_test.astype("float32") / 255, y_test.astype("int32"))
    return train, test, None


def _keras_cache():
    home = os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras"
    return pathlib.Path(home) / "datasets"


def _cached_mnist(cache):
    path = cache / "mnist.npz"
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as file:
        return (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])


def _cached_fashion_mnist(cache):
    folder = cache / "fashion-mnist"
    files = [
        folder / f"{part}-{kind}-ubyte.gz"
        for part in ("train", "t10k")
        for kind in ("images-idx3", "labels-idx1")
    ]
    if not all(file.is_file() for file in files):
        return None
    x_train, y_train, x_test, y_test = map(_read_idx, files)
    return (x_train, y_train), (x_test, y_test)


def _read_idx(path):
    """An IDX file: two zero bytes, the type (8: bytes), the rank, the sizes, then the bytes."""
    content = gzip.decompress(path.read_bytes())
    if content[:3] != b"\0\0\x08":
        raise ValueError(f"{path} is not an IDX file of bytes; delete it from the Keras cache.")
    rank = content[3]
    sizes = np.frombuffer(content, ">u4", count=rank, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(sizes)


@functools.cache
def _digits():
    pixels, classes = load_digits(return_X_y=True)
    small = pixels.reshape(-1, 8, 8) / 16
    images = np.asarray(jax.image.resize(small, (len(small), 28, 28), "linear"))
    x_train, x_test, y_train, y_test = train_test_split(
        images.clip(0, 1).astype("float32"),
        classes.astype("int32"),
        test_size=1 / 7,
        stratify=classes,
        random_state=0,
    )
    return (x_train, y_train), (x_test, y_test)
