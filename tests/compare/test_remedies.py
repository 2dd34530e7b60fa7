"""What the workers change in Keras leaves everything running."""

import importlib.util
import re

import numpy as np
import pytest

from tests.two_backends import run

IN_64_BITS = {"JAX_ENABLE_X64": "1"}


@pytest.mark.parametrize("backend", ["edu", "jax"])
def test_with_real_float64_every_optimizer_takes_a_step_in_float64(backend, tmp_path):
    """Optimizers, schedules, regularizers, and layers of which some library has no float64."""
    found = run("real_float64", backend, tmp_path, environment=IN_64_BITS)
    assert len(found) > 40, "no optimizers were found"
    for name in [name for name in found if name.startswith("bias of the keys")]:
        # A softmax does not see what all logits share, so that only rounding moves these.
        assert 0 < np.abs(found.pop(name)).max() < 1e-15, name
    for name, kernel in found.items():
        assert kernel.dtype == "float64", name
        # A third in float32 is off by 1e-8: that a float64 is one shows in its last digits.
        if not name.endswith(", wide"):  # a softmax of two equal units has no slope
            assert (kernel != kernel.astype("float32")).any(), name
        policy = ", mixed_float16"
        if name + policy in found:
            assert kernel.tolist() == found[name + policy].tolist(), name


WITH_TENSORFLOW = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None,
    reason="TensorFlow is an optional extra; where it is installed, it is compared",
)


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_in_real_float64_no_library_rounds_a_number_to_float32(backend, tmp_path):
    """Without it a rate is off by 1e-8 on TensorFlow, and MelSpectrogram, pooling and Muon raise;
    on PyTorch a convolution to one channel or from one does; attention is off by 1e-8 on JAX."""
    pytest.importorskip(backend, reason=f"{backend} is an optional extra")
    left, right = (
        run("real_float64", side, tmp_path, environment=IN_64_BITS) for side in ("jax", backend)
    )
    # Other numbers for other reasons: docs/differences.md.
    others = {"tensorflow": "ScheduleFreeAdamW", "torch": "ScheduleFreeAdamW|AveragePooling3D"}
    other = {name for name in left if re.search(others[backend], name)}
    for name in left.keys() - other:
        if name.startswith("bias of the keys"):
            assert np.abs(right[name]).max() < 1e-15, name  # rounding alone
            continue
        np.testing.assert_allclose(right[name], left[name], rtol=1e-13, err_msg=name)


@WITH_TENSORFLOW
def test_pooling_is_written_out_as_tensorflow_pools_with_its_slopes_at_ties(tmp_path):
    found = run("pooling_of_volumes", "tensorflow", tmp_path)
    names = {name.rpartition(", ")[0] for name in found}
    assert len(names) == 26
    for name in names:
        written, kernel = found[f"{name}, written out"], found[f"{name}, kernel"]
        np.testing.assert_allclose(written, kernel, atol=2e-6, err_msg=name)
