"""Which tests there are, which of them a run is about, and who runs what."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.upstream.baseline import stock_passes
from conformance.upstream.run import FILES_TO_A_PROCESS, TESTS_TO_A_PROCESS, together
from conformance.upstream.selection import select, shard
from conformance.upstream.suite import Unit, keras_suite

WEIGHTS = st.dictionaries(
    st.builds(Unit, st.integers(0, 99).map("{}_test.py".format), st.sampled_from([1, 8])),
    st.integers(1, 10_000),
)


def test_folders_of_other_backends_and_downloads_are_left_out(suite):
    files = {unit.file for unit in suite.units()}
    assert "backend/jax/part_test.py" in files
    assert not files & {"backend/torch/part_test.py", "applications/applications_test.py"}


def test_every_test_of_the_baselines_has_its_file_in_the_installed_keras():
    # The numbers are those of the measurement (conformance/upstream/README.md).
    suite = keras_suite()
    found = stock_passes(suite, suite.units())
    counts = Counter()
    for unit, names in found.items():
        counts[unit.devices] += len(names)
    assert counts == {1: 13_595, 8: 68}


@given(weights=WEIGHTS, count=st.integers(1, 7))
def test_shares_hold_everything_exactly_once(weights, count):
    shares = [shard(list(weights), index, count, weights) for index in range(1, count + 1)]
    assert sorted(unit for share in shares for unit in share) == sorted(weights)


def test_shares_do_not_depend_on_the_order_of_the_files():
    weights = {Unit(f"{n}_test.py"): n % 5 for n in range(20)}
    assert shard(list(weights), 1, 3, weights) == shard(list(weights)[::-1], 1, 3, weights)


def test_shares_are_of_about_equal_length():
    weights = {Unit(f"{n}_test.py"): n for n in range(100)}
    loads = [
        sum(weights[unit] for unit in shard(list(weights), i, 4, weights)) for i in range(1, 5)
    ]
    # Files go to the lightest share, so two shares differ by a file at most; the longest has 99.
    assert max(loads) - min(loads) <= 99 + 20


@given(weights=WEIGHTS)
def test_processes_get_everything_once_and_not_too_much_of_it(weights):
    groups = together(list(weights), weights)
    assert sorted(unit for group in groups for unit in group) == sorted(weights)
    for group in groups:
        assert 1 <= len(group) <= FILES_TO_A_PROCESS
        assert len({unit.devices for unit in group}) == 1
        assert len(group) == 1 or all(weights[unit] < TESTS_TO_A_PROCESS for unit in group)


UNITS = [Unit("ops/nn_test.py"), Unit("ops/numpy_test.py"), Unit("layers/core/dense_test.py")]
STOCK = {
    UNITS[0]: ["ops.nn_test.NNTest::test_relu", "ops.nn_test.NNTest::test_elu[a b]"],
    UNITS[1]: ["ops.numpy_test.NumpyTest::test_add"],
    UNITS[2]: ["layers.core.dense_test.DenseTest::test_basics"],
}


def selected(*patterns):
    chosen, only = select(UNITS, patterns, STOCK)
    return {unit.file: only.get(unit, "whole") for unit in chosen}


def test_without_a_pattern_everything_runs():
    assert set(selected()) == {unit.file for unit in UNITS}


@pytest.mark.parametrize(
    "pattern", ["nn_test", "ops/nn", "ops.nn_test", "*/nn_*", "/venv/keras/src/ops/nn_test.py"]
)
def test_a_file_is_meant_by_a_part_or_a_glob(pattern):
    assert selected(pattern) == {"ops/nn_test.py": "whole"}


@pytest.mark.parametrize(
    "pattern",
    [
        "NNTest::test_relu",
        "ops.nn_test.NNTest::test_relu",
        "ops.nn_test.NNTest::test_that_stock_fails",
        "*test_elu*",
    ],
)
def test_a_test_is_meant_by_its_name(pattern):
    assert selected(pattern) == {"ops/nn_test.py": [pattern]}


def test_a_test_is_meant_by_pytests_name_for_it():
    assert selected("keras/src/ops/nn_test.py::NNTest::test_relu") == {
        "ops/nn_test.py": ["ops.nn_test.NNTest::test_relu"]
    }


def test_patterns_add_up():
    assert selected("test_relu", "dense", "nn_test") == {
        "ops/nn_test.py": "whole",
        "layers/core/dense_test.py": "whole",
    }


def test_a_pattern_that_means_nothing_selects_nothing():
    assert selected("no_such_test") == {}
