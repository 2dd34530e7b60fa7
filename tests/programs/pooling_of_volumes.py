"""Pool volumes with TensorFlow's kernels and as `compare.volumes` writes them out, ties included.

python pooling_of_volumes.py FILE.npz: values and slopes, as "NAME, kernel" and "NAME, written out".
"""

import itertools
import sys
from unittest import mock

import numpy as np
import tensorflow as tf
from keras import layers

from keras_edu_backend.compare.volumes import pooling

written_out = pooling(lambda x, maxima: True, first=False)
halves = np.round(2 * np.random.default_rng(0).normal(size=(2, 5, 4, 3, 2))) / 2
saved = {}


def pool(name, layer):
    x = tf.constant(halves, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
        loss = tf.reduce_sum(y * tf.reshape(tf.sin(tf.range(tf.size(y), dtype=y.dtype)), y.shape))
    saved[name] = np.concatenate([y.numpy().ravel(), tape.gradient(loss, x).numpy().ravel()])


def pool_both_ways(name, layer):
    pool(f"{name}, kernel", layer)
    with mock.patch.multiple(tf.nn, **written_out):
        pool(f"{name}, written out", layer)


for kind in ("Max", "Average"):
    for size, stride, padding in itertools.product((2, 3), (1, 2, 3), ("same", "valid")):
        layer = getattr(layers, f"{kind}Pooling3D")(size, stride, padding)
        pool_both_ways(f"{kind} {size} {stride} {padding}", layer)
    pool_both_ways(f"adaptive {kind}", getattr(layers, f"Adaptive{kind}Pooling3D")((2, 3, 2)))
np.savez(sys.argv[1], **saved)
