"""Train with every optimizer of Keras where `make_float64_real` is in force.

python real_float64.py FILE.npz: saves each one's kernel after a step, as ``Adam``, and as
``Adam, mixed_float16`` where the layer has that dtype policy.
"""

import sys

import keras
import numpy as np

from keras_edu_backend.compare.remedies import make_float64_real

make_float64_real()
saved = {}
for name in dir(keras.optimizers):
    kind = getattr(keras.optimizers, name)
    abstract = name in ("Optimizer", "LossScaleOptimizer", "MultiOptimizer")
    if abstract or not isinstance(kind, type) or not issubclass(kind, keras.optimizers.Optimizer):
        continue
    for policy, called in ((None, name), ("mixed_float16", f"{name}, mixed_float16")):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, dtype=policy)])
        model.compile(kind(), "mse")
        model.train_on_batch(np.full((4, 3), 1 / 3), np.full((4, 2), 1 / 3))
        saved[called] = np.asarray(model.weights[0].value)
np.savez(sys.argv[1], **saved)
