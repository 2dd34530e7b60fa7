"""What the size of a batch costs: time for an epoch, memory for a step."""

import sys
import time

import numpy as np

from benchmarks.memory import peak
from conformance.claims.claim import Claim
from conformance.claims.keras_models import dense
from conformance.claims.pictures import curves

SIZES = (4, 64, 1024, 16384)
WIDE, BLOCKS, STEPS = 1024, 3, 32
FLOAT = 4  # bytes


def batch_costs(sizes=SIZES):
    """One network on batches of several sizes, the smallest first.

    Its layers are wide and narrow in turn, so that what a step computes with is small (the weights)
    but for the outputs of the wide layers, which backpropagation needs again.

    Args:
        sizes: rows of a batch.

    Returns:
        By size of the batch: milliseconds for 1024 rows once all is compiled, megabytes by which
        the process grew, and megabytes of the wide layers' outputs.
    """
    random = np.random.default_rng(0)
    seconds, grown, kept = [], [], []
    for size in sizes:
        rows = size * max(1, min(STEPS, max(sizes) // size))
        x = random.normal(size=(rows, 8)).astype("float32")
        model = dense(8, *[(WIDE, "relu"), (8, None)] * BLOCKS, (1, None))
        model.compile("sgd", "mse")
        _forget_peak()
        before = peak()
        model.fit(x, x[:, :1], batch_size=size, verbose=0)
        grown.append((peak() - before) / 1e6)
        kept.append(BLOCKS * size * WIDE * FLOAT / 1e6)
        took = []
        for _ in range(3):
            began = time.perf_counter()
            model.fit(x, x[:, :1], batch_size=size, verbose=0)
            took.append(time.perf_counter() - began)
        seconds.append(min(took) / rows)
    return {
        "rows of a batch": list(sizes),
        "ms for 1024 rows": [1024e3 * s for s in seconds],
        "MB more": grown,
        "MB of outputs": kept,
    }


def _forget_peak():
    """Let the peak of this process's memory begin anew, where the system can."""
    if sys.platform == "linux":
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")


def _costs(numbers):
    times, grown, kept = (numbers[key] for key in ("ms for 1024 rows", "MB more", "MB of outputs"))
    return {
        # Not the larger the faster: the outputs of the largest leave the processor's caches.
        "as many rows take longer in the smallest batches than in the next": times[0] > times[1],
        "a step on the largest needs the memory of the outputs that backpropagation reads": (
            grown[-1] > kept[-1]
        ),
        "and more than one on the smallest, with all that compiling takes": grown[-1] > grown[0],
    }


def _draw(numbers):
    lines = {key: numbers[key] for key in ("ms for 1024 rows", "MB more", "MB of outputs")}
    drawn = curves(
        "A network of 1024 and 8 units in turn",
        "rows of a batch",
        "milliseconds, megabytes",
        lines,
        x=numbers["rows of a batch"],
        scale="log",
    )
    drawn.axes[0].set_xscale("log")
    return drawn


CLAIMS = (
    Claim(
        name="batch_costs",
        document=2,
        section="Step 4: Train the model",
        says="Smaller batches need less memory, and greatly increase the time.",
        measure=batch_costs,
        holds=_costs,
        draw=_draw,
        otherwise={"sizes": (16384, 1024, 64, 4)},
    ),
)
