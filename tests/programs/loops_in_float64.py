"""Trains a network in float64, in compiled loops and step by step, and prints how far they part."""

import keras
import numpy as np

from keras_edu_backend.training.fast.many_steps import ManySteps

keras.config.set_floatx("float64")

LOOPS = []
LOOP = ManySteps.loop


def counting(self, *arguments, **keywords):
    """What `ManySteps.loop` does, and a note that it was called."""
    LOOPS.append(self)
    return LOOP(self, *arguments, **keywords)


ManySteps.loop = counting


class ActsAtBatches(keras.callbacks.Callback):
    """Could act between batches, so that every step is taken on its own."""

    def on_train_batch_end(self, batch, logs=None):
        """Do nothing."""


def run(callbacks):
    """Losses of the epochs and weights at the end."""
    keras.utils.set_random_seed(5)
    random = np.random.default_rng(0)
    x = random.normal(size=(107, 4))
    y = np.eye(3)[np.argmax(x[:, :3], axis=1)]
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(16, "relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(3, "softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=20, verbose=0, callbacks=callbacks, validation_split=0.1)
    return [*map(np.array, history.history.values()), *map(np.array, model.weights)]


looped = run([])
taken = len(LOOPS)
stepped = run([ActsAtBatches()])
parted = max(
    np.max(np.abs(a - b)) / np.max(np.abs(b)) for a, b in zip(looped, stepped, strict=True)
)
print(looped[-1].dtype, taken > 0, parted)
