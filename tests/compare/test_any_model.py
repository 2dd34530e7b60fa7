"""`keras-edu compare`: any model, on two backends, with differences planted in one of them."""

import ast
import json
import re
from pathlib import Path

import numpy as np
import pytest

import keras_edu_backend
from keras_edu_backend.compare.model.judge import Judge, Values
from keras_edu_backend.compare.model.result import Layer, Pair, Result
from keras_edu_backend.compare.model.run import compare_model
from keras_edu_backend.rounding.units import FACTOR, UNIT_ROUNDOFF, Floor
from keras_edu_backend.target import BadTarget

pytestmark = pytest.mark.long

MODELS = Path(__file__).with_name("any_models.py")
U = UNIT_ROUNDOFF[np.dtype(np.float32)]


def compared(name, backends=("jax", "edu"), **options):
    (pair,) = compare_model(f"{MODELS}:{name}", backends, **options).pairs
    return pair


def test_the_layers_that_make_a_difference_are_found_in_a_nested_model_and_behind_one_another():
    pair = compared("nested", steps=0)
    assert pair.verdict == "different"
    assert pair.first_output == "inner/wrong"
    assert set(pair.makers) == {"inner/wrong", "wrong_too"}
    by_path = {layer.path: layer for layer in pair.layers if layer.when == "predict"}
    assert list(by_path)[:2] == ["shared", "inner/first"]
    assert by_path["shared (2)"].verdict == "different"
    assert by_path["shared (2)"].made_verdict in ("equal", "rounding")
    assert by_path["shared"].verdict in ("equal", "rounding")


def test_ops_that_layers_make_in_their_calls_have_the_same_paths_on_both_sides():
    result = compare_model(f"{MODELS}:padded", ("jax", "edu"), steps=0)
    (pair,) = result.pairs
    assert pair.verdict in ("equal", "rounding")
    assert not [note for note in pair.notes if "only" in note]
    paths = {layer.path for layer in pair.layers}
    assert {"before/pad", "after/pad"} <= paths


def test_a_gradient_that_is_stopped_is_found_at_the_weight_before_it(run_python, tmp_path):
    pair = compared("stopped", steps=0, repro=tmp_path / "shown.py")
    assert pair.verdict == "different"
    assert pair.first_output is None
    assert not pair.loss_departs
    assert pair.first_gradient == "b/kernel"
    # The file that shows it holds the model's own layer, and needs nothing of this folder.
    shown = run_python(tmp_path / "shown.py")
    assert shown.status == 1, shown.errors
    beyond = [line.split("[")[0] for line in shown.output.splitlines() if line.endswith(" *")]
    assert beyond == ["b/kernel", "b/bias"]


def cut_to(run_python, tmp_path, name, backends=("jax", "edu")):
    """What is left of a model in the file that shows a difference: layers, and the file's end."""
    path = tmp_path / "shown.py"
    result = compare_model(f"{MODELS}:{name}", backends, steps=0, repro=path)
    assert f"Wrote {path}, which shows" in result.notes[-1]
    shown = run_python(path)
    assert shown.status == 1, shown.errors
    (config,) = re.findall(r"^CONFIG = (.*?)^WEIGHTS", path.read_text(), re.S | re.M)
    found = ast.literal_eval(config)["config"]["layers"]
    return {each["config"]["name"]: each for each in found if each["class_name"] != "InputLayer"}


def test_layers_units_and_rows_that_a_difference_does_not_need_are_cut_away(run_python, tmp_path):
    left = cut_to(run_python, tmp_path, "deep")
    # The layer that stops the gradient, and one whose gradient that is.
    assert "stop" in left and len(left) == 2
    (dense,) = (each["config"] for name, each in left.items() if name != "stop")
    assert dense["units"] == 1


def test_a_layer_that_makes_a_difference_stands_alone_on_a_small_input(run_python, tmp_path):
    assert list(cut_to(run_python, tmp_path, "wide_convolutions")) == ["wrong"]
    (inputs,) = re.findall(
        r"^INPUTS = (.*?)^LABELS", (tmp_path / "shown.py").read_text(), re.S | re.M
    )
    # Two channels, of which the mean and the variance are taken, of one pixel.
    assert np.shape(ast.literal_eval(inputs)[0][1]) == (1, 1, 1, 2)


def test_what_a_function_builds_otherwise_on_a_side_is_no_file_but_a_setting(tmp_path):
    path = tmp_path / "shown.py"
    result = compare_model(f"{MODELS}:other_momentum", ("jax", "edu"), steps=2, repro=path)
    assert not path.exists() and "not given the same model" in result.notes[-1]
    assert "optimizer's momentum: jax 0.9, edu 0.91" in str(result)


def test_a_model_written_in_two_ways_is_one_model():
    one, other = (f"{MODELS}:{name}" for name in ("with_dropout", "told"))
    (pair,) = compare_model(one, ["jax"], other=other).pairs
    assert (pair.left, pair.right) == ("with_dropout on jax", "told on jax")
    assert pair.verdict == "equal"
    assert [each.path for each in pair.layers if each.when == "predict"][:2] == ["a", "dropout"]


def test_a_file_runs_code_that_it_holds_only_where_that_is_asked_for(tmp_path):
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: 2 * x)])
    target = str(tmp_path / "with_code.keras")
    model.save(target)
    with pytest.raises(BadTarget, match="--unsafe"):
        compare_model(target, steps=0)
    (pair,) = compare_model(target, steps=0, unsafe=True).pairs
    assert pair.verdict == "equal"
    assert any("lambda" in layer.path for layer in pair.layers)


def test_a_second_target_that_is_no_model_is_refused():
    with pytest.raises(BadTarget, match="no function 'nobody'"):
        compare_model(f"{MODELS}:with_dropout", ["edu"], other=f"{MODELS}:nobody")


def test_two_models_with_other_weights_are_different():
    (pair,) = compare_model(f"{MODELS}:stopped", ["edu"], other=f"{MODELS}:padded").pairs
    assert pair.verdict == "different"
    assert any("has other weights" in note for note in pair.notes)


def test_layers_that_are_not_told_of_training_are_named(tmp_path):
    """keras-team/keras#20577."""
    one, other = (f"{MODELS}:{name}" for name in ("with_dropout", "not_told"))
    path = tmp_path / "shown.py"
    result = compare_model(one, ["jax"], other=other, repro=path)
    # A file holds one model.
    assert result.notes[-1].endswith("are two models.") and not path.exists()
    (pair,) = result.pairs
    assert (pair.verdict, pair.first_output, pair.when) == ("different", "dropout", "training")
    assert pair.loss_departs
    assert "told of training: with_dropout on jax yes, not_told on jax no" in str(result)


def test_gradients_that_differ_on_a_kink_alone_are_told_from_wrong_ones():
    pair = compared("on_a_kink", steps=0)
    assert (pair.verdict, pair.first_output, pair.first_gradient) == ("different", None, "a/kernel")
    assert any("exactly on a kink" in note for note in pair.notes)
    assert not any("kink" in note for note in compared("stopped", steps=0).notes)


def test_an_optimizer_constant_is_found_at_the_step_where_it_first_counts():
    pair = compared("other_momentum", steps=3)
    assert (pair.verdict, pair.first_output, pair.first_gradient) == ("different", None, None)
    assert pair.first_step["step"] == 2  # the first has no momentum yet
    assert pair.first_step["variable"].endswith(("kernel", "bias"))


def test_random_layers_get_the_same_draws_and_agree():
    pair = compared("random_layers", steps=2)
    assert pair.verdict in ("equal", "rounding")
    assert any(layer.when == "training" and "dropout" in layer.path for layer in pair.layers)
    assert not pair.notes


def test_sample_weights_count_in_gradients_and_training():
    plain, weighted = compared("first_row"), compared("first_row_without_weight")
    assert plain.first_output == weighted.first_output == "first_row"
    # What differs is in a row that has no weight.
    assert plain.first_gradient.endswith("dense/kernel") and weighted.first_gradient is None
    assert plain.first_step["step"] == 1 and weighted.first_step is None


def test_what_only_hard_inputs_tell_apart_is_found_at_its_layer():
    pair = compared("at_zero", steps=0)
    assert (pair.verdict, pair.first_output, pair.when) == ("different", "at_zero", "hard inputs")
    assert pair.makers == ["at_zero"]


def test_a_step_of_the_models_own_is_trained_and_has_its_floors():
    pair = compared("own_step_in_another_order", steps=3)
    assert (pair.verdict, pair.first_step) == ("rounding", None)
    assert 0 < pair.farthest["training"]["floors"] <= FACTOR
    assert "gradients" not in pair.farthest
    pair = compared("own_step_with_another_factor", steps=3)
    assert (pair.verdict, pair.first_step["step"]) == ("different", 1)


def test_a_repro_of_a_comparison_in_float64_runs_in_float64(run_python, tmp_path):
    pair = compared("first_row", dtype="float64", repro=tmp_path / "shown.py")
    assert pair.verdict == "different"
    constants = dict(re.findall(r"^([A-Z]+) = (.*)$", (tmp_path / "shown.py").read_text(), re.M))
    assert constants["DTYPE"] == "'float64'"
    # Of the four rows one is enough, and no other would be; and of its numbers one.
    assert ast.literal_eval(constants["INPUTS"]) == [("float64", [[1.0]])]
    shown = run_python(tmp_path / "shown.py")
    assert shown.status == 1, shown.errors


def test_a_model_that_fails_on_one_side_alone_is_a_difference():
    pair = compared("only_on_stock", steps=0)
    assert pair.verdict == "different"
    assert "not here" in pair.notes[0]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nothing.keras", "there is no such file"),
        (f"{MODELS}:raises", "no luck"),
        (f"{MODELS}:shapeless", "does not say which inputs it takes"),
    ],
)
def test_a_bad_target_is_one_line(target, said):
    with pytest.raises(BadTarget, match=said) as raised:
        compare_model(target)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("backends", "said"),
    [
        (["edu"], "two or more"),
        (["edu", "edu"], "different"),
        (["edu", "theano"], "theano.*edu, jax, tensorflow, torch"),
    ],
)
def test_backends_that_make_no_comparison_are_refused(backends, said):
    with pytest.raises(ValueError, match=said):
        compare_model(f"{MODELS}:nested", backends)


def test_the_command_writes_what_python_returns(run_python, tmp_path):
    files = {name: tmp_path / f"found.{name}" for name in ("json", "html", "junit")}
    options = [f"--{name}={path}" for name, path in files.items()]
    command = ["-m", "keras_edu_backend.cli", "compare", f"{MODELS}:subclassed", "--steps", "1"]
    ended = run_python(*command, *options)
    assert ended.status == 0, ended.errors
    found = json.loads(files["json"].read_text())
    (pair,) = found["pairs"]
    assert pair["verdict"] in ("equal", "rounding")
    assert {pair[key] for key in ("first_output", "first_gradient", "first_step")} == {None}
    assert set(found["versions"]) == {"edu", "jax"}
    assert ended.output.splitlines()[0].startswith(f"{found['model']} (")
    assert pair["verdict"] in files["html"].read_text()
    assert 'failures="0"' in files["junit"].read_text()


def test_a_model_object_is_handed_on_as_a_file_with_its_weights(monkeypatch):
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    seen = {}

    def compare_model(target, backends, **options):
        seen.update(options, backends=backends, loaded=keras.saving.load_model(target))

    monkeypatch.setattr("keras_edu_backend.compare.model.run.compare_model", compare_model)
    x = np.ones((4, 3))
    keras_edu_backend.compare(model, x, backends=("edu", "torch"), steps=7)
    assert (seen["backends"], seen["steps"]) == (("edu", "torch"), 7)
    assert seen["data"][0] is x and seen["data"][1] is None
    for ours, theirs in zip(seen["loaded"].get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


# The judge alone, on numbers made here. ----------------------------------------------------------


def floor(values, noise=U):
    values = np.float64(values)
    return Floor(values, np.full(values.shape, noise), np.zeros(values.shape))


def judged(single, double, probe="layers"):
    """A pair whose right side is off by so much at each place, in both precisions."""
    names = list(single)
    ones = {name: np.ones(2, np.float32) for name in names}
    exact = {name: np.ones(2) for name in names}
    off = {name: np.float32(1) + np.float32([0, single[name]]) for name in names}
    off_double = {name: 1 + np.array([0, double[name]]) for name in names}
    sides = [
        Values("a", {"float32": {probe: ones}, "float64": {probe: exact}}, {}),
        Values("b", {"float32": {probe: off}, "float64": {probe: off_double}}, {}),
    ]
    floors = {
        "float32": {probe: {name: floor([1, 1]) for name in names}},
        "float64": {probe: {name: floor([1, 1], U * 2.0**-29) for name in names}},
    }
    return Judge(*sides, floors, dict.fromkeys(names, "Layer"), names[::-1]).pair()


def test_what_vanishes_with_the_precision_is_a_less_accurate_layer():
    pair = judged({"one": 1000 * U}, {"one": 1000 * U * 2.0**-29}, probe="made")
    assert pair.verdict == "rounding"
    (found,) = pair.less_accurate
    assert (found["where"], found["backend"]) == ("one", "b")
    assert found["digits"] == pytest.approx(3, abs=0.01)


def test_what_stays_is_different_at_the_first_layer_that_departs():
    pair = judged(
        {"one": 2 * U, "two": 1000 * U, "three": 0}, {"one": 0, "two": 1000 * U, "three": 0}
    )
    assert (pair.verdict, pair.first_output) == ("different", "two")
    assert [layer.verdict for layer in pair.layers] == ["rounding", "different", "equal"]


def failing(left, right, values):
    """A pair of sides with these problems and, on both, the same values."""
    sides = [
        Values(name, {"float32": values}, problems)
        for name, problems in (("a", left), ("b", right))
    ]
    return Judge(*sides, {}, {}, []).pair()


def test_what_fails_on_both_sides_is_named_and_not_called_equal():
    said = {"gradients": "ValueError: no gradient"}
    pair = failing(said, said, {"outputs": {"call": np.ones(2)}})
    assert (pair.verdict, pair.not_compared) == ("equal", ["gradients"])
    assert failing(said, {}, {"outputs": {"call": np.ones(2)}}).verdict == "different"
    nothing = failing({"the model": "timed out"}, {"the model": "timed out"}, {})
    assert nothing.verdict == "different" and "Nothing could be compared." in nothing.notes


def test_an_output_that_one_side_alone_has_is_a_difference():
    one, two = {"call, output 1": np.ones(2)}, {"call, output 2": np.ones(2)}
    sides = [
        Values("a", {"float32": {"outputs": one | two}}, {}),
        Values("b", {"float32": {"outputs": one}}, {}),
    ]
    pair = Judge(*sides, {}, {}, []).pair()
    assert pair.verdict == "different"
    assert pair.notes == ["outputs: only a has call, output 2"]


def test_the_first_gradient_is_the_one_that_backpropagation_reaches_first():
    off = {"loss": 0, "a/kernel": 1e-3, "b/kernel": 1e-3}
    assert judged(off, off, probe="gradients").first_gradient == "b/kernel"


@pytest.mark.parametrize(
    ("verdict", "strict", "status"),
    [("equal", True, 0), ("rounding", True, 0), ("amplified", False, 0), ("amplified", True, 1)]
    + [("different", False, 1)],
)
def test_exit_status(verdict, strict, status):
    result = Result("m", 1, "mse", "SGD", 0, {}, {}, [Pair("a", "b", verdict)], [])
    assert result.exit_status(strict) == status


def test_infinities_are_words_in_json():
    layer = Layer("l", "Dense", "predict", "different", np.inf, np.inf, None, None, "")
    result = Result(
        "m", 1, "mse", "SGD", 0, {}, {}, [Pair("a", "b", "different", layers=[layer])], []
    )
    assert json.loads(result.to_json())["pairs"][0]["layers"][0]["handed_on"] == "inf"
