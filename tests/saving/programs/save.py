"""Train a network, save it in every format into the folder given, and what it predicts."""

import sys

import keras
import numpy as np
from keras import layers

folder = sys.argv[1]
keras.utils.set_random_seed(3)
inputs = keras.Input((4,))
hidden = layers.Dense(16, activation="relu")(inputs)
hidden = layers.Dropout(0.25)(hidden)
joined = layers.Concatenate()([inputs, hidden])
outputs = layers.Dense(3, activation="softmax")(joined)
model = keras.Model(inputs, outputs)
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])

x = np.random.normal(size=(48, 4)).astype("float32")
y = np.eye(3, dtype="float32")[np.random.randint(3, size=48)]
model.fit(x, y, epochs=3, verbose=0)

model.save(f"{folder}/model.keras")
model.save(f"{folder}/model.h5")
model.save_weights(f"{folder}/model.weights.h5")
np.savez(f"{folder}/data.npz", x=x, y=y)
np.savez(f"{folder}/expected.npz", predicted=model.predict(x, verbose=0))
