"""Known differences: named with their cause, bounded, and gone when the cause is taken away."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from conformance import subjects
from conformance.fuzz.experiments import experiment
from conformance.fuzz.networks import drawn
from keras_edu_backend.compare import Subject, compare, remedies
from keras_edu_backend.compare.experiment import DTYPES, QUANTITIES
from keras_edu_backend.compare.known import (
    KNOWN_DIFFERENCES,
    Evidence,
    first_embeddings,
    known_of,
    only_normalized_kernels,
    only_other_probabilities,
)
from keras_edu_backend.compare.model.run import compare_model
from keras_edu_backend.rounding.units import Floor

MODELS = Path(__file__).with_name("any_models.py")


def evidence(quantity, left, right, outputs=None):
    sides = [{"float64": side} for side in (left, right)]
    return Evidence(quantity, "float64", *sides, {}, {"float64": outputs or {}})


def adam_run(relative):
    return {"losses": np.ones(1), "step 1, dense/bias": np.array([1e-3, -1e-3]) * (1 + relative)}


def test_every_known_difference_can_be_looked_up_and_has_a_remedy():
    for known in KNOWN_DIFFERENCES:
        assert set(known.quantities) <= set(QUANTITIES)
        assert callable(getattr(remedies, known.remedy))
        for backend in known.backends:
            assert known in known_of(backend, known.quantities[0])


def test_of_this_backend_nothing_is_known():
    assert not any(known_of("edu", quantity) for quantity in QUANTITIES)


def test_clipping_explains_gradients_only_where_probabilities_are_clipped():
    left = {"here: dense/bias": np.zeros(2), "there: dense/bias": np.ones(2)}
    right = left | {"here: dense/bias": np.ones(2)}
    certain, doubtful = np.array([[0.0, 1.0]]), np.array([[0.4, 0.6]])
    outputs = {"here: call": certain, "there: call": doubtful}
    assert only_other_probabilities(evidence("gradients", left, right, outputs))
    outputs = {"here: call": doubtful, "there: call": certain}
    assert not only_other_probabilities(evidence("gradients", left, right, outputs))
    scores = np.array([[0.4, 0.7]])
    outputs = {"here: call": scores, "there: call": doubtful}
    assert only_other_probabilities(evidence("gradients", left, right, outputs))
    one_column = np.array([[0.4], [0.7]])
    outputs = {"here: call": one_column, "there: call": doubtful}
    assert not only_other_probabilities(evidence("gradients", left, right, outputs))


def test_another_loss_explains_training_only_where_its_logits_may_matter():
    run = adam_run(0), adam_run(0.1)
    for scores, explained in (([[0.4, 0.7]], True), ([[0.0, 1.0]], True), ([[0.4, 0.6]], False)):
        outputs = {"here: call": np.array(scores)}
        assert bool(only_other_probabilities(evidence("training", *run, outputs))) == explained


def test_rows_that_are_not_added_up_explain_only_what_departs_with_a_table():
    left = {"step 1, words/embeddings": np.zeros(2), "step 1, dense/kernel": np.zeros(2)}
    table = left | {"step 1, words/embeddings": np.ones(2)}
    assert "only tables" in first_embeddings(evidence("training", left, table))
    assert not first_embeddings(evidence("training", left, left))
    # Gradients clipped by their common norm move all weights.
    both = {name: np.ones(2) for name in left}
    assert "table does, too" in first_embeddings(evidence("training", left, both))
    # A step that shows nothing yet decides nothing.
    equal = {"step 1, words/embeddings": np.zeros(2), "step 1, dense/kernel": np.zeros(2)}
    later = {name.replace("step 1", "step 4"): array for name, array in left.items()}
    table = later | {"step 4, words/embeddings": np.ones(2)}
    assert first_embeddings(evidence("training", equal | later, equal | table))
    other = later | {"step 4, dense/kernel": np.ones(2)}
    assert not first_embeddings(evidence("training", equal | later, equal | other))


def test_a_constant_that_is_float32_in_float64_does_not_hide_a_known_cause():
    """Beyond float64's floor and within float32's is no difference, there as in a verdict."""
    places = ("step 1, words/embeddings", "step 1, dense/kernel")
    floors = {
        dtype: {place: Floor(np.zeros(2), np.full(2, noise), np.zeros(2)) for place in places}
        for dtype, noise in (("float32", 1e-8), ("float64", 1e-17))
    }

    def of(*values):
        arrays = {place: np.full(2, value) for place, value in zip(places, values, strict=True)}
        return {dtype: {p: a.astype(dtype) for p, a in arrays.items()} for dtype in DTYPES}

    for kernel, only in ((1e-9, True), (1e-6, False)):
        run = Evidence("training", "float64", of(0, 0), of(1, kernel), floors, {})
        assert ("only tables" in first_embeddings(run)) == only


def test_a_cause_that_needs_a_weight_is_asked_of_models_that_have_it():
    def remedies_of(*weights):
        return {known.remedy for known in known_of("tensorflow", "training", weights)}

    everywhere = remedies_of("dense/kernel")
    assert remedies_of("dense/kernel", "words/embeddings") == everywhere | {"gradients_added_up"}
    normalized = everywhere | {"kernels_normalized_in_passing"}
    assert remedies_of("dense/kernel", "dense/vector_u") == normalized


def test_normalized_kernels_explain_no_gradient_of_another_weight():
    left = {"here: dense/kernel": np.zeros(2), "here: dense/bias": np.zeros(2)}
    for name, explained in (("kernel", True), ("bias", False)):
        right = left | {f"here: dense/{name}": np.ones(2)}
        assert bool(only_normalized_kernels(evidence("gradients", left, right))) == explained


WITH_TENSORFLOW = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None,
    reason="TensorFlow is an optional extra; where it is installed, it is compared",
)
SUBJECTS = [
    Subject("jax", backend="jax"),
    Subject("tensorflow", backend="tensorflow", build="planted:{case}"),
]


@pytest.mark.long
@pytest.mark.timeout(900)  # TensorFlow and JAX start twice each
@WITH_TENSORFLOW
def test_in_real_float64_adam_agrees_on_tensorflow_and_another_rate_does_not(
    small_experiments, import_paths
):
    """Keras rounds Adam's beta_1 to float32 on TensorFlow; the workers keep it in float64."""
    experiments = small_experiments(("adam", "adam_of_another_rate"), "planted:adam")
    report = compare(experiments, SUBJECTS, timeout=400, import_paths=import_paths)
    assert [backend["status"] for backend in report.backends] == ["ok", "ok"], report.backends
    trainings = {(c.case, c.dtype): c for c in report.comparisons if c.quantity == "training"}
    for dtype in DTYPES:
        assert trainings["adam", dtype].verdict in ("equal", "rounding"), trainings["adam", dtype]
        wrong = trainings["adam_of_another_rate", dtype]
        assert (wrong.verdict, wrong.known, wrong.passes) == ("different", "", False)
        assert wrong.where.startswith("step 1, dense")
    # A first step 6.67e-6 too small would be seen: that is what rounded betas make of it.
    assert trainings["adam", "float64"].max_rel < 1e-9


@pytest.mark.long
@pytest.mark.timeout(900)  # TensorFlow and JAX start twice each
@WITH_TENSORFLOW
def test_another_loss_on_tensorflow_is_known_and_what_it_does_not_explain_is_not(
    small_experiments, import_paths
):
    """Sigmoids as scores: TensorFlow takes them for a softmax's."""
    cases = ("sigmoid_scores", "sigmoid_scores_at_another_rate")
    experiments = small_experiments(cases, "planted:sigmoid_scores")
    report = compare(experiments, SUBJECTS, timeout=400, import_paths=import_paths)
    assert [backend["status"] for backend in report.backends] == ["ok", "ok"], report.backends
    found = {(c.case, c.quantity, c.dtype): c for c in report.comparisons}
    for dtype in DTYPES:
        for quantity in ("gradients", "training"):
            right = found["sigmoid_scores", quantity, dtype]
            assert (right.verdict, right.passes) == ("different", True), right
            assert "softmax" in right.known
        wrong = found["sigmoid_scores_at_another_rate", "training", dtype]
        assert (wrong.verdict, wrong.known, wrong.passes) == ("different", "", False)
    assert all(c.passes for c in report.comparisons if c.case == "sigmoid_scores")


@pytest.mark.long
@pytest.mark.timeout(900)  # TensorFlow and JAX start
@WITH_TENSORFLOW
def test_the_rows_of_an_embedding_are_named_as_the_cause_and_another_rate_is_not_hidden():
    (pair,) = compare_model(f"{MODELS}:repeated_words", ("edu", "tensorflow"), steps=2).pairs
    assert pair.verdict == "different"
    assert pair.first_step["step"] == 1
    assert pair.first_step["variable"] == "sequential/words/embeddings"
    (cause,) = pair.causes
    assert (cause["probe"], cause["backend"]) == ("training", "tensorflow")
    assert "list of rows" in cause["explanation"]
    target = f"{MODELS}:repeated_words_and_a_wrong_certain_score"
    (pair,) = compare_model(target, ("edu", "tensorflow"), steps=2).pairs
    (cause,) = [each for each in pair.causes if each["probe"] == "training"]
    assert "list of rows" in cause["explanation"] and "clipped" in cause["explanation"]
    assert cause["explanation"].count(" And: ") == 1  # and no cause that is not at work
    target = f"{MODELS}:repeated_words_at_another_rate"
    (pair,) = compare_model(target, ("edu", "tensorflow"), steps=2).pairs
    assert (pair.verdict, pair.causes) == ("different", [])


@pytest.mark.long
@pytest.mark.timeout(900)  # TensorFlow and JAX start
@WITH_TENSORFLOW
def test_a_kernel_that_is_overwritten_is_named_as_the_cause():
    (pair,) = compare_model(f"{MODELS}:spectral", ("edu", "tensorflow"), steps=2).pairs
    assert pair.verdict == "different"
    assert {cause["probe"] for cause in pair.causes} == {"gradients", "training"}
    assert all("SpectralNormalization" in cause["explanation"] for cause in pair.causes)


@pytest.mark.long
@pytest.mark.timeout(900)  # TensorFlow and JAX start
@WITH_TENSORFLOW
def test_the_slope_of_each_of_equal_maxima_is_named_as_the_cause():
    (pair,) = compare_model(f"{MODELS}:volumes", ("edu", "tensorflow"), steps=2).pairs
    assert pair.verdict == "different"
    (cause,) = pair.causes  # `fit` compiles the step with XLA, which gives the slope to the first
    assert cause["probe"] == "gradients" and "MaxPooling3D" in cause["explanation"]


@pytest.mark.long
@pytest.mark.timeout(900)  # PyTorch and JAX start
@pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="PyTorch is an optional extra; where it is installed, it is compared",
)
def test_padding_in_a_mean_is_named_as_the_cause_and_another_scale_is_not_hidden():
    (pair,) = compare_model(f"{MODELS}:averaging", ("edu", "torch"), steps=2).pairs
    assert pair.verdict == "different"
    assert {cause["probe"] for cause in pair.causes} == {"outputs", "gradients", "training"}
    assert all("average pooling" in cause["explanation"] for cause in pair.causes)
    target = f"{MODELS}:averaging_and_another_scale"
    (pair,) = compare_model(target, ("edu", "torch"), steps=2).pairs
    assert (pair.verdict, pair.causes) == ("different", [])


@pytest.mark.long
@pytest.mark.timeout(900)  # TensorFlow and JAX start twice each
@WITH_TENSORFLOW
def test_two_causes_that_act_together_are_both_named():
    """Words, and a wrong prediction that is certain: neither remedy by itself is enough."""
    sides = [subjects.SUBJECTS[name] for name in ("edu", "tensorflow")]
    body = [["Dense", {"units": 2, "activation": "tanh_shrink"}]]
    end = {"join": "Add", "twice": False, "end": "Flatten", "units": 4, "head": "softmax"}
    trained = {"loss": "sparse_categorical_crossentropy", "schedule": None}
    trained["optimizer"] = ["Adagrad", {"learning_rate": 0.01}]
    draw = {"seed": 803087, "kernels": "normal", "scale": 3.43, "inputs": 1.0}
    spec = {**drawn(0), "kind": "words", "body": body, **end, **trained, "draws": [draw]}
    spec |= {"first": ["Embedding", {"input_dim": 11, "output_dim": 4}], "policy": ""}
    report = compare([experiment(spec)], sides, timeout=400, float64=False)
    found = {c.dtype: c for c in report.comparisons if c.quantity == "training"}
    for dtype in DTYPES:
        assert found[dtype].verdict == "different" and found[dtype].passes
        assert "list of rows" in found[dtype].known and "clipped" in found[dtype].known


@pytest.mark.long
@pytest.mark.timeout(900)  # TensorFlow and JAX start twice each
@WITH_TENSORFLOW
def test_two_causes_that_act_at_different_points_are_both_named():
    """A normalized kernel differs everywhere, a clipped probability at the first point alone."""
    sides = [subjects.SUBJECTS[name] for name in ("edu", "tensorflow")]
    body = [
        ["Dense", {"units": 3, "activation": "squareplus"}],
        ["SpectralNormalization", {"layer": ["Dense", {"units": 4}]}],
    ]
    end = {"join": None, "twice": False, "end": None, "units": 3, "head": "softmax"}
    trained = {"loss": "categorical_crossentropy", "schedule": None, "policy": ""}
    trained["optimizer"] = ["SGD", {"learning_rate": 0.01}]
    draws = [
        {"seed": 362283410, "kernels": "normal", "scale": 5.58, "inputs": 1.0},
        {"seed": 2042162784, "kernels": "random_uniform", "scale": 0.52, "inputs": 1.0},
    ]
    first = ["CategoryEncoding", {"num_tokens": 11, "output_mode": "multi_hot"}]
    spec = {**drawn(0), "kind": "classes", "first": first, "body": body, **end, **trained}
    report = compare([experiment(spec | {"draws": draws})], sides, timeout=400, float64=False)
    found = {c.dtype: c for c in report.comparisons if c.quantity == "gradients"}
    for dtype in DTYPES:
        assert found[dtype].verdict == "different" and found[dtype].passes
        assert "Spectral" in found[dtype].known and "clipped" in found[dtype].known
        assert "MaxPooling3D" not in found[dtype].known
