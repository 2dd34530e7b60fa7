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


def image(x):
    return ops.reshape(x[:6], (1, 4, 3, 3))


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
    "convolves back": lambda x: ops.conv_transpose(x[None], ops.reshape(x[:2], (1, 2, 6)), 2),
    "convolves in two": lambda x: ops.separable_conv(
        x[None], ops.reshape(x[:2], (1, 6, 2)), ops.reshape(x[:2], (1, 12, 1))
    ),
    "pools maxima": lambda x: ops.max_pool(x[None], 2, 1),
    "pools adaptively": lambda x: ops.adaptive_average_pool(x[None], 3),
    "normalizes by squares": lambda x: ops.rms_normalization(x, scale=x[0]),
    "normalizes to length 1": lambda x: ops.normalize(x, order=3),
    "gates": lambda x: ops.glu(x, axis=1),
    "takes a norm": lambda x: ops.norm(x, ord=3, axis=1),
    "quantiles": lambda x: ops.quantile(x, [0.1, 0.6], axis=0),
    "variance by column": lambda x: ops.var(x, axis=0),
    "deviation by column": lambda x: ops.std(x, axis=0),
    "log of sums by row": lambda x: ops.logsumexp(x, axis=1),
    "averages": lambda x, y: ops.average(x, axis=1, weights=abs(y)),
    "einsum": lambda x, y: ops.einsum("ij,kj->ik", x, y),
    "peak signal to noise": lambda x, y: ops.psnr(x, y, 1.0),
    "short-time Fourier": lambda x: ops.stft(ops.reshape(x, (42,)), 12, 5, 16, "hamming"),
    "and back": lambda x: ops.istft(ops.stft(ops.reshape(x, (42,)), 16, 8, 16), 16, 8, 16),
    "resizes": lambda x: ops.image.resize(x[None, :, :, None], (4, 4)),
    "resizes by cubics": lambda x: ops.image.resize(image(x), (5, 7), interpolation="bicubic"),
    "to hue": lambda x: ops.image.rgb_to_hsv(image(x)),
    "from hue": lambda x: ops.image.hsv_to_rgb(image(x)),
    "to grey": lambda x: ops.image.rgb_to_grayscale(image(x)),
    "blurs": lambda x: ops.image.gaussian_blur(image(x), data_format="channels_last"),
    "finds edges": lambda x: ops.image.sobel_edges(image(x)),
    "cuts patches": lambda x: ops.image.extract_patches(image(x), (2, 2), (1, 1)),
    "looks up": lambda x, y: ops.image.map_coordinates(x, 3 * ops.stack([y, x]), 1, "reflect"),
    "scales": lambda x: ops.image.scale_and_translate(
        x, (5, 4), np.float32([0.7, 0.6]), np.float32([0.2, 0.1]), (0, 1), "cubic"
    ),
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
