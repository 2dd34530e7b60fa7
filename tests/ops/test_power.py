"""Powers whose exponent is known are stock Keras's, each op called by itself."""

import numpy as np
import pytest
import twins

from keras_edu_backend.ops import numpy as ops

BASES = np.array([0.0, -0.0, 1e-4, -1e-4, 0.25, 3.0, -2.0, 1e4, np.inf, np.nan], "float32")

CASES = twins.Cases()
for exponent in (0, 1, 2, 3, 5, -1, -2, 0.5, 2.0, True):
    CASES.add(
        f"x to the power {exponent}", lambda m, x, p=exponent: m.power(x, p), BASES, eager_ulp=0
    )
for kind in (np.int32, np.asarray, np.float32):
    CASES.add(
        f"x to the power {kind.__name__}(3)",
        lambda m, x, kind=kind: m.power(x, kind(3)),
        BASES,
        eager_ulp=0,
    )
for dtype in ("bfloat16", "float16", "int32"):
    CASES.add(
        f"{dtype} to the power 3",
        lambda m, x: m.power(x, 3),
        (np.arange(-4, 6), dtype),
        gradient=() if dtype == "int32" else (0,),
        eager_ulp=0,
    )
CASES.add("a whole number to the power -1", lambda m, x: m.power(x, -1), np.arange(1, 4))
CASES.add("an array of exponents", lambda m, x: m.power(x, np.arange(10)), BASES, eager_ulp=0)


@pytest.fixture(scope="module")
def found():
    return twins.differences(__file__)


@pytest.mark.parametrize("name", list(CASES))
def test_equals_stock_keras(found, name):
    assert found[name] == []


if __name__ == "__main__":
    from keras.src.backend.jax import numpy as twin

    CASES.report(ops, twin)
