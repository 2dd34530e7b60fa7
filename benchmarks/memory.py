"""`python -m benchmarks.memory`: the most memory that a training run takes, edu beside stock Keras.

Each run is a process of its own, from `import keras` to its end. With `--growth` networks become
wider, and a second table says what share of the memory their parameters are.
"""

import resource
import sys

import click
from rich.console import Console
from rich.table import Table

from benchmarks import summary
from benchmarks.turns import Task

# Name → what the program does.
RUNS = {
    "iris, 100 epochs": "iris",
    "60,000 images of 784, 1 epoch": "images",
    "convolutions: fit, evaluate, predict": "convolutions",
}


# Units of each of two hidden layers, between 16 inputs and 10 classes.
GROWTH = (64, 512, 2048, 8192)


def peak_of_training(backend: str, run: str) -> float:
    """The peak resident memory of this process after a training run, in bytes."""
    keras = keras_alone()
    {"iris": _iris, "images": _images, "convolutions": _convolutions}[run](keras)
    return peak()


def peak_of_network(backend: str, units: int) -> float:
    """The same after an epoch of a network with two hidden layers of ``units`` units."""
    keras = keras_alone()
    model = _compiled(
        keras,
        keras.layers.Dense(units, activation="relu"),
        keras.layers.Dense(units, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    )
    model.fit(*_data(512, (16,), 10), epochs=1, verbose=0)
    return peak()


def parameter_bytes(units: int) -> int:
    """Bytes of that network's weights in float32."""
    return 4 * ((16 + 1) * units + (units + 1) * units + (units + 1) * 10)


def keras_alone():
    """Keras, with a seed and without TensorFlow."""
    # Keras would import it to look at the data's type: half of the peak, and equal on both sides.
    sys.modules["tensorflow"] = None  # type: ignore[assignment]

    import keras

    keras.utils.set_random_seed(0)
    return keras


def _data(count, shape, classes):
    import numpy as np

    numbers = np.random.default_rng(0)
    return numbers.random((count, *shape), dtype="float32"), numbers.integers(0, classes, count)


def _compiled(keras, *layers):
    model = keras.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _dense(keras, units, classes):
    return _compiled(
        keras,
        keras.layers.Dense(units, activation="relu"),
        keras.layers.Dense(classes, activation="softmax"),
    )


def _iris(keras):
    """150 flowers of 4 measures, 128 units, 3 species: what Keras itself takes, mostly."""
    _dense(keras, 128, 3).fit(*_data(150, (4,), 3), epochs=100, verbose=0)


def _images(keras):
    """Data of MNIST's size: 188 MB of them, so a copy too many shows."""
    _dense(keras, 100, 10).fit(*_data(60_000, (784,), 10), epochs=1, verbose=0)


def _convolutions(keras):
    """Images through convolutions, trained with a validation set, then evaluated and predicted."""
    x, y = _data(4096, (28, 28, 1), 10)
    model = _compiled(
        keras,
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    )
    model.fit(x, y, batch_size=64, epochs=2, validation_split=0.1, verbose=0)
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)


def peak() -> float:
    """The most memory that this process has had resident so far, in bytes."""
    try:
        # Unlike `getrusage`, this begins anew when a process starts another program.
        with open("/proc/self/status", encoding="ascii") as lines:
            (line,) = (line for line in lines if line.startswith("VmHWM:"))
        return float(line.split()[1]) * 1024
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


@click.command()
@summary.options
@click.option("--growth", is_flag=True, help="Also how memory grows with the network.")
def main(rounds, only, file, check, growth):
    """Measure the peak memory of training runs, on edu and on stock Keras in turn."""
    here = "benchmarks.memory"
    tasks = [Task(name, f"{here}:peak_of_training", {"run": run}) for name, run in RUNS.items()]
    wide = {f"{units} units": units for units in GROWTH if growth}
    tasks += [Task(name, f"{here}:peak_of_network", {"units": n}) for name, n in wide.items()]
    found = summary.run(
        "peak resident memory",
        tasks,
        rounds=rounds,
        only=only,
        file=file,
        check=check,
        unit="MiB",
        scale=2**-20,
        fresh=True,
    )
    grown = [row for row in found if row.name in wide]
    if grown:
        Console().print(_shares(grown, wide))


def _shares(rows, wide):
    table = Table(title="the parameters' share of it (Adam keeps two more numbers for each)")
    for heading in ("", "parameters, MiB", "of edu's", "of stock's"):
        table.add_column(heading, justify="right")
    for row in rows:
        size = parameter_bytes(wide[row.name])
        table.add_row(
            row.name, f"{size / 2**20:.2f}", f"{size / row.edu:.1%}", f"{size / row.stock:.1%}"
        )
    return table


if __name__ == "__main__":
    main()
