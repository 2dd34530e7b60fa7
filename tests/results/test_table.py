"""What the table shows of runs, good and bad."""

import io

import pytest
from rich.console import Console

from conformance.results.rows import BY_KEY
from conformance.results.summary import summary
from conformance.results.table import table


def run(key, figures, notice=None, parameters=None):
    row = BY_KEY[key]
    return {
        "result": {
            "parameters": parameters or list(row.entry().parameter_counts),
            "updates": 80,
            "instances": 30,
            "notice": notice,
            "figures": figures,
        },
        "seconds": 1.0,
    }


def shown(runs_by_key):
    rows = [BY_KEY[key] for key in runs_by_key]
    summaries = {key: summary(BY_KEY[key], runs) for key, runs in runs_by_key.items()}
    file = io.StringIO()
    Console(file=file, width=120).print(table(rows, {"Keras on edu": summaries}, 3))
    return file.getvalue()


IRIS = "iris_mlp, 20 epochs"


def test_mean_spread_and_how_many_reach_the_figure():
    text = shown({IRIS: [run(IRIS, {"accuracy": a}) for a in (0.6, 0.7, 0.8)]})
    assert "0.700 (0.600-0.800)" in text
    assert "2 of 3 reach it" in text
    assert "not every run reaches the document's figure: iris_mlp, 20 epochs" in text
    assert "1,047" in text


def test_digits_in_place_of_mnist_are_never_an_mnist_accuracy():
    notice = "MNIST is not in the Keras cache: digits stand in."
    text = shown({"mnist_mlp": [run("mnist_mlp", {"accuracy": 0.99}, notice)] * 3})
    assert "digits, not MNIST" in text
    assert "on MNIST:" in text and notice in text
    # 0.99 on digits does not reach 0.979 on MNIST.
    assert "reach it" not in text


def test_the_same_on_mnist_is_one():
    text = shown({"mnist_mlp": [run("mnist_mlp", {"accuracy": 0.98})] * 3})
    assert "digits" not in text
    assert "3 of 3 reach it" in text


@pytest.mark.parametrize("key", ["logistic_regression, separable", "sine_ann", "spiral_ann"])
def test_what_was_chosen_is_called_chosen_in_the_row(key):
    text = shown({key: [run(key, {"accuracy": 1.0, "missed": 0})]})
    above, _, below = text.rpartition("└")
    assert "chosen" in above and "chosen: " in below


def test_a_broken_run_is_counted_and_its_error_shown():
    broken = {"error": "ValueError: planted", "seconds": 1.0}
    text = shown({IRIS: [run(IRIS, {"accuracy": 0.8}), broken]})
    assert "1 of 1 reach it" in text
    assert "1 broken" in text
    assert "iris_mlp, 20 epochs, Keras on edu: ValueError: planted" in text


def test_a_row_without_any_result_is_shown():
    text = shown({IRIS: [{"error": "ValueError: planted", "seconds": None}]})
    assert "1 broken" in text and "iris_mlp" in text


def test_other_parameters_than_the_documents_are_said():
    text = shown({IRIS: [run(IRIS, {"accuracy": 0.8}, parameters=[20, 640, 386])]})
    assert "20 / 640 / 386" in text
    assert "20 / 640 / 387" in text
