"""Document 3, "Hyperparameter tuning": a search in parallel workers, all of them on edu."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

PROGRAM = Path(__file__).parent / "programs" / "document_3_search.py"
CANDIDATES, FOLDS = 3, 2


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture
def search(kept, installed, run_python, tmp_path_factory):
    """`search(backend)`: what the program printed there, and the notes of the models it built."""

    def on(backend):
        if backend not in kept:
            folder = tmp_path_factory.mktemp(backend)
            ended = run_python(PROGRAM, folder, python=installed, KERAS_BACKEND=backend)
            found = json.loads(ended.lines()[-1])
            kept[backend] = found, [json.loads(file.read_text()) for file in folder.iterdir()]
        return kept[backend]

    return on


def test_every_model_is_built_on_edu_and_the_folds_in_workers(search):
    found, notes = search("edu")
    # One model for each candidate and fold, and one that is trained anew with the best.
    assert len(notes) == CANDIDATES * FOLDS + 1
    assert all(note["edu"] for note in notes)
    in_workers = [note for note in notes if note["pid"] != found["main"]]
    assert len(in_workers) == CANDIDATES * FOLDS


def test_the_candidates_lie_in_the_documents_space(search):
    found, _ = search("edu")
    for candidate in found["candidates"]:
        assert candidate["n_hidden"] in (0, 1, 2, 3)
        assert 1 <= candidate["n_neurons"] <= 99
        assert 3e-4 <= candidate["learning_rate"] <= 3e-2


def test_the_search_finds_what_it_finds_on_stock_keras(search):
    (edu, _), (stock, notes) = search("edu"), search("jax")
    assert not any(note["edu"] for note in notes)
    assert edu["candidates"] == stock["candidates"]
    assert len(set(edu["scores"])) == CANDIDATES
    # The bound that this project promises for the losses of a training run.
    assert edu["scores"] == pytest.approx(stock["scores"], rel=1e-5)
    assert edu["best"] == stock["best"]
    assert edu["refit"] == pytest.approx(stock["refit"], rel=1e-5)


def test_the_best_candidate_has_the_best_score(search):
    found, _ = search("edu")
    assert found["best"] == found["candidates"][found["scores"].index(max(found["scores"]))]
