"""Defects planted in Keras models: each must be found, and named where it is.

One worker per precision runs all sound models on edu, and one all defective models on stock Keras.
"""

import pytest

from keras_edu_backend.compare import Subject, compare

TWO_INPUTS = (
    "two_inputs",
    "other_loss_weight",
    "swapped_inputs",
    "forgotten_concatenation",
    "other_way_round",
)
DEFECTS = ("relu", "transposed", "forgotten_bias", "missing_bias", "learning_rate")


# Four processes that import Keras and compile; on a busy machine they take minutes.
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def report(small_experiments, two_input_experiments, import_paths):
    """The sound models compared with each defective one."""
    subjects = [
        Subject("sound", backend="edu", library="keras on jax"),
        Subject("defective", backend="jax", library="keras on jax", build="planted:{case}"),
    ]
    return compare(
        small_experiments(DEFECTS, "planted:sound")
        + two_input_experiments(TWO_INPUTS, "planted:two_inputs"),
        subjects,
        timeout=400,
        import_paths=import_paths,
    )


def found(report, defect):
    """Mapping of (quantity, dtype) to comparison."""
    assert [backend["status"] for backend in report.backends] == ["ok", "ok"], report.backends
    return {(c.quantity, c.dtype): c for c in report.comparisons if c.case == defect}


def passing(report, defect):
    """The quantities in which a defect does not show in either precision."""
    comparisons = found(report, defect)
    quantities = dict.fromkeys(quantity for quantity, _ in comparisons)
    return [
        quantity
        for quantity in quantities
        if comparisons[quantity, "float32"].passes and comparisons[quantity, "float64"].passes
    ]


def test_wrong_slope_of_relu_at_zero_shows_in_the_gradient_where_inputs_are_zero(report):
    assert passing(report, "relu")[:2] == ["parameters", "outputs"]
    gradients = found(report, "relu")["gradients", "float64"]
    assert gradients.verdict == "different"
    assert gradients.where == "kinks: dense/bias"


def test_transposed_kernel_shows_in_the_outputs(report):
    assert "parameters" in passing(report, "transposed")
    outputs = found(report, "transposed")["outputs", "float64"]
    assert outputs.verdict == "different"
    # Far from rounding: another function.
    assert outputs.max_rel > 1e-3


def test_bias_not_added_shows_where_biases_are_not_zero(report):
    outputs = found(report, "forgotten_bias")["outputs", "float64"]
    assert outputs.verdict == "different"
    assert outputs.where.startswith("biases: ")
    gradients = found(report, "forgotten_bias")["gradients", "float64"]
    assert gradients.verdict == "different"


def test_layer_without_a_bias_shows_in_the_parameter_count(report):
    parameters = found(report, "missing_bias")["parameters", "float32"]
    assert parameters.verdict == "different"
    assert parameters.where == "dense"
    assert parameters.max_abs == 4  # the four biases
    assert "16" in parameters.note and "20" in parameters.note
    outputs = found(report, "missing_bias")["outputs", "float32"]
    assert not outputs.passes
    assert "(4, 4), (4, 3), (3,)" in outputs.note


def test_learning_rate_off_by_one_percent_shows_at_the_first_update(report):
    assert passing(report, "learning_rate") == ["parameters", "outputs", "gradients"]
    for dtype in ("float32", "float64"):
        training = found(report, "learning_rate")["training", dtype]
        assert training.verdict == "different"
        assert not training.passes
    assert found(report, "learning_rate")["training", "float64"].where.startswith("step 1, dense")


def test_curves_hold_every_loss_of_both_sides(report):
    curve = next(c for c in report.curves if c["case"] == "relu" and c["dtype"] == "float32")
    assert list(curve["losses"]) == ["sound", "defective"]
    assert [len(losses) for losses in curve["losses"].values()] == [4, 4]


def test_a_sound_model_with_two_inputs_and_outputs_agrees_in_everything(report):
    comparisons = found(report, "two_inputs")
    assert len(comparisons) == 5 * 2
    assert all(c.verdict in ("equal", "rounding", "amplified") for c in comparisons.values())


def test_wrong_loss_weight_shows_in_loss_and_gradients_and_not_before(report):
    assert passing(report, "other_loss_weight") == ["parameters", "outputs", "activations"]
    gradients = found(report, "other_loss_weight")["gradients", "float64"]
    assert gradients.max_rel > 0.01  # the weights are 10 % apart


def test_swapped_inputs_show_in_the_first_layer_already(report):
    assert "parameters" in passing(report, "swapped_inputs")
    activations = found(report, "swapped_inputs")["activations", "float64"]
    assert activations.verdict == "different"
    assert activations.where.split(": ")[1] in ("dense", "dense_1", "dense_2")
    assert found(report, "swapped_inputs")["outputs", "float64"].verdict == "different"


def test_forgotten_concatenation_shows_in_the_parameter_count(report):
    parameters = found(report, "forgotten_concatenation")["parameters", "float64"]
    assert (parameters.verdict, parameters.where) == ("different", "dense_1")
    assert parameters.note == "defective has 5 parameters, 8 expected"


def test_concatenation_the_other_way_round_shows_where_it_is_used(report):
    comparisons = found(report, "other_way_round")
    assert comparisons["parameters", "float64"].verdict == "equal"
    outputs = comparisons["outputs", "float64"]
    # The second output hangs on the hidden layer alone.
    assert (outputs.verdict, outputs.where.split(", ")[1]) == ("different", "output 1")
    assert comparisons["activations", "float64"].where.endswith("dense_1")
