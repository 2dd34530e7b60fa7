"""150 iris flowers: four measurements in centimetres, three species.

Source: document 2, "Loading the Data". (It prints iris.target.shape as (150, 0); it is (150,).)
"""

from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

from reference_models.data.split import Data, floats, one_hot

FEATURES = ("sepal length", "sepal width", "petal length", "petal width")
SPECIES = ("setosa", "versicolor", "virginica")


def measurements():
    """All flowers.

    Returns:
        x of shape (150, 4), in cm, and the species' numbers of shape (150,).
    Source: document 2, "Loading the Data".
    """
    return load_iris(return_X_y=True)


def document_split() -> Data:
    """80 % to train and 20 % to test, each species in proportion; one-hot labels.

    The last tenth of the training part is set aside for validation, as Keras's
    validation_split=0.1 does: 108 flowers remain, four batches of at most 32.

    Returns:
        108 flowers to train on, 12 to validate and 30 to test.
    Source: document 2, "Loading the Data" and "Step 4: Train the model".
    """
    x, species = measurements()
    x_train, x_test, y_train, y_test = train_test_split(
        x, species, test_size=0.2, stratify=species, random_state=1
    )
    x_train, x_test = floats(x_train), floats(x_test)
    y_train, y_test = one_hot(y_train, 3), one_hot(y_test, 3)
    kept = int(len(x_train) * (1 - 0.1))
    return Data(
        train=(x_train[:kept], y_train[:kept]),
        validation=(x_train[kept:], y_train[kept:]),
        test=(x_test, y_test),
    )
