"""Make a network that differs smaller while it still does, and write it as one file.

Each round tries every way to make it simpler by one thing, all in one comparison, because starting
the workers takes longer than a network; the smallest of those that still differ goes on.
"""

import copy
import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from conformance.fuzz.experiments import experiment
from conformance.fuzz.kinds import HEADS
from conformance.fuzz.networks import build
from conformance.subjects import SUBJECTS
from keras_edu_backend.compare import Subject, compare, repro
from keras_edu_backend.compare.experiment import as_document, from_document
from keras_edu_backend.compare.float64 import make_float64_real
from keras_edu_backend.rounding.units import FACTOR, Floor
from keras_edu_backend.workers import Worker

# No round begins after so many seconds; what is smallest by then is written.
SECONDS = 240.0
SIZES = ("units", "filters", "kernel_size", "strides", "num_heads", "key_dim")


def simpler(spec: dict) -> Iterator[dict]:
    """Specs that are simpler by one thing each.

    Args:
        spec: as `networks.drawn` returns it.
    """

    def changed(**parts):
        return copy.deepcopy(spec) | parts

    body = spec["body"]
    for kept in {len(body) // 2, len(body) - 1}:
        for start in range(len(body) - kept + 1):
            if kept < len(body):
                yield changed(body=copy.deepcopy(body[start : start + kept]))
    for number in range(1, len(body) - 1):
        yield changed(body=copy.deepcopy(body[:number] + body[number + 1 :]))
    plainest = {"join": None, "twice": False, "policy": "", "epochs": 1, "schedule": None}
    for name, value in plainest.items():
        if spec[name] != value:
            yield changed(**{name: value})
    draws = spec["draws"]
    if len(draws) > 1:
        for draw in draws:
            yield changed(draws=[draw])
    for name in ("scale", "inputs"):
        if any(draw[name] != 1.0 for draw in draws):
            yield changed(draws=[draw | {name: 1.0} for draw in draws])
    for number, (_, options) in enumerate(body):
        for name, value in _simpler_options(options):
            found = changed()
            found["body"][number][1][name] = value
            yield found
        if "layer" in options:
            found = changed()
            found["body"][number] = found["body"][number][1]["layer"]
            yield found
            for name, value in _simpler_options(options["layer"][1]):
                found = changed()
                found["body"][number][1]["layer"][1][name] = value
                yield found
    rows = spec["rows"]
    for part in (rows[: len(rows) // 2], rows[len(rows) // 2 :], *([row] for row in rows)):
        if 0 < len(part) < len(rows):
            yield changed(rows=part)
    if spec["units"] > 1:
        yield changed(units=spec["units"] - 1)
    if spec["head"] != "linear" and "linear" in HEADS[spec["loss"]]:
        yield changed(head="linear")
    if spec["loss"] != "mean_squared_error":
        yield changed(loss="mean_squared_error", head="linear")
    if spec["optimizer"][0] != "SGD" or "momentum" in spec["optimizer"][1]:
        yield changed(optimizer=["SGD", {"learning_rate": 0.01}])
    for name in list(spec["optimizer"][1]):
        if name != "learning_rate":
            found = changed()
            del found["optimizer"][1][name]
            yield found


def _simpler_options(options):
    for name in SIZES:
        if options.get(name, 1) > 1:
            yield name, 1
            if options[name] > 2:
                yield name, options[name] // 2
    if options.get("activation", "linear") != "linear":
        yield "activation", "linear"


def size(spec: dict) -> tuple[float, ...]:
    """By what the simplest of several specs is chosen: what a reader must look at comes first."""
    options = _values([given for _, given in spec["body"]])
    parts = [
        len(spec["body"]),
        bool(spec["join"]) + spec["twice"] + bool(spec["policy"]) + (spec["head"] != "linear"),
        sum(value not in ("linear", 1) for value in options) + (spec["optimizer"][0] != "SGD"),
        (spec["loss"] != "mean_squared_error") + len(spec["optimizer"][1]) + bool(spec["schedule"]),
        sum(value for value in options if isinstance(value, int)) + spec["units"],
        len(spec["rows"]) * spec["epochs"] * len(spec["draws"]),
        sum(draw[name] != 1 for draw in spec["draws"] for name in ("scale", "inputs")),
    ]
    return tuple(map(float, parts))


def _values(given):
    """The numbers and names in a layer's arguments, those of a layer inside it included."""
    if isinstance(given, dict):
        given = list(given.values())
    return (
        [value for each in given for value in _values(each)] if isinstance(given, list) else [given]
    )


def summary(spec: dict) -> str:
    """A spec in one line."""
    layers = [f"{kind}({_options(options)})" for kind, options in spec["body"]]
    layers += [kind for kind in (spec["end"], "twice" if spec["twice"] else None) if kind]
    layers += [spec["join"]] if spec["join"] else []
    layers.append(f"Dense({spec['units']}, {spec['head']})")
    name, options = spec["optimizer"]
    more = f", {spec['policy']}" if spec["policy"] else ""
    rows = f"{len(spec['rows'])} rows"
    return f"{', '.join(layers)}; {spec['loss']}, {name}({_options(options)}){more}; {rows}"


def _options(options):
    return ", ".join(f"{name}={value}" for name, value in options.items())


def smallest(
    spec: dict, differ: Callable[[Sequence[dict]], Sequence[bool]], seconds: float = SECONDS
) -> dict | None:
    """The simplest spec that still differs, as far as one change at a time leads.

    Args:
        spec: one that differs.
        differ: whether each of several specs differs.
        seconds: after which no further round begins.

    Returns:
        A spec; None if not even the given one differs.
    """
    end = time.monotonic() + seconds
    # Its sets of weights and data first: with one of them, all that follows takes less time.
    alone = [spec | {"draws": [draw]} for draw in spec["draws"]]
    given, *each = differ([spec, *alone])
    if not given:
        return None
    spec = next((one for one, yes in zip(alone, each, strict=True) if yes), spec)
    while time.monotonic() < end:
        candidates = [one for one in simpler(spec) if size(one) < size(spec)]
        if not candidates:
            break
        still = [one for one, yes in zip(candidates, differ(candidates), strict=True) if yes]
        if not still:
            break
        spec = min(still, key=size)
    return spec


def shrunk(
    spec: dict, subjects: Sequence[Subject], quantity: str, dtype: str, timeout: float = 120
) -> dict | None:
    """The simplest network whose verdict for a quantity is still ``different``.

    Args:
        spec: of a network that differs.
        subjects: the two sides.
        quantity: one of a comparison's, which has that verdict.
        dtype: the precision in which it has it.
        timeout: seconds that one network may take in one worker.

    Returns:
        A spec; None if the given one does not differ.
    """

    def differ(specs):
        made = {}
        for number, one in enumerate(specs):
            try:
                planned = experiment(one)
            except Exception:
                continue  # a layer that does not take what the others hand it
            made[f"network_{number}"] = dataclasses.replace(
                planned, case=f"network_{number}", quantities=(quantity,)
            )
        if not made:
            return [False] * len(specs)
        report = compare(list(made.values()), subjects, timeout=timeout)
        found = {
            each.case
            for each in report.comparisons
            if (each.verdict, each.dtype, each.known) == ("different", dtype, "")
        }
        return [f"network_{number}" in found for number in range(len(specs))]

    return smallest(spec, differ)


def write(path: Any, spec: dict, subjects: Sequence[Subject], quantity: str, dtype: str) -> None:
    """Write a network as a program that runs by itself (see `compare.repro`).

    Args:
        path: name of the file.
        spec: the network.
        subjects: the two sides.
        quantity: what differs.
        dtype: in which precision.
    """
    if dtype == "float64":
        spec = spec | {"policy": ""}  # what the two sides ran: every policy was float64
    planned = experiment(spec)
    point, run = planned.points[0], planned.training
    quantity = quantity if quantity in ("gradients", "training") else "outputs"
    in_64_bits = {"JAX_ENABLE_X64": str(int(dtype == "float64"))}
    with Worker("edu", environment=in_64_bits) as worker:
        told = worker.call(f"{__name__}:measured", spec=spec, quantity=quantity, dtype=dtype)
    last = f"step {len(run.batches)}, "
    floors = {
        "output 1" if place == "call" else place.removeprefix(last): _allowed(Floor(*floor))
        for place, floor in told["floors"].items()
    }
    sides = f"{subjects[0].name} and {subjects[1].name}"
    repro.write(
        path,
        told["configuration"],
        list(point.weights.values()),
        point.x,
        point.y,
        quantity=quantity,
        batches=run.batches,
        backends=(subjects[0].backend, subjects[1].backend),
        first={each.backend: each.imports for each in subjects if each.imports},
        floors=floors,
        dtype=dtype,
        title=f"{sides} differ in {quantity}. {summary(spec)}",
    )


def measured(spec: dict, quantity: str, dtype: str) -> dict[str, Any]:
    """A network's configuration and its noise floors, for `write`; runs in a worker on edu.

    Args:
        spec: the network.
        quantity: ``"outputs"`` or ``"gradients"``, with the first weights, or ``"training"``.
        dtype: ``"float32"``, or ``"float64"`` in a worker of 64 bits.

    Returns:
        ``configuration``, the model's JSON, and ``floors``: for each place three arrays, stacked
        (see `rounding.units.Floor`).
    """
    from keras_edu_backend.compare.noise import NoiseAdapter

    planned = from_document(as_document(experiment(spec)), dtype)
    if dtype == "float64":
        make_float64_real()
    configuration = build(spec).to_json()
    adapter = NoiseAdapter(planned, SUBJECTS["edu"])
    of = planned.training if quantity == "training" else planned.points[0]
    return {"configuration": configuration, "floors": getattr(adapter, quantity)(of)}


def _allowed(floor):
    """The floor, and where rounding decides a branch what that can change, as so many floors."""
    return floor.noise + np.nan_to_num(floor.jump, nan=np.inf) / FACTOR
