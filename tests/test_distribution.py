"""Training over several devices and several processes is stock Keras's, number by number."""

import os
import socket
import subprocess
import sys

import numpy as np
import pytest
import two_backends

pytestmark = pytest.mark.long

EIGHT = {"XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
PROCESSES = 2


def assert_same(ours, stocks):
    assert ours.keys() == stocks.keys()
    steps = ours.pop("calls").tolist()
    stocks.pop("calls")
    # The loops took several steps a call.
    assert sum(steps) > len(steps)
    for name, stock in stocks.items():
        np.testing.assert_array_equal(ours[name], stock, err_msg=name)


@pytest.mark.parametrize("kind", ["data", "model"])
def test_training_over_eight_devices(kind, tmp_path):
    ours, stocks = (
        two_backends.run("distributed", backend, tmp_path, kind, environment=EIGHT)
        for backend in ("edu", "jax")
    )
    _, devices = ours["shards"]
    assert devices == "8"
    assert ("model" in ours["shards"][0]) is (kind == "model")
    assert_same(ours, stocks)


def train_as_several_processes(backend, folder):
    """What each of the processes saved."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    files = [folder / f"{backend}-{number}.npz" for number in range(PROCESSES)]
    running = [
        subprocess.Popen(
            [
                sys.executable,
                two_backends.PROGRAMS / "distributed.py",
                file,
                "processes",
                address,
                str(PROCESSES),
                str(number),
            ],
            env={
                **os.environ,
                "PYTHONPATH": str(two_backends.ROOT),
                "KERAS_BACKEND": backend,
                "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        for number, file in enumerate(files)
    ]
    try:
        for process in running:
            _, errors = process.communicate(timeout=200)
            assert process.returncode == 0, errors[-4000:]
    finally:
        for process in running:
            process.kill()
    return [dict(np.load(file, allow_pickle=False)) for file in files]


def test_training_as_two_processes(tmp_path):
    ours, stocks = (train_as_several_processes(name, tmp_path) for name in ("edu", "jax"))
    for mine, stock in zip(ours, stocks, strict=True):
        assert mine["shards"][1] == "4"  # two devices of each process
        assert_same(mine, stock)
    # They trained one model together.
    for name in ours[0]:
        np.testing.assert_array_equal(ours[0][name], ours[1][name], err_msg=name)
