"""Models on JAX and PyTorch: what docs/reported.md says of two, and layers called by name."""

from pathlib import Path

import pytest

from keras_edu_backend.compare.model.run import compare_model

TARGET = Path(__file__).parents[1] / "programs" / "reported.py"
pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("name", "steps", "verdict", "first"),
    [("conv2d", 0, "rounding", None), ("flatten_channels_first", 4, "amplified", 2)],
)
def test_the_answer_to_a_report(name, steps, verdict, first):
    pytest.importorskip("torch", reason="PyTorch is an optional extra")
    (pair,) = compare_model(f"{TARGET}:{name}", ("jax", "torch"), steps=steps).pairs
    assert pair.verdict == verdict
    assert (pair.first_step and pair.first_step["step"]) == first


def test_a_layer_that_is_called_by_name_gets_its_own_arrays():
    pytest.importorskip("torch", reason="PyTorch is an optional extra")
    target = Path(__file__).with_name("any_models.py")
    (pair,) = compare_model(f"{target}:by_name", ("jax", "torch"), steps=0).pairs
    assert pair.verdict in ("equal", "rounding")
    assert not pair.notes
    found = {(each.path, each.when): each for each in pair.layers}
    assert found["caller/between", "predict"].made == 0
