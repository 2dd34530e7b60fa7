"""Without rounding the interpreter computes what JAX computes in float64, in any number of
draws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from keras_edu_backend.rounding import Program, UnknownPrimitive
from keras_edu_backend.rounding.interpreter import Rounding, Tape, lift

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(4, 6)).astype(np.float32)
Y = RANDOM.normal(size=(6, 3)).astype(np.float32)
IMAGES = RANDOM.normal(size=(2, 8, 8, 3)).astype(np.float32)
KERNEL = RANDOM.normal(size=(3, 3, 3, 4)).astype(np.float32)
ROWS = np.array([3, 0, 3, 1], np.int32)


def convolved(x, k, **options):
    options = {"window_strides": (2, 1), "padding": "SAME"} | options
    return lax.conv_general_dilated(x, k, dimension_numbers=("NHWC", "HWIO", "NHWC"), **options)


def max_pooled(x):
    window, strides = (1, 2, 2, 1), (1, 2, 2, 1)
    return lax.reduce_window(x, -jnp.inf, lax.max, window, strides, "VALID")


FUNCTIONS = {
    "arithmetic": (lambda x: (x * 3 - 1) / (x**2 + 2) + jnp.sqrt(jnp.abs(x)) ** 3, X),
    "elementary": (lambda x: jnp.tanh(x) + jnp.exp(x) * jax.nn.sigmoid(x) + jnp.log1p(x * x), X),
    "special": (lambda x: lax.erf(x) + lax.lgamma(jnp.abs(x) + 1) + lax.erf_inv(x / 9), X),
    "matrix product": (lambda x, y: x @ y, X, Y),
    "products in batches": (lambda x: jnp.einsum("bhwc,bhvc->bwv", x, x), IMAGES),
    "a product with itself": (lambda x: lax.dot_general(x, x, (((0,), (0,)), ((), ()))), X),
    "outer product": (lambda x: jnp.einsum("ij,kl->ijkl", x, x), X),
    "sums": (lambda x: jnp.sum(x, 0) + jnp.mean(x) + jnp.var(x, 0), X),
    "products of elements": (lambda x: jnp.prod(x, 1) + jnp.cumprod(x, 1)[:, -1], X),
    "running sums": (lambda x: jnp.cumsum(x, 1) + lax.cumsum(x, 0, reverse=True), X),
    "running maxima": (lambda x: lax.cummax(x, 1, reverse=True) - lax.cummin(x, 0), X),
    "maxima": (lambda x: jnp.max(x, 1) + jnp.min(x, 1) + jnp.argmax(x, 1) + jnp.argmin(x, 1), X),
    "pads": (
        lambda x: lax.pad(x, x.dtype.type(7), ((1, -2, 1), (-1, 2, 0))),
        X,
    ),
    "pads by less than nothing between": (
        lambda x: lax.pad(x, x.dtype.type(7), ((-3, 1, 2), (-4, -3, 1))),
        X,
    ),
    "slices": (lambda x: x[1:4:2, ::-1] + lax.dynamic_slice(x, (1, 2), (2, 6)), X),
    "updates": (lambda x: lax.dynamic_update_slice(x, x[:2, :2], (3, 3)), X),
    "joins": (lambda x: jnp.concatenate([x, 2 * x], 1)[None].transpose(2, 0, 1), X),
    "splits": (lambda x: jnp.split(x, 3, axis=1)[1] + jnp.split(x, 3, axis=1)[2], X),
    "stacks": (lambda x: jnp.stack([x, 2 * x], 1), X),
    "takes stacks apart": (lambda x: jnp.unstack(x, axis=1)[2] + jnp.unstack(x, axis=1)[0], X),
    "repeats": (lambda x: jnp.tile(x, (2, 3)), X),
    "choices": (lambda x: jnp.where(x > 0, x, 0.125 * x) + jnp.clip(x, -0.5, 0.5), X),
    "choices of three": (
        lambda x: lax.select_n(jnp.int32(x > 0) + jnp.int32(x > 1), x, -x, 2 * x),
        X,
    ),
    "whole numbers": (lambda x: jnp.floor(x) + jnp.round(x) + jnp.sign(x) + x % 0.75, X),
    "casts": (lambda x: x.astype(jnp.int32).astype(jnp.float32) + (x > 0).astype(jnp.float32), X),
    "gathers": (lambda x: jnp.take(x, ROWS, 0) + jnp.take_along_axis(x, jnp.argsort(x, 1), 1), X),
    "scatters": (lambda x: x.at[jnp.asarray(ROWS)].add(2 * x).at[0].mul(3.0).at[1].max(0.125), X),
    "sorts": (lambda x: jnp.sort(x, 1) + lax.top_k(x, 6)[0], X),
    "sorts two": (lambda x: lax.sort((x, -x, x * 2), dimension=1, num_keys=1)[2], X),
    "convolutions": (convolved, IMAGES, KERNEL),
    "dilated ones": (lambda x, k: convolved(x, k, rhs_dilation=(2, 1)), IMAGES, KERNEL),
    "pools": (lambda x: jax.grad(lambda z: jnp.sum(max_pooled(z) ** 2))(x), IMAGES),
    "mean pools": (
        lambda x: lax.reduce_window(x, 0.0, lax.add, (1, 3, 3, 1), (1, 2, 2, 1), "SAME"),
        IMAGES,
    ),
    "scans": (lambda x: lax.scan(lambda c, r: (c * 0.5 + r, c @ r), x[0], x, reverse=True), X),
    "loops": (lambda x: lax.fori_loop(0, 5, lambda i, z: z * 0.5 + i, x), X),
    "loops that test numbers": (
        lambda x: lax.while_loop(lambda z: z.sum() < 99, lambda z: 2 * z, x + 3),
        X,
    ),
    "conditionals": (lambda x: lax.cond(x[0, 0] > 0, lambda z: z + 1, lambda z: z - 1, x), X),
    "gradients of their own": (lambda x: jax.grad(lambda z: jnp.sum(jax.nn.softplus(z)))(x), X),
    "recomputation": (lambda x: jax.grad(jax.checkpoint(lambda z: jnp.sum(jnp.sin(z))))(x), X),
    "random numbers": (lambda x: x + jax.random.normal(jax.random.key(3), x.shape), X),
    "factorisations": (lambda x: jnp.linalg.cholesky(x @ x.T + 9 * jnp.eye(4)), X),
    "Fourier transforms": (lambda x: jnp.abs(jnp.fft.rfft(x)), X),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("draws", [0, 3])
def test_without_rounding_the_result_is_float64s(name, draws):
    function, *arguments = FUNCTIONS[name]
    program = Program(function, *arguments)
    with jax.enable_x64(True):
        tape = Tape()
        found = program.run(Rounding(tape), *arguments)
        if draws:
            # As many equal rows as there are draws: no rule may mix them, or take them for an axis.
            leaves = [np.repeat(lift(a), draws, 0) for a in jax.tree.leaves(arguments)]
            tape.rewind()
            silent = Rounding(
                tape,
                np.arange(draws, dtype=np.uint64),
                np.zeros(draws, bool),
                held=np.zeros(draws, bool),
                strength=np.zeros(draws),
            )
            found = program.continue_from(silent, leaves)
        if name == "random numbers":
            # Drawn in float32, from bits that float64 would use twice as many of.
            with jax.enable_x64(False):
                wanted = function(*map(jnp.asarray, arguments))
            tolerance = 1e-6
        else:
            wide = [jnp.asarray(a, np.float64) for a in arguments]
            wanted, tolerance = function(*wide), 1e-12
    for result, exact in zip(found, jax.tree.leaves(wanted), strict=True):
        assert len(result) in (1, draws or 1)
        for row in result:
            assert row.shape == exact.shape
            # Two float64 programs of a few dozen roundings each; float32 where numbers are drawn.
            np.testing.assert_allclose(row, np.asarray(exact), rtol=tolerance, atol=tolerance)


def test_a_primitive_that_is_not_described_is_an_error_that_names_it():
    with jax.enable_x64(True), pytest.raises(UnknownPrimitive, match="polygamma"):
        Program(lambda x: lax.polygamma(x, x), jnp.float32(2)).run(Rounding(Tape()), jnp.float32(2))


def test_a_callback_is_an_error_too():
    def called(x):
        return jax.pure_callback(lambda z: z, jax.ShapeDtypeStruct((), jnp.float32), x)

    with jax.enable_x64(True), pytest.raises(UnknownPrimitive, match="pure_callback"):
        Program(called, jnp.float32(2)).run(Rounding(Tape()), jnp.float32(2))


def test_what_the_result_does_not_depend_on_is_not_run():
    def function(x):
        jax.pure_callback(lambda z: z, jax.ShapeDtypeStruct((), jnp.float32), x)
        return x + 1

    with jax.enable_x64(True):
        (found,) = Program(function, jnp.float32(2)).run(Rounding(Tape()), jnp.float32(2))
    assert found == [3.0]
