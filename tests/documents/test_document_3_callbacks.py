"""Document 3, "Callbacks": what Keras calls, when, with which logs, and what its callbacks do."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

PROGRAM = Path(__file__).parent / "programs" / "document_3_callbacks.py"

# The bound that this project promises for the losses of a training run.
RELATIVE = 1e-5


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture
def printed(kept, installed, run_python, tmp_path_factory):
    """`printed(backend)`: the lines of the program there, and the folder it saved into."""

    def on(backend):
        if backend not in kept:
            folder = tmp_path_factory.mktemp(backend)
            ended = run_python(PROGRAM, folder, python=installed, KERAS_BACKEND=backend)
            kept[backend] = ended.lines(), folder
        return kept[backend]

    return on


@pytest.fixture
def told(printed):
    """`told(backend, key)`: the JSON lines that have this key."""

    def on(backend, key):
        lines, _ = printed(backend)
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [line for line in found if key in line]

    return on


def test_the_same_hooks_in_the_same_order_as_on_stock_keras(told):
    edu, stock = ([(c["hook"], c["step"]) for c in told(on, "hook")] for on in ("edu", "jax"))
    assert edu == stock


def test_the_logs_of_every_hook_are_those_of_stock_keras(told):
    for edu, stock in zip(told("edu", "hook"), told("jax", "hook"), strict=True):
        assert list(edu["logs"]) == list(stock["logs"]), edu["hook"]
        for name, values in edu["logs"].items():
            assert values == pytest.approx(stock["logs"][name], rel=RELATIVE), (edu["hook"], name)


def test_a_hook_at_the_begin_and_the_end_of_everything(told):
    calls = [call["hook"] for call in told("edu", "hook")]
    for begin in [hook for hook in calls if hook.endswith("_begin")]:
        assert calls.count(begin) == calls.count(begin.replace("_begin", "_end"))
    # 96 rows: three batches of at most 40 in each of two epochs; two of at most 50 in evaluate.
    assert calls.count("on_epoch_begin") == 2
    assert calls.count("on_train_batch_begin") == 2 * 3
    assert calls.count("on_predict_batch_begin") == 2
    one_epoch = [
        "on_epoch_begin",
        *["on_train_batch_begin", "on_train_batch_end"] * 3,
        "on_test_begin",
        *["on_test_batch_begin", "on_test_batch_end"] * 3,
        "on_test_end",
        "on_epoch_end",
    ]
    assert calls[: calls.index("on_train_end")] == ["on_train_begin", *one_epoch * 2]


def test_the_epochs_logs_hold_training_and_validation(told):
    (first, second) = [c["logs"] for c in told("edu", "hook") if c["hook"] == "on_epoch_end"]
    assert set(first) == set(second) == {"loss", "mae", "val_loss", "val_mae"}
    assert second["loss"] < first["loss"]


def test_training_stops_ten_epochs_after_the_best_and_goes_back_to_it(told):
    (run,) = told("edu", "stopped")
    losses = run["val_losses"]
    best = losses.index(min(losses))
    assert run["stopped"] == len(losses) - 1 == best + 10 < 99
    assert run["kept"] == pytest.approx(min(losses), rel=RELATIVE)
    assert losses[-1] > min(losses)


def test_the_checkpoint_holds_the_best_epoch_and_no_later_one(told, printed):
    (run,) = told("edu", "stopped")
    assert run["saved"] == pytest.approx(min(run["val_losses"]), rel=RELATIVE)
    _, folder = printed("edu")
    assert len(list(folder.glob("epoch-*.keras"))) == len(run["val_losses"])


def test_it_stops_where_stock_keras_stops(told):
    (edu,), (stock,) = told("edu", "stopped"), told("jax", "stopped")
    assert edu["stopped"] == stock["stopped"]
    assert edu["val_losses"] == pytest.approx(stock["val_losses"], rel=RELATIVE)


def test_the_ratio_of_validation_to_training_loss_is_printed(printed, told):
    lines, _ = printed("edu")
    ratios = [float(line.split(": ")[1]) for line in lines if line.startswith("val/train: ")]
    (computed,) = told("edu", "ratios")
    assert len(ratios) == 3
    assert ratios == pytest.approx(computed["ratios"], rel=RELATIVE)
