"""Known differences: named with their cause, bounded, and gone when the cause is taken away."""

import importlib.util

import numpy as np
import pytest

from keras_edu_backend.compare import Subject, compare, remedies
from keras_edu_backend.compare.experiment import DTYPES, QUANTITIES
from keras_edu_backend.compare.known import (
    KNOWN_DIFFERENCES,
    Evidence,
    first_update_of_adam,
    known_of,
    only_other_probabilities,
    rounding_of_float32,
)

WEIGHTS = np.array([1e-3, -1e-3])


def evidence(quantity, left, right, outputs=None):
    sides = [{quantity: {"float64": side}} for side in (left, right)]
    if outputs is not None:
        sides[0]["outputs"] = {"float64": outputs}
    return Evidence(quantity, "float64", *sides)


def adam_run(relative):
    return {"losses": np.ones(1), "step 1, dense/bias": WEIGHTS * (1 + relative)}


def test_every_known_difference_can_be_looked_up_and_has_a_remedy():
    for known in KNOWN_DIFFERENCES:
        assert set(known.quantities) <= set(QUANTITIES)
        assert set(known.dtypes) <= set(DTYPES)
        assert callable(getattr(remedies, known.remedy))
        for backend in known.backends:
            assert known in known_of(backend, known.dtypes[0], known.quantities[0])


def test_of_this_backend_nothing_is_known_that_is_not_known_of_stock_jax():
    for dtype in DTYPES:
        for quantity in QUANTITIES:
            assert known_of("edu", dtype, quantity) == known_of("jax", dtype, quantity)
    assert not any(known_of("edu", "float32", quantity) for quantity in QUANTITIES)


def test_rounded_hyperparameters_of_adam_shorten_the_first_step_by_a_computable_part():
    beta1, beta2 = (float(np.float32(beta)) for beta in (0.9, 0.999))
    factor = np.sqrt((1 - beta2) / (1 - 0.999)) * (1 - 0.9) / (1 - beta1)
    shortened = evidence("training", adam_run(0), adam_run(factor - 1))
    assert first_update_of_adam(shortened)
    assert not first_update_of_adam(evidence("training", adam_run(0), adam_run(1.1 * (factor - 1))))


def test_float32_on_the_way_explains_rounding_and_nothing_more():
    exact = np.array([1.0, 0.3])
    rounded = {"x": exact.astype(np.float32).astype(np.float64)}
    assert rounding_of_float32(evidence("outputs", {"x": exact}, rounded))
    assert not rounding_of_float32(evidence("outputs", {"x": exact}, {"x": exact * (1 + 1e-5)}))


def test_the_side_that_keeps_float64_shows_how_far_off_float32_is():
    """1 - tanh(z)^2 at z = 10 is 8e-9, and 0 in float32, where tanh(10) is 1."""
    z = np.array([10.0])
    exact = {"saturated: dense/bias": 1 - np.tanh(z) ** 2}
    coarse = {"saturated: dense/bias": 1 - np.tanh(z.astype(np.float32)) ** 2}
    assert coarse["saturated: dense/bias"] == 0
    departs = {"gradients": {"float32": coarse, "float64": coarse}}
    keeps = {"gradients": {"float32": coarse, "float64": exact}}
    assert rounding_of_float32(Evidence("gradients", "float64", departs, keeps))
    # Where float32 is exact, it explains nothing.
    rounded = {name: value.astype(np.float32) for name, value in exact.items()}
    keeps = {"gradients": {"float32": rounded, "float64": exact}}
    assert not rounding_of_float32(Evidence("gradients", "float64", departs, keeps))


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


WITH_TENSORFLOW = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None,
    reason="TensorFlow is an optional extra; where it is installed, it is compared",
)
SUBJECTS = [
    Subject("jax", backend="jax"),
    Subject("tensorflow", backend="tensorflow", build="planted:{case}"),
]


@pytest.mark.timeout(900)  # TensorFlow and JAX start twice each
@WITH_TENSORFLOW
def test_adam_on_tensorflow_is_known_and_an_unexplained_difference_beside_it_is_not(
    small_experiments, import_paths
):
    # The second differs from the star's rate by 1e-7 of it, which the known difference hides.
    experiments = small_experiments(("adam", "adam_of_another_rate"), "planted:adam")
    report = compare(experiments, SUBJECTS, timeout=400, import_paths=import_paths)
    assert [backend["status"] for backend in report.backends] == ["ok", "ok"], report.backends
    trainings = {c.case: c for c in report.comparisons if c.quantity == "training"}
    assert trainings["adam"].dtype == "float64"
    assert trainings["adam"].verdict == "different"
    assert "float32" in trainings["adam"].known
    assert trainings["adam"].passes
    assert trainings["adam_of_another_rate"].verdict == "different"
    assert trainings["adam_of_another_rate"].known == ""
    assert not trainings["adam_of_another_rate"].passes
    others = [c for c in report.comparisons if c.case == "adam"]
    assert all(c.passes for c in others), [c for c in others if not c.passes]


@pytest.mark.timeout(900)  # TensorFlow and JAX start twice each
@WITH_TENSORFLOW
def test_two_causes_at_once_are_known_and_what_they_do_not_explain_is_not(
    small_experiments, import_paths
):
    """Adam in float64 and sigmoids as scores: TensorFlow rounds the one and has another loss for
    the other. Neither cause alone explains the training run."""
    cases = ("sigmoid_scores", "sigmoid_scores_at_another_rate")
    experiments = small_experiments(cases, "planted:sigmoid_scores")
    report = compare(experiments, SUBJECTS, timeout=400, import_paths=import_paths)
    assert [backend["status"] for backend in report.backends] == ["ok", "ok"], report.backends
    found = {(c.case, c.quantity, c.dtype): c for c in report.comparisons}
    both = found["sigmoid_scores", "training", "float64"]
    assert both.verdict == "different"
    assert both.passes
    assert "beta_1" in both.known
    assert "softmax" in both.known
    for dtype in DTYPES:
        gradients = found["sigmoid_scores", "gradients", dtype]
        assert gradients.passes
        assert "softmax" in gradients.known
        assert "beta_1" not in gradients.known
        wrong = found["sigmoid_scores_at_another_rate", "training", dtype]
        assert wrong.verdict == "different"
        assert wrong.known == ""
        assert not wrong.passes
    assert all(c.passes for c in report.comparisons if c.case == "sigmoid_scores")
