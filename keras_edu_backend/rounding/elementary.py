"""How far the libraries' elementary functions are off, as measured.

`UNITS[name]` is the amplitude of a function's disturbance in units of u |f(x)| (half a unit in the
last place), in float32 and in float64, over the libraries that Keras's backends compute with: XLA,
Eigen (TensorFlow), SLEEF and MKL (PyTorch). `measure_elementary.py` beside this file takes the
measurement, says how the numbers follow from it, and prints this table. Narrower dtypes compute in
float32 and round once.

Some libraries are far worse than the others, which is left out here and so found by comparisons as
a less accurate algorithm (largest error in units of u |f|): `exp2` on XLA, 62 in float32 and 86 in
float64; `lgamma` on XLA, 108 and 56;
`log1p` and `atanh` on XLA in float64, 142 and 111; `erf_inv` on TensorFlow in float32, 922.

Measured in November 2026 on an AMD EPYC (AVX2): JAX 0.10.2, TensorFlow 2.21, PyTorch 2.13.
"""

import numpy as np

UNITS = {
    "exp": (1.1, 1.0),
    "exp2": (1.0, 1.0),
    "expm1": (2.3, 1.8),
    "log": (1.2, 1.0),
    "log1p": (1.7, 1.2),
    "logistic": (2.6, 1.2),
    "tanh": (2.6, 3.0),
    "sin": (1.0, 1.0),
    "cos": (1.0, 1.0),
    "tan": (1.0, 1.0),
    "asin": (3.0, 1.0),
    "acos": (2.3, 1.0),
    "atan": (1.5, 1.3),
    "sinh": (13.3, 10.8),
    "cosh": (13.1, 10.7),
    "asinh": (1.2, 1.1),
    "acosh": (1.2, 1.1),
    "atanh": (1.1, 1.0),
    "rsqrt": (1.0, 1.1),
    "sqrt": (1.0, 1.0),
    "cbrt": (1.0, 1.8),
    "erf": (2.1, 1.6),
    "erfc": (13.1, 4.2),
    "erf_inv": (2.1, 10.7),
    "lgamma": (1.3, 1.3),
    "digamma": (9.1, 10.8),
    "bessel_i0e": (3.3, 2.9),
    "bessel_i1e": (8.5, 5.7),
    "pow": (1.1, 1.0),
    "atan2": (1.7, 1.4),
    "igamma": (55.1, 48.6),
    "igammac": (51.6, 45.6),
    "zeta": (3.3, 2.9),
    "log2": (1.0, 1.0),
}


def units_of(name: str, dtype: np.dtype) -> float | None:
    """The amplitude of a function's disturbance in units of roundoff; None: it was not measured.

    Args:
        name: JAX's name of the primitive.
        dtype: in which it is computed.
    """
    if name not in UNITS:
        return None
    single, double = UNITS[name]
    return {np.dtype(np.float32): single, np.dtype(np.float64): double}.get(np.dtype(dtype), 1.0)
