"""Calls every op of Keras eagerly that takes one array or two, in each precision.

python eager_ops.py FILE.npz
"""

import sys

import keras
import numpy as np
from keras import ops

random = np.random.default_rng(0)
ARRAYS = {
    "any": 2 * random.normal(size=(7, 6)),
    "others": random.normal(size=(7, 6)),
    "shares": random.uniform(0.01, 0.99, size=(7, 6)),
}


def logits(function):
    return lambda target, output: function(target, output, from_logits=True)


CALLS = {
    **{name: getattr(ops, name) for name in dir(ops) if callable(getattr(ops, name))},
    "exact gelu": lambda x: ops.gelu(x, approximate=False),
    "softmax over all": lambda x: ops.softmax(x, None),
    "softmax over rows": lambda x: ops.softmax(x, 0),
    "binary crossentropy of logits": logits(ops.binary_crossentropy),
    "categorical crossentropy of logits": logits(ops.categorical_crossentropy),
    "crossentropy of classes": lambda x: ops.sparse_categorical_crossentropy(np.arange(7) % 6, x),
    "moments": lambda x: ops.moments(x, [0]),
    "normalizes by layer": lambda x: ops.layer_normalization(x, gamma=x[0], beta=x[1]),
    "normalizes by batch": lambda x: ops.batch_normalization(x, x[0], abs(x[1]), 1, x[2], x[3]),
    "attends": lambda x: ops.dot_product_attention(*[ops.reshape(x[:6], (1, 6, 2, 3))] * 3),
    "convolves": lambda x: ops.conv(x[None], ops.reshape(x[:2], (1, 6, 2))),
    "convolves by channel": lambda x: ops.depthwise_conv(x[None], ops.reshape(x[:2], (1, 6, 2))),
    "pools": lambda x: ops.average_pool(x[None], 2, 1),
    "resizes": lambda x: ops.image.resize(x[None, :, :, None], (4, 4)),
}
found = {}
for dtype in ("float32", "bfloat16", "float16"):
    arrays = {name: ops.convert_to_tensor(each, dtype=dtype) for name, each in ARRAYS.items()}
    for name, call in CALLS.items():
        for given in (["any"], ["shares"], ["any", "others"]):
            try:
                result = keras.tree.flatten(call(*[arrays[each] for each in given]))
                saved = [np.asarray(ops.convert_to_numpy(each)) for each in result]
            except Exception:
                continue  # takes something else; that both sides do is what the keys say
            for place, array in enumerate(saved):
                if array.dtype.kind in "fc" or array.dtype.name == "bfloat16":
                    wide = np.complex128 if array.dtype.kind == "c" else np.float64
                    found[f"{name}({', '.join(given)}), {dtype}, {place}"] = array.astype(wide)
np.savez(sys.argv[1], **found)
