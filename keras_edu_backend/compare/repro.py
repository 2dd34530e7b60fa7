"""One Python file that shows a difference between two backends, and needs nothing but Keras.

write("differs.py", model.to_json(), model.get_weights(), x, backends=("jax", "tensorflow"))

`write` puts a model's configuration, weights and data into a script. Run, it starts itself once on
each backend, prints the places where their numbers are farthest apart, in noise floors, and exits
with 1 while they differ. It can be sent to whoever maintains the backend.
"""

import base64
import json
import os
import pprint
import textwrap
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_edu_backend.compare.report.files import write_whole
from keras_edu_backend.rounding.units import FACTOR

SCRIPT = Path(__file__).with_name("repro_script.py")
# Arrays of more numbers than these are compressed: nobody reads them.
READABLE = 400
QUANTITIES = ("outputs", "gradients", "training")


def write(
    path: str | os.PathLike,
    config_json: str,
    weights: Sequence[np.ndarray] | int,
    inputs: Any,
    labels: Any = None,
    sample_weight: Any = None,
    *,
    quantity: str = "outputs",
    batches: Sequence[Sequence[int]] = (),
    backends: tuple[str, str] = ("jax", "tensorflow"),
    floors: Mapping[str, Any] | float | None = None,
    dtype: str = "float32",
    title: str = "Two backends give different numbers for one Keras model.",
    imports: Sequence[str] = (),
    first: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write a script that exits with 1 while two backends are farther apart than rounding explains.

    Args:
        path: name of the file.
        config_json: what ``model.to_json()`` returns; with the loss and optimizer if compiled.
        weights: arrays in the order of ``model.weights``; or a seed from which the script draws
            them: normal, divided by √fan-in, variances positive.
        inputs: an array, or a list of arrays for several inputs; first axis the instances.
        labels: likewise; None where ``quantity`` is ``"outputs"``.
        sample_weight: likewise, of the loss; None: all rows alike.
        quantity: ``"outputs"`` of a call, ``"gradients"`` of the loss in training mode, or
            ``"training"``: the loss of every step, and the weights at the end.
        batches: for training, the row numbers of each step.
        backends: two values of ``KERAS_BACKEND``.
        floors: noise floors (see `rounding`): one number for all, or by place a number or an array
            of its shape. Places are ``"output 1"``, …; ``"loss"`` and each weight's path; for
            training ``"losses"`` and the paths. None, or a place that is missing: the script takes
            the unit roundoff of the place's largest number, and says that this is a guess.
        dtype: ``"float32"`` or ``"float64"``, the precision that ``config_json`` was made in.
        title: a sentence that says what differs.
        imports: statements that import or define the model's own registered classes.
        first: for a backend, the modules to import before Keras.

    Raises:
        ValueError: there is no such quantity, or it needs labels or batches that are not given.
        OSError: the file cannot be written.
    """
    if quantity not in QUANTITIES:
        raise ValueError(f"quantity is one of {', '.join(QUANTITIES)}, not {quantity!r}.")
    if quantity != "outputs" and labels is None:
        raise ValueError(f"{quantity} cannot be computed without labels.")
    if quantity == "training" and not len(batches):
        raise ValueError("Training needs batches: the row numbers of each step.")
    values: dict[str, Any] = {
        "TITLE": title,
        "BACKENDS": tuple(backends),
        "FIRST": {name: list(modules) for name, modules in (first or {}).items()},
        "DTYPE": dtype,
        "QUANTITY": quantity,
        # How many noise floors count as rounding.
        "FACTOR": FACTOR,
        "BATCHES": [[int(row) for row in batch] for batch in batches],
        "CONFIG": json.loads(config_json),
        "WEIGHTS": weights if isinstance(weights, int) else [_packed(w) for w in weights],
        "INPUTS": [_packed(array) for array in _listed(inputs)],
        "LABELS": [_packed(array) for array in _listed(labels)],
        "SAMPLE_WEIGHT": [_packed(array) for array in _listed(sample_weight)],
        "FLOORS": _floors(floors),
    }
    constants = "".join(f"{name} = {_literal(value)}\n" for name, value in values.items())
    head, _, rest = SCRIPT.read_text().partition("# <constants>\n")
    rest = rest.partition("# </constants>\n")[2]
    own = textwrap.indent("".join(line + "\n" for line in imports), "    ")
    rest = rest.replace("    # <imports>\n", own)
    write_whole(path, head + constants + rest)


def _listed(batch):
    if batch is None:
        return []
    return list(batch) if isinstance(batch, list | tuple) else [batch]


def _floors(floors):
    if floors is None:
        return {}
    if isinstance(floors, Mapping):
        return {place: _packed(np.asarray(floor)) for place, floor in floors.items()}
    return float(floors)


def _packed(array):
    """An array as a literal: its dtype with its numbers, or with its bytes where there are many."""
    array = np.asarray(array)
    if array.size <= READABLE:
        return str(array.dtype), array.tolist()
    packed = base64.b85encode(zlib.compress(np.ascontiguousarray(array).tobytes())).decode()
    return str(array.dtype), list(array.shape), packed


def _literal(value):
    return pprint.pformat(value, width=98, compact=True, sort_dicts=False)
