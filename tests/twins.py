"""Functions of this project beside their production twins, in one process on stock Keras.

A test file lists its cases with `Cases`, runs itself as a program in such a process with
`differences`, and prints there what `Cases.report` finds: in compiled results and gradients, down
to the bit unless a case says otherwise, and in the type of the exception where there is one. Where
JAX traces both functions to one and the same program, that is proof enough, and saves the time of
running it.

A case may ask for results computed eagerly as well. There stock runs one primitive at a time; ours
is compiled as a whole, so XLA may fuse a multiplication and an addition into one rounding. How many
units in the last place (of the largest element) that may make, the case says.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

TESTS = Path(__file__).resolve().parent


def differences(file, *arguments):
    """Run a test file as a program on stock Keras; what it found, by name of the case."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("KERAS_")}
    finished = subprocess.run(
        [sys.executable, file, *arguments],
        env={
            **inherited,
            "KERAS_BACKEND": "jax",
            "PYTHONPATH": os.pathsep.join(map(str, (TESTS.parent, TESTS))),
        },
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert finished.returncode == 0, finished.stderr[-4000:]
    return json.loads(finished.stdout.splitlines()[-1])


class Cases:
    """What to compare: functions of a module (ours or the twin) and arrays."""

    def __init__(self):
        self._cases = {}

    def add(self, name, function, *arrays, gradient=(0,), eager_ulp=None, ulp=0):
        """One more case.

        Args:
            name: what the test is called.
            function: from the module and the arrays to a structure of arrays.
            *arrays: NumPy arrays, or pairs of one and a dtype that NumPy does not have.
            gradient: which of them to differentiate the results by.
            eager_ulp: how far results may differ that are computed eagerly; None to leave that out.
            ulp: how far those of compiled programs may, gradients included.
        """
        self._cases[name] = (function, arrays, gradient, eager_ulp, ulp)

    def __iter__(self):
        return iter(self._cases)

    def report(self, ours, theirs):
        """Print, as JSON, the differences between two modules in every case."""
        found = {}
        for name, (function, arrays, gradient, eager_ulp, ulp) in self._cases.items():
            arrays = [jnp.asarray(a[0], a[1]) if isinstance(a, tuple) else a for a in arrays]
            both = [lambda *a, f=function, m=module: f(m, *a) for module in (ours, theirs)]
            messages = _compare_compiled("result", both, arrays, ulp)
            if gradient:
                slopes = [jax.grad(_weighed(f), gradient) for f in both]
                messages += _compare_compiled("gradient", slopes, arrays, ulp)
            if eager_ulp is not None:
                messages += _compare("eagerly", *(_outcome(f, arrays) for f in both), eager_ulp)
            found[name] = messages
        print(json.dumps(found))


def _weighed(function):
    """The sum of all floating results, each with a weight of its own."""

    def total(*arrays):
        parts = [leaf for leaf in jax.tree.leaves(function(*arrays)) if leaf.dtype.kind in "fV"]
        return sum(jnp.sum(part * _weights(part)) for part in parts)

    return total


def _weights(array):
    return jnp.cos(jnp.arange(array.size)).reshape(array.shape).astype(array.dtype)


def _compare_compiled(how, both, arrays, ulp):
    programs = [_outcome(jax.make_jaxpr(function), arrays, as_text) for function in both]
    if programs[0] == programs[1]:
        return []
    return _compare(how, *(_outcome(jax.jit(function), arrays) for function in both), ulp)


def as_text(program):
    return [str(program)]


def as_arrays(results):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(results)]


def _outcome(function, arrays, read=as_arrays):
    """What came out; the name of its type if it was an exception."""
    try:
        return read(function(*arrays))
    except Exception as error:
        return type(error).__name__


def _compare(how, ours, theirs, ulp):
    if isinstance(ours, str) or isinstance(theirs, str):
        said = [one if isinstance(one, str) else "arrays" for one in (ours, theirs)]
        return [] if said[0] == said[1] else [f"{how}: ours {said[0]}, stock {said[1]}"]
    if len(ours) != len(theirs):
        return [f"{how}: {len(ours)} results, stock {len(theirs)}"]
    return [
        f"{how}: {said}" for pair in zip(ours, theirs, strict=True) if (said := _say(*pair, ulp))
    ]


def _say(ours, theirs, ulp):
    if (ours.dtype, ours.shape) != (theirs.dtype, theirs.shape):
        return f"{ours.dtype}{ours.shape}, stock {theirs.dtype}{theirs.shape}"
    if ours.tobytes() == theirs.tobytes():
        return ""
    mine, stock = (array.astype("complex128") for array in (ours, theirs))
    agree = (mine == stock) | (np.isnan(mine) & np.isnan(stock))
    if agree.all():
        return ""
    largest = np.max(np.abs(stock), where=np.isfinite(stock), initial=0)
    unit = np.spacing(theirs.dtype.type(largest)).astype("float64")
    far = np.max(np.abs(mine - stock)[~agree] / unit)
    return "" if far <= ulp else f"{far:.3g} units in the last place"
