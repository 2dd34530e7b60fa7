"""Gradients of arrays that an op and other things use: sums whose last bit shows their order."""

import functools
import sys
import zlib

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras import losses, ops

LABELS = np.array([3, 0, 7, 1, 1, 5])
TARGETS = np.eye(8, dtype="float32")[LABELS]

NAMES = ["silu", "hard_silu", "gelu", "selu", "elu", "softsign", "squareplus", "softplus"]
NAMES += ["log_sigmoid", "mish", "tanh_shrink", "softmax", "log_softmax", "sparsemax"]
NAMES += ["logsumexp", "normalize", "std", "var", "relu", "relu6", "leaky_relu", "hard_tanh"]
NAMES += ["hard_sigmoid", "celu", "sparse_plus", "glu", "sigmoid", "tanh", "hard_shrink"]
NAMES += ["soft_shrink", "threshold", "sparse_sigmoid", "square", "absolute", "log1p", "sqrt"]
FORMULAS = {name: getattr(ops, name, None) or getattr(keras.activations, name) for name in NAMES}
FORMULAS["threshold"] = functools.partial(ops.threshold, threshold=0.5, default_value=0.1)
# A list of axes, or an argument by name, takes another way to the op's program.
FORMULAS["layer normalization"] = functools.partial(ops.layer_normalization, axis=-1)
FORMULAS["rms normalization"] = functools.partial(ops.rms_normalization, axis=-1)
FORMULAS["batch normalization"] = lambda x: ops.batch_normalization(x, *ops.moments(x, [0]), -1)
FORMULAS["a list of axes"] = lambda x: x - ops.mean(x, axis=[-1], keepdims=True)
FORMULAS["by name"] = lambda x: ops.var(x=x, axis=-1)
for name in ("binary", "categorical", "sparse_categorical"):
    loss = getattr(losses, f"{name}_crossentropy")
    targets = LABELS if name == "sparse_categorical" else TARGETS
    FORMULAS[f"{name}, probabilities"] = functools.partial(loss, targets)
    FORMULAS[f"{name}, logits"] = functools.partial(loss, targets, from_logits=True)

gradients = {}
for name, formula in FORMULAS.items():
    random = np.random.default_rng(zlib.crc32(name.encode()))
    x, v = random.uniform(0.1, 1.6, (2, 6, 8)).astype("float32")
    w = random.uniform(size=jax.eval_shape(formula, x).shape).astype("float32")

    def used_before(x, v, w, formula=formula):
        return ops.sum(v * x) + ops.sum(w * formula(x)) + ops.sum(jnp.sin(x))

    def used_after(x, v, w, formula=formula):
        return ops.sum(w * formula(x)) + ops.sum(v * x)

    def in_a_mean_of_twice_used(x, v, w, formula=formula):
        # A mean's slope is a constant, which XLA moves through products with other constants.
        scaled = formula(x * -2.0 + 3.5)
        return ops.mean(scaled * w + ops.mean(x * 0.3)) + ops.mean(x + v * x)

    for used in (used_before, used_after, in_a_mean_of_twice_used):
        gradients[f"{name}, {used.__name__}"] = np.asarray(jax.jit(jax.grad(used))(x, v, w))


def a_mean_of_the_same(x, v, w, name):
    formula = FORMULAS[name]
    return ops.mean(x + formula(x * -2.0))


for name in NAMES:
    random = np.random.default_rng(zlib.crc32(name.encode()))
    x = random.uniform(0.1, 1.6, (6, 8)).astype("float32")
    if jax.eval_shape(FORMULAS[name], x).shape == x.shape:
        for sign in (1, -1):
            used = functools.partial(a_mean_of_the_same, name=name)
            key = f"{name}, {sign}, a mean"
            gradients[key] = np.asarray(jax.jit(jax.grad(used))(sign * x, x, x))


def a_mean_of_pooled(volumes, op):
    return ops.mean(op(volumes, 2), axis=(1, 2, 3))


volumes = np.random.default_rng(0).normal(size=(64, 4, 4, 3, 2)).astype("float32")
for op in (ops.adaptive_average_pool, ops.adaptive_max_pool):
    mean = jax.jit(functools.partial(a_mean_of_pooled, op=op))
    gradients[f"{op.__name__}, a mean"] = np.asarray(mean(volumes))

assert keras.backend.backend() == "jax"
np.savez(sys.argv[1], **gradients)
