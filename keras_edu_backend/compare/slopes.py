"""Gradients set beside finite differences: slopes of the loss along a few random directions.

A difference quotient (L(w + h d) − L(w − h d)) / 2h is wrong by h² times a third derivative for the
curve, and by the loss's own rounding over h. Neither is guessed: the quotient is taken with h and
with 2h, and what they differ by, three times the error for the curve, is the one bound; the loss's
noise floor (see `rounding`) gives the other.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from keras_edu_backend.compare.verdict import DIFFERENT, ROUNDING, Judgement, Values
from keras_edu_backend.rounding.units import FACTOR, Floor

DIRECTIONS = 2
# The cube root of ε would balance both errors; less keeps relu's kinks out of reach.
STEP = 1e-6


def directions(shape: Sequence[int]) -> np.ndarray:
    """Random directions of length 1 for a weight, the same at every call.

    Args:
        shape: the weight's shape.

    Returns:
        Array of shape (DIRECTIONS, *shape).
    """
    drawn = np.random.default_rng(0).normal(size=(DIRECTIONS, *shape))
    lengths = np.sqrt((drawn.reshape(DIRECTIONS, -1) ** 2).sum(axis=1))
    return drawn / lengths.reshape(DIRECTIONS, *(1 for _ in shape))


def quotients(loss: Callable[[np.ndarray], float], value: np.ndarray) -> np.ndarray:
    """Difference quotients of a loss as a function of one weight, along `directions`.

    Args:
        loss: the function.
        value: where the slope is wanted.

    Returns:
        Array of shape (DIRECTIONS, 3): for each direction the quotient with `STEP`, the one with
        twice that, and |L|.
    """

    def quotient(direction, step):
        return (loss(value + step * direction) - loss(value - step * direction)) / (2 * step)

    size = abs(loss(value))
    return np.array(
        [[quotient(d, STEP), quotient(d, 2 * STEP), size] for d in directions(value.shape)]
    )


def judge_slopes(
    gradients: Values, found: Values, floors: Mapping[str, Floor], names: Sequence[str]
) -> Judgement:
    """Compare gradients with finite differences, both in float64.

    Args:
        gradients: the star's gradients: an array for each place.
        found: for some of these places the other side's `quotients`.
        floors: of the gradients' places, and of each point's ``loss``.
        names: what to call the two sides.

    Returns:
        A `verdict.Judgement`.
    """
    if not found:
        return Judgement(DIFFERENT, note=f"{names[1]} has no finite differences")
    measured = []
    for place, quotients in found.items():
        if place not in gradients:
            return Judgement(DIFFERENT, where=place, note=f"only {names[1]} has it")
        near, far, loss = quotients.T
        gradient = gradients[place]
        axes = tuple(range(1, gradient.ndim + 1))
        expected = (gradient * directions(gradient.shape)).sum(axis=axes)
        floor = floors.get(f"{place.partition(': ')[0]}: loss")
        noise = np.finfo(np.float64).eps * loss if floor is None else float(floor.noise)
        rounding = FACTOR * noise / STEP
        allowed = np.abs(near - far) + rounding
        apart = np.abs(expected - near)
        # NaN on either side is beyond any bound.
        excess = np.where(np.isfinite(apart) & np.isfinite(allowed), apart / allowed, np.inf)
        i = int(np.argmax(excess))
        measured.append((excess[i], float(apart[i]), allowed[i], float(np.abs(near).max()), place))
    excess, off, allowed, size, where = max(measured, key=lambda each: each[0])
    return Judgement(
        ROUNDING if excess <= 1 else DIFFERENT,
        max_abs=off,
        max_rel=off / (size or 1.0),
        where=where,
        note=f"finite differences are exact to {allowed:.1g} here",
    )
