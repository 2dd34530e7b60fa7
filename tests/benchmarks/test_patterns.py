"""The patterns of use that are measured: the same numbers on both sides, and one table."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import patterns
from benchmarks.turns import BACKENDS, Worker

pytestmark = pytest.mark.long

FEW = 6  # fits, models, folds, batches, rows or epochs


# Each sets how many devices there are, which a process can do once.
OVER_DEVICES = [name for name in patterns.PATTERNS if "devices" in name]


def numbers_of_most(backend):
    names = [name for name in patterns.PATTERNS if name not in OVER_DEVICES]
    return {name: patterns.numbers(backend, name, FEW) for name in names}


@pytest.fixture(scope="module")
def numbers():
    found = {}
    for backend in BACKENDS:
        with Worker(backend) as worker:
            found[backend] = worker.run("tests.benchmarks.test_patterns:numbers_of_most")
        for name in OVER_DEVICES:
            with Worker(backend) as worker:
                found[backend][name] = worker.run(
                    "benchmarks.patterns:numbers", pattern=name, times=FEW
                )
    return found


@pytest.mark.parametrize("pattern", patterns.PATTERNS)
def test_both_sides_compute_the_same(numbers, pattern):
    ours, stocks = (numbers[backend][pattern] for backend in BACKENDS)
    assert len(ours) == len(stocks) > 1
    # The project's bound for the losses of a training run (tests/test_many_steps.py).
    np.testing.assert_allclose(ours, stocks, rtol=1e-5)
    assert np.ptp(stocks) > 1e-4, "something is learnt, or differs from row to row"


def test_a_warm_run_finds_the_programs_of_the_cold_one(tmp_path):
    for backend in BACKENDS:
        kept = tmp_path / backend / "train_on_batch"

        def programs(kept=kept):
            return {path.name for path in kept.rglob("*-cache")}

        for warm in (False, True):
            before = programs()
            with Worker(backend) as worker:
                measured = worker.run(
                    "benchmarks.patterns:measure",
                    pattern="train_on_batch",
                    folder=str(tmp_path),
                    warm=warm,
                    times=FEW,
                )
            assert all(measured[name] > 0 for name in patterns.MEASURES)
            assert programs() and (programs() == before) == warm


def test_one_table_has_all_measures(monkeypatch, tmp_path):
    def measured(tasks, rounds, **_):
        assert [task.name for task in tasks] == ["GAN, cold", "GAN, warm"]
        of = {"seconds": 2.0, "processor": 3.0, "bytes": 5.0 * 2**20}
        half = {name: value / 2 for name, value in of.items()}
        return {task.name: {"edu": [half] * rounds, "jax": [of] * rounds} for task in tasks}

    monkeypatch.setattr(patterns, "take_turns", measured)
    file = tmp_path / "patterns.json"
    arguments = ["--only", "GAN", "--rounds", "2", "--json", str(file)]
    ended = CliRunner().invoke(patterns.main, arguments, catch_exceptions=False)
    assert ended.exit_code == 0
    (line,) = (line for line in ended.output.splitlines() if "GAN, warm" in line)
    cells = [cell.strip() for cell in line.strip("│").split("│")][1:]
    assert cells == ["1.00", "2.00", "0.50", "1.50", "3.00", "0.50", "2", "5", "0.50"]
    written = json.loads(file.read_text())
    assert written["values"]["GAN, cold"]["jax"][1]["seconds"] == 2.0
