"""`python -m benchmarks.layers`: compiled layers, forward and backward, edu beside stock Keras.

Each layer is one compiled program of its inputs and weights; "backward" is the gradient of the
output's sum by the weights and the inputs, with the forward pass that it needs. The programs ought
to be the same as stock's, so ratios other than 1 are noise or a difference in the formula;
`--programs` prints in which of them XLA's optimised programs differ.
"""

import collections
import functools
import re

import click

from benchmarks import summary
from benchmarks.timing import seconds_per_call
from benchmarks.turns import BACKENDS, Task, Worker

# Name → the layer and the shape of its input. Sizes at which a call takes about a millisecond.
LAYERS = {
    "Dense": ("layers.Dense(512, activation='relu')", (256, 512)),
    "Conv2D": ("layers.Conv2D(32, 3, activation='relu', padding='same')", (8, 28, 28, 16)),
    "LSTM": ("layers.LSTM(64)", (32, 32, 32)),
    "MultiHeadAttention": ("layers.MultiHeadAttention(4, 32)", (8, 64, 64)),
    "BatchNormalization": ("layers.BatchNormalization()", (64, 28, 28, 16)),
    "LayerNormalization": ("layers.LayerNormalization()", (16, 64, 256)),
}
PASSES = ("forward", "backward")


def _program(layer, backward):
    """A compiled program and its arguments."""
    import jax
    import keras
    import numpy as np

    text, shape = LAYERS[layer]
    made = eval(text, {"layers": keras.layers})
    inputs = (np.random.default_rng(0).normal(size=shape).astype("float32"),)
    inputs *= 2 if layer == "MultiHeadAttention" else 1
    made.build(*[shape for _ in inputs])
    weights, state = (
        [variable.value for variable in variables]
        for variables in (made.trainable_variables, made.non_trainable_variables)
    )
    # Whether it trains makes a difference to one of them, the one with running means.
    training = {"training": True} if layer == "BatchNormalization" else {}

    def forward(weights, inputs):
        outputs, changed = made.stateless_call(weights, state, *inputs, **training)
        return outputs, changed

    def total(weights, inputs):
        outputs, changed = forward(weights, inputs)
        return jax.numpy.sum(outputs), changed

    function = jax.grad(total, argnums=(0, 1), has_aux=True) if backward else forward
    arguments = (weights, tuple(map(jax.numpy.asarray, inputs)))
    return jax.jit(function).lower(*arguments).compile(), arguments


@functools.cache
def _repeated(layer, backward):
    import jax

    program, arguments = _program(layer, backward)

    def repeated(number):
        for _ in range(number):
            result = jax.block_until_ready(program(*arguments))
        return result

    return repeated


def time_layer(backend: str, layer: str, backward: bool, clock: str) -> float:
    """Seconds for a call of the compiled layer. Runs in a worker."""
    return seconds_per_call(_repeated(layer, backward), clock)


def count_instructions(backend: str, layer: str, backward: bool, clock: str) -> dict[str, int]:
    """How often each instruction stands in XLA's optimised program. Runs in a worker."""
    text = _program(layer, backward)[0].as_text()
    return collections.Counter(
        re.findall(r"^\s*(?:ROOT )?\S+ = (?:\([^=]*\)|\S+) ([\w-]+)\(", text, re.M)
    )


def _compare_programs(tasks):
    """Print in which instructions the two programs of each layer differ."""
    with Worker(BACKENDS[0]) as edu, Worker(BACKENDS[1]) as stock:
        for task in tasks:
            ours, theirs = (
                collections.Counter(
                    worker.run("benchmarks.layers:count_instructions", **task.arguments)
                )
                for worker in (edu, stock)
            )
            more, fewer = dict(ours - theirs), dict(theirs - ours)
            same = not more and not fewer
            click.echo(
                f"{task.name}: {sum(ours.values())} instructions"
                + (", the same as stock's" if same else f"; edu has {more} more, stock {fewer}")
            )


@click.command()
@summary.options
@summary.clock_option
@click.option("--programs", is_flag=True, help="Compare the compiled programs, without timing.")
def main(rounds, only, file, check, clock, programs):
    """Time compiled layers, forward and backward, on edu and on stock Keras in turn."""
    tasks = [
        Task(
            f"{layer}, {name}",
            "benchmarks.layers:time_layer",
            {"layer": layer, "backward": name == "backward", "clock": clock},
        )
        for layer in LAYERS
        for name in PASSES
    ]
    if programs:
        return _compare_programs(tasks)
    summary.run(
        "compiled layers",
        tasks,
        rounds=rounds,
        only=only,
        file=file,
        check=check,
        unit="ms",
        scale=1e3,
    )


if __name__ == "__main__":
    main()
