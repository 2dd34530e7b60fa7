"""The gradient of a loss with respect to an Embedding, as a comparison takes it.

python embedding_gradient.py FILE.npz
"""

import sys

import keras
import numpy as np

from keras_edu_backend.compare import keras_gradients

words = keras.layers.Embedding(5, 2, embeddings_initializer="ones")
model = keras.Sequential([keras.Input((3,), dtype="int32"), words, keras.layers.Flatten()])
model.compile(loss="mean_squared_error")
_, (gradient,) = keras_gradients.of_loss(model)(
    np.array([[0, 1, 1], [3, 1, 0]], "int32"), np.zeros((2, 6), "float32")
)
np.savez(sys.argv[1], gradient=gradient)
