"""Document 5's network for digits as it stands there at the end: Flatten in front.

Images of 28 × 28 pixels go in as they are; without Flatten they are rows of 784 (mnist_hidden_100).
"""

import keras
from keras import layers


def sequential():
    """The network as a list of layers."""
    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28)),
            layers.Flatten(),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
