"""How far two arrays are apart: in absolute terms, relative to their size, and in ULP."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


@dataclasses.dataclass(frozen=True)
class Distance:
    """The distance of two arrays that should be the same.

    Attributes:
        max_abs: max |left − right|; 0 where both are NaN, or the same infinity.
        max_rel: max_abs divided by the largest finite magnitude in either array, so that an
            element which happens to be near zero does not count more than its neighbours.
        max_ulp: max_abs divided by the spacing of floating-point numbers at that magnitude.
        same_bits: whether every element has the same bits (NaNs count as one number).
        problem: what makes the numbers above meaningless: different shapes or dtypes, or NaN
            or infinity on one side only; then they are infinite. Empty if there is no problem.
    """

    max_abs: float
    max_rel: float
    max_ulp: float
    same_bits: bool
    problem: str = ""

    def __bool__(self) -> bool:
        """Whether there is any difference at all."""
        return not self.same_bits


ZERO = Distance(0.0, 0.0, 0.0, same_bits=True)


def distance(
    left: ArrayLike,
    right: ArrayLike,
    dtype: str,
    names: Sequence[str] = ("left", "right"),
    scale: float | None = None,
) -> Distance:
    """The `Distance` of two arrays.

    Args:
        left: array of any shape.
        right: array to set beside it.
        dtype: precision in which both were to be computed, which is the one ULP refer to.
        names: what to call the two in `Distance.problem`.
        scale: magnitude that differences are relative to, instead of the arrays' largest.

    Returns:
        A `Distance`.
    """
    left, right = np.asarray(left), np.asarray(right)
    problem = _problem(left, right, dtype, names)
    if problem:
        return Distance(np.inf, np.inf, np.inf, same_bits=False, problem=problem)
    if left.size == 0 or _same_bits(left, right):
        return ZERO
    difference = np.zeros(left.shape, np.float64)
    apart = left != right
    apart &= ~(np.isnan(left) & np.isnan(right))
    difference[apart] = np.abs(left[apart].astype(np.float64) - right[apart].astype(np.float64))
    if scale is None:
        scale = largest(left, right)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        relative = np.where(difference == 0, 0.0, difference / scale)
        ulp = difference / _spacing(scale, dtype)
    return Distance(
        max_abs=float(difference.max()),
        max_rel=float(relative.max()),
        max_ulp=float(ulp.max()),
        same_bits=False,
    )


def largest(*arrays: ArrayLike) -> float:
    """The largest finite magnitude in any of the arrays; 0 if there is none."""
    return max(
        (
            float(np.abs(array[np.isfinite(array)]).max(initial=0.0))
            for array in map(np.asarray, arrays)
        ),
        default=0.0,
    )


def _spacing(magnitude, dtype):
    """From a magnitude to the next larger number; of the largest number, to the next smaller."""
    magnitude = np.asarray(magnitude, dtype=dtype)
    if magnitude == np.finfo(dtype).max:
        return float(magnitude) - float(np.nextafter(magnitude, magnitude.dtype.type(0)))
    return float(np.spacing(magnitude))


def _problem(left, right, dtype, names):
    for name, array in zip(names, (left, right), strict=True):
        if left.dtype != right.dtype and array.dtype != dtype and array.dtype.kind not in "iu":
            return f"{name} has dtype {array.dtype}, {dtype} was asked for"
    if left.shape != right.shape:
        return f"{names[0]} has shape {left.shape}, {names[1]} has shape {right.shape}"
    with np.errstate(invalid="ignore"):
        for what, test in (("NaN", np.isnan), ("infinity", np.isinf)):
            one_side = test(left) != test(right)
            if one_side.any():
                place = tuple(map(int, np.argwhere(one_side)[0]))
                name = names[0] if test(left)[place] else names[1]
                return f"{name} has {what} at {list(place)}, the other side has not"
        if (np.isinf(left) & np.isinf(right) & (left != right)).any():
            return "infinities of opposite sign"
    return ""


def _same_bits(left, right):
    if left.dtype != right.dtype:
        return False
    both_nan = np.isnan(left) & np.isnan(right)
    left, right = (np.where(both_nan, 0, array).astype(array.dtype) for array in (left, right))
    return left.tobytes() == right.tobytes()
