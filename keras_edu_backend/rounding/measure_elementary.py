"""Measure how far the libraries' elementary functions are off: the source of `elementary.UNITS`.

    python -m keras_edu_backend.rounding.measure_elementary            # all that is installed
    python -m keras_edu_backend.rounding.measure_elementary jax torch  # these

Each library runs in a process of its own, on the same arguments, in float32 and float64. The truth
is mpmath's to 40 digits. A table is printed with the root mean square and the largest error in
units of u |f(x)|, and below it the dictionary that stands in `elementary`.

What one library needs is the larger of √3 · rms (a uniform disturbance of that amplitude has that
root mean square) and √3 · 2 · max / FACTOR (so that the worst argument lies at half of what a
verdict allows). What is taken is the largest of the libraries'; but one that needs over 16 times as
much as the next, four bits, is a less accurate algorithm and is to be found as one, not to be
allowed for.
"""

import json
import os
import subprocess
import sys

import numpy as np

COUNT = 1024
LIBRARIES = ("jax", "tensorflow", "torch")

# For each function the ranges that arguments are drawn from, log-uniformly where both ends are of
# one sign; `signed` draws both signs. Ranges stay where float32 has a normal, finite result.
RANGES = {
    "exp": [(-80, -1e-3), (1e-3, 80)],
    "exp2": [(-120, -1e-3), (1e-3, 120)],
    "expm1": [(1e-5, 80), (-80, -1e-5)],
    "log": [(1e-30, 0.9), (0.9, 1.1), (1.1, 1e30)],
    "log1p": [(1e-6, 1e6), (-0.9, -1e-6)],
    "log2": [(1e-30, 0.9), (1.1, 1e30)],
    "logistic": [(1e-3, 80), (-80, -1e-3)],
    "tanh": [(1e-4, 20), (-20, -1e-4)],
    "sin": [(1e-3, 100), (-100, -1e-3)],
    "cos": [(1e-3, 100), (-100, -1e-3)],
    "tan": [(1e-3, 1.5), (-1.5, -1e-3)],
    "asin": [(1e-3, 0.999), (-0.999, -1e-3)],
    "acos": [(1e-3, 0.99), (-0.99, -1e-3)],
    "atan": [(1e-3, 1e3), (-1e3, -1e-3)],
    "sinh": [(1e-3, 80), (-80, -1e-3)],
    "cosh": [(1e-3, 80), (-80, -1e-3)],
    "asinh": [(1e-3, 1e6), (-1e6, -1e-3)],
    "acosh": [(1.01, 1e6)],
    "atanh": [(1e-3, 0.99), (-0.99, -1e-3)],
    "rsqrt": [(1e-30, 1e30)],
    "sqrt": [(1e-30, 1e30)],
    "cbrt": [(1e-30, 1e30)],
    "erf": [(1e-3, 4), (-4, -1e-3)],
    "erfc": [(1e-3, 8), (-4, -1e-3)],
    "erf_inv": [(1e-3, 0.999), (-0.999, -1e-3)],
    "lgamma": [(0.1, 0.8), (3, 1e3)],
    "digamma": [(0.1, 1), (2, 1e3)],
    "bessel_i0e": [(1e-3, 50), (-50, -1e-3)],
    "bessel_i1e": [(1e-3, 50), (-50, -1e-3)],
}
# pow and atan2 take two. Adam's 1 − βᵗ needs a base near 1.
PAIRS = {
    "pow": [((0.9, 0.9999), (1, 500)), ((0.01, 100), (-8, 8)), ((0.01, 100), (0.5, 3))],
    "atan2": [((1e-3, 1e3), (1e-3, 1e3))],
    "igamma": [((0.5, 20), (0.5, 20))],
    "igammac": [((0.5, 20), (0.5, 20))],
    "zeta": [((1.5, 20), (0.5, 20))],
}

TRUTH = {
    "exp2": lambda m, x: m.mpf(2) ** x,
    "log1p": lambda m, x: m.log(1 + x),
    "log2": lambda m, x: m.log(x) / m.log(2),
    "logistic": lambda m, x: 1 / (1 + m.exp(-x)),
    "rsqrt": lambda m, x: 1 / m.sqrt(x),
    "pow": lambda m, x, y: m.power(x, y),
    "erf_inv": lambda m, x: m.erfinv(x),
    "lgamma": lambda m, x: m.loggamma(x),
    "bessel_i0e": lambda m, x: m.besseli(0, x) * m.exp(-abs(x)),
    "bessel_i1e": lambda m, x: m.besseli(1, x) * m.exp(-abs(x)),
    "igamma": lambda m, a, x: m.gammainc(a, 0, x, regularized=True),
    "igammac": lambda m, a, x: m.gammainc(a, x, regularized=True),
}
IN_TORCH = {"logistic": "sigmoid", "erf_inv": "erfinv"}
IN_TENSORFLOW = {"logistic": "sigmoid", "erf_inv": "erfinv"}


def arguments(name):
    """The arguments of a function: a list of float32 arrays, the same in every process."""
    random = np.random.default_rng(len(name))

    def drawn(low, high):
        if low * high > 0:
            size = np.exp(random.uniform(*sorted((np.log(abs(low)), np.log(abs(high)))), COUNT))
            return np.copysign(size, low).astype(np.float32)
        return random.uniform(low, high, COUNT).astype(np.float32)

    if name in PAIRS:
        pairs = [[drawn(*range_) for range_ in pair] for pair in PAIRS[name]]
        return [np.concatenate(column) for column in zip(*pairs, strict=True)]
    return [np.concatenate([drawn(*range_) for range_ in RANGES[name]])]


def function_of(library, name):
    """The library's function, from arrays to an array; None if it has none."""
    if library == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
        found = getattr(jax.lax, name, None)
        return found and (lambda *x: np.asarray(jax.jit(found)(*x)))
    if library == "torch":
        import torch

        found = getattr(torch, IN_TORCH.get(name, name), None)
        return found and (lambda *x: found(*map(torch.from_numpy, x)).numpy())
    import tensorflow as tf

    found = getattr(tf.math, IN_TENSORFLOW.get(name, name), None)
    return found and (lambda *x: found(*map(tf.constant, x)).numpy())


def errors(library):
    """For each function and dtype the root mean square and the largest error in units of u |f|."""
    import mpmath

    mpmath.mp.dps = 40
    found = {}
    for name in (*RANGES, *PAIRS):
        function = function_of(library, name)
        if function is None:
            continue
        drawn = arguments(name)
        truth = TRUTH.get(name) or (lambda m, *x, name=name: getattr(m, name)(*x))
        exact = [
            truth(mpmath, *map(mpmath.mpf, map(float, row))) for row in zip(*drawn, strict=True)
        ]
        for dtype, unit in (("float32", 2.0**-24), ("float64", 2.0**-53)):
            got = function(*(x.astype(dtype) for x in drawn))
            off = np.array(
                [
                    float((mpmath.mpf(float(g)) - e) / abs(e))
                    for g, e in zip(got, exact, strict=True)
                ]
            )
            off = np.abs(off[np.isfinite(off)]) / unit
            found[f"{name} {dtype}"] = [float(np.sqrt((off**2).mean())), float(off.max())]
    return found


def main(libraries):
    """Print the table for some libraries."""
    from keras_edu_backend.rounding.units import FACTOR

    table = {}
    for library in libraries:
        command = [sys.executable, "-m", __spec__.name, "--library", library]
        run = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))
        if run.returncode:
            print(f"{library}: {run.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            continue
        for key, pair in json.loads(run.stdout.splitlines()[-1]).items():
            table.setdefault(key, {})[library] = pair
    units = {}
    for key, by_library in table.items():
        cells = "".join(f"{n:>14} {r:7.2f} {m:9.2f}" for n, (r, m) in by_library.items())
        print(f"{key:20}{cells}")
        needed = sorted(3**0.5 * max(r, 2 * m / FACTOR) for r, m in by_library.values())
        if len(needed) > 1 and needed[-1] > 16 * needed[-2]:
            needed.pop()
        units.setdefault(key.split()[0], []).append(round(max(1.0, needed[-1]), 1))
    for name, pair in units.items():
        print(f'    "{name}": {tuple(pair)},')


if __name__ == "__main__":
    if sys.argv[1:2] == ["--library"]:
        print(json.dumps(errors(sys.argv[2])))
    else:
        main(sys.argv[1:] or LIBRARIES)
