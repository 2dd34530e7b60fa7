"""Document 3, "Saving and Restoring models", as printed.

Changed: where Keras refuses, its error is printed, and what works today follows: a model compiled
with loss="mse" comes back from .h5 with compile=False only, and weights must be saved to a file that
ends in .weights.h5, not in .ckpt. The model is a small one, which the document does not give here; a
seed.
"""
import keras
import numpy as np

keras.utils.set_random_seed(1)
model = keras.models.Sequential([keras.Input(shape=(8,)), keras.layers.Dense(30, activation="relu"),
                                 keras.layers.Dense(1)])
model.compile(loss="mse", optimizer="sgd")
x = np.random.normal(size=(64, 8)).astype('float32')
model.fit(x, x[:, :1], epochs=2, verbose=0)
before = model.predict(x, verbose=0)

# static models
model.save("my_keras_model.h5")
try:
    model = keras.models.load_model("my_keras_model.h5")
except ValueError as error:
    print('refused:', str(error).splitlines()[0])
    model = keras.models.load_model("my_keras_model.h5", compile=False)
print('model:', bool((model.predict(x, verbose=0) == before).all()))

# dynamic models
try:
    model.save_weights("my_keras_weights.ckpt")
except ValueError as error:
    print('refused:', str(error).splitlines()[0])
model.save_weights("my_keras_weights.weights.h5")
model.set_weights([weight * 0 for weight in model.get_weights()])
model.load_weights("my_keras_weights.weights.h5")
print('weights:', bool((model.predict(x, verbose=0) == before).all()))
print(before[:3].ravel().tolist())
