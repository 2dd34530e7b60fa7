"""Loss and gradients twice, of a layer that adds a loss and has a weight that is not trained.

python gradients_in_turn.py FILE.npz
"""

import sys

import keras
import numpy as np
from keras import ops

from keras_edu_backend.compare import keras_gradients


class Scaled(keras.layers.Layer):
    """x · scale; adds the sum of its outputs' squares to the loss."""

    def build(self, shape):
        self.scale = self.add_weight(name="scale", initializer="ones", trainable=False)

    def call(self, x):
        self.add_loss(ops.sum(ops.square(x * self.scale)))
        return x * self.scale


dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
scaled = Scaled()
model = keras.Sequential([keras.Input((1,)), dense, scaled])
model.compile(loss="mean_squared_error")
differentiate = keras_gradients.of_loss(model)
found = {}
for scale in (1.0, 3.0):
    scaled.scale.assign(scale)
    loss, (gradient,) = differentiate(np.full((1, 1), 2.0, "float32"), np.zeros((1, 1), "float32"))
    found[f"{scale:.0f}"] = np.array([loss, gradient[0, 0]])
np.savez(sys.argv[1], **found)
