"""Train with what Keras rounds to float32 somewhere, where `make_float64_real` is in force.

python real_float64.py FILE.npz: saves a kernel after two steps by the name of what is tried: each
optimizer, also where the layer has the policy mixed_float16; each schedule, with SGD and with Muon
(which casts no rate); regularizers; MelSpectrogram; attention; pooling of volumes; convolutions to
or from one channel.
"""

import inspect
import sys

import keras
import numpy as np
from keras import layers

from keras_edu_backend.compare.float64 import make_float64_real

make_float64_real()
saved = {}


def train(name, optimizer="sgd", shape=(3,), before=(), **options):
    dense = layers.Dense(2, kernel_initializer="ones", **options)
    model = keras.Sequential([keras.Input(shape), *before, dense])
    model.compile(optimizer, "mse")
    x = np.random.default_rng(0).normal(size=(4, *shape))
    for _ in range(2):
        model.train_on_batch(x, np.full((4, 2), 1 / 3))
    saved[name] = keras.ops.convert_to_numpy(dense.kernel)


def kinds(module, base):
    for name in dir(module):
        kind = getattr(module, name)
        if isinstance(kind, type) and issubclass(kind, base) and kind is not base:
            yield name, kind


optimizers = keras.optimizers
for name, kind in kinds(optimizers, optimizers.Optimizer):
    if name not in ("LossScaleOptimizer", "MultiOptimizer"):  # they contain another
        train(name, kind())
        train(f"{name}, mixed_float16", kind(), dtype="mixed_float16")
arguments = {
    "PiecewiseConstantDecay": {"boundaries": [1, 2], "values": [0.1, 0.3, 0.7]},
    "CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": 3},
}
rates = {"ExponentialDecay": {"decay_rate": 0.7}, "InverseTimeDecay": {"decay_rate": 0.7}}
for name, schedule in kinds(optimizers.schedules, optimizers.schedules.LearningRateSchedule):
    usual = {"initial_learning_rate": 0.1, "decay_steps": 3, **rates.get(name, {})}
    for optimizer in (optimizers.SGD, optimizers.Muon):
        rate = schedule(**arguments.get(name, usual))
        train(f"{name}, {optimizer.__name__}", optimizer(rate))
for name in ("l1", "l2", "l1_l2", "orthogonal_regularizer"):
    regularizer = keras.regularizers.get(name.replace("1_", "1"))
    train(f"{name} of the kernel", kernel_regularizer=regularizer)
    train(f"{name} of the outputs", activity_regularizer=regularizer)
sgd = keras.optimizers.SGD
for name, _ in inspect.getmembers(keras.activations, inspect.isfunction):
    # Those that are no activation by name alone, and glu, which halves its input.
    if name not in ("deserialize", "get", "serialize", "threshold", "glu"):
        train(f"{name}, wide", sgd(clipnorm=1.0), before=(layers.Rescaling(10),), activation=name)
for slope in (0.1, 0.3):
    train(f"ReLU, {slope}", before=(layers.ReLU(negative_slope=slope, threshold=0.1),))
    train(f"LeakyReLU, {slope}", before=(layers.LeakyReLU(slope),))
    train(f"ELU, {slope}", before=(layers.ELU(slope),))
hertz = {"sampling_rate": 16, "min_freq": 1.0, "max_freq": 8.0}
windows = {"fft_length": 8, "sequence_length": 8, "sequence_stride": 4}
mel = layers.MelSpectrogram(num_mel_bins=4, **windows, **hertz)
train("MelSpectrogram", shape=(24,), before=(mel, layers.Flatten()))
for name, options in {
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 3},
    "GroupQueryAttention": {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 1},
}.items():
    for causal in (False, True):
        attention = getattr(layers, name)(**options)
        sequence = keras.Input((4, 3))
        attended = keras.Model(sequence, attention(sequence, sequence, use_causal_mask=causal))
        normal = np.random.default_rng(1).normal
        attention.set_weights([normal(0, 0.3, weight.shape) for weight in attention.weights])
        (bias,) = (weight for weight in attention.weights if weight.path.endswith("key/bias"))
        bias.assign(np.zeros(bias.shape))
        train(f"{name}, causal {causal}", shape=(4, 3), before=(attended, layers.Flatten()))
        saved[f"bias of the keys, {name}, causal {causal}"] = keras.ops.convert_to_numpy(bias)
for name in ("MaxPooling3D", "AveragePooling3D"):
    pool = getattr(layers, name)(3, 2, padding="same")
    train(name, shape=(4, 4, 3, 2), before=(pool, layers.Flatten()))
few = {"Conv2D": (1, 5, 4, 2), "Conv2DTranspose": (2, 5, 4, 1), "Conv1DTranspose": (2, 5, 1)}
for name, (filters, *shape) in few.items():
    conv = getattr(layers, name)(filters, 3, kernel_initializer="ones")
    train(name, shape=tuple(shape), before=(conv, layers.Flatten()))
np.savez(sys.argv[1], **saved)
