"""Document 3, "TensorBoard": its own reader reads what Keras's callback writes on edu.

Keras writes these logs through TensorFlow, which the everyday environment does not hold:
`make test-all-backends` runs these tests.
"""

import json
from pathlib import Path

import pytest

WHY = "Keras's TensorBoard callback writes its logs with TensorFlow, which is not installed"
pytest.importorskip("tensorflow", reason=WHY)
event_accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator", reason=WHY
)

PROGRAM = Path(__file__).parent / "programs" / "document_3_tensorboard.py"


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture
def run(kept, installed, run_python, tmp_path_factory):
    """The folder of the logs, the history that fit returned, and the names of the weights."""
    if not kept:
        folder = tmp_path_factory.mktemp("logs")
        ended = run_python(PROGRAM, folder, python=installed, KERAS_BACKEND="edu")
        kept["run"] = json.loads(ended.lines()[-1])
    return kept["run"]


def events(folder):
    """Everything in one folder of event files, by TensorBoard's own reader."""
    reader = event_accumulator.EventAccumulator(str(folder), size_guidance={"tensors": 0})
    return reader.Reload()


def scalars(reader, tag):
    from tensorboard.util.tensor_util import make_ndarray

    return [(event.step, float(make_ndarray(event.tensor_proto))) for event in reader.Tensors(tag)]


@pytest.mark.parametrize(
    ("part", "prefix"), [("train", ""), ("validation", "val_")], ids=["train", "validation"]
)
@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_each_epochs_figures_are_those_of_the_history(run, part, prefix, metric):
    folder, history, _ = run
    written = scalars(events(Path(folder) / part), f"epoch_{metric}")
    assert [step for step, _ in written] == [0, 1, 2]
    # The logs hold float32 numbers.
    assert [value for _, value in written] == pytest.approx(history[prefix + metric], rel=1e-6)


def test_histograms_of_every_weight(run):
    folder, _, weights = run
    tags = events(Path(folder) / "train").Tags()["tensors"]
    for weight in weights:
        assert any(weight in tag for tag in tags), (weight, tags)
