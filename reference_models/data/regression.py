"""Eight features and one number to predict: California housing, or a problem of its shape.

The 20,640 house prices are read only where scikit-learn's cache holds them. Elsewhere a generated
problem with as many rows and features stands in, and the notice says so.

Source: document 3, "Hyperparameter tuning" (input_shape=[8]).
"""

import functools

import numpy as np
from sklearn.datasets import fetch_california_housing, make_friedman1
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

STAND_IN = (
    "California housing is not in scikit-learn's cache: a generated problem with the same 20,640 "
    "rows and 8 features (Friedman's first function) stands in."
)


@functools.cache
def load():
    """Features of mean 0 and variance 1, and positive targets, split in three.

    Returns:
        (x_train, y_train), (x_validation, y_validation), (x_test, y_test) with 11,610, 3,870 and
        5,160 rows; x has 8 columns and y one; and a notice, None where the prices are real.
    Source: document 3, "Sequential API" (training, validation and test data).
    """
    try:
        x, y = fetch_california_housing(download_if_missing=False, return_X_y=True)
        notice = None
    except OSError:
        x, y = make_friedman1(20_640, n_features=8, noise=0.5, random_state=0)
        y = np.maximum(y, 0) / 6  # of the size of the prices, which go up to 5
        notice = STAND_IN
    x_rest, x_test, y_rest, y_test = train_test_split(x, y[:, None], random_state=0)
    x_train, x_validation, y_train, y_validation = train_test_split(x_rest, y_rest, random_state=0)
    scale = StandardScaler().fit(x_train).transform
    train = (scale(x_train), y_train)
    return train, (scale(x_validation), y_validation), (scale(x_test), y_test), notice
