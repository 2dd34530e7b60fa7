"""The code that stands on the page: Keras's own beside the plain form, none of it missing."""

import ast

import keras
import pytest

import conformance.listings as listings_of_code
from conformance.cases import all_cases
from conformance.listings import KERAS, PLAIN, listings
from conformance.parts import PARTS
from keras_edu_backend.compare.report import code
from keras_edu_backend.compare.report.reading import NETWORK

SIDES = ("edu", "jax", "tensorflow", "torch", "reference")


@pytest.fixture(scope="module")
def entries():
    return listings(all_cases(), list(PARTS), SIDES)


def of(entries, case, title):
    return {e["side"]: e for e in entries if (e["case"], e["title"]) == (case, title)}


def test_every_network_and_part_has_its_code_and_none_says_that_it_is_missing(entries):
    assert {entry["case"] for entry in entries} == {*all_cases(), *PARTS}
    for entry in entries:
        comments = [line for line in entry["source"].splitlines() if line.startswith("#")]
        for missing in ("not found", " has no ", "not installed"):
            assert not any(missing in line for line in comments), entry
        ast.parse(entry["source"])


def test_every_title_is_on_each_keras_side_and_on_the_plain_one_where_that_has_it(entries):
    for entry in entries:
        sides = set(of(entries, entry["case"], entry["title"]))
        plain = entry["title"] in PLAIN or entry["title"] == NETWORK
        assert sides == set(SIDES) - (set() if plain else {"reference"})


def test_a_network_stands_beside_its_plain_form_which_a_variant_shares(entries):
    iris = of(entries, "iris_mlp", NETWORK)
    assert iris["reference"]["place"] == "reference_models/networks/iris_mlp.py"
    assert "def gradients(" in iris["reference"]["source"]
    assert iris["edu"] | {"side": "jax"} == iris["jax"]
    variant = of(entries, "regression_mlp_tanh", NETWORK)
    assert variant["reference"]["place"] == "reference_models/networks/regression_mlp.py"


def test_a_networks_keras_code_is_its_first_style_alone(entries):
    for name, case in all_cases().items():
        text = of(entries, name, NETWORK)["jax"]["source"]
        functions = [n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
        assert functions[-1] == case.styles[0]
        assert not set(case.styles[1:]) & set(functions) and "\nclass " not in text


def test_keras_code_is_that_of_the_installed_keras(entries):
    text = of(entries, "iris_mlp", "Adam")["jax"]["source"]
    heading, _, method = text.partition("\n")
    path, _, line = heading.removeprefix("# ").partition(", line ")
    with open(keras.__file__.removesuffix("keras/__init__.py") + path, encoding="utf-8") as file:
        there = file.read().splitlines()[int(line) - 1 :]
    assert [each.strip() for each in method.splitlines()] == [
        each.strip() for each in there[: len(method.splitlines())]
    ]
    assert method.startswith("def update_step(")


@pytest.mark.parametrize("case", all_cases().values(), ids=lambda case: case.name)
def test_a_case_names_what_keras_makes_its_model_of(case):
    """Every layer, optimizer and loss of the model is shown, and nothing else."""
    module = __import__(f"conformance.models.{case.models or case.name}", fromlist=["x"])
    model = getattr(module, case.styles[0])(**case.arguments)
    layers = {type(layer).__name__ for layer in model.layers} - {"InputLayer"}
    losses = model.loss if isinstance(model.loss, list) else [model.loss]
    losses = {keras.losses.get(loss).__name__ for loss in losses}
    assert set(case.keras) == layers | {type(model.optimizer).__name__} | losses
    assert set(case.keras) <= set(KERAS)


def test_what_is_not_there_has_no_pane(monkeypatch):
    monkeypatch.setattr(listings_of_code, "_source", listings_of_code._source.__wrapped__)
    monkeypatch.setattr(code, "_definition", lambda file, name: None)
    case = all_cases()["iris_mlp"]
    titles = {entry["title"] for entry in listings({"iris_mlp": case}, [], ("edu", "jax"))}
    assert "nn.relu" not in titles
