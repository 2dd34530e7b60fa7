"""What XLA computes slowly inside a loop, so that it is better left outside.

XLA's CPU programs leave a convolution to Eigen if its axes are in a certain order. A pass brings
those in another order into it, such as the gradients of every convolution, but only in the body of
the program itself: inside a loop they are computed by the formula, one product after the other.
With 64 filters that takes five times as long, and sums in another order.
"""

import jax
from jax.extend.core import jaxprs_in_params


def slow_in_a_loop(jaxpr):
    """Whether a traced function has a part that XLA would compute slowly inside a loop.

    Args:
        jaxpr: the function as a ``Jaxpr``.
    """
    return jax.default_backend() == "cpu" and any(map(_is_reordered_convolution, _each(jaxpr)))


def _is_reordered_convolution(equation):
    """Whether an equation is a convolution with its axes in another order than Eigen's: batch,
    space, channels; space, channels in, channels out for the kernel."""
    if equation.primitive.name != "conv_general_dilated":
        return False
    axes = equation.params["dimension_numbers"]
    # JAX names the places of batch and channels (out and in, for the kernel) first, then space.
    count = len(axes.lhs_spec)
    space = range(1, count - 1)
    eigens = (
        (0, count - 1, *space),
        (count - 1, count - 2, *range(count - 2)),
        (0, count - 1, *space),
    )
    return (axes.lhs_spec, axes.rhs_spec, axes.out_spec) != eigens


def _each(jaxpr):
    """Each equation of a function, and of the functions that it calls."""
    for equation in jaxpr.eqns:
        yield equation
        for inner in jaxprs_in_params(equation.params):
            yield from _each(inner)
