"""Wrong input gets the error that Keras users know, from the layer concerned.

`programs/bad_input.py` makes one mistake after another and prints which error each one raised.
"""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

PROGRAM = Path(__file__).parent / "programs" / "bad_input.py"


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture
def errors(kept, installed, run_python):
    """The errors on a backend: name of the mistake → (type of the error, its message)."""

    def on(backend):
        if backend not in kept:
            lines = run_python(PROGRAM, python=installed, KERAS_BACKEND=backend).lines()
            kept[backend] = {name: (kind, text) for name, kind, text in map(json.loads, lines)}
        return kept[backend]

    return on


def test_every_mistake_raises_the_type_that_stock_keras_raises(errors):
    edu, stock = ({name: kind for name, (kind, _) in errors(on).items()} for on in ("edu", "jax"))
    # The one difference, on purpose: from stock Keras a bare StopIteration escapes.
    assert (edu.pop("no data"), stock.pop("no data")) == ("ValueError", "StopIteration")
    assert edu == stock


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("features", ["layer 'dense", "axis -1", "(8, 3)"]),
        ("features in predict", ["layer 'dense", "axis -1", "(8, 3)"]),
        ("classes", ["(8, 2)", "(8, 3)"]),
        ("samples", ["cardinality", "8", "5"]),
        ("words as data", ["dtype"]),
        ("objects as data", ["dtype"]),
        ("activation", ["rellu"]),
        ("optimizer", ["adamm"]),
        ("units", ["units", "-1"]),
        ("dtype", ["float31"]),
        ("rate", ["rate", "1.5"]),
        ("weights", ["(4, 3)", "(5, 3)"]),
        ("rank", ["Concatenate"]),
        ("not compiled", ["compile()"]),
        ("no data", ["fit", "empty"]),
    ],
)
def test_the_message_names_what_is_wrong(errors, mistake, said):
    _, message = errors("edu")[mistake]
    for words in said:
        assert words in message


def test_labels_that_are_not_numbers_give_a_loss_that_is_not_a_number(errors):
    assert errors("edu")["nan labels"] == ("no error", "nan")
