"""``python -m conformance.upstream``, as it is typed."""

import functools
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import conformance.upstream.__main__ as program
from conformance.upstream.baseline import stock_passes
from conformance.upstream.cache import Cache
from conformance.upstream.suite import Suite, Unit, keras_suite

pytestmark = pytest.mark.long

FILES = {
    "good_test.py": "def test_passes(): pass",
    "bad_test.py": "def test_passes(): pass\n\ndef test_fails(): assert 0, 'not equal'",
}
STOCK = {1: ["good_test::test_passes", "bad_test::test_passes", "bad_test::test_fails"]}


@pytest.fixture
def run(make, tmp_path, monkeypatch):
    suite = make.suite(FILES, STOCK)
    monkeypatch.setattr(program, "keras_suite", lambda: suite)
    monkeypatch.setattr(program, "Cache", functools.partial(Cache, tmp_path / "cache"))
    return lambda *arguments: CliRunner().invoke(program.main, arguments)


def test_status_0_when_all_that_stock_passes_passes(run):
    result = run("--only", "good")
    assert result.exit_code == 0, result.output
    assert "1 of the 1 selected tests" in result.output


def test_status_1_and_the_names_when_something_does_not(run):
    result = run()
    assert result.exit_code == 1
    assert "bad_test::test_fails" in result.output
    assert "failed: AssertionError: not equal" in result.output
    assert "2 of the 3 selected tests" in result.output


def test_a_single_test_can_be_asked_for(run):
    assert run("--only", "bad_test::test_passes").exit_code == 0


def test_what_stock_fails_too_is_no_failure(run, make, monkeypatch):
    suite = make.suite(FILES, {1: STOCK[1][:2]})
    monkeypatch.setattr(program, "keras_suite", lambda: suite)
    assert run().exit_code == 0


def test_a_second_run_uses_the_first_ones_results_unless_told_not_to(run):
    assert "from cache" not in run("--only", "good").output
    assert "from cache" in run("--only", "good").output
    assert "from cache" not in run("--only", "good", "--no-cache").output


def test_the_json_file(run, tmp_path):
    file = tmp_path / "report.json"
    assert run("--json", str(file)).exit_code == 1
    report = json.loads(file.read_text())
    assert [r["test"] for r in report["regressions"]] == ["bad_test::test_fails"]
    assert report["counts"]["passed"] == 2
    assert {"python", "keras", "jax"} <= set(report["versions"])
    assert {f["file"] for f in report["files"]} == set(FILES)


ON_JAX_ONLY = """
import sys

import keras

def test_passes():
    pass

def test_on_jax_only():
    assert "keras_edu_backend.backend" not in sys.modules
"""


def test_what_stock_passes_can_be_measured_in_the_run(run, make, tmp_path, monkeypatch):
    files = {"only_test.py": ON_JAX_ONLY, "bad_test.py": FILES["bad_test.py"]}
    monkeypatch.setattr(program, "keras_suite", lambda: make.suite(files, STOCK))
    file = tmp_path / "report.json"
    result = run("--measure-stock", "--json", str(file))
    assert result.exit_code == 1
    assert "3 of the 4 selected tests" in result.output
    report = json.loads(file.read_text())
    assert [r["test"] for r in report["regressions"]] == ["only_test::test_on_jax_only"]
    assert report["stock"] == {name: report["versions"][name] for name in ("keras", "jax")}


OTHERS = """
import keras

def test_runs_there():
    assert keras.backend.backend() == "standin"

def test_first():
    raise ValueError("no more than 12 of <one x=34>")

def test_second():
    raise ValueError("no more than 5 of <another>")
"""


def test_a_backend_that_nobody_here_wrote(make, monkeypatch):
    """It is imported first, held to what stock passes on any backend, and told by causes."""
    folder = str(Path(__file__).parents[1] / "others")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", folder)
    names = ("test_runs_there", "test_first", "test_second")
    files = {"a_test.py": OTHERS, "backend/jax/core_test.py": "def test_passes(): assert 0"}
    stock = [f"a_test::{name}" for name in names] + ["backend.jax.core_test::test_passes"]
    suite = make.suite(files, {1: stock, 8: []})
    monkeypatch.setattr(program, "keras_suite", lambda: suite)
    monkeypatch.setattr(program, "Cache", None)  # whose results would be of an earlier day
    result = CliRunner().invoke(program.main, ["--backend", "standin"])
    assert result.exit_code == 1, result.output
    assert "1 of the 3 selected tests" in result.output
    assert "     2 failed: ValueError: no more than # of <…>" in result.output


def test_shares_together_are_the_whole(run):
    outputs = [run("--shard", f"{index}/2", "--no-cache").output for index in (1, 2)]
    assert sum("good_test.py" in output for output in outputs) == 1
    assert sum("bad_test.py" in output for output in outputs) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--backend", "nobody"], "'nobody' is unknown; there are: edu, jax"),
        (["--backend", "reference"], "reference runs no Keras"),
        (["--only", "no_such_test"], "no_such_test"),
        (["--shard", "3/2"], "expected I/N"),
        (["--shard", "0/2"], "expected I/N"),
        (["--shard", "half"], "expected I/N"),
        (["--jobs", "0"], "--jobs"),
        (["--json", "/no/such/folder/report.json"], "does not exist"),
        (["--no-such-option"], "no-such-option"),
    ],
)
def test_status_2_and_what_is_wrong_for_bad_usage(run, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_status_2_without_keras(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "keras" else name)
    result = CliRunner().invoke(program.main, [])
    assert result.exit_code == 2
    assert "Keras is not installed" in result.output


def test_keras_itself_on_edu(run, monkeypatch):
    suite = keras_suite()
    expected = len(stock_passes(suite, suite.units())[Unit("utils/naming_test.py")])
    # Without torch, which this file does not use: importing it takes longer than the tests.
    monkeypatch.setattr(program, "keras_suite", lambda: Suite(suite.root, suite.baselines))
    result = run("--only", "utils/naming_test.py", "--backend", "edu")
    assert result.exit_code == 0, result.output
    assert f"{expected} of the {expected} selected tests" in result.output
