"""What the table of results says it trains, and what it must not keep quiet about."""

import inspect

import jax
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import reference_models
from conformance.results.rows import BY_KEY, FOOTNOTES, NETWORKS, ROWS
from reference_models.data import points

CATALOG = reference_models.catalog()


def source(network):
    return inspect.getsource(inspect.getmodule(CATALOG[network].init))


def test_every_network_of_the_documents_has_a_row():
    assert set(NETWORKS) == set(CATALOG)
    assert len(BY_KEY) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_epochs_that_were_raised_until_the_figure_was_met_are_called_chosen(row):
    raised = "as many as it takes to come to the document's result" in source(row.network)
    assert raised == ("epochs" in row.notes)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_sizes_that_the_document_does_not_give_are_called_chosen(row):
    missing = any(
        words in source(row.network)
        for words in ("document gives no layer sizes", "The document gives no\nsizes")
    )
    assert missing == ("sizes" in row.notes)


def test_data_that_was_chosen_by_its_result_is_called_chosen():
    separable, sine = (" ".join(f.__doc__.split()) for f in (points.separable, points.sine_wave))
    assert "chosen, out of twenty that were tried" in separable
    assert "26 to 45 points wrong" in sine
    by_note = {
        note: [row.key for row in ROWS if note in row.notes] for note in ("classification", "sine")
    }
    assert by_note == {"classification": ["logistic_regression, separable"], "sine": ["sine_ann"]}
    assert all(FOOTNOTES[note].startswith("chosen") for note in by_note)


def test_no_straight_line_parts_the_classes_of_the_sine_wave():
    """Otherwise its row would say nothing about hidden layers."""
    x, classes = points.sine_wave()
    assert LogisticRegression().fit(x, classes).score(x, classes) < 0.75


@pytest.mark.parametrize(
    ("key", "epochs"), [("iris_mlp, 20 epochs", 20), ("mnist_mlp", 5), ("sine_ann", 200)]
)
def test_epochs_are_the_rows_or_the_catalogs(key, epochs):
    assert BY_KEY[key].passes() == epochs


def test_each_regression_output_has_its_own_network_and_data():
    for output in ("sigmoid", "tanh"):
        row = BY_KEY[f"regression_mlp, {output} output"]
        _, y = row.data().train
        x, _ = row.entry().sample(4, 0)
        outputs = row.entry().apply(row.entry().init(jax.random.key(0)), x)
        low = {"sigmoid": 0, "tanh": -1}[output]
        assert float(np.min(outputs)) >= low and float(np.max(outputs)) <= 1
        assert float(np.max(y)) <= 1 + 1e-6
