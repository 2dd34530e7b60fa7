"""Models after reports to Keras that two backends disagree: targets for ``keras-edu compare``.

docs/reported.md has the commands, and what came out.
"""

import keras
import numpy as np
from keras import layers, ops


def conv2d():
    """keras-team/keras#20804, smaller: the sum of a dilated convolution of many channels."""
    inputs = keras.Input((32, 32, 256))
    x = layers.Conv2D(32, (4, 7), padding="same", dilation_rate=(3, 2), name="conv")(inputs)
    sums = ops.sum(x, axis=(1, 2, 3))
    model = keras.Model(inputs, [x, sums])
    return model, np.random.default_rng(0).random((1, 32, 32, 256), "float32")


def digits_convnet():
    """keras-team/keras#20713, on the digits of scikit-learn: does PyTorch train worse?"""
    from sklearn.datasets import load_digits

    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(32, 3, activation="relu", name="conv_1"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu", name="conv_2"),
            layers.Flatten(),
            layers.Dense(64, activation="relu", name="dense_1"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax", name="dense_2"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = load_digits(return_X_y=True)
    return model, (x[:64].reshape(-1, 8, 8, 1) / 16).astype("float32"), y[:64].astype("int32")


def flatten_channels_first():
    """keras-team/keras#22695: gradients behind Conv1D and Flatten(data_format="channels_first")."""
    model = keras.Sequential(
        [
            keras.Input((32, 16)),
            layers.Conv1D(24, 3, activation="relu", name="conv"),
            layers.Flatten(data_format="channels_first", name="flatten"),
            layers.Dense(64, name="dense"),
            layers.Dense(1, name="last"),
        ]
    )
    model.compile("sgd", "mse")
    random = np.random.default_rng(0)
    x = 10 * random.normal(size=(16, 32, 16)).astype("float32")
    return model, x, 100 * random.normal(size=(16, 1)).astype("float32")


def recurrent_graph():
    """keras-team/keras#22697: a spatial path into a unit that is fed back a hundred times."""
    inputs = keras.Input((16, 16, 3))
    spatial = layers.Conv2D(8, 3, activation="relu", name="spatial")(inputs)
    drive = layers.Dense(64, name="drive")(layers.Flatten()(spatial))
    again = layers.Dense(64, use_bias=False, kernel_initializer="orthogonal", name="again")
    x = ops.tanh(drive)
    for _ in range(100):
        x = ops.tanh(1.5 * again(x) + drive)
    model = keras.Model(inputs, layers.Dense(1, name="last")(x))
    model.compile("sgd", "mse")
    random = np.random.default_rng(0)
    x = random.normal(size=(8, 16, 16, 3)).astype("float32")
    return model, x, 1000 * random.normal(size=(8, 1)).astype("float32")
