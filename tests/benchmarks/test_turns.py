"""The benchmarks' own machinery: turns, ratios, and what happens when a side fails."""

import json
import math
import os
import time

import keras
import pytest
from click.testing import CliRunner

from benchmarks import layers, memory, ops, patterns, summary, training
from benchmarks.timing import seconds_per_call
from benchmarks.turns import BACKENDS, Task, Worker, take_turns

pytestmark = pytest.mark.long

HERE = "tests.benchmarks.test_turns"


def seconds(backend, edu=1.0, jax=1.0):
    """A measurement that needs no Keras."""
    print("not an answer")
    return {"edu": edu, "jax": jax}[backend]


def process(backend):
    return [backend, os.getpid()]


def fail(backend):
    raise ValueError(f"no such thing on {backend}")


def die(backend):
    os._exit(3)


@pytest.fixture
def workers(monkeypatch):
    """Workers without Keras, in this process, that note whose turn it was."""
    calls = []

    class Here:
        def __init__(self, backend):
            self.backend = backend
            calls.append(f"start {backend}")

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            calls.append(f"end {self.backend}")

        def run(self, function, **arguments):
            calls.append(f"{arguments.get('name', '')} {self.backend}")
            return globals()[function.split(":")[1]](self.backend, **arguments)

    monkeypatch.setattr("benchmarks.turns.Worker", Here)
    return calls


def test_sides_alternate_and_the_first_round_does_not_count(workers):
    tasks = [Task("a", "here:seconds"), Task("b", "here:seconds", {"edu": 3.0, "jax": 2.0})]
    values = take_turns(tasks, rounds=2)
    assert values == {
        "a": {"edu": [1.0, 1.0], "jax": [1.0, 1.0]},
        "b": {"edu": [3.0, 3.0], "jax": [2.0, 2.0]},
    }
    turns = [call.strip() for call in workers if not call.startswith(("start", "end"))]
    assert turns == ["edu", "jax"] * 2 + ["jax", "edu"] * 2 + ["edu", "jax"] * 2
    assert workers[:2] == ["start edu", "start jax"] and workers[-2:] == ["end jax", "end edu"]


def test_fresh_processes_serve_one_measurement_each(workers):
    take_turns([Task("a", "here:seconds")], rounds=2, fresh=True, warm_up=0)
    assert workers.count("start edu") == workers.count("end edu") == 2


def test_a_worker_has_its_backend_and_stays_alive():
    for backend in BACKENDS:
        with Worker(backend) as worker:
            first = worker.run(f"{HERE}:process")
            assert worker.run(f"{HERE}:seconds") == 1.0, "what it prints is no answer"
            with pytest.raises(RuntimeError, match=f"on {backend}: error: (?s:.*)no such thing"):
                worker.run(f"{HERE}:fail")
            assert worker.run(f"{HERE}:process") == first
            assert first[0] == backend and first[1] != os.getpid()


def test_a_worker_that_dies_is_an_error_with_its_status():
    with Worker("jax") as worker, pytest.raises(RuntimeError, match="on jax: died: exit status 3"):
        worker.run(f"{HERE}:die")


def test_ratios_are_those_of_a_round():
    values = {"a": {"edu": [1.0, 30.0, 2.0, 8.0, 5.0], "jax": [2.0, 30.0, 2.0, 4.0, 2.5]}}
    (row,) = summary.rows(values)
    assert (row.edu, row.stock) == (5.0, 2.5)
    assert (row.low, row.ratio, row.high) == (1.0, 1.0, 2.0)
    assert row.fastest == 1.0 / 2.0
    assert summary.rows({"a": {"edu": [3.0], "jax": [2.0]}})[0].ratio == 1.5


def row(name, ratio):
    return summary.Row(name, ratio, 1.0, ratio, ratio, ratio, ratio)


def test_what_is_above_the_limits_is_named():
    assert summary.geometric_mean([row("a", 0.5), row("b", 2.0)]) == pytest.approx(1.0)
    assert summary.shortcomings([row("a", 0.5), row("b", 1.1)]) == []
    assert summary.shortcomings([row("a", 0.5), row("b", 1.3)]) == ["b: 1.30"]
    assert summary.shortcomings([row("a", 1.1)]) == ["geometric mean: 1.100"]


@pytest.mark.parametrize(("slower", "status"), [(0.9, 0), (1.5, 1)])
def test_check_gives_the_exit_status_and_the_file_is_written_anyway(
    workers, monkeypatch, tmp_path, slower, status
):
    monkeypatch.setattr(ops, "CALLS", {"add": "ops.add(x, y)", "exp": "ops.exp(x)"})
    monkeypatch.setitem(globals(), "time_call", lambda backend, **_: seconds(backend, edu=slower))
    file = tmp_path / "ops.json"
    ended = CliRunner().invoke(
        ops.main, ["--rounds", "2", "--check", "--only", "add", "--json", str(file)]
    )
    assert ended.exit_code == status, ended.output
    written = json.loads(file.read_text())
    assert [row["name"] for row in written["rows"]] == ["add"]
    assert math.isclose(written["geometric_mean"], slower)
    assert bool(written["above_the_limits"]) == bool(status)
    assert {"jax", "keras", "cores"} <= set(written["circumstances"])


@pytest.mark.parametrize("program", [ops, layers, memory, patterns, training])
@pytest.mark.parametrize("only", ["nonsense", "a,nonsense"])
def test_a_word_that_names_nothing_is_bad_usage(program, only):
    ended = CliRunner().invoke(program.main, ["--only", only])
    *_, last = ended.output.splitlines()
    assert ended.exit_code == 2 and last == "Error: --only nonsense: nothing has that in its name"


def test_a_call_that_takes_longer_is_seen_to():
    def sleep(number):
        time.sleep(0.0005 * number)

    # Sleeping never takes less than asked for; how much more depends on the machine.
    assert seconds_per_call(sleep) >= 0.0005
    assert seconds_per_call(sleep, clock="process_time", batches=2) < 0.0005


def peaks(backend):
    """The peak memory before and after 200 MiB were taken and given back."""
    before = memory.peak()
    block = bytearray(b"x") * (200 << 20)
    del block
    return [before, memory.peak()]


def test_memory_that_was_taken_counts_after_it_was_given_back():
    # In a process of its own: this one may have had more than that at some time.
    with Worker("edu") as worker:
        before, after = worker.run(f"{HERE}:peaks")
    assert after >= before + (150 << 20)


def test_the_parameters_share_of_memory_is_told(workers, monkeypatch):
    network = keras.Sequential(
        [keras.Input((16,)), *[keras.layers.Dense(units) for units in (64, 64, 10)]]
    )
    size = 4 * network.count_params()
    shares = {"edu": 2.0, "jax": 4.0}
    monkeypatch.setitem(globals(), "peak_of_network", lambda side, units: size * shares[side])
    ended = CliRunner().invoke(
        memory.main, ["--growth", "--only", "64 units", "--rounds", "1"], env={"COLUMNS": "120"}
    )
    assert ended.exit_code == 0, ended.output
    last = ended.output.splitlines()[-2]
    assert "64 units" in last and "50.0%" in last and "25.0%" in last


@pytest.mark.parametrize("directly", [False, True])
def test_every_call_of_the_list_runs(directly):
    for name, call in ops.CALLS.items():
        ops._repeated(call, directly)(1), name


@pytest.mark.parametrize("backward", [False, True])
def test_every_layer_runs(backward):
    for layer in layers.LAYERS:
        program, arguments = layers._program(layer, backward)
        program(*arguments)
