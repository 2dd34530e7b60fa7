"""An explanation has both sides, with true numbers, for every public name."""

import io
from pathlib import Path

import keras
import numpy as np
import pytest
from rich.console import Console

from keras_edu_backend.explain import show, sources, subjects
from keras_edu_backend.explain.arithmetic import first_entry
from keras_edu_backend.explain.explanation import difference, put_together
from keras_edu_backend.explain.measure import measure
from keras_edu_backend.explain.worker import ask

pytestmark = pytest.mark.long

EXAMPLES = [
    "layers.Dense",
    "activations.relu",
    "losses.categorical_crossentropy",
    "optimizers.SGD",
    "initializers.HeNormal",
    "ops.logsumexp",
]


@pytest.fixture(scope="module")
def examples():
    """Explanations of one name of each kind, from one production process."""
    answers = [measure(path) for path in EXAMPLES]
    theirs = ask("jax", [(p, a["index"]) for p, a in zip(EXAMPLES, answers, strict=True)])
    return {
        path: put_together(subjects.find(path), answer, other, "jax")
        for path, answer, other in zip(EXAMPLES, answers, theirs, strict=True)
    }


def shown(explanation):
    console = Console(file=io.StringIO(), width=140)
    show.terminal(explanation, console)
    return console.file.getvalue()


@pytest.mark.parametrize("path", EXAMPLES)
def test_both_sides_are_there_with_file_and_line(path, examples):
    explanation = examples[path]
    for side in (explanation.ours, explanation.theirs):
        assert "error" not in side.answer
        assert side.functions
        for function in side.functions:
            # The line named is the line where the text shown begins.
            lines = Path(function["at"]).read_text(encoding="utf-8").splitlines()
            assert function["source"].splitlines()[0] == lines[function["line"] - 1].strip()
    assert any(f["file"].startswith("keras_edu_backend") for f in explanation.ours.functions)
    assert any("keras/src/" in f["file"] for f in explanation.theirs.functions)
    # The same JAX computes both sides, operation by operation as in the tests of the ops.
    assert explanation.differences["outputs"] == 0
    assert explanation.arithmetic


def test_the_production_side_is_the_production_backend(examples):
    files = [f["file"] for f in examples["ops.logsumexp"].theirs.functions]
    assert "keras/src/backend/jax/math.py" in files
    assert not any(file.startswith("keras_edu_backend") for file in files)


def test_a_dense_layer_with_its_numbers(examples):
    answer = examples["layers.Dense"].ours.answer
    (x,) = map(np.array, answer["inputs"])
    kernel, bias = map(np.array, answer["weights"].values())
    # Quarters and halves: exact in float32.
    assert np.array_equal(answer["outputs"][0], x @ kernel + bias)
    slopes = np.arange(1, 5).reshape(2, 2)
    gradients = list(answer["gradients"].values())
    assert np.array_equal(gradients[0], slopes @ kernel.T)
    assert np.array_equal(gradients[1], x.T @ slopes)
    assert np.array_equal(gradients[2], slopes.sum(0))
    assert any("@" in line for line in examples["layers.Dense"].arithmetic)


def test_relu_has_its_kink_at_0_and_keras_takes_0(examples):
    explanation = examples["activations.relu"]
    for side in (explanation.ours, explanation.theirs):
        (kink,) = side.answer["kinks"]
        assert (kink["at"], kink["left"], kink["here"], kink["right"]) == (0, 0, 0, 1)
    assert explanation.arithmetic[0] == "x = -1.5: max(0, (-1.5)) = 0"
    assert any("Keras takes 0" in note for note in explanation.notes)


def test_smooth_functions_have_no_kink():
    for path in ("activations.tanh", "ops.exp"):
        assert measure(path)["kinks"] == []


def test_an_optimiser_takes_its_step(examples):
    w1, w2 = map(np.array, examples["optimizers.SGD"].ours.answer["outputs"])
    start, rate = np.float32([1, -2, 0.5]), np.float32(0.01)
    assert np.array_equal(np.float32(w1), start - rate * np.float32([0.1, -0.2, 0]))
    assert np.array_equal(np.float32(w2), np.float32(w1) - rate * np.float32([0.3, 0.1, -0.4]))


def test_terminal_and_page_show_everything(examples):
    for explanation in examples.values():
        text, page = shown(explanation), show.html(explanation)
        for side in (explanation.ours, explanation.theirs):
            place = f"{side.functions[0]['file']}, line {side.functions[0]['line']}"
            assert place in page
        assert explanation.ours.answer["text"] in text
        assert "same bits" in text and "compiled" in text
        assert "<script" not in page and "src=" not in page


def test_a_backend_that_is_not_installed_shows_its_code_and_says_so(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", _without_torch)
    answer = measure("activations.relu", compiled=False)
    (theirs,) = ask("torch", [("activations.relu", answer["index"])])
    assert "not installed" in theirs["error"]
    explanation = put_together(subjects.find("activations.relu"), answer, theirs, "torch")
    files = [f["file"] for f in explanation.theirs.functions]
    assert "keras/src/backend/torch/nn.py" in files
    assert "not installed" in explanation.differences["outputs"]


def _without_torch(name, package=None):
    import importlib.machinery

    return None if name == "torch" else importlib.machinery.PathFinder.find_spec(name)


def test_differences_are_found():
    left = {"outputs": [[1.0, 2.0]], "gradients": "none"}
    right = {"outputs": [[1.0, 2.5]], "gradients": {}}
    assert difference(left, right, "outputs") == 0.5
    assert difference(left, left, "outputs") == 0
    assert difference(left, right, "gradients") == "none"
    assert "shapes" in difference(left, {"outputs": [[1.0]]}, "outputs")
    assert difference(left, {"error": "why"}, "outputs") == "why"
    # A gradient that one side lacks is no agreement.
    none = {"gradients": [None, [1.0]]}
    assert difference(none, {"gradients": [[1.0], [1.0]]}, "gradients") == "one side has none"
    assert difference(none, none, "gradients") == 0


def test_numbers_are_put_in_the_place_of_names():
    assert first_entry("Sum: x1 + x2.", ["x1", "x2"], [[1.0], [-2.0]], [[-1.0]]) == (
        "x1 = 1, x2 = -2: 1 + (-2) = -1"
    )
    assert first_entry("Σ x", ["x"], [[1.0, 2.0]], [3.0]) is None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Dense", "layers.Dense"),
        ("keras.layers.Dense", "layers.Dense"),
        ("adam", "optimizers.Adam"),
        ("relu", "activations.relu"),
        ("ops.relu", "ops.relu"),
    ],
)
def test_names_are_found(text, path):
    assert subjects.find(text).path == path


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(ValueError, match="Did you mean Dense"):
        subjects.find("Dens")


def test_every_name_has_a_formula_and_a_source():
    every = subjects.every()
    rooms = {subject.room for subject in every}
    assert rooms == set(subjects.ROOMS)
    for subject in every:
        assert sources.formula(subject, []), subject.path
        (place,) = sources.of_thing(subject)
        assert place["file"].startswith("keras/src/"), subject.path
        assert sources.source(place).strip(), subject.path
    # Whatever Keras exports is there: its functions and the classes that it has layers of.
    names = {subject.path for subject in every}
    exported = {f"ops.{name}" for name in dir(keras.ops) if callable(getattr(keras.ops, name))}
    assert {name for name in exported if not name.startswith("ops._")} <= names


@pytest.mark.parametrize("backend", ["torch", "tensorflow"])
def test_another_library_has_the_same_steps_and_slopes_and_draws_of_its_own(backend):
    pytest.importorskip(backend, reason=f"{backend} is an optional extra")
    names = ["optimizers.SGD", "activations.tanh", "layers.Dense", "layers.RandomFlip"]
    answers = [measure(path) for path in names]
    theirs = ask(backend, [(p, a["index"]) for p, a in zip(names, answers, strict=True)])
    step, slope, dense, flip = (
        put_together(subjects.find(path), ours, other, backend).differences
        for path, ours, other in zip(names, answers, theirs, strict=True)
    )
    assert step["outputs"] == 0  # both steps, each an array of its own
    # A few roundings of numbers around 1.
    for found in (slope["outputs"], slope["gradients"], dense["outputs"], dense["gradients"]):
        assert found == pytest.approx(0, abs=1e-6)
    # Either the draw is the same by luck, or it is said whose it is.
    assert flip["outputs"] == 0 or "random generator of its own" in flip["outputs"]
