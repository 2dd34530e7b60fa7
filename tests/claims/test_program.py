"""`python -m conformance claims`, run as a user runs it."""

import dataclasses
import json

import pytest
from click.testing import CliRunner

from conformance.__main__ import main
from conformance.claims import command
from conformance.claims.themes import all_claims
from conformance.results import command as results_command
from conformance.results import workers
from tests.conftest import ROOT

pytestmark = pytest.mark.long


def call(*words):
    return CliRunner().invoke(main, ["claims", *map(str, words)])


def test_a_claim_is_measured_on_both_backends_and_drawn(run_python, tmp_path):
    file = tmp_path / "claims.json"
    words = ["claims", "learning_rates", "--json", file, "--pictures", tmp_path / "drawn"]
    ended = run_python("-m", "conformance", *words, cwd=ROOT)
    text = "\n".join(ended.lines())
    assert "edu yes, jax yes: half of the largest useful rate is the best" in text
    edu, jax = json.loads(file.read_text())["claims"]
    assert (edu["backend"], jax["backend"]) == ("edu", "jax")
    assert (edu["versions"]["backend"], jax["versions"]["backend"]) == ("edu", "jax")
    assert all(edu["holds"].values()) and all(jax["holds"].values())
    # One product and one difference a step, compiled by two processes.
    assert edu["result"]["w"] == jax["result"]["w"]
    assert [each.name for each in (tmp_path / "drawn").iterdir()] == ["learning_rates.png"]


def stand_in(monkeypatch, told):
    def results(tasks, backend, timeout, module):
        for task in tasks:
            yield task, {"seconds": 1.0, "versions": {}, **told}

    monkeypatch.setattr(workers, "results", results)


def test_a_claim_that_does_not_hold_is_said_and_counts(monkeypatch):
    claim = all_claims()["learning_rates"]
    broken = dataclasses.replace(claim, holds=lambda numbers: {"one is two": numbers["one"] == 2})
    monkeypatch.setattr(command, "all_claims", lambda: {claim.name: broken})
    stand_in(monkeypatch, {"result": {"one": 1}})
    ended = call("learning_rates", "--backends", "edu")
    assert ended.exit_code == 1
    assert "edu NO: one is two" in ended.output


def test_a_claim_that_cannot_be_measured_is_said_and_counts(monkeypatch):
    stand_in(monkeypatch, {"error": "ValueError: planted"})
    ended = call("learning_rates")
    assert ended.exit_code == 1
    assert "edu: ValueError: planted" in ended.output


def test_bad_usage_is_refused_before_any_work(tmp_path):
    for words, said in [
        (["no_claim"], "'no_claim' is unknown"),
        (["--backends", "edu,other"], "'other' is unknown"),
        (["--json", tmp_path / "no" / "file"], "does not exist"),
    ]:
        ended = call(*words)
        assert ended.exit_code == 2, ended.output
        assert said in ended.output.replace("\n", " "), ended.output


def test_claims_are_listed_with_their_places():
    ended = call("--list")
    assert ended.exit_code == 0
    assert "linear_stack: document 4, Activation functions" in ended.output


def test_the_results_measure_them_when_asked(monkeypatch):
    measured = []

    def report(console, names, backends, timeout):
        measured.extend((name, backend) for name in names for backend in backends)
        return {}, False

    def one_run(tasks, backend, timeout):
        yield from ((task, {"error": "planted", "seconds": 1.0}) for task in tasks)

    monkeypatch.setattr(results_command, "report", report)
    monkeypatch.setattr(results_command.workers, "results", one_run)
    ended = CliRunner().invoke(main, ["results", "--networks", "take_home", "--claims"])
    assert measured == [(name, "edu") for name in all_claims()], ended.output
