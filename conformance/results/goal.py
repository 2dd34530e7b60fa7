"""A figure that a document reports, and what counts as reaching it."""

import dataclasses

LEAST, MOST, ABOUT = "at least", "at most", "about"
AROUND = 0.05  # what "around 50%" leaves open


@dataclasses.dataclass(frozen=True)
class Goal:
    """A document's figure.

    Attributes:
        figure: which of a run's figures it is, such as ``"accuracy"`` or ``"missed"``.
        value: the figure.
        sense: `LEAST` where more is better, `MOST` where less is, `ABOUT` where the document
            shows a network that cannot do more.
        digits: digits behind the point that the document prints; a figure that would be printed
            the same reaches it.
    """

    figure: str
    value: float
    sense: str = LEAST
    digits: int = 0

    def reached(self, value):
        """Whether a run's figure is the document's, or better.

        Args:
            value: the run's figure, None where it has none.

        Returns:
            True or False; False for None and for NaN.
        """
        if value is None:
            return False
        slack = AROUND if self.sense == ABOUT else 0.5 * 10**-self.digits if self.digits else 0
        slack += 1e-6  # figures are float32 means: 27 of 30 are 0.90000004
        above, below = value >= self.value - slack, value <= self.value + slack
        return {LEAST: above, MOST: below, ABOUT: above and below}[self.sense]

    def __str__(self):
        shown = f"{self.value:.{self.digits}f}"
        if self.sense == ABOUT:
            return f"{self.figure} about {shown}"
        if self.figure == "missed":
            return f"{shown} missed"
        if self.sense == MOST:
            return f"{self.figure} at most {shown}"
        return f"{self.figure} {shown}"
