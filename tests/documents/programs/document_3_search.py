"""Document 3, "Hyperparameter tuning", as printed, in two parallel workers.

Changed: keras.wrappers.scikit_learn.KerasRegressor is keras.wrappers.SKLearnRegressor, which hands
its settings to build_model as one dict, so a candidate is a dict; SGD(lr=...) is learning_rate=...;
fewer candidates, folds, epochs and rows; a seed; each model built leaves a note of where.
"""
import json
import os
import sys

import keras
import numpy as np
from scipy.stats import reciprocal
from sklearn.datasets import make_friedman1
from sklearn.model_selection import RandomizedSearchCV

folder = sys.argv[1]
X, y = make_friedman1(200, n_features=8, random_state=0)
X_train, y_train, X_valid, y_valid = X[:120], y[:120] / 10, X[120:], y[120:] / 10


def build_model(X, y, n_hidden=1, n_neurons=30, learning_rate=3e-3, input_shape=[8]):
    import keras_edu_backend
    note = {'edu': keras_edu_backend.is_active(), 'pid': os.getpid()}
    with open(os.path.join(folder, f'{os.getpid()}-{os.urandom(8).hex()}'), 'w') as file:
        json.dump(note, file)
    keras.utils.set_random_seed(1)
    model = keras.models.Sequential()
    model.add(keras.layers.InputLayer(shape=input_shape))
    for layer in range(n_hidden):
        model.add(keras.layers.Dense(n_neurons, activation="relu"))
    model.add(keras.layers.Dense(1))
    optimizer = keras.optimizers.SGD(learning_rate=learning_rate)
    model.compile(loss="mse", optimizer=optimizer)
    return model


if __name__ == '__main__':
    # use sklearn api
    keras_reg = keras.wrappers.SKLearnRegressor(build_model)

    n_hidden = [0, 1, 2, 3]
    n_neurons = np.arange(1, 100).tolist()
    learning_rate = reciprocal(3e-4, 3e-2).rvs(1000, random_state=1).tolist()
    random = np.random.default_rng(1)
    param_distribs = {
        "model_kwargs": [
            {
                "n_hidden": int(random.choice(n_hidden)),
                "n_neurons": int(random.choice(n_neurons)),
                "learning_rate": rate,
            }
            for rate in learning_rate
        ]
    }

    rnd_search_cv = RandomizedSearchCV(keras_reg, param_distribs, n_iter=3, cv=2, n_jobs=2,
                                       random_state=1, error_score='raise')
    rnd_search_cv.fit(X_train, y_train, epochs=4, verbose=0,
                      validation_data=(X_valid, y_valid),
                      callbacks=[keras.callbacks.EarlyStopping(patience=10)])
    print(json.dumps({
        'main': os.getpid(),
        'candidates': [c['model_kwargs'] for c in rnd_search_cv.cv_results_['params']],
        'scores': rnd_search_cv.cv_results_['mean_test_score'].tolist(),
        'best': rnd_search_cv.best_params_['model_kwargs'],
        'refit': rnd_search_cv.best_estimator_.predict(X_valid[:5]).tolist(),
    }))
