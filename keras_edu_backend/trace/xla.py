"""XLA's own count of a program's floating-point operations, set right where it has loops.

``Lowered.cost_analysis`` counts the program that XLA is given, before it is optimised. XLA counts
the body of a loop once, however often it runs; here each scan's body is counted by itself and added
for the turns that are missing.
"""

import jax
from jax.extend.core import jaxpr_as_fun

from keras_edu_backend.trace.nodes import inner_jaxprs


def count(closed_jaxpr):
    """What XLA counts in a program.

    Args:
        closed_jaxpr: the program, as ``jax.make_jaxpr`` gives it.

    Returns:
        A dict: ``"flops"`` and ``"transcendentals"``, loops counted as often as they run;
        ``"flops_once"`` with each loop's body counted once, as XLA does; and ``"while_loops"``, how
        many loops there are that end when the numbers say so, which count once.
    """
    once = _cost(closed_jaxpr)
    flops, transcendentals = once["flops"], once["transcendentals"]
    whiles = 0
    for length, body in _scans(closed_jaxpr.jaxpr):
        if length is None:
            whiles += 1
            continue
        inside = count(body)
        flops += (length - 1) * inside["flops"] + inside["flops"] - inside["flops_once"]
        more = inside["transcendentals"]
        transcendentals += length * more - _cost(body)["transcendentals"]
        whiles += inside["while_loops"]
    return {
        "flops": flops,
        "transcendentals": transcendentals,
        "flops_once": once["flops"],
        "while_loops": whiles,
    }


def _cost(closed_jaxpr):
    arguments = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in closed_jaxpr.in_avals]
    found = jax.jit(jaxpr_as_fun(closed_jaxpr)).lower(*arguments).cost_analysis() or {}
    return {name: int(found.get(name, 0)) for name in ("flops", "transcendentals")}


def _scans(jaxpr):
    """The loops of a program that are in no other: the number of turns and the body."""
    for equation in jaxpr.eqns:
        if equation.primitive.name == "scan":
            yield equation.params["length"], equation.params["jaxpr"]
        elif equation.primitive.name == "while":
            yield None, equation.params["body_jaxpr"]
        else:
            for inner in inner_jaxprs(equation):
                yield from _scans(inner)
