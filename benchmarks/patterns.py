"""`python -m benchmarks.patterns`: what people do beside one long `fit`, edu beside stock Keras.

Each run is a process of its own, measured after `import keras`. It runs with a cold cache of
compiled programs, an empty folder, and then with the warm one that it left: edu with its own cache,
stock with JAX's, told to keep every program.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import summary
from benchmarks.memory import keras_alone, peak
from benchmarks.training import data, keras_network
from benchmarks.turns import BACKENDS, Task, take_turns

SIZES = (12, 32, 1)  # inputs, hidden units, outputs
# What is measured: what the table calls it, and by what it multiplies it.
MEASURES = {"seconds": ("s", 1), "processor": ("CPU s", 1), "bytes": ("MiB", 2**-20)}


def walk_forward(keras, times):
    """Three more epochs whenever a row has come."""
    x, y = data(500 + times, SIZES)
    model = keras_network(SIZES, "relu")
    return [
        model.fit(x[:rows], y[:rows], epochs=3, verbose=0).history["loss"][-1]
        for rows in range(500, 500 + times)
    ]


def search(keras, times):
    """Small models of other widths, one after the other."""
    x, y = data(400, SIZES)
    found = []
    for number in range(times):
        model = keras_network((12, 8 + 4 * number, 1), "relu")
        fitted = model.fit(x, y, epochs=3, validation_split=0.2, verbose=0)
        found.append(fitted.history["val_loss"][-1])
    return found


def folds(keras, times):
    """As many models as folds; each learns from the other folds and is scored on its own."""
    x, y = data(600, SIZES)
    found = []
    for number in range(times):
        held_out = np.arange(len(x)) % times == number
        model = keras_network(SIZES, "relu")
        model.fit(x[~held_out], y[~held_out], epochs=5, verbose=0)
        found.append(model.evaluate(x[held_out], y[held_out], verbose=0)[0])
    return found


def single_batches(keras, times):
    """`train_on_batch` in a loop."""
    x, y = data(320, SIZES)
    model = keras_network(SIZES, "relu")
    starts = [number * 32 % 320 for number in range(times)]
    return [model.train_on_batch(x[s : s + 32], y[s : s + 32])[0] for s in starts]


def single_predictions(keras, times):
    """`predict` for one row after the other."""
    x, _ = data(times, SIZES)
    model = keras_network(SIZES, "relu")
    return [float(model.predict(row[None], verbose=0)[0, 0]) for row in x]


def changing_lengths(keras, times):
    """Sequences, in batches as long as their longest, which come in another order each time."""
    x, y = data(16 * times, (times + 4, 1))
    model = keras.Sequential([keras.Input((None, 1)), keras.layers.GRU(8), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    random = np.random.default_rng(1)

    def batches():
        for number in random.permutation(times):
            rows = slice(16 * number, 16 * (number + 1))
            yield x[rows, : 5 + number, None], y[rows]

    return [
        model.fit(batches(), steps_per_epoch=times, verbose=0).history["loss"][0] for _ in range(4)
    ]


def generator(keras, times):
    """A Python generator that makes one batch after the other."""
    x, y = data(320, SIZES)
    model = keras_network(SIZES, "relu")

    def batches():
        while True:
            for start in range(0, 320, 32):
                yield x[start : start + 32], y[start : start + 32]

    return model.fit(batches(), steps_per_epoch=times, epochs=5, verbose=0).history["loss"]


def py_dataset(keras, times):
    """A `PyDataset` whose batches two threads make."""
    x, y = data(32 * times, SIZES)

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return times

        def __getitem__(self, number):
            rows = slice(32 * number, 32 * (number + 1))
            return x[rows] * 2 - 1, y[rows]

    model = keras_network(SIZES, "relu")
    batches = Batches(workers=2)
    return model.fit(batches, epochs=5, shuffle=False, verbose=0).history["loss"]


def gan(keras, times):
    """A discriminator's step on true and made rows, then a generator's through both."""
    true, _ = data(32 * times, SIZES)
    noise = np.random.default_rng(1).normal(size=(times, 2, 32, 4)).astype("float32")
    maker = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(SIZES[0])]
    )
    judge = keras_network(SIZES, "relu")
    both = keras.Sequential([keras.Input((4,)), maker, judge])
    both.compile("adam", "binary_crossentropy")
    zeros, ones = np.zeros((32, 1), "float32"), np.ones((32, 1), "float32")
    losses = []
    for number in range(times):
        made = maker.predict_on_batch(noise[number, 0])
        rows = np.concatenate([true[32 * number : 32 * (number + 1)], made])
        judge.trainable = True
        losses.append(judge.train_on_batch(rows, np.concatenate([ones, zeros]))[0])
        judge.trainable = False
        losses.append(both.train_on_batch(noise[number, 1], ones))
    return losses


def evaluating(keras, times):
    """A callback that evaluates the model after every epoch."""
    x, y = data(500, SIZES)
    scores = []

    class Scores(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            scores.append(self.model.evaluate(x[400:], y[400:], verbose=0)[0])

    model = keras_network(SIZES, "relu")
    model.fit(x[:400], y[:400], epochs=times, callbacks=[Scores()], verbose=0)
    return scores


def _over_devices(keras, times, distribution_of):
    """`fit` on eight devices that share this processor, as `distribution_of` spreads it."""
    import jax

    jax.config.update("jax_num_cpu_devices", 8)
    devices = keras.distribution.list_devices()
    keras.distribution.set_distribution(distribution_of(devices))
    x, y = data(3200, SIZES)
    model = keras_network(SIZES, "relu")
    return model.fit(x, y, epochs=times, verbose=0).history["loss"]


def data_parallel(keras, times):
    """Eight devices, each with an eighth of every batch."""
    return _over_devices(
        keras, times, lambda devices: keras.distribution.DataParallel(devices=devices)
    )


def model_parallel(keras, times):
    """Eight devices: halves of a batch times quarters of a layer."""

    def distribution(devices):
        mesh = keras.distribution.DeviceMesh((2, 4), ("batch", "model"), devices)
        layout = keras.distribution.LayoutMap(mesh)
        layout["dense/kernel"] = (None, "model")
        layout["dense/bias"] = ("model",)
        return keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")

    return _over_devices(keras, times, distribution)


# Name → what is done, and how often.
PATTERNS = {
    "walk-forward fits": (walk_forward, 33),
    "search": (search, 6),
    "k-fold": (folds, 5),
    "train_on_batch": (single_batches, 1000),
    "predict a row": (single_predictions, 300),
    "changing lengths": (changing_lengths, 12),
    "generator": (generator, 100),
    "PyDataset with workers": (py_dataset, 100),
    "GAN": (gan, 300),
    "evaluate in a callback": (evaluating, 60),
    "data over 8 devices": (data_parallel, 6),
    "a layer over 8 devices": (model_parallel, 6),
}


def numbers(backend, pattern, times):
    """The losses, scores or predictions of a pattern."""
    keras = keras_alone()
    return [float(number) for number in PATTERNS[pattern][0](keras, times)]


def measure(backend, pattern, folder, warm, times=None):
    """The seconds, the processors' seconds and the peak memory of a pattern.

    Args:
        backend: the side.
        pattern: a name in `PATTERNS`.
        folder: where compiled programs are kept.
        warm: whether those of the last run are there.
        times: how often; by default as `PATTERNS` says.
    """
    kept = Path(folder, backend, pattern)
    if not warm:
        shutil.rmtree(kept, ignore_errors=True)
    if backend == "edu":
        os.environ["KERAS_EDU_COMPILATION_CACHE"] = str(kept)
    else:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(kept)
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    function, usual = PATTERNS[pattern]
    keras = keras_alone()
    began, worked = time.perf_counter(), time.process_time()
    function(keras, times or usual)
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    return {"seconds": seconds, "processor": processor, "bytes": peak()}


def compared(values):
    """For each measure, `summary.rows` of what `take_turns` gave."""
    return {
        measure: summary.rows(
            {
                name: {side: [value[measure] for value in turns] for side, turns in sides.items()}
                for name, sides in values.items()
            }
        )
        for measure in MEASURES
    }


def table(rows):
    """One table of all measures, a line for each run."""
    drawn = Table(title="medians of the rounds, and of their ratios edu / stock")
    drawn.add_column("")
    for unit, _ in MEASURES.values():
        for heading in (f"edu, {unit}", f"stock, {unit}", "ratio"):
            drawn.add_column(heading, justify="right")
    for of_run in zip(*rows.values(), strict=True):
        cells = []
        for row, (_, scale) in zip(of_run, MEASURES.values(), strict=True):
            digits = 2 if scale == 1 else 0
            cells += [f"{n * scale:.{digits}f}" for n in (row.edu, row.stock)]
            cells.append(f"{row.ratio:.2f}")
        style = summary.style_of(max(row.ratio for row in of_run))
        drawn.add_row(of_run[0].name, *cells, style=style)
    drawn.add_section()
    means = [("", "", f"{summary.geometric_mean(found):.2f}") for found in rows.values()]
    drawn.add_row("geometric mean", *[cell for cells in means for cell in cells], style="bold")
    return drawn


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--only", default="", help="Only what has one of these words, with commas between.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write a file.")
def main(rounds, only, file):
    """Time and memory of twelve patterns of use, with a cold and with a warm cache of programs."""
    before = summary.circumstances()
    with tempfile.TemporaryDirectory() as folder:
        tasks = [
            Task(
                f"{pattern}, {'warm' if warm else 'cold'}",
                "benchmarks.patterns:measure",
                {"pattern": pattern, "folder": folder, "warm": warm},
            )
            for pattern in PATTERNS
            for warm in (False, True)
        ]
        tasks = summary.wanted(tasks, only)
        with summary.progress("patterns", len(tasks) * len(BACKENDS) * rounds) as done:
            values = take_turns(tasks, rounds, fresh=True, warm_up=0, done=done)
    # In a file, lines need not be as short as in a terminal.
    Console(width=None if sys.stdout.isatty() else 160).print(table(compared(values)))
    if file is not None:
        report = {"rounds": rounds, "values": values, "circumstances": before}
        file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
