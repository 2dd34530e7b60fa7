"""Branches and loops that stay inside one compiled program."""

import jax

from keras_edu_backend.wrong_calls import named


@named(keep=True)
def cond(pred, true_fn, false_fn):
    """``true_fn()`` if ``pred`` else ``false_fn()``; both must return the same structure.

    Source: ``keras.ops.cond``.
    """
    return jax.lax.cond(pred, true_fn, false_fn)


@named(keep=True)
def switch(index, branches, *operands):
    """``branches[index](*operands)``, with ``index`` clamped to the branches there are.

    Source: ``keras.ops.switch``.
    """
    return jax.lax.switch(index, branches, *operands)


@named(keep=True)
def map(f, xs):
    """``stack([f(x) for x in xs])``: one element after the other along the first axis.

    Source: ``keras.ops.map``.
    """
    return jax.lax.map(f, xs)


@named(keep=True)
def vectorized_map(function, elements):
    """``map``, with all the elements at once. Source: ``keras.ops.vectorized_map``."""
    return jax.vmap(function)(elements)


@named(keep=True)
def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """Carry a state along a sequence: ``carry, y = f(carry, x)`` for each ``x``.

    Args:
        f: the step.
        init: the first carry.
        xs: arrays whose first axis is the sequence; or None, with ``length`` steps.
        length: how many steps, where ``xs`` does not tell.
        reverse: whether to begin at the end.
        unroll: how many steps to write out in a row in the compiled loop, a positive integer, or
            True for all of them.
    Returns:
        The last carry, and the stacked ``y``.
    Raises:
        ValueError: ``unroll`` is neither a boolean nor a positive integer.
    Source: ``keras.ops.scan``.
    """
    if not isinstance(unroll, bool) and not (isinstance(unroll, int) and unroll >= 1):
        # "an": Keras's tests of every backend ask for these words.
        raise ValueError(
            f"scan: `unroll` must be an positive integer or boolean. Received: unroll={unroll}"
        )
    return jax.lax.scan(f, init, xs, length=length, reverse=reverse, unroll=unroll)


@named(keep=True)
def associative_scan(f, elems, reverse=False, axis=0):
    """All partial results of an associative ``f``: ``x0, f(x0, x1), f(f(x0, x1), x2), …``, in a
    logarithmic number of steps. Source: ``keras.ops.associative_scan``.
    """
    return jax.lax.associative_scan(f, elems, reverse, axis)


@named(keep=True)
def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """``while cond(*loop_vars): loop_vars = body(*loop_vars)``.

    Args:
        cond: a function of the loop variables that says whether to go on.
        body: a function of the loop variables that returns their next values.
        loop_vars: a tuple or list of arrays, or a single array.
        maximum_iterations: a bound on the number of turns, or None.
    Returns:
        The last loop variables: a tuple, or a single array where one was given.
    Source: ``keras.ops.while_loop``.
    """
    several = isinstance(loop_vars, (tuple, list))

    def keep_going(state):
        turn, variables = state
        wanted = cond(*variables)
        return wanted if maximum_iterations is None else wanted & (turn < maximum_iterations)

    def turn_once(state):
        turn, variables = state
        following = body(*variables)
        return turn + 1, tuple(following) if several else (following,)

    start = (0, tuple(loop_vars) if several else (loop_vars,))
    _, variables = jax.lax.while_loop(keep_going, turn_once, start)
    return variables if several else variables[0]


@named(keep=True)
def fori_loop(lower, upper, body_fun, init_val):
    """``for i in range(lower, upper): val = body_fun(i, val)``. Source: ``keras.ops.fori_loop``."""
    return jax.lax.fori_loop(lower, upper, body_fun, init_val)
