"""`python -m conformance results`, run as a user runs it."""

import json

import click
import pytest
from click.testing import CliRunner

from conformance.__main__ import main
from conformance.results import command
from tests.conftest import ROOT


def call(*words):
    return CliRunner().invoke(main, list(map(str, words)))


def test_iris_is_trained_as_its_document_does_and_not_again_when_resumed(run_python, tmp_path):
    file = tmp_path / "results.json"
    words = ["results", "--networks", "iris_mlp", "--seeds", "1", "--json", file]
    ended = run_python("-m", "conformance", *words, cwd=ROOT)
    text = "\n".join(ended.lines())
    assert "4 runs in" in text and "1,047" in text
    document = json.loads(file.read_text())
    runs = {(run["row"], run["side"]): run["result"] for run in document["runs"]}
    assert len(runs) == 4
    for result in runs.values():
        assert result["parameters"] == [20, 640, 387]
        assert 0 <= result["figures"]["accuracy"] <= 1
    # 108 flowers in batches of 32: 4 updates an epoch.
    assert runs["iris_mlp, 20 epochs", "keras"]["updates"] == 4 * 20
    assert runs["iris_mlp, 100 epochs", "plain"]["updates"] == 4 * 100
    assert {run["versions"]["backend"] for run in document["runs"]} == {"edu"}
    before = file.read_text()
    again = run_python("-m", "conformance", *words, "--resume", cwd=ROOT)
    assert "0 runs in" in again.output
    assert file.read_text() == before


def test_only_runs_that_would_be_the_same_today_are_resumed_from(tmp_path):
    result = {"epochs": 20, "figures": {"accuracy": 1.0}}
    entry = {"row": "iris_mlp, 20 epochs", "side": "keras", "seconds": 1.0, "versions": {}}
    runs = [
        entry | {"seed": 0, "result": result},
        entry | {"seed": 1, "result": result | {"epochs": 21}},
        entry | {"seed": 2, "error": "ValueError: planted"},
        entry | {"seed": 3, "result": result, "row": "no such network"},
    ]
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"format": 1, "backend": "edu", "runs": runs}))
    assert list(command._kept(file, "edu")) == [("iris_mlp, 20 epochs", "keras", 0)]
    with pytest.raises(click.BadParameter, match="are on edu, not on jax"):
        command._kept(file, "jax")


def test_bad_usage_is_refused_before_any_work(tmp_path):
    damaged = tmp_path / "damaged.json"
    damaged.write_text("{")
    for words, said in [
        (["results", "--networks", "iris"], "'iris' is unknown"),
        (["results", "--resume"], "--resume needs --json"),
        (["results", "--json", tmp_path / "no" / "file"], "does not exist"),
        (["results", "--json", damaged, "--resume"], "Cannot resume"),
        (["results", "--backend", "torch"], "'torch' is not one of"),
        (["results", "--pictures", damaged / "folder"], "Not a directory"),
        (["--cases", "iris_mlp", "results"], "--cases belongs to the comparison"),
        (["pictures", damaged], "is a file"),
        (["pictures", tmp_path, "--only", "nothing"], "'nothing' is unknown"),
    ]:
        ended = call(*words)
        assert ended.exit_code == 2, (words, ended.output)
        assert said in ended.output.replace("\n", " "), (words, ended.output)


def test_the_comparison_is_still_the_default():
    ended = call("--list")
    assert ended.exit_code == 0
    assert "iris_mlp: document 2" in ended.output
