"""Document 3, "TensorBoard", as printed.

Changed: the logs go into the folder that is given, with histograms of the weights; fewer epochs;
what fit returned is printed.
"""
import json
import os
import sys

import keras
import numpy as np
keras.utils.set_random_seed(1)

root_logdir = os.path.join(sys.argv[1], "my_logs")

def get_run_logdir():
    import time
    run_id = time.strftime("run_%Y_%m_%d-%H_%M_%S")
    return os.path.join(root_logdir, run_id)

run_logdir = get_run_logdir()

X_train, X_valid = np.random.normal(size=(2, 64, 28, 28))
y_train, y_valid = np.random.randint(10, size=(2, 64))

model = keras.models.Sequential([
    keras.layers.Flatten(input_shape=[28, 28]),
    keras.layers.Dense(300, activation="relu"),
    keras.layers.Dense(100, activation="relu"),
    keras.layers.Dense(10, activation="softmax")
])
model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
checkpoint_cb = keras.callbacks.ModelCheckpoint(os.path.join(sys.argv[1], "my_keras_model.keras"))
## tensorboard callbacks
tensorboard_cb = keras.callbacks.TensorBoard(run_logdir, histogram_freq=1)
history = model.fit(X_train, y_train, epochs=3,
                    validation_data=(X_valid, y_valid), verbose=0,
                    callbacks=[checkpoint_cb, tensorboard_cb])
print(json.dumps([run_logdir, history.history, [weight.path for weight in model.weights]]))
