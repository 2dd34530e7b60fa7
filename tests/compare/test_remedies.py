"""What the workers change in Keras leaves everything running."""

from tests.two_backends import run


def test_with_real_float64_every_optimizer_takes_a_step_in_float64(tmp_path):
    """Adadelta multiplies its `rho` by a variable, which NumPy would take for an array."""
    found = run("real_float64", "jax", tmp_path, environment={"JAX_ENABLE_X64": "1"})
    assert len(found) > 10, "no optimizers were found"
    for name, kernel in found.items():
        assert kernel.dtype == "float64", name
        # A third in float32 is off by 1e-8: that a float64 is one shows in its last digits.
        assert (kernel != kernel.astype("float32")).any(), name
        policy = ", mixed_float16"
        if not name.endswith(policy):
            assert kernel.tolist() == found[name + policy].tolist(), name
