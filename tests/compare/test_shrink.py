"""Networks that differ get smaller."""

import runpy

import numpy as np
import pytest

from conformance.fuzz.networks import drawn
from conformance.fuzz.shrink import simpler, size, smallest

SEEDS = range(40)


def test_only_what_makes_it_differ_is_left():
    with_norm = next(
        spec
        for spec in map(drawn, range(1000))
        if len(spec["body"]) == 4
        and spec["join"]
        and ["BatchNormalization", {}] in spec["body"]
        and spec["policy"]
    )

    def differ(specs):
        # The cause: the layer, on the row of zeros.
        return [["BatchNormalization", {}] in one["body"] and 1 in one["rows"] for one in specs]

    found = smallest(with_norm, differ)
    assert found["body"] == [["BatchNormalization", {}]] and found["rows"] == [1]
    assert (found["join"], found["twice"], found["policy"], found["epochs"]) == (None, False, "", 1)
    assert found["loss"] == "mean_squared_error" and found["optimizer"][0] == "SGD"


def test_what_does_not_differ_is_not_shrunk():
    assert smallest(drawn(0), lambda specs: [False] * len(specs)) is None


def test_what_is_smallest_when_the_time_is_over_is_kept():
    spec = drawn(0)
    assert len(spec["draws"]) > 1
    found = smallest(spec, lambda specs: [True] * len(specs), seconds=0)
    assert found == spec | {"draws": spec["draws"][:1]}


def test_every_change_makes_a_network_simpler():
    for spec in map(drawn, SEEDS):
        before = repr(spec)
        changed = list(simpler(spec))
        assert all(one != spec for one in changed) and repr(spec) == before
        # Another loss may need another head.
        assert all(size(one) <= size(spec) for one in changed if one["loss"] == spec["loss"])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_is_written_with_its_floors(dtype, tmp_path):
    from conformance.fuzz.shrink import write
    from conformance.subjects import SUBJECTS

    spec = drawn(next(n for n in SEEDS if drawn(n)["kind"] == "features"))
    spec |= {"body": [["Dense", {"units": 2}]], "join": None, "loss": "mean_squared_error"}
    spec |= {"head": "linear", "twice": False, "policy": "mixed_bfloat16"}
    path = tmp_path / "network.py"
    sides = [SUBJECTS["edu"], SUBJECTS["jax"]]
    write(path, spec, sides, "gradients", dtype)
    script = runpy.run_path(str(path))
    assert script["BACKENDS"] == ("edu", "jax") and script["QUANTITY"] == "gradients"
    floors = {place: script["array"](packed) for place, packed in script["FLOORS"].items()}
    assert floors["loss"].shape == () and all((floor > 0).all() for floor in floors.values())
    # A comparison in float64 has no other policy.
    assert ("mixed_bfloat16" in path.read_text()) == (dtype == "float32")
    unit = {"float32": 2.0**-8, "float64": 2.0**-53}[dtype]
    assert 1 / 4 < floors["loss"] / unit < 4096  # 2^45 lie between the two
    assert len(floors) == 5  # two kernels and two biases besides
    assert len(script["INPUTS"]) == 1 and np.shape(script["array"](script["INPUTS"][0]))[0] == 12


def test_a_layer_inside_another_gets_simpler_and_loses_what_is_around_it():
    dense = ["Dense", {"units": 6, "activation": "tanh"}]
    spec = drawn(next(n for n in SEEDS if drawn(n)["kind"] == "features"))
    spec |= {"body": [["SpectralNormalization", {"layer": dense}]]}
    found = smallest(spec, lambda specs: [bool(one["body"]) for one in specs])
    assert found["body"] == [["Dense", {"units": 1, "activation": "linear"}]]
    assert found["schedule"] is None and len(found["draws"]) == 1
