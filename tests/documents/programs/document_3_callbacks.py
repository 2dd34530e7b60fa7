"""Document 3, "Callbacks": every kind it names, in one program; each part prints lines of JSON.

Changed: checkpoints end in .keras; PrintValTrainRatioCallback's parenthesis is balanced. The labels
are drawn at random, so that the loss on the validation data rises again while the network learns
the training data by heart: there is something to stop early for.
"""
import json
import sys

import keras
import numpy as np

folder = sys.argv[1]
random = np.random.default_rng(0)
X_train, X_valid = random.normal(size=(2, 96, 8)).astype('float32')
y_train, y_valid = random.normal(size=(2, 96, 1)).astype('float32')


def build():
    keras.utils.set_random_seed(1)
    model = keras.models.Sequential([
        keras.Input(shape=(8,)),
        keras.layers.Dense(30, activation='relu'),
        keras.layers.Dense(30, activation='relu'),
        keras.layers.Dense(1)
    ])
    model.compile(loss='mse', optimizer=keras.optimizers.SGD(learning_rate=0.1), metrics=['mae'])
    return model


def tell(**values):
    print(json.dumps(values))


def written_down(name):
    """A hook that writes down its own name and what it is given."""
    def hook(self, *arguments, logs=None):
        step = [given for given in arguments if isinstance(given, int)]
        for given in arguments:
            logs = given if isinstance(given, dict) else logs
        tell(hook=name, step=step, logs={key: np.ravel(value).tolist() for key, value in (logs or {}).items()})
    return hook


Recorder = type('Recorder', (keras.callbacks.Callback,), {
    name: written_down(name) for name in dir(keras.callbacks.Callback) if name.startswith('on_')
})


class PrintValTrainRatioCallback(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs):
        ratio = logs["val_loss"] / logs["loss"]
        print(f"\nval/train: {ratio}")


# All hooks
model = build()
recorder = Recorder()
model.fit(X_train, y_train, epochs=2, batch_size=40, verbose=0,
          validation_data=(X_valid, y_valid), callbacks=[recorder])
model.evaluate(X_valid, y_valid, batch_size=50, verbose=0, callbacks=[recorder])
model.predict(X_valid, batch_size=50, verbose=0, callbacks=[recorder])

# ModelCheckpoint and EarlyStopping
model = build()
checkpoint_cb = keras.callbacks.ModelCheckpoint(f"{folder}/best.keras", save_best_only=True)
every_epoch_cb = keras.callbacks.ModelCheckpoint(f"{folder}/epoch-{{epoch:03d}}.keras")
early_stopping_cb = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
history = model.fit(X_train, y_train, epochs=100, validation_data=(X_valid, y_valid), verbose=0,
                    callbacks=[checkpoint_cb, every_epoch_cb, early_stopping_cb])
tell(
    val_losses=history.history['val_loss'],
    stopped=early_stopping_cb.stopped_epoch,
    kept=model.evaluate(X_valid, y_valid, verbose=0)[0],
    saved=keras.models.load_model(f"{folder}/best.keras").evaluate(X_valid, y_valid, verbose=0)[0],
)

# A callback of one's own
history = build().fit(X_train, y_train, epochs=3, validation_data=(X_valid, y_valid), verbose=0,
                      callbacks=[PrintValTrainRatioCallback()])
tell(ratios=[v / t for v, t in zip(history.history['val_loss'], history.history['loss'])])
