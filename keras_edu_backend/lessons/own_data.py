"""A learner's own points: read from CSV, and trained on in the process of each backend.

Lines with commas go in: ``x1,x2,label`` with two or more labels, or ``x,y`` for a function. What
comes out is what a lesson shows in one state: table, statements and picture, of all sides. `serve`
does this for the page of the boundaries lesson.
"""

import csv
import dataclasses
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from keras_edu_backend.lessons.course import boundaries
from keras_edu_backend.lessons.lesson import Control, Lesson
from keras_edu_backend.lessons.measure import plain
from keras_edu_backend.lessons.picture import Picture, Series

FEWEST, MOST, CLASSES = 4, 1000, 5  # points and classes
LETTERS = 20  # of a label in the picture
LARGEST = 1e6  # number
BYTES = 90_000  # of a file
EPOCHS = 200
GRID = 41  # places of the grid along each axis
CONTROLS = (
    Control("depth", "hidden layers", (0, 1, 2), 1),
    Control("units", "units in each", (2, 8, 32), 8),
    Control("activation", "activation", ("tanh", "relu", "sigmoid"), "tanh"),
    Control("initializer", "weights begin as", tuple(boundaries.DEVIATIONS), "Glorot"),
    Control("optimizer", "optimizer", ("SGD", "RMSprop", "Adam"), "Adam"),
    Control("rate", "learning rate", (0.002, 0.01, 0.05, 0.2), 0.05),
    Control("batch", "points in a batch", (8, 64, MOST), 64),
    Control("noise", "noise on the inputs", (0, 0.1, 0.5), 0),
)
PARAMETERS, LOSSES, OUTPUT = "parameters", "loss of each epoch", "output on a grid"
ACCURACY, NAIVE = "accuracy", "accuracy of always saying the commonest class"


class CannotTrain(Exception):
    """There are no points to train on: the message says why, in one line."""


@dataclasses.dataclass(frozen=True)
class Points:
    """What a text holds.

    Attributes:
        names: of its columns.
        x: inputs, (points, 2) of classes, (points, 1) of a function.
        y: number of each point's class, or the function's value, (points,).
        labels: of the classes; none: it is a function.
    """

    names: Sequence[str]
    x: np.ndarray
    y: np.ndarray
    labels: Sequence[str]


def read(text: str) -> Points:
    """The points of a text.

    Args:
        text: its lines. The first may name the columns; it does if it begins with no number.

    Raises:
        CannotTrain: they are not points, or too many, or too few.
    """
    lines = [
        (number, [field.strip() for field in fields])
        for number, fields in enumerate(csv.reader(text.splitlines()), start=1)
        if any(map(str.strip, fields))
    ]
    titled = bool(lines) and math.isnan(_number(lines[0][1][0]))
    columns = len(lines[0][1]) if lines else 0
    if lines and columns not in (2, 3):
        raise CannotTrain(
            f"Line {lines[0][0]}: the number of columns is {columns}. It must be three, "
            "x1,x2,label, or two, x,y, with commas between them."
        )
    names = lines.pop(0)[1] if titled else ["x₁", "x₂", "label"] if columns == 3 else ["x", "y"]
    if not FEWEST <= len(lines) <= MOST:
        raise CannotTrain(
            f"The number of points is {len(lines)}; training takes {FEWEST} to {MOST}."
        )
    for number, fields in lines:
        if len(fields) != columns:
            raise CannotTrain(
                f"Line {number}: the number of columns is {len(fields)}, not {columns}."
            )
        for field in fields[:2]:
            if not abs(_number(field)) <= LARGEST:
                raise CannotTrain(
                    f"Line {number}: “{field}” is not a number from −{LARGEST:g} to {LARGEST:g}."
                )
        if not fields[-1]:
            raise CannotTrain(f"Line {number}: the label is missing.")
    x = np.array([[*map(float, fields[: columns - 1])] for _, fields in lines])
    last = [fields[-1] for _, fields in lines]
    if columns == 2:
        return Points(names, x, np.array([*map(float, last)]), ())
    labels = sorted(set(last))
    if not 2 <= len(labels) <= CLASSES:
        raise CannotTrain(
            f"The number of labels is {len(labels)}; a boundary needs 2 to {CLASSES}."
        )
    return Points(names, x, np.array([*map(labels.index, last)]), labels)


def _number(field):
    try:
        return float(field)
    except ValueError:
        return math.nan


def numbers(
    text: str,
    depth: int,
    units: int,
    activation: str,
    initializer: str,
    optimizer: str,
    rate: float,
    batch: int,
    noise: float,
) -> dict[str, Any]:
    """A network trained on the points, with the Keras of this process.

    Inputs, and the values of a function, are scaled to mean 0 and standard deviation 1. Weights,
    noise and the order of the points are drawn by NumPy, so that all sides begin with the same.

    Args:
        text: as `read` takes it.
        depth: hidden layers.
        units: in each of them.
        activation: theirs.
        initializer: how weights begin, a name of `boundaries.DEVIATIONS`.
        optimizer: Keras's name of it.
        rate: its learning rate.
        batch: points in a batch.
        noise: standard deviation of what is added to the scaled inputs before training.
    """
    import keras

    points = read(text)
    draws = np.random.default_rng(7)
    order = draws.permutation(len(points.x))
    x = _scaled(points.x, points.x)[order].astype("float32")
    noisy = (x + noise * draws.standard_normal(x.shape)).astype("float32")
    y = (points.y if points.labels else _scaled(points.y, points.y))[order]
    last, loss = {
        0: (None, "mean_squared_error"),
        2: ("sigmoid", "binary_crossentropy"),
    }.get(len(points.labels), ("softmax", "sparse_categorical_crossentropy"))
    outputs = len(points.labels) if last == "softmax" else 1
    widths = [x.shape[1], *[units] * depth, outputs]
    model = boundaries.network(widths, activation, last, initializer)
    model.compile(getattr(keras.optimizers, optimizer)(rate), loss)
    y_given = y.astype("float32")
    history = model.fit(noisy, y_given, batch, EPOCHS, shuffle=False, verbose=0).history
    places = np.stack(np.meshgrid(*_grid(points)), -1).reshape(-1, x.shape[1])
    places = _scaled(places, points.x).astype("float32")
    found = {
        PARAMETERS: model.count_params(),
        LOSSES: history["loss"],
        OUTPUT: model.predict(places, batch_size=len(places), verbose=0),
    }
    if points.labels:
        answers = _likely(model.predict(x, batch_size=len(x), verbose=0)).argmax(-1)
        found[ACCURACY] = float(np.mean(answers == y))
        found[NAIVE] = float(np.bincount(points.y).max() / len(y))
    return plain(found)


def _scaled(numbers, like):
    """Moved and scaled as brings ``like`` to mean 0 and standard deviation 1."""
    return (numbers - like.mean(0)) / (like.std(0) + (like.std(0) == 0))


def _grid(points):
    """Places along each input, from its smallest to its largest number and a little beyond."""
    for column in points.x.T:
        spare = 0.1 * (np.ptp(column) or 1.0)
        yield np.linspace(column.min() - spare, column.max() + spare, GRID)


def _likely(output):
    """Probability of each class, the last axis, also of one sigmoid unit."""
    output = np.asarray(output)
    return np.concatenate([1 - output, output], -1) if output.shape[-1] == 1 else output


def lesson(text: str) -> Lesson:
    """The lesson on boundaries in its one state of these points: no controls, no arguments.

    Raises:
        CannotTrain: as `read` does.
    """
    points = read(text)
    return dataclasses.replace(
        boundaries.LESSON,
        controls=(),
        statements=statements,
        picture=partial(picture, points=points),
    )


def statements(numbers: dict[str, Any]) -> dict[str, bool]:
    """What should hold; of points that cannot be told apart, it may not."""
    found = {"The loss goes down.": numbers[LOSSES][-1] < numbers[LOSSES][0]}
    if ACCURACY in numbers:
        found["Better than always saying the commonest class."] = numbers[ACCURACY] > numbers[NAIVE]
    return found


def picture(numbers: dict[str, Any], points: Points) -> Picture:
    """The points, and where the likeliest class changes, or the function that was learned."""
    grid = [*_grid(points)]
    output = np.asarray(numbers[OUTPUT])
    if points.labels:
        series = [
            _dots(label, points.x[points.y == number]) for number, label in enumerate(points.labels)
        ]
        likely = _likely(output).reshape(GRID, GRID, -1)
        series.append(_dots("boundary", boundaries.edge(grid[0], grid[1], likely)))
    else:
        learned = output[:, 0] * (points.y.std() or 1.0) + points.y.mean()
        series = [
            _dots("points", np.column_stack([points.x, points.y])),
            Series("learned", grid[0].tolist(), learned.tolist()),
        ]
    return Picture(tuple(series), points.names[0][:LETTERS], points.names[1][:LETTERS])


def _dots(label, places):
    return Series(label[:LETTERS], *places.T.tolist(), points=True)
