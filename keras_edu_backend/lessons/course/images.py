"""Images: handwritten digits, weights as pictures, and mistakes."""

import functools

import numpy as np

from keras_edu_backend.lessons.lesson import Claim, Control, Exercise, Lesson, Wrong
from keras_edu_backend.lessons.picture import Shades

SIDE, CLASSES, TRAINED, BATCH = 8, 10, 1200, 50
COUNT, SHAPE = "images to train on, and to test", "shape of an image, and of a row that Dense takes"
TRAINING, TEST = "accuracy on the training images", "accuracy on the test images"
ROW = "of this digit's test images, how many are said to be 0, 1, …, 9"
CENTER, WEIGHTS = "weights of the four pixels in the center", "all weights of this digit's unit"
RECALL = "share of this digit's test images that are found"


def numbers(digit, epochs):
    """One layer of ten softmax units, trained on scikit-learn's digits of 8 by 8 pixels."""
    x, y = digits()
    kernel, said = trained(epochs)
    found = np.argmax(said, axis=-1)
    row = np.bincount(found[TRAINED:][y[TRAINED:] == digit], minlength=CLASSES)
    weights = kernel[:, digit].reshape(SIDE, SIDE)
    return {
        COUNT: [TRAINED, len(x) - TRAINED],
        SHAPE: f"({SIDE}, {SIDE}), ({x.shape[1]},)",
        TRAINING: float(np.mean(found[:TRAINED] == y[:TRAINED])),
        TEST: float(np.mean(found[TRAINED:] == y[TRAINED:])),
        ROW: row,
        RECALL: float(row[digit] / row.sum()),
        CENTER: weights[3:5, 3:5],
        WEIGHTS: weights,
    }


@functools.cache
def digits():
    """Images as rows of 64 numbers from 0 to 1, and the digits they show."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return (data.data / 16).astype("float32"), data.target


@functools.cache
def trained(epochs):
    """The kernel, and what the network says of every image."""
    import keras

    x, y = digits()
    model = keras.Sequential([keras.Input((SIDE**2,)), keras.layers.Dense(CLASSES, "softmax")])
    model.set_weights([np.zeros(w.shape, "float32") for w in model.get_weights()])
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    model.fit(x[:TRAINED], y[:TRAINED], BATCH, epochs, shuffle=False, verbose=0)
    return model.get_weights()[0], model.predict(x, batch_size=len(x), verbose=0)


def statements(numbers, digit, epochs):
    """What must hold."""
    found = {
        "Ten units do better than guessing one of ten digits.": numbers[TEST] > 1 / CLASSES,
        "The row of the confusion matrix adds up to the digit's test images.": (
            abs(numbers[RECALL] * sum(numbers[ROW]) - numbers[ROW][digit]) < 1e-9
        ),
        "The digit itself is said most often.": int(np.argmax(numbers[ROW])) == digit,
    }
    if digit == 0:
        found[
            "The center of a 0 is empty: ink there speaks against it, all four weights are < 0."
        ] = max(map(max, numbers[CENTER])) < 0
    return found


def picture(numbers, **_):
    """The weights of the digit's unit as the pixels of an image."""
    return Shades(
        numbers[WEIGHTS],
        "weight > 0: ink speaks for the digit",
        "weight < 0: ink speaks against it",
    )


def keras_flatten(images):
    """What Keras's Flatten makes of a batch of images, divided by 16."""
    import keras

    return np.asarray(keras.layers.Flatten()(np.asarray(images, "float32") / 16))


def keras_accuracy(probabilities, labels):
    """Keras's accuracy for whole-number labels."""
    import keras

    metric = keras.metrics.SparseCategoricalAccuracy()
    metric.update_state(np.asarray(labels), np.asarray(probabilities, "float32"))
    return float(metric.result())


IMAGES = np.arange(18.0).reshape(2, 3, 3) % 17
SAID = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.2, 0.2, 0.6], [0.45, 0.1, 0.45 - 2**-4]])

LESSON = Lesson(
    name="images",
    title="Images: digits, weights as pictures, mistakes",
    claims=(
        Claim(
            4,
            "A Simple Example",
            "The center of the 0 image displays strongly negative values, indicating that any "
            "color in the center of the image is less likely to be classified as 0.",
        ),
        Claim(
            5,
            "Implementation of NN to recognize hand-written digits images using Keras",
            "A single layer already tells most digits apart; a confusion matrix shows its "
            "mistakes.",
        ),
    ),
    text="""
An image is a matrix of gray values; a Dense layer takes it as one row. So each of the ten units has
a weight for each pixel, and its weights are an image too: where a weight is positive, ink speaks
for the digit, and where it is negative, against it.

These are scikit-learn's digits, 8 by 8 pixels: MNIST, which the documents use, would have to be
downloaded. The numbers are not those of MNIST.
""",
    formula="P(digit | image) = softmax(x·W + b),  x the 64 pixels divided by 16",
    code=("Flatten", "SparseCategoricalCrossentropy"),
    controls=(
        Control("digit", "digit", tuple(range(CLASSES)), 0),
        Control("epochs", "epochs", (1, 3, 10), 10),
    ),
    numbers=numbers,
    statements=statements,
    picture=picture,
    exercises=(
        Exercise(
            "rows",
            "A batch of images, shape (batch, height, width), gray values from 0 to 16: as rows "
            "for a Dense layer, with values from 0 to 1.",
            "import numpy as np\n\n\ndef rows(images):\n    ...\n",
            [(IMAGES,), (IMAGES[:1, :, :2],)],
            keras_flatten,
            (
                Wrong("the values are not divided by 16.", lambda i: i.reshape(len(i), -1)),
                Wrong("all images are in one row: each needs its own.", lambda i: i.ravel() / 16),
                Wrong(
                    "each image is read column by column: rows come first.",
                    lambda i: i.transpose(0, 2, 1).reshape(len(i), -1) / 16,
                ),
                Wrong(
                    "there is a column for each image: it must be a row.",
                    lambda i: i.reshape(len(i), -1).T / 16,
                ),
                Wrong("the images are not flattened.", lambda i: i / 16),
            ),
        ),
        Exercise(
            "accuracy",
            "The share of rows of probabilities whose largest entry is the label's.",
            "import numpy as np\n\n\ndef accuracy(probabilities, labels):\n    ...\n",
            [(SAID, np.array([0, 1, 0, 2])), (SAID[:3], np.array([0, 2, 2]))],
            keras_accuracy,
            (
                Wrong(
                    "this is the number of hits: divide by the number of rows.",
                    lambda p, y: np.sum(np.argmax(p, -1) == y),
                ),
                Wrong(
                    "this is the share of mistakes.", lambda p, y: np.mean(np.argmax(p, -1) != y)
                ),
                Wrong(
                    "this is the mean probability of the true class, not a count of hits.",
                    lambda p, y: np.mean(p[np.arange(len(p)), y]),
                ),
                Wrong(
                    "a hit is the largest entry of its row, even if it is below ½.",
                    lambda p, y: np.mean(p[np.arange(len(p)), y] > 0.5),
                ),
                Wrong(
                    "take the largest entry, not the smallest.",
                    lambda p, y: np.mean(np.argmin(p, -1) == y),
                ),
            ),
        ),
    ),
)
