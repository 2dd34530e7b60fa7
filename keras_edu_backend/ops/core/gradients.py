"""Where a gradient stops, is replaced by another, or is worked out a second time."""

import jax
from keras.src import tree

from keras_edu_backend.operation import KerasVariable, as_array


def stop_gradient(variable):
    """``x``, whose derivative counts as zero from here on. Source: ``keras.ops.stop_gradient``."""
    return jax.lax.stop_gradient(as_array(variable))


def custom_gradient(fun):
    """A function whose derivative its author states.

    Args:
        fun: returns its value and a function from the upstream gradient to the gradients of its
            arguments.
    Returns:
        A function that returns the value only, and has the stated derivative.
    Source: ``keras.ops.custom_gradient``.
    """
    differentiable = jax.custom_gradient(fun)

    def with_values_of_variables(*args, **kwargs):
        args, kwargs = tree.map_structure(
            lambda x: x.value if isinstance(x, KerasVariable) else x, (args, kwargs)
        )
        return differentiable(*args, **kwargs)

    return with_values_of_variables


def remat(f):
    """``f``, which forgets its intermediate results and recomputes them for the gradient: less
    memory for more work. Source: ``keras.remat``.
    """
    return jax.checkpoint(f)
