"""A random search over hyperparameters, at the size that document 3 prints."""

import numpy as np
from scipy.stats import loguniform
from sklearn.datasets import make_friedman1
from sklearn.metrics import r2_score
from sklearn.model_selection import RandomizedSearchCV

from conformance.claims.claim import Claim
from conformance.claims.keras_models import dense
from conformance.claims.pictures import bars

CANDIDATES, FOLDS, EPOCHS, PATIENCE = 10, 3, 100, 10
# What the document's `build_model` takes by default.
DEFAULT = {"n_hidden": 1, "n_neurons": 30, "learning_rate": 3e-3}


def search(candidates=CANDIDATES):
    """Networks with 0 to 3 hidden layers, 1 to 99 units and a learning rate that are drawn.

    The points stand in for the document's houses: eight features, and a value that is not linear
    in them.

    Args:
        candidates: how many settings are drawn.

    Returns:
        Each setting's score (R²) by cross-validation; the best one's settings; its R² on points
        that the search has not seen, and that of the document's default network; how many
        trainings there were, and the epochs of each.
    """
    import keras

    x, y = make_friedman1(1000, n_features=8, noise=1.0, random_state=0)
    x, y = (x - 0.5).astype("float32"), ((y - y.mean()) / y.std()).astype("float32")
    train, valid, unseen = np.split(np.arange(1000), [250, 500])
    epochs: list[int] = []

    def build(X, y, n_hidden, n_neurons, learning_rate):
        keras.utils.set_random_seed(1)
        model = dense(8, *[(n_neurons, "relu")] * n_hidden, (1, None))
        model.compile(keras.optimizers.SGD(learning_rate), "mse")
        return model

    def counted(epoch, logs):
        epochs[-1] = epoch + 1

    random = np.random.default_rng(1)
    settings = [
        {
            "n_hidden": int(random.integers(4)),
            "n_neurons": int(random.integers(1, 100)),
            "learning_rate": float(loguniform(3e-4, 3e-2).rvs(random_state=random)),
        }
        for _ in range(1000)
    ]
    fit = {
        "epochs": EPOCHS,
        "verbose": 0,
        "validation_data": (x[valid], y[valid]),
        "callbacks": [
            keras.callbacks.EarlyStopping(patience=PATIENCE),
            keras.callbacks.LambdaCallback(
                on_train_begin=lambda logs: epochs.append(0), on_epoch_end=counted
            ),
        ],
    }

    def score(regressor, points, values):
        return r2_score(values, regressor.model_.predict(points, verbose=0))

    regressor = keras.wrappers.SKLearnRegressor(build)
    found = RandomizedSearchCV(
        regressor,
        {"model_kwargs": settings},
        n_iter=candidates,
        cv=FOLDS,
        scoring=score,
        random_state=1,
        error_score="raise",
    )
    found.fit(x[train], y[train], **fit)
    searched = list(epochs)
    default = keras.wrappers.SKLearnRegressor(build, model_kwargs=DEFAULT)
    default.fit(x[train], y[train], **fit)
    return {
        "scores": found.cv_results_["mean_test_score"],
        "best": found.best_params_["model_kwargs"],
        "best of the search, on unseen points": score(found.best_estimator_, x[unseen], y[unseen]),
        "the document's own, on unseen points": score(default, x[unseen], y[unseen]),
        "trainings": len(searched),
        "epochs": searched,
    }


def _finds(numbers):
    epochs = np.asarray(numbers["epochs"])
    return {
        "ten candidates by three folds are trained, and the best once more": (
            numbers["trainings"] == CANDIDATES * FOLDS + 1
        ),
        "some trainings are stopped early, and none before patience can end": (
            epochs.min() < EPOCHS and epochs.min() > PATIENCE
        ),
        "the best of the search beats the default network on points neither has seen": (
            numbers["best of the search, on unseen points"]
            > numbers["the document's own, on unseen points"]
        ),
    }


def _draw(numbers):
    heights = {str(n): score for n, score in enumerate(numbers["scores"], 1)}
    heights["best"] = numbers["best of the search, on unseen points"]
    heights["own"] = numbers["the document's own, on unseen points"]
    title = "Ten candidates in three folds; the best, and the document's own, on unseen points"
    return bars(title, "R²", heights)


CLAIMS = (
    Claim(
        name="search",
        document=3,
        section="Hyperparameter tuning",
        says="A random search over layers, units and learning rates finds a better network.",
        measure=search,
        holds=_finds,
        draw=_draw,
        otherwise={"candidates": 1},
    ),
)
