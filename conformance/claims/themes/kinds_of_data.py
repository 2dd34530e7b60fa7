"""What `fit` takes."""

import numpy as np
from sklearn.datasets import load_iris

from conformance.claims.claim import Claim
from conformance.claims.keras_models import dense, fitted
from conformance.claims.pictures import curves

EPOCHS = 10


def kinds_of_data(columns=(0, 1, 2, 3)):
    """Document 2's network on iris, given as arrays, tensors, a DataFrame and a PyDataset.

    Args:
        columns: the order of the DataFrame's columns.

    Returns:
        The loss of every epoch, by kind of data.
    """
    import keras
    import pandas as pd

    x, y = load_iris(return_X_y=True)
    x, y = x.astype("float32"), y.astype("int32")
    kinds = {
        "NumPy arrays": (x, y),
        "tensors": (keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(y)),
        "a DataFrame and a Series": (pd.DataFrame(x)[list(columns)], pd.Series(y)),
        "a PyDataset": (_batches(x, y), None),
    }
    found = {}
    for name, (inputs, labels) in kinds.items():
        keras.utils.set_random_seed(0)
        model = dense(4, (128, "relu"), (3, "softmax"))
        loss, rate = "sparse_categorical_crossentropy", keras.optimizers.Adam(0.01)
        history = fitted(model, inputs, labels, loss, rate, EPOCHS, shuffle=False)
        found[name] = history["loss"]
    return found


def _batches(x, y):
    """The same batches as `fit` cuts from arrays."""
    import keras

    class Batches(keras.utils.PyDataset):
        """Thirty-two rows at a time."""

        def __len__(self):
            return -(-len(x) // 32)

        def __getitem__(self, number):
            rows = slice(32 * number, 32 * number + 32)
            return x[rows], y[rows]

    return Batches()


def _same(numbers):
    first, *others = numbers.items()
    return {
        f"from {name} the same losses as from NumPy arrays, to the last bit": np.array_equal(
            losses, first[1]
        )
        for name, losses in others
    } | {"and the loss falls": first[1][-1] < first[1][0]}


def _draw(numbers):
    return curves("Iris, 128-3, given in four ways", "epoch", "loss", numbers)


CLAIMS = (
    Claim(
        name="kinds_of_data",
        document=2,
        section="Step 4: Train the model",
        says="Inputs may be arrays, tensors, DataFrames, and others.",
        measure=kinds_of_data,
        holds=_same,
        draw=_draw,
        otherwise={"columns": (3, 1, 2, 0)},
    ),
)
