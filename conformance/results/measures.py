"""The figures of a run beside its loss: right answers, missed instances, ranges, bends."""

import jax
import jax.numpy as jnp
import numpy as np

RANGES = {
    "relu": (0, np.inf),
    "softplus": (0, np.inf),
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
}


def figures(row, y, outputs, predict):
    """What a trained network's outputs amount to.

    Args:
        row: the `rows.Row`.
        y: right answers.
        outputs: the network's.
        predict: function from inputs to outputs.

    Returns:
        Mapping of name to number: ``accuracy`` (share of right answers) and ``missed`` (how many
        are not) of a classifier; ``inside``, the share of outputs that lie in the range which the
        document promises; ``bends`` of a curve.
    """
    found = {}
    accuracy = row.entry().accuracy
    if accuracy is not None:
        share = float(accuracy(jnp.asarray(y), jnp.asarray(outputs)))
        found = {"accuracy": share, "missed": missed(share, len(y))}
    if row.choices.get("output") in RANGES:
        found["inside"] = inside(outputs, *RANGES[row.choices["output"]])
    if row.network == "classification_heads":
        found["inside"] = inside(outputs, 0, 1)
    if row.network == "one_input_two_hidden":
        found["bends"] = bends(predict)
    return found


def missed(accuracy, instances):
    """(1 - accuracy) instances, a whole number.

    Args:
        accuracy: share of right answers, from 0 to 1.
        instances: how many were asked.

    Returns:
        How many were answered wrongly.
    """
    return round((1 - accuracy) * instances)


def inside(outputs, low, high):
    """Share of outputs between two numbers, both included.

    Args:
        outputs: arrays, in any structure.
        low: smallest number allowed.
        high: largest.

    Returns:
        A number from 0 to 1; NaN counts as outside.
    """
    flat = np.concatenate([np.ravel(array) for array in jax.tree.leaves(outputs)])
    return float(np.mean((flat >= low) & (flat <= high)))


def bends(predict, reach=3.0, points=601):
    """In how many places a piecewise straight curve changes its slope.

    Args:
        predict: function from an array of shape (points, 1) to one of the same shape.
        reach: the curve is followed from -reach to reach.
        points: where it is sampled; bends that are closer than two of them count once.

    Returns:
        A whole number.
    """
    x = np.linspace(-reach, reach, points, dtype=np.float32)
    curve = np.ravel(predict(x[:, None])).astype(np.float64)
    slopes = np.diff(curve) / np.diff(x)
    # Slopes of float32 heights carry their rounding, divided by the step.
    noise = 16 * np.finfo(np.float32).eps * np.abs(curve).max() / (x[1] - x[0])
    changes = np.abs(np.diff(slopes)) > noise
    return int(np.sum(changes[1:] & ~changes[:-1]) + changes[0])
