"""What an op does when it is given a sparse array, for the ``sparse=`` of ``@operation``.

A sparse array here is a ``jax.experimental.sparse.BCOO``: the values that are stored (``data``),
where each stands (``indices``), and zero everywhere else. A place may be stored more than once: its
value is then the sum (``unique_indices`` tells whether that is excluded). Each rule below says
which places of the result can differ from zero, and so need to be stored:

==================== =========================== ================================================
rule                 for                         the result stores
==================== =========================== ================================================
``zero_preserving``  f(x) where f(0) = 0         the places of x, repeated ones summed first
``linear``           f(x) where                  the places of x, repeated ones as they are
                     f(a + b) = f(a) + f(b)
``densified``        any function                every place: the result is dense
``linear_union``     x1 + x2, x1 - x2            the places of x1 and those of x2, one after another
``union``            f(x1, x2) where f(0, 0) = 0 the places of either, each once
``intersection``     x1 * x2                     the places that both store
``division``         x1 / x2                     the places of x1, and where x2 is 0 or NaN
``contraction``      x1 @ x2                     what JAX's sparse product gives
==================== =========================== ================================================

In the rules for two arguments, dense ones count as storing every place. A rule is called as
``rule(op, *args, **kwargs)``, with the op itself and its arguments, and calls the op on dense ones.

The dtypes, values and sparseness of the results are those of Keras's own JAX backend.
"""

import jax
import jax.numpy as jnp
from jax.experimental import sparse as jax_sparse

from keras_edu_backend.operation import as_array, is_sparse

__all__ = [
    "align",
    "contraction",
    "densified",
    "division",
    "intersection",
    "is_bcoo",
    "linear",
    "linear_union",
    "sum_repeated",
    "union",
    "with_data",
    "zero_preserving",
]


def is_bcoo(x):
    """Whether ``x`` is a sparse array of the kind that the rules keep sparse."""
    return isinstance(x, jax_sparse.BCOO)


def with_data(x, data):
    """The sparse array that stores ``data`` where ``x`` stores its values.

    Args:
        x: a BCOO array.
        data: array of x.data's shape, of any dtype.
    """
    return jax_sparse.BCOO(
        (data, x.indices),
        shape=x.shape,
        indices_sorted=x.indices_sorted,
        unique_indices=x.unique_indices,
    )


def sum_repeated(x):
    """``x`` with every place stored once. While JAX traces, their number cannot shrink."""
    if x.unique_indices:
        return x
    traced = isinstance(x.indices, jax.core.Tracer)
    return jax_sparse.bcoo_sum_duplicates(x, nse=x.nse if traced else None)


def align(x1, x2):
    """``x1`` and ``x2`` storing the same places in the same order, each place once.

    Where only one of them stored a value, the other gets a zero to store.

    Args:
        x1: BCOO array.
        x2: BCOO array of the same shape.
    """
    places_axis = x1.indices.ndim - 2
    indices = jnp.concatenate([x1.indices, x2.indices], axis=places_axis)

    def spread(own, zeros_before, zeros_after):
        parts = [jnp.zeros_like(other, dtype=own.dtype) for other in zeros_before]
        parts += [own]
        parts += [jnp.zeros_like(other, dtype=own.dtype) for other in zeros_after]
        data = jnp.concatenate(parts, axis=places_axis)
        return sum_repeated(jax_sparse.BCOO((data, indices), shape=x1.shape))

    return spread(x1.data, [], [x2.data]), spread(x2.data, [x1.data], [])


def zero_preserving(op, x, *args, **kwargs):
    """f(x), elementwise, where f(0) = 0: f of the stored values, once each place is stored once."""
    return linear(op, sum_repeated(_expect_bcoo(op, x)), *args, **kwargs)


def linear(op, x, *args, **kwargs):
    """f(x), elementwise, where f(a + b) = f(a) + f(b): f of the stored values."""
    return with_data(x, op(_expect_bcoo(op, x).data, *args, **kwargs))


def densified(op, *args, **kwargs):
    """f of the dense arrays that the sparse ones stand for."""
    return op(*map(_dense, args), **{key: _dense(value) for key, value in kwargs.items()})


def linear_union(op, x1, x2):
    """f(x1, x2), elementwise and linear in both: what either stores, one after the other."""
    if not (is_sparse(x1) and is_sparse(x2)):
        return densified(op, x1, x2)
    if _same_places(x1, x2):
        return with_data(x1, op(x1.data, x2.data))
    return jax_sparse.sparsify(op)(x1, x2)


def union(op, x1, x2):
    """f(x1, x2), elementwise, where f(0, 0) = 0: f of the stored values, brought into line."""
    if not (is_sparse(x1) and is_sparse(x2)):
        return densified(op, x1, x2)
    _expect_bcoo(op, x1)
    _expect_bcoo(op, x2)
    if _same_places(x1, x2):
        places = sum_repeated(x1)
        return with_data(places, op(places.data, sum_repeated(x2).data))
    x1, x2 = align(x1, x2)
    return with_data(x1, op(x1.data, x2.data))


def intersection(op, x1, x2):
    """x1 * x2, elementwise: nothing is stored where either stores nothing."""
    if is_sparse(x1) and is_sparse(x2):
        _expect_bcoo(op, x1)
        _expect_bcoo(op, x2)
        if not _same_places(x1, x2):
            return jax_sparse.bcoo_multiply_sparse(x1, x2)
        places = sum_repeated(x1)
        return with_data(places, op(places.data, sum_repeated(x2).data))
    thin, full = (x1, as_array(x2)) if is_sparse(x1) else (x2, as_array(x1))
    _expect_bcoo(op, thin)
    dtype = jnp.result_type(thin.data, full)
    thin, full = with_data(thin, thin.data.astype(dtype)), full.astype(dtype)
    return with_data(thin, jax_sparse.bcoo_multiply_dense(thin, full))


def division(op, x1, x2):
    """x1 / x2, elementwise, for a sparse x1; by a sparse x2 the quotient is NaN or infinite nearly
    everywhere, so that both are made dense.

    Where x1 stores nothing the quotient is 0 / x2: zero, unless x2 is 0 or NaN. Those places of a
    dense x2 are stored. They cannot be looked for in a scalar x2, which would have to fill the
    whole result, nor while JAX traces, when the values are not known: there the quotient counts as
    zero where x1 stores nothing.
    """
    if is_sparse(x2):
        return densified(op, x1, x2)
    _expect_bcoo(op, x1)
    x2 = as_array(x2)
    if x2.ndim == 0:
        return with_data(x1, op(x1.data, x2))
    if not isinstance(x2, jax.core.Tracer):
        # Whole numbers have no NaN; jnp.isnan answers False for them.
        undefined = jnp.broadcast_to((x2 == 0) | jnp.isnan(x2), x1.shape)
        places = jax_sparse.bcoo_fromdense(
            undefined, n_batch=x1.n_batch, n_dense=x1.n_dense, index_dtype=x1.indices.dtype
        )
        x1, _ = align(x1, places)
    return jax_sparse.sparsify(op)(x1, x2)


def contraction(op, x1, x2):
    """x1 @ x2 by JAX's sparse matrix product; leading dimensions are batches of matrices."""
    return jax_sparse.sparsify(op)(_as_matrices(x1), _as_matrices(x2))


def _as_matrices(x):
    """A BCOO array with all but its last two dimensions stored as batch dimensions."""
    if not is_bcoo(x):
        return as_array(x)
    return jax_sparse.bcoo_update_layout(x, n_batch=x.ndim - 2, on_inefficient="warn")


def _same_places(x1, x2):
    return is_bcoo(x1) and is_bcoo(x2) and x1.indices is x2.indices


def _dense(x):
    return x.todense() if is_sparse(x) else x


def _expect_bcoo(op, x):
    if not is_bcoo(x):
        raise TypeError(
            f"{op.__name__} takes sparse arrays of the kind BCOO in this place, not "
            f"{type(x).__name__}. Make it dense (`x.todense()`) or a BCOO first."
        )
    return x
