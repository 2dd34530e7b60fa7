"""`python -m benchmarks.ops`: what an eager call of a much used op costs, edu beside stock Keras.

The arrays are small, so that what is measured is the way to the compiled program and back.
"""

import functools

import click

from benchmarks import summary
from benchmarks.timing import seconds_per_call
from benchmarks.turns import Task

# Name → how a program writes it, with x, y float32 (32, 32), i int32 (32,), v a variable like x.
CALLS = {
    "add": "ops.add(x, y)",
    "add, a number": "ops.add(x, 1.0)",
    "subtract": "ops.subtract(x, y)",
    "multiply": "ops.multiply(x, y)",
    "multiply, a variable": "ops.multiply(v, x)",
    "divide": "ops.divide(x, y)",
    "power": "ops.power(x, 2)",
    "maximum": "ops.maximum(x, 0.0)",
    "matmul": "ops.matmul(x, y)",
    "einsum": "ops.einsum('ij,jk->ik', x, y)",
    "exp": "ops.exp(x)",
    "log": "ops.log(x)",
    "sqrt": "ops.sqrt(x)",
    "square": "ops.square(x)",
    "abs": "ops.abs(x)",
    "tanh": "ops.tanh(x)",
    "sum": "ops.sum(x, axis=-1)",
    "mean": "ops.mean(x, axis=0)",
    "mean, a list of axes": "ops.mean(x, axis=[0, 1], keepdims=True)",
    "max": "ops.max(x, axis=-1)",
    "argmax": "ops.argmax(x, axis=-1)",
    "reshape": "ops.reshape(x, (-1, 64))",
    "reshape, a list": "ops.reshape(x, [16, 64])",
    "transpose": "ops.transpose(x)",
    "transpose, axes": "ops.transpose(x, axes=(1, 0))",
    "expand_dims": "ops.expand_dims(x, axis=-1)",
    "squeeze": "ops.squeeze(w, axis=0)",
    "concatenate": "ops.concatenate([x, y], axis=-1)",
    "stack": "ops.stack([x, y])",
    "split": "ops.split(x, 2, axis=1)",
    "take": "ops.take(x, i, axis=0)",
    "where": "ops.where(b, x, y)",
    "clip": "ops.clip(x, 0.0, 1.0)",
    "equal": "ops.equal(x, y)",
    "logical_and": "ops.logical_and(b, b)",
    "cumsum": "ops.cumsum(x, axis=-1)",
    "std": "ops.std(x, axis=-1)",
    "var": "ops.var(x, axis=-1, keepdims=True)",
    "pad": "ops.pad(x, ((1, 1), (0, 0)))",
    "slice": "ops.slice(x, (0, 1), (4, 4))",
    "cast": "ops.cast(x, 'int32')",
    "zeros": "ops.zeros((32, 32))",
    "ones_like": "ops.ones_like(x)",
    "arange": "ops.arange(32)",
    "arange, floats": "ops.arange(0.0, 3.2, 0.1)",
    "linspace": "ops.linspace(0.0, 1.0, 32)",
    "random normal": "random.normal((32, 32), seed=key)",
    "dropout": "random.dropout(x, 0.5, seed=key)",
    "convert_to_tensor": "ops.convert_to_tensor(a)",
    "relu": "ops.relu(x)",
    "sigmoid": "ops.sigmoid(x)",
    "gelu": "ops.gelu(x)",
    "softmax": "ops.softmax(x, axis=-1)",
    "log_softmax": "ops.log_softmax(x)",
    "one_hot": "ops.one_hot(i, 32)",
    "cross-entropy": "ops.sparse_categorical_crossentropy(i, x, from_logits=True)",
}


@functools.cache
def _repeated(call, directly):
    """`repeated(n)`: makes a call n times."""
    import jax
    import keras
    import numpy as np
    from keras.src import backend

    numbers = np.random.default_rng(0).uniform(0.5, 1.5, (32, 32)).astype("float32")
    x = jax.numpy.asarray(numbers)
    names = {
        "ops": _Directly() if directly else keras.ops,
        "random": backend.random if directly else keras.random,
        "key": backend.random.draw_seed(0),
        "a": numbers,
        "x": x,
        "y": x + 1,
        "w": x[None],
        "v": keras.Variable(x),
        "i": jax.numpy.arange(32),
        "b": x > 1,
        "wait": jax.block_until_ready,
    }
    text = f"def repeated(n):\n for _ in range(n):\n  result = {call}\n wait(result)\n"
    exec(text, names)
    return names["repeated"]


class _Directly:
    """The backend's own functions, without what `keras.ops` does around them on every backend."""

    def __getattr__(self, name):
        from keras.src import backend

        for module in (backend.numpy, backend.nn, backend.math, backend.core):
            found = vars(module).get(name)
            if found is not None:
                setattr(self, name, found)
                return found
        raise AttributeError(name)


def time_call(backend: str, call: str, directly: bool, clock: str) -> float:
    """Seconds for one of `CALLS`. Runs in a worker."""
    return seconds_per_call(_repeated(call, directly), clock)


@click.command()
@summary.options
@summary.clock_option
@click.option("--directly", is_flag=True, help="Call the backend itself, without `keras.ops`.")
def main(rounds, only, file, check, clock, directly):
    """Time eager calls of the ops that programs use most, on edu and on stock Keras in turn."""
    summary.run(
        "eager calls of the backend" if directly else "eager calls of keras.ops",
        [
            Task(
                name,
                "benchmarks.ops:time_call",
                {"call": call, "directly": directly, "clock": clock},
            )
            for name, call in CALLS.items()
        ],
        rounds=rounds,
        only=only,
        file=file,
        check=check,
        unit="µs",
        scale=1e6,
    )


if __name__ == "__main__":
    main()
