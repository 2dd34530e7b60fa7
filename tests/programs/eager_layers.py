"""Calls layers eagerly, with given weights, on inputs of three widths, and saves the outputs."""

import sys

import keras
import numpy as np

LAYERS = {
    "LayerNormalization": {},
    "BatchNormalization": {},
    "RMSNormalization": {},
    "UnitNormalization": {},
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 3},
    "GroupQueryAttention": {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 1},
    "GRU": {"units": 4},
    "LSTM": {"units": 4},
}
random = np.random.default_rng(0)
found = {}
for width in (3, 6, 7):
    x = (3 * random.normal(size=(12, 6, width))).astype("float32")
    for name, options in LAYERS.items():
        layer = getattr(keras.layers, name)(**options)
        given = (x, x) if "Attention" in name else (x,)
        layer(*given)
        drawn = np.random.default_rng(1)
        layer.set_weights(
            [np.abs(drawn.normal(size=w.shape)).astype("float32") for w in layer.get_weights()]
        )
        found[f"{name}, {width}"] = keras.ops.convert_to_numpy(layer(*given))
np.savez(sys.argv[1], **found)
