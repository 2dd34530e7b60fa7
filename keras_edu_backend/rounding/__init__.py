"""What rounding alone can do to a number: the noise floor.

In:  a function of JAX arrays, and its arguments. Out: for each number of its result how far it
moves when every rounding on the way is drawn at random.

Whether two libraries' results may differ as they do is then no question of tolerance: it follows
from the computation. The way there is Monte Carlo arithmetic (Parker 1997; CADNA and Verificarlo do
it for compiled programs) on a jaxpr, JAX's own record of a program:

1. `monte_carlo` takes the jaxpr as the float32 (or bfloat16, mixed, …) program has it.
2. `interpreter` runs it in float64 and disturbs each primitive's result as the equation's own dtype
   would round it. `primitives` says what each computes, in NumPy.
3. `sums` says how far sums are off, `elementary` how far functions such as tanh, `noise` draws the
   disturbance.
4. `monte_carlo` makes a handful of such runs; the root mean square of the changes is the floor.

Read `noise`, `sums` and `interpreter` in this order. `of_models` measures outputs, gradients and
training runs of a Keras model, for whoever compares models. `digits` tells a reader the same, as
decimal digits: ``keras-edu digits TARGET``.
"""

import importlib

_HOMES = {
    "FACTOR": "units",
    "Floor": "units",
    "Program": "monte_carlo",
    "UnknownPrimitive": "interpreter",
    "floor": "monte_carlo",
    "measure": "monte_carlo",
}

__all__ = list(_HOMES)


def __getattr__(name):
    """Import JAX only where something is measured; judging needs NumPy alone."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
