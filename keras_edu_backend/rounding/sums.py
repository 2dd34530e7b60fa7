"""How far rounding can move a sum.

Added up one by one, a sum is off by Σ δₖ Sₖ, where Sₖ are the partial sums (Higham and Mary, "A new
approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 41, 2019): in the mean
square by u²/3 · Σ Sₖ². Which partial sums a library meets depends on its order, so three of them
are allowed for, with n terms x, s = Σ x:

    terms in random order   Σ Sₖ² ≈ n/2 Σ x²     what cancellation leaves
    terms of one sign       Σ Sₖ² ≈ n/3 s²       partial sums grow evenly to s
    the order they lie in   Σ Sₖ² ≈ n/8 Σ S²ₖ    at the ends of eight blocks: rows sorted by class

Sums in blocks or in several lanes, as libraries take them, are off by less. Products add their own
rounding, u²/3 · Σ x². The amplitude of a uniform disturbance with that mean square is
u · √(Σ Sₖ² + Σ x²).

Every function takes the operands in float64 without the leading axis of draws and returns the
amplitude in units of u, of the result's shape.
"""

import numpy as np

BLOCKS = 8


def _amplitude(terms, squares, total, ends):
    """√(Σ Sₖ² + Σ x²): see above.

    Args:
        terms: n.
        squares: Σ x², an array.
        total: s, an array.
        ends: Σ S² over the ends of the blocks; None where there are too few terms for blocks.
    """
    if terms <= 1:
        return np.sqrt(squares)
    of_order = terms / BLOCKS * ends if ends is not None else 0.0
    return np.sqrt((terms / 2 + 1) * squares + terms / 3 * total**2 + of_order)


def reduce_sum(x, axes):
    """The amplitude for a sum over axes."""
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    rows = x.transpose(*kept, *axes).reshape(*(x.shape[axis] for axis in kept), -1)
    terms = rows.shape[-1]
    total = rows.sum(-1)
    return _amplitude(terms, (rows**2).sum(-1), total, _ends_of(rows))


def _ends_of(rows):
    """Σ S² at the ends of the blocks of the last axis."""
    terms = rows.shape[-1]
    if terms < 2 * BLOCKS:
        return None
    starts = np.arange(BLOCKS) * terms // BLOCKS
    return (np.cumsum(np.add.reduceat(rows, starts, axis=-1), axis=-1) ** 2).sum(-1)


def dot(left, right):
    """The amplitude for matrix products ``left @ right`` of shapes (batch, m, k) and (batch, k,
    n)."""
    terms = left.shape[-1]
    squares = left**2 @ right**2
    if terms < 2 * BLOCKS:
        return _amplitude(terms, squares, left @ right, None)
    total, ends = 0.0, 0.0
    edges = [number * terms // BLOCKS for number in range(BLOCKS + 1)]
    for start, stop in zip(edges, edges[1:], strict=False):
        total = total + left[..., start:stop] @ right[..., start:stop, :]
        ends = ends + total**2
    return _amplitude(terms, squares, total, ends)


def convolution(bind, x, kernel, dimension_numbers):
    """The amplitude for a convolution.

    Args:
        bind: the convolution as a function of its two operands.
        x: first operand.
        kernel: second operand.
        dimension_numbers: which axis of the kernel is which (`lax.ConvDimensionNumbers`).
    """
    outputs = kernel.shape[dimension_numbers.rhs_spec[0]]
    terms = max(1, kernel.size // max(outputs, 1))
    return _amplitude(terms, np.asarray(bind(x**2, kernel**2)), np.asarray(bind(x, kernel)), None)


def cumulative(x, axis, reverse):
    """The amplitude for a running sum: that of the sum of all terms so far."""
    x = np.flip(x, axis) if reverse else x
    squares, total = np.cumsum(x**2, axis), np.cumsum(x, axis)
    terms = np.arange(1, x.shape[axis] + 1).reshape([-1 if a == axis else 1 for a in range(x.ndim)])
    found = np.sqrt(np.cumsum(total**2, axis) + (terms / 2 + 1) * squares)
    return np.flip(found, axis) if reverse else found


def windows(bind, x, window):
    """The amplitude for sums over windows, given the function that takes them."""
    terms = int(np.prod(window))
    return _amplitude(terms, np.asarray(bind(x**2)), np.asarray(bind(x)), None)


def scattered(bind, zeros, updates):
    """The amplitude for a scatter's sums: how many terms meet at a place is counted.

    Args:
        bind: the scatter as a function of operand and updates.
        zeros: an operand of zeros.
        updates: what is added.
    """
    terms = np.maximum(1.0, np.asarray(bind(zeros, np.ones_like(updates))) + 1)
    squares = np.asarray(bind(zeros, updates**2))
    total = np.asarray(bind(zeros, updates))
    return np.sqrt((terms / 2 + 1) * squares + terms / 3 * total**2)
