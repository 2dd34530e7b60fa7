"""Random numbers set beside the formula of their distribution.

Generators of different libraries draw different numbers, so what can be compared is the
distribution: its mean and variance, and the whole of it by the Kolmogorov-Smirnov test. Seeds are
fixed, so that a verdict does not change from run to run.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_edu_backend.compare.verdict import (
    DIFFERENT,
    DISTRIBUTED,
    EQUAL,
    Judgement,
    Results,
    apart,
)

# A correct generator fails one test of these with this probability: once in a million.
LEVEL = 1e-6
# So many standard errors from the mean lies a normal number with that probability (two-sided).
ERRORS = 4.9


def judge_draws(
    left: Results, right: Results, names: Sequence[str], law: Mapping[str, Any], same_bits: bool
) -> dict[str, Judgement]:
    """Compare random numbers with their law and, where one generator made them, bit for bit.

    Args:
        left: mapping of dtype to the star's ``{"draws": array}``.
        right: the same from the other side.
        names: what to call the two sides.
        law: see `problem`.
        same_bits: whether both sides use one generator, so that equal seeds give equal bits.

    Returns:
        Mapping of dtype to `verdict.Judgement`.
    """
    return {
        dtype: _judge(left[dtype]["draws"], right[dtype]["draws"], dtype, names, law, same_bits)
        for dtype in left
        if dtype in right
    }


def _judge(left, right, dtype, names, law, same_bits):
    here = apart("draws", left, right, None, dtype, names)
    if here.problem:
        return Judgement(DIFFERENT, where="draws", note=here.problem)
    for name, drawn in zip(names, (left, right), strict=True):
        found = problem(drawn, law)
        if found:
            return Judgement(DIFFERENT, where="draws", note=f"{name}: {found}")
    if here.same_bits:
        return Judgement(EQUAL, 0.0, 0.0, 0.0, note=described(law))
    if same_bits:
        note = "equal seeds must give equal bits"
        return Judgement(
            DIFFERENT, here.max_abs, here.max_rel, here.floors, where="draws", note=note
        )
    return Judgement(DISTRIBUTED, where="draws", note=described(law))


def problem(drawn: np.ndarray, law: Mapping[str, Any]) -> str:
    """What is wrong with random numbers, if they are to follow a law; empty if nothing is.

    Args:
        drawn: the numbers.
        law: ``{"name": "uniform", "low": a, "high": b}``, ``{"name": "normal", "mean": m,
            "deviation": s}``, ``{"name": "truncated normal", "deviation": s}`` (cut off at two
            deviations of the normal it is made of; s is what remains) or ``{"name": "dropout",
            "rate": r}``: 0 with probability r, else 1 / (1 − r).

    Returns:
        A text that names the test and its result.
    """
    numbers = np.asarray(drawn, np.float64).ravel()
    if law["name"] == "dropout":
        return _dropout_problem(drawn, law["rate"])
    expected = _distribution(law)
    mean, variance, kurtosis = (float(m) for m in expected.stats(moments="mvk"))
    count = len(numbers)
    # The variance of a sample variance is σ⁴ (excess kurtosis + 2) / n.
    errors = {
        "mean": (numbers.mean() - mean) / math.sqrt(variance / count),
        "variance": (numbers.var() - variance) / (variance * math.sqrt((kurtosis + 2) / count)),
    }
    for moment, off in errors.items():
        if not abs(off) <= ERRORS:
            return f"the {moment} is {off:.3g} standard errors off"
    from scipy.stats import kstest

    p = kstest(numbers, expected.cdf).pvalue
    return "" if p >= LEVEL else f"Kolmogorov-Smirnov finds another distribution (p = {p:.2g})"


def described(law: Mapping[str, Any]) -> str:
    """What was checked, for the reader of a report."""
    if law["name"] == "dropout":
        return "the share that is dropped, and the scale of the rest"
    return f"mean, variance and Kolmogorov-Smirnov test of the {law['name']} distribution"


def _distribution(law):
    from scipy import stats

    if law["name"] == "uniform":
        return stats.uniform(law["low"], law["high"] - law["low"])
    if law["name"] == "normal":
        return stats.norm(law["mean"], law["deviation"])
    if law["name"] == "truncated normal":
        return stats.truncnorm(-2, 2, scale=law["deviation"] / stats.truncnorm(-2, 2).std())
    raise ValueError(f"No law is called {law['name']!r}.")


def _dropout_problem(drawn, rate):
    dropped = drawn == 0
    off = (dropped.mean() - rate) / math.sqrt(rate * (1 - rate) / drawn.size)
    if not abs(off) <= ERRORS:
        return f"{dropped.mean():.4g} of the units are dropped, {rate} asked for"
    kept = drawn[~dropped]
    # 1 / (1 − rate) takes two roundings, of half a unit in the last place each.
    if np.abs(kept * (1 - rate) - 1).max(initial=0.0) > np.finfo(drawn.dtype).eps:
        return f"units that are kept are not scaled by 1 / (1 - rate) = {1 / (1 - rate):.6g}"
    return ""
