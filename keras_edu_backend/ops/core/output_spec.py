"""What comes out of a function, its shapes and dtypes, without computing it."""

import functools

import jax
from jax import export as jax_export
from jax.experimental import sparse as jax_sparse
from keras.src import tree
from keras.src.backend.common.keras_tensor import KerasTensor
from keras.src.backend.common.stateless_scope import StatelessScope
from keras.src.backend.common.symbolic_scope import SymbolicScope


def compute_output_spec(fn, *args, **kwargs):
    """The shapes and dtypes that ``fn(*args, **kwargs)`` would have, as ``KerasTensor``s.

    JAX traces ``fn`` on abstract arrays. An unknown dimension (``None``, such as the batch size) is
    a symbol all the way through, and becomes ``None`` again in the result wherever the symbol, or
    an expression of it, is left.

    Args:
        fn: a function of tensors. It may read variables; what it writes to them is thrown away.
        *args: its arguments; the ``KerasTensor``s among them, however deeply nested, are the
            abstract arrays, everything else is passed on as it is.
        **kwargs: its keyword arguments, likewise.
    Returns:
        What ``fn`` returns, with a ``KerasTensor`` in place of every array.
    Source: ``keras.ops.Operation.compute_output_spec``.
    """
    leaves = tree.flatten((args, kwargs))
    symbolic = [place for place, leaf in enumerate(leaves) if isinstance(leaf, KerasTensor)]

    def call(abstract_arrays):
        filled = list(leaves)
        for place, array in zip(symbolic, abstract_arrays, strict=True):
            # One stored element stands for any number: the shape does not depend on it.
            sparse = leaves[place].sparse
            filled[place] = jax_sparse.BCOO.fromdense(array, nse=1) if sparse else array
        filled_args, filled_kwargs = tree.pack_sequence_as((args, kwargs), filled)
        with StatelessScope():
            return fn(*filled_args, **filled_kwargs)

    with StatelessScope(), SymbolicScope():
        outputs = jax.eval_shape(call, [_to_abstract_array(leaves[place]) for place in symbolic])
    return tree.map_structure(_to_keras_tensor, outputs)


@functools.cache
def _unknown_dimension():
    """The symbol for every ``None``: one for all of them, so that a program may take two unknown
    sizes to be equal, and at least 2, so that JAX does not take it for one that broadcasts."""
    (symbol,) = jax_export.symbolic_shape("unknown", constraints=["unknown >= 2"])
    return symbol


def _to_abstract_array(keras_tensor):
    shape = tuple(_unknown_dimension() if d is None else d for d in keras_tensor.shape)
    # As tracing would narrow it; JAX 0.11 warns where it has to (int64 with 64 bits off).
    return jax.ShapeDtypeStruct(shape, jax.dtypes.canonicalize_dtype(keras_tensor.dtype))


def _to_keras_tensor(x):
    sparse = isinstance(x, jax_sparse.BCOO)
    if not sparse and not isinstance(x, jax.ShapeDtypeStruct):
        return x
    shape = tuple(d if isinstance(d, int) else None for d in x.shape)
    return KerasTensor(shape, x.dtype, sparse=sparse)
