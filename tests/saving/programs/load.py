"""Load what save.py left in the folder given, and write what each loaded model predicts."""

import sys

import keras
import numpy as np

folder, results = sys.argv[1:]
data = np.load(f"{folder}/data.npz")
x, y = data["x"], data["y"]
predicted = {}

whole = keras.saving.load_model(f"{folder}/model.keras")
predicted["keras"] = whole.predict(x, verbose=0)
predicted["h5"] = keras.saving.load_model(f"{folder}/model.h5").predict(x, verbose=0)
fresh = keras.models.clone_model(whole)
predicted["fresh"] = fresh.predict(x, verbose=0)
fresh.load_weights(f"{folder}/model.weights.h5")
predicted["weights"] = fresh.predict(x, verbose=0)
for layer in whole.layers:
    if isinstance(layer, keras.layers.Dropout):
        layer.rate = 0.0
whole.fit(x, y, epochs=1, shuffle=False, verbose=0)
predicted["continued"] = whole.predict(x, verbose=0)
np.savez(results, **predicted)
