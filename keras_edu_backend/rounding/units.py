"""Units of rounding, and what is known of a number: all that judging a difference needs.

A difference of up to `FACTOR` noise floors is rounding. Why so many:

* If errors are normal with standard deviation σ and the floor is an estimate of σ from 16 draws,
  the quotient follows Student's t with 16 degrees of freedom: |t| > 8 has probability 6e-7.
* Libraries add in blocks and lanes, where the model of sums (`sums`) allows for one term after the
  other. So sums, which decide most floors, are off by less, usually by half: |t| > 16 has
  probability 3e-11.

The rate of false verdicts that comes out is measured, by ``python -m conformance fuzz``.
"""

import dataclasses

import ml_dtypes
import numpy as np

FACTOR = 8

# Unit roundoff: half the distance from 1 to the next larger number.
UNIT_ROUNDOFF = {
    np.dtype(ml_dtypes.bfloat16): 2.0**-8,
    np.dtype(np.float16): 2.0**-11,
    np.dtype(np.float32): 2.0**-24,
    np.dtype(np.float64): 2.0**-53,
}


@dataclasses.dataclass(frozen=True)
class Floor:
    """What is known of one array of a result.

    Attributes:
        exact: the result without rounding, float64.
        noise: its floor: root mean square of what rounding changes, of the same shape.
        jump: how far branches within reach of rounding can move an element, from one extreme to
            the other; 0 away from kinks.
    """

    exact: np.ndarray
    noise: np.ndarray
    jump: np.ndarray

    def floors(self, values: np.ndarray, other: np.ndarray | None = None) -> np.ndarray:
        """How many floors each number is away from the exact one, or from another side's.

        Args:
            values: array of the result's shape.
            other: what to measure from, in place of the exact result.

        Returns:
            Array of that shape; 0 where both are the same number, NaN or infinity; infinite where
            only one of them is NaN or infinite.
        """
        left = np.asarray(values, np.float64)
        right = self.exact if other is None else np.asarray(other, np.float64)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            apart = np.abs(left - right)
            same = (left == right) | (np.isnan(left) & np.isnan(right))
            found = np.where(same, 0.0, apart / self.noise)
        return np.where(np.isnan(found), np.inf, found)

    def at_kink(self, values: np.ndarray, other: np.ndarray | None = None) -> np.ndarray:
        """Where a difference is beyond the floor, but within what branches in reach can change."""
        left = np.asarray(values, np.float64)
        right = self.exact if other is None else np.asarray(other, np.float64)
        with np.errstate(invalid="ignore"):
            reach = np.where(np.isnan(self.jump), np.inf, self.jump) + FACTOR * self.noise
            within = np.isinf(self.jump) | (np.abs(left - right) <= reach)
        return (self.jump > 0) & within & (self.floors(values, other) > FACTOR)
