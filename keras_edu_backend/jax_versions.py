"""What the supported versions of JAX do differently."""

import jax

_OLD = jax.__version_info__ < (0, 11)

# For `jax.jit(inline=...)`: a program traced as part of another becomes part of it at once. From
# JAX 0.11 on, `True` says "when compiling", which is later.
INLINE = True if _OLD else vars(jax)["Inline"].JAX_EARLY

# Whether such a program is differentiated as a part of the other. From JAX 0.11 on it is
# differentiated by itself: the parts of its gradient are summed before others are added, and the
# last bit of a sum depends on the order.
DIFFERENTIATED_INLINE = _OLD

# Whether `jnp.cross` takes vectors of two coordinates.
CROSSES_TWO = jax.__version_info__ < (0, 12)


def scan_counts(parameters):
    """How many of a scan's operands are shared by all steps, and how many are carried on.

    Args:
        parameters: of the equation of a scan.

    Returns:
        The two numbers.
    """
    if _OLD:
        return parameters["num_consts"], parameters["num_carry"]
    shared, carried, _ = parameters["ft_in"].unpack()
    return len(shared), len(carried)
