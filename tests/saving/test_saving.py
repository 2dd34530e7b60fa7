"""Files written on either backend load on the other, and the loaded models compute the same."""

import json
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.long

PROGRAMS = Path(__file__).parent / "programs"
BACKENDS = ["edu", "jax"]

# Two compiled programs for the same formula may round the last bits of a float32 differently: a
# few parts in 2**23 of probabilities of at most 1.
ROUNDING = 4 * 2.0**-23


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {}


@pytest.fixture
def saved(folders, installed, run_python, tmp_path_factory):
    """`saved(backend)`: a folder with a trained network, saved in every format on that backend."""

    def on(backend):
        if backend not in folders:
            folder = tmp_path_factory.mktemp(backend)
            run_python(
                PROGRAMS / "save.py", folder, python=installed, KERAS_BACKEND=backend
            ).lines()
            folders[backend] = folder
        return folders[backend]

    return on


@pytest.fixture
def loaded(saved, installed, run_python):
    """`loaded(writer, reader)`: what the files of one backend predict when loaded on another."""

    def on(writer, reader):
        folder = saved(writer)
        results = folder / f"loaded-on-{reader}.npz"
        if not results.exists():
            run_python(
                PROGRAMS / "load.py", folder, results, python=installed, KERAS_BACKEND=reader
            ).lines()
        return np.load(results)

    return on


@pytest.mark.parametrize("reader", BACKENDS)
@pytest.mark.parametrize("writer", BACKENDS)
def test_every_format_loads_and_predicts_the_same(writer, reader, saved, loaded):
    expected = np.load(saved(writer) / "expected.npz")["predicted"]
    predicted = loaded(writer, reader)
    for file_format in ("keras", "h5", "weights"):
        np.testing.assert_allclose(predicted[file_format], expected, rtol=0, atol=ROUNDING)
    # The check can fail: before the weights were loaded, the network predicted something else.
    assert np.max(np.abs(predicted["fresh"] - expected)) > 0.01


def test_a_loaded_model_goes_on_training_the_same_on_both(loaded):
    """The optimizer's moments and step count come along in the `.keras` file."""
    on_edu, on_jax = loaded("edu", "edu"), loaded("edu", "jax")
    assert np.max(np.abs(on_edu["continued"] - on_edu["keras"])) > 1e-4
    # Two steps of Adam (learning rate 1e-3) amplify rounding in the gradients by little.
    np.testing.assert_allclose(on_edu["continued"], on_jax["continued"], rtol=0, atol=1e-5)


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture
def damaged(kept, saved, installed, run_python):
    """What became of every damaged file on a backend: name → (type of error, message)."""

    def on(backend):
        if backend not in kept:
            ended = run_python(
                PROGRAMS / "damaged.py", saved("edu"), python=installed, KERAS_BACKEND=backend
            )
            kept[backend] = {
                name: (kind, text) for name, kind, text in map(json.loads, ended.lines())
            }
        return kept[backend]

    return on


def test_every_damaged_file_raises_what_stock_keras_raises(damaged):
    edu = {name: kind for name, (kind, _) in damaged("edu").items()}
    assert edu == {name: kind for name, (kind, _) in damaged("jax").items()}
    unnoticed = [name for name, kind in edu.items() if kind == "no error"]
    assert unnoticed == ["the model afterwards"]


@pytest.mark.parametrize(
    ("damage", "kind", "said"),
    [
        ("cut at 50 %", "ValueError", "`.keras` zip file"),
        ("unknown layer", "ValueError", "Dence"),
        ("unknown activation", "TypeError", "rellu"),
        ("other units", "ValueError", "dense_1"),
        ("no weights", "ValueError", "model.weights.h5"),
        ("a bit flipped", "BadZipFile", "CRC"),
        ("weights cut", "OSError", "truncated"),
        ("weights of another shape", "ValueError", "<Dense name=dense"),
    ],
)
def test_the_error_says_what_is_wrong_with_the_file(damaged, damage, kind, said):
    raised, message = damaged("edu")[damage]
    assert raised == kind
    assert said in message


def test_an_unreadable_file_leaves_the_model_as_it_was(damaged):
    assert damaged("edu")["the model afterwards"][1] == "True"
