"""Random numbers beside their law: the right one passes, its neighbours do not."""

import numpy as np
import pytest
from scipy import stats

from keras_edu_backend.compare import laws

COUNT = 60_000  # as many as a part draws
NAMES = ("star", "other")
UNIFORM = {"name": "uniform", "low": -0.1, "high": 0.1}
NORMAL = {"name": "normal", "mean": 1.0, "deviation": 0.5}
TRUNCATED = {"name": "truncated normal", "deviation": 0.1}
DROPOUT = {"name": "dropout", "rate": 0.2}


def random():
    return np.random.default_rng(0)


def truncated(deviation):
    cut = stats.truncnorm(-2, 2)
    return cut.rvs(COUNT, random_state=random()) * deviation / cut.std()


def dropped(rate, scale):
    return np.where(random().random(COUNT) < rate, 0, scale).astype(np.float32)


@pytest.mark.parametrize(
    ("law", "drawn"),
    [
        (UNIFORM, random().uniform(-0.1, 0.1, COUNT)),
        (NORMAL, random().normal(1, 0.5, COUNT)),
        (TRUNCATED, truncated(0.1)),
        (DROPOUT, dropped(0.2, 1.25)),
    ],
)
def test_numbers_of_the_law_pass(law, drawn):
    assert laws.problem(drawn, law) == ""


@pytest.mark.parametrize(
    ("law", "drawn", "said"),
    [
        (UNIFORM, random().uniform(-0.1, 0.11, COUNT), "mean"),
        (UNIFORM, random().uniform(-0.105, 0.105, COUNT), "variance"),
        # Right mean and variance, but not uniform.
        (UNIFORM, random().normal(0, 0.1 / np.sqrt(3), COUNT), "Kolmogorov-Smirnov"),
        # Glorot's fan_in alone, in place of the mean of fan_in and fan_out, and no correction of
        # the deviation after cutting off.
        (TRUNCATED, truncated(0.1 * np.sqrt(250 / 200)), "variance"),
        (TRUNCATED, truncated(0.1 * 0.8796), "variance"),
        (TRUNCATED, random().normal(0, 0.1, COUNT), "Kolmogorov-Smirnov"),
        (NORMAL, random().normal(1, 0.52, COUNT), "variance"),
        (NORMAL, np.full(COUNT, np.nan), "mean"),
        (DROPOUT, dropped(0.21, 1.25), "are dropped"),
        (DROPOUT, dropped(0.2, 1.0), "scaled"),
        (DROPOUT, dropped(0.8, 5.0), "are dropped"),
    ],
)
def test_numbers_of_a_neighbouring_law_do_not(law, drawn, said):
    assert said in laws.problem(drawn, law)


def judge(right, same_bits):
    left = {"float64": {"draws": random().uniform(-0.1, 0.1, COUNT)}}
    return laws.judge_draws(left, {"float64": {"draws": right}}, NAMES, UNIFORM, same_bits)[
        "float64"
    ]


def test_one_generator_gives_the_same_bits_or_it_is_a_difference():
    same, other = (np.random.default_rng(seed).uniform(-0.1, 0.1, COUNT) for seed in (0, 1))
    assert judge(same, same_bits=True).verdict == "equal"
    assert judge(other, same_bits=True).verdict == "different"
    assert judge(other, same_bits=False).verdict == "distributed"


def test_both_sides_must_follow_the_law_and_the_one_that_does_not_is_named():
    judged = judge(random().uniform(-0.2, 0.2, COUNT), same_bits=False)
    assert judged.verdict == "different"
    assert judged.note.startswith("other: the variance")


def test_an_unknown_law_is_refused():
    with pytest.raises(ValueError, match="'cauchy'"):
        laws.problem(np.ones(3), {"name": "cauchy"})
