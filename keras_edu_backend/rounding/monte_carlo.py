"""The noise floor: how far rounding alone moves each number of a result.

    exact result and floors = floor(f, *arguments)

The program of f (its jaxpr) is run once without rounding and `DRAWS` times with every rounding
drawn at random; the root mean square of what that changes is the floor, element by element. A
number that a library computes is expected within a few floors of the exact one; `units.FACTOR` says
how many.

**Kinks.** Where rounding decides which branch is taken (a relu at exactly 0, a tie in a maximum, a
clipped probability), a result may jump by much more than its floor. `KINK_DRAWS` further draws,
with roundings `FACTOR` times as large, in pairs of opposite sign, look for branches within reach,
each once with branches held and once free. What the branches alone change is the `jump` of an
element: such places are at a kink, and a difference of that size says nothing.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np

from keras_edu_backend.rounding import primitives
from keras_edu_backend.rounding.interpreter import Rounding, Tape, evaluate, lift
from keras_edu_backend.rounding.noise import FLOAT64_STAND_IN, ends_of
from keras_edu_backend.rounding.units import FACTOR, UNIT_ROUNDOFF, Floor

DRAWS = 16
KINK_DRAWS = 6
# As much memory as all draws that run at once may take, by an estimate from the exact run.
MEMORY = 1 << 30


def floor(
    function: Callable[..., Any],
    *arguments: Any,
    draws: int = DRAWS,
    precision: Mapping[Any, Any] | None = None,
) -> Any:
    """The `Floor` of every array of a function's result.

    Args:
        function: a JAX function, also one that `jax.grad` made, or a step of training.
        arguments: trees of arrays; they count as exact.
        draws: how many disturbed runs are made.
        precision: dtypes in place of the program's own, such as ``{"float32": "bfloat16"}``.

    Returns:
        The result's tree with a `Floor` for each array.

    Raises:
        UnknownPrimitive: the program uses a primitive whose rounding is not described.

    >>> import jax.numpy as jnp
    >>> from keras_edu_backend.rounding import floor
    >>> found = floor(lambda x: (x + 1e8) - 1e8, jnp.float32(3.0))
    >>> float(found.exact)
    3.0
    >>> bool(found.noise > 1)  # 1e8 + 3 is rounded to a multiple of 8
    True
    """
    program = Program(function, *arguments)
    found = measure(
        lambda rounding: program.run(rounding, *arguments),
        draws=draws,
        precision=precision,
        scaled=program.only_float64,
        dtypes=program.dtypes,
    )
    return program.in_tree(found)


class Program:
    """A function's jaxpr, made for arguments of certain shapes and dtypes."""

    def __init__(self, function: Callable[..., Any], *arguments: Any):
        leaves, tree = jax.tree.flatten(arguments)

        def flat(*values):
            return function(*jax.tree.unflatten(tree, values))

        self.jaxpr, shapes = jax.make_jaxpr(flat, return_shape=True)(*leaves)
        self.tree = jax.tree.structure(shapes)
        self.dtypes = [aval.dtype for aval in self.jaxpr.out_avals]

    def run(self, rounding: Rounding, *arguments: Any) -> list[np.ndarray]:
        """The leaves of the result, each with a leading axis of draws.

        Args:
            rounding: how results are rounded.
            arguments: of the shapes that the program was made for.
        """
        return self.continue_from(rounding, list(map(lift, jax.tree.leaves(arguments))))

    def continue_from(self, rounding: Rounding, leaves: list[np.ndarray]) -> list[np.ndarray]:
        """As `run`, from leaves that have a leading axis, such as an earlier run's results."""
        return evaluate(self.jaxpr.jaxpr, self.jaxpr.consts, leaves, rounding)

    def in_tree(self, leaves):
        """Leaves in the tree of the function's result."""
        return jax.tree.unflatten(self.tree, leaves)

    @property
    def only_float64(self) -> bool:
        """Whether every floating number of the program is float64."""
        return only_float64(self.jaxpr.jaxpr)


def only_float64(jaxpr) -> bool:
    """Whether no equation computes in a narrower floating dtype."""
    for equation in jaxpr.eqns:
        for variable in equation.outvars:
            dtype = variable.aval.dtype
            if primitives.is_floating(dtype) and dtype not in (np.float64, np.complex128):
                return False
        if not all(map(only_float64, _inner(equation.params))):
            return False
    return True


def _inner(parameters):
    """Jaxprs among an equation's parameters."""
    for value in parameters.values():
        for item in value if isinstance(value, tuple | list) else (value,):
            if hasattr(item, "eqns"):
                yield item
            elif hasattr(item, "jaxpr"):
                yield item.jaxpr


def measure(
    run: Callable[[Rounding], list[np.ndarray]],
    draws: int = DRAWS,
    kink_draws: int = KINK_DRAWS,
    precision: Mapping[Any, Any] | None = None,
    scaled: bool = False,
    dtypes: list[Any] | None = None,
    seed: int = 0,
) -> list[Floor]:
    """The `Floor` of each array that a run over one or more programs returns.

    Args:
        run: function of a `Rounding` that evaluates programs and returns arrays with a leading
            axis, always the same programs in the same order.
        draws: how many disturbed runs are made.
        kink_draws: how many more look for branches within reach, an even number.
        precision: see `floor`.
        scaled: whether the programs compute in float64 only.
        dtypes: of the arrays in the program; float32 unless given.
        seed: of the draws.

    Returns:
        List of `Floor`.
    """
    changed = {np.dtype(k): np.dtype(v) for k, v in (precision or {}).items()}
    tape = Tape()
    plain = Rounding(tape, precision=changed, scaled=scaled)
    with jax.enable_x64(True):
        exact = [array[0] for array in run(plain)]
        at_once = int(max(1, MEMORY // max(tape.peak, 1)))
        jumps = [np.zeros((2, *np.shape(value))) for value in exact]
        for part in _parts(kink_draws, max(2, at_once // 4 * 2)):
            numbers = np.arange(kink_draws)[part]
            both = np.concatenate([numbers, numbers])
            rounding = dataclasses.replace(
                plain,
                salts=_salts(seed + 1, kink_draws // 2)[both // 2],
                by_position=np.ones(len(both), bool),
                held=np.repeat([False, True], len(numbers)),
                strength=FACTOR * (1.0 - 2.0 * (both % 2)),
            )
            for jump, result in zip(jumps, run(rounding.rewound()), strict=True):
                if len(result) > 1:
                    change = free_less_held(result)
                    jump[:] = np.minimum(jump[0], change.min(0)), np.maximum(jump[1], change.max(0))
        squares = [np.zeros(np.shape(value)) for value in exact]
        for part in _parts(draws, at_once):
            numbers = np.arange(draws)[part]
            rounding = dataclasses.replace(
                plain,
                salts=_salts(seed, draws)[part],
                by_position=numbers % 2 == 1,
                held=np.ones(len(numbers), bool),
            )
            results = run(rounding.rewound())
            for total, result, value in zip(squares, results, exact, strict=True):
                total += _squared_change(result, value) * (len(numbers) / len(result))
    finest = FLOAT64_STAND_IN if scaled else 1.0
    dtypes = [np.dtype(np.float32)] * len(exact) if dtypes is None else dtypes
    return [
        _floor(value, total / draws, jump[1] - jump[0], changed.get(dtype, dtype), finest)
        for value, total, jump, dtype in zip(exact, squares, jumps, dtypes, strict=True)
    ]


def _parts(count, at_once):
    """Slices of at most ``at_once`` draws."""
    return [slice(start, min(start + at_once, count)) for start in range(0, count, at_once)]


def _salts(seed, count):
    return np.random.default_rng(seed).integers(1, 2**63, count).astype(np.uint64)


def _squared_change(results, exact):
    """Σ (result − exact)² over the draws; 0 where both are the same infinity, or NaN."""
    with np.errstate(invalid="ignore", over="ignore"):
        change = np.asarray(results, np.float64) - exact
        same = (results == exact) | (np.isnan(results) & np.isnan(exact))
        return (np.where(same, 0.0, change) ** 2).sum(0)


def free_less_held(result: np.ndarray) -> np.ndarray:
    """The change that branches alone make, in a run whose draws are first free and then held.

    Args:
        result: shape (2 draws, *shape).

    Returns:
        Shape (draws, *shape); infinite where only one of the two is finite.
    """
    free, held = np.split(np.asarray(result, np.float64), 2)
    with np.errstate(invalid="ignore", over="ignore"):
        same = (free == held) | (np.isnan(free) & np.isnan(held))
        return np.nan_to_num(np.where(same, 0.0, free - held), nan=np.inf)


def _floor(exact, square, jump, dtype, finest):
    """No floor is below the rounding of the result itself, nor below that of a denormal number."""
    noise = np.sqrt(square)
    if primitives.is_floating(dtype):
        dtype = np.dtype(np.float32) if dtype == np.complex64 else np.dtype(dtype)
        unit = UNIT_ROUNDOFF[np.dtype(np.float64) if dtype == np.complex128 else dtype]
        used = finest if finest < 1 else unit
        noise = np.maximum(noise, used / 3**0.5 * np.abs(exact))
        # A jump is the difference of two draws whose roundings are FACTOR times as large, those of
        # the exact run's branches and its own, and is known to so many standard deviations as a
        # verdict allows. What is no larger is no branch here, but follows from one elsewhere.
        error = FACTOR * 2**0.5 * FACTOR * (noise + used / 3**0.5 * jump)
        jump = np.where(jump > error, jump + error, jump)
        noise = np.maximum(noise * (unit / used), ends_of(dtype).step)
        noise, jump = (np.nan_to_num(each, nan=np.inf, posinf=np.inf) for each in (noise, jump))
    return Floor(exact, noise, jump)
