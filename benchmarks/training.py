"""`python -m benchmarks.training`: `fit`, `evaluate`, `predict` and whole programs, side by side.

The sides are Keras on edu, on the stock backends that are installed, and the same network as a loop
written by hand (`by_hand.py`). Each is a process; they take turns, and the ratios of a turn count.
"""

import contextlib
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.summary import circumstances, progress, wanted
from benchmarks.turns import Task, take_turns

# Samples, units from input to output, activation, batch size, epochs of one measurement. Where the
# input is an image, what follows are the channels of convolutions, up to the dense output.
NETWORKS = {
    "iris": (108, (4, 128, 3), "relu", 32, 100),
    "moons": (1000, (2, 4, 2, 1), "tanh", 32, 50),
    "784-512-10": (60_000, (784, 512, 10), "relu", 128, 1),
    "784-100-10": (60_000, (784, 100, 10), "relu", 32, 1),
    "convolutions": (2_048, ((28, 28, 1), 8, 16, 10), "relu", 32, 1),
}
GROWTH = {
    **{f"{n} samples": (n, (16, 32, 1), "relu", 32, 1) for n in (100, 1_000, 10_000, 100_000)},
    "1000000 samples": (1_000_000, (16, 32, 1), "relu", 32, 1),
    **{f"{n} units": (512, (16, n, n, 1), "relu", 32, 1) for n in (8, 64, 512)},
    "8192 units": (512, (16, 8192, 1), "relu", 32, 1),
}
BY_HAND = "by hand"

_made: dict[tuple, object] = {}


def data(count, sizes):
    """Random rows, and one-hot classes or, for one output, 0 and 1."""
    random = np.random.default_rng(0)
    x = random.random((count, *_shape(sizes[0])), dtype=np.float32)
    classes = random.integers(0, max(sizes[-1], 2), count)
    y = classes[:, None] if sizes[-1] == 1 else np.eye(sizes[-1])[classes]
    return x, y.astype("float32")


def _shape(size):
    return size if isinstance(size, tuple) else (size,)


def keras_network(sizes, activation):
    """The network, compiled."""
    import keras

    first, *hidden, last = sizes
    if isinstance(first, tuple):
        layers = [
            layer
            for n in hidden
            for layer in (
                keras.layers.Conv2D(n, 3, activation=activation),
                keras.layers.MaxPool2D(),
            )
        ]
        layers.append(keras.layers.Flatten())
    else:
        layers = [keras.layers.Dense(n, activation) for n in hidden]
    layers.append(keras.layers.Dense(last, "sigmoid" if last == 1 else "softmax"))
    model = keras.Sequential([keras.Input(_shape(first)), *layers])
    kind = "binary_crossentropy" if last == 1 else "categorical_crossentropy"
    model.compile("adam", kind, metrics=["accuracy"])
    return model


def _network(side, count, sizes, activation, batch_size):
    key = (side, count, tuple(sizes), batch_size)
    if key not in _made:
        _made.clear()  # one at a time: memory is part of the machine's state
        x, y = data(count, sizes)
        if side == BY_HAND:
            from benchmarks.by_hand import ByHand

            _made[key] = ByHand(sizes, activation, batch_size, x, y)
        else:
            _made[key] = keras_network(sizes, activation), x, y
    return _made[key]


def epoch(side, network, verbose=0):
    """Seconds of an epoch: the median of a run with one callback that looks at epochs."""
    count, sizes, activation, batch_size, epochs = (NETWORKS | GROWTH)[network]
    made = _network(side, count, sizes, activation, batch_size)
    if side == BY_HAND:
        return statistics.median(_seconds(made.epoch) for _ in range(epochs))
    import keras

    class Clock(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.taken = []

        def on_epoch_begin(self, epoch, logs=None):
            self.began = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.taken.append(time.perf_counter() - self.began)

    model, x, y = made
    clock = Clock()
    # The first epoch of a `fit` also puts the data on the device.
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        model.fit(
            x, y, batch_size=batch_size, epochs=epochs + 1, verbose=verbose, callbacks=[clock]
        )
    return statistics.median(clock.taken[1:])


def use(side, network, what):
    """Seconds of ``predict`` or ``evaluate`` on 100,000 rows: the median of a few calls."""
    _, sizes, activation, batch_size, _ = NETWORKS[network]
    made = _network(side, 100_000, sizes, activation, batch_size)
    if side == BY_HAND:
        call = getattr(made, what)
    else:
        model, x, y = made
        arguments = (x,) if what == "predict" else (x, y)

        def call():
            return getattr(model, what)(*arguments, batch_size=batch_size, verbose=0)

    call()
    return statistics.median(_seconds(call) for _ in range(5))


def program(side, cache):
    """Seconds of a whole iris program after its imports: build, compile, 100 epochs."""
    os.environ["KERAS_EDU_COMPILATION_CACHE"] = cache
    count, sizes, activation, batch_size, epochs = NETWORKS["iris"]
    x, y = data(count, sizes)
    if side == BY_HAND:
        from benchmarks.by_hand import ByHand

        began = time.perf_counter()
        made = ByHand(sizes, activation, batch_size, x, y)
        for _ in range(epochs):
            made.epoch()
    else:
        import keras  # noqa: F401

        began = time.perf_counter()
        keras_network(sizes, activation).fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0)
    return time.perf_counter() - began


def import_keras(side):
    """Seconds of ``import keras``; by hand, of ``import jax``."""
    began = time.perf_counter()
    importlib.import_module("jax" if side == BY_HAND else "keras")
    return time.perf_counter() - began


def _seconds(call):
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def tasks(growth):
    """What is measured in processes that stay, and what in processes of their own."""
    here = "benchmarks.training"
    stay = [Task(f"epoch of {n}", f"{here}:epoch", {"network": n}) for n in NETWORKS]
    stay += [
        Task(f"epoch with bar of {n}", f"{here}:epoch", {"network": n, "verbose": 1})
        for n in NETWORKS
    ]
    stay += [
        Task(f"{what} on 100k rows by {n}", f"{here}:use", {"network": n, "what": what})
        for what in ("predict", "evaluate")
        for n in ("moons", "784-100-10")
    ]
    if growth:
        stay += [Task(f"epoch of {n}", f"{here}:epoch", {"network": n}) for n in GROWTH]
    return stay


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--only", default="", help="Only what has one of these words, with commas between.")
@click.option("--growth", is_flag=True, help="Also how cost grows with samples and units.")
@click.option("--sides", default=None, help="Which, with commas between; by default all there are.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write a file.")
def main(rounds, only, growth, sides, file):
    """Measure training on each side, and print medians and ratios."""
    there = {"jax": "jax", "tensorflow": "tensorflow", "torch": "torch"}
    installed = [name for name, module in there.items() if importlib.util.find_spec(module)]
    chosen = sides.split(",") if sides else ["edu", *installed, BY_HAND]
    unknown = [side for side in chosen if side not in ("edu", *there, BY_HAND)]
    if unknown or "edu" not in chosen:
        raise click.BadParameter(
            f"edu, and any of {', '.join([*there, BY_HAND])}", param_hint="--sides"
        )
    before = circumstances()
    with tempfile.TemporaryDirectory() as folder:
        once = [
            Task("iris program, cold", "benchmarks.training:program", {"cache": "0"}),
            Task("iris program, warm cache", "benchmarks.training:program", {"cache": folder}),
            Task("import keras", "benchmarks.training:import_keras"),
        ]
        chosen_tasks = wanted([*tasks(growth), *once], only)
        once = [task for task in once if task in chosen_tasks]
        stay = [task for task in chosen_tasks if task not in once]
        total = (len(stay) + len(once)) * len(chosen) * (rounds + 1)
        with progress("training", total) as done:
            values = {}
            # One network at a time: its data and programs would be in the way of the others.
            for task in stay:
                values |= take_turns([task], rounds, chosen, done=done)
            for task in once:
                values |= take_turns([task], rounds, chosen, fresh=True, done=done)
    # In a file, lines need not be as short as in a terminal.
    Console(width=None if sys.stdout.isatty() else 160).print(_table(values, chosen))
    if file is not None:
        report = {"rounds": rounds, "sides": chosen, "seconds": values, "circumstances": before}
        file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _table(values, sides):
    table = Table(title="Seconds on each side, and edu's share of each (median, quartiles)")
    table.add_column("")
    for side in sides:
        table.add_column(side, justify="right")
    others = [side for side in sides if side != "edu"]
    for side in others:
        table.add_column(f"edu / {side}", justify="right")
    for name, by_side in values.items():
        shares = []
        for side in others:
            ratios = [a / b for a, b in zip(by_side["edu"], by_side[side], strict=True)]
            middle = statistics.median(ratios)
            if len(ratios) > 1:
                low, _, high = statistics.quantiles(ratios, n=4, method="inclusive")
                shares.append(f"{middle:.2f} ({low:.2f} … {high:.2f})")
            else:
                shares.append(f"{middle:.2f}")
        table.add_row(name, *[f"{statistics.median(by_side[s]):.4g}" for s in sides], *shares)
    return table


if __name__ == "__main__":
    main()
