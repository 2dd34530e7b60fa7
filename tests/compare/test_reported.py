"""What docs/reported.md says of two of its models, on JAX and PyTorch."""

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
