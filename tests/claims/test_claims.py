"""What the documents claim holds on Keras models, and would not hold of the opposite case."""

import math

import pytest

from conformance.claims.claim import measured, statements
from conformance.claims.themes import all_claims

pytestmark = pytest.mark.long

CLAIMS = all_claims()
# These train for many seconds: `python -m conformance claims` measures them.
LONG = {
    "aggregated_weights",
    "batch_costs",
    "batch_variants",
    "dropout_overfitting",
    "early_stopping",
    "gradient_noise",
    "memory",
    "optimizer_costs",
    "outliers",
    "search",
}
SHORT = [name for name in CLAIMS if name not in LONG]


@pytest.fixture(scope="module")
def numbers():
    return {}


def measure(numbers, name):
    if name not in numbers:
        numbers[name] = measured(CLAIMS[name])
    return numbers[name]


@pytest.mark.parametrize("name", SHORT)
def test_it_holds(name, numbers):
    found = statements(CLAIMS[name], measure(numbers, name))
    assert found and all(found.values()), (found, numbers[name])


@pytest.mark.parametrize("name", SHORT)
def test_it_does_not_hold_of_the_opposite_case(name):
    claim = CLAIMS[name]
    found = statements(claim, measured(claim, **claim.otherwise))
    assert not all(found.values())


@pytest.mark.parametrize("name", SHORT)
def test_nothing_holds_of_numbers_that_are_none(name, numbers):
    found = statements(CLAIMS[name], without_numbers(measure(numbers, name)))
    assert not any(found.values()), found


@pytest.mark.parametrize("name", SHORT)
def test_its_picture_has_a_title_and_shows_something(name, numbers, tmp_path):
    figure = CLAIMS[name].draw(measure(numbers, name))
    (axes, *_) = figure.axes
    assert axes.get_title() and axes.get_ylabel()
    assert axes.lines or axes.patches or axes.images
    figure.savefig(tmp_path / "picture.png", dpi=20)


def test_every_claim_has_its_place_in_a_document():
    for claim in CLAIMS.values():
        assert claim.document in range(1, 6) and claim.section and claim.says.endswith(".")
        assert claim.otherwise


def without_numbers(value):
    """NaN in place of every number."""
    if isinstance(value, dict):
        return {key: without_numbers(part) for key, part in value.items()}
    if isinstance(value, list):
        return [without_numbers(part) for part in value]
    return math.nan if isinstance(value, int | float) else value
