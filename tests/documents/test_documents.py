"""The documents' own programs run on the edu backend, and print what the documents print.

`programs/` holds them as printed, each with a note of what had to change since. They are ordinary
Keras programs: the same files run on stock Keras, with the same seed, and what they print there is
what they have to print here.
"""

import re
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"

# Printed losses agree within the bound that this project promises for a training run, 1e-5 of
# their size; what is printed with four digits can besides differ by one in the last.
RELATIVE, LAST_DIGIT = 1e-5, 1.0001e-4

NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]\d+)?")


@pytest.fixture(scope="module")
def outputs():
    return {}


@pytest.fixture
def run_on(outputs, installed, run_python):
    """`run_on(backend, name)`: the lines that a program prints under `KERAS_BACKEND=…`."""

    def run(backend, name):
        if (backend, name) not in outputs:
            outputs[backend, name] = run_python(
                PROGRAMS / f"{name}.py", python=installed, KERAS_BACKEND=backend
            ).lines()
        return outputs[backend, name]

    return run


def without_times(lines):
    """Keras prints how long each epoch took: `4/4 - 1s - 250ms/step - accuracy: …`."""
    return [re.sub(r" - \d+m?s - \d+[mun]?s/(step|epoch)", "", line) for line in lines]


def numbers(lines):
    return [float(number) for line in lines for number in NUMBER.findall(line)]


def words(lines):
    return [NUMBER.sub("#", line) for line in lines]


@pytest.mark.parametrize("name", ["iris", "take_home", "tensors", "mnist"])
def test_a_program_prints_on_edu_what_it_prints_on_stock_keras(run_on, name):
    edu, stock = without_times(run_on("edu", name)), without_times(run_on("jax", name))
    assert words(edu) == words(stock)
    assert numbers(edu) == pytest.approx(numbers(stock), rel=RELATIVE, abs=LAST_DIGIT)


def test_the_summary_of_the_iris_network(run_on):
    lines = run_on("edu", "iris")
    assert lines[:2] == ["(150, 4)", "(150,)"]
    summary = "\n".join(lines)
    for layer, shape, count in [
        ("dense (Dense)", "(None, 4)", 20),
        ("dense_1 (Dense)", "(None, 128)", 640),
        ("dense_2 (Dense)", "(None, 3)", 387),
    ]:
        assert re.search(rf"{re.escape(layer)}\W+{re.escape(shape)}\W+{count}\b", summary)
    assert "Total params: 1,047 (4.09 KB)" in summary
    assert "Trainable params: 1,047 (4.09 KB)" in summary
    # 120 training rows, a tenth of them held out, in batches of 32.
    assert sum(line.startswith("4/4 - ") for line in lines) == 20


def test_iris_reaches_the_documents_accuracy_within_100_epochs_on_most_seeds(run_on):
    lines = run_on("edu", "iris_100_epochs")
    accuracies = [float(line.split(": ")[1]) for line in lines if line.startswith("Test Accuracy")]
    assert len(accuracies) == 5
    # 27 of the 30 test flowers. Not on all: with four relu units in the first layer, a seed at
    # which they all die leaves the network guessing.
    assert sum(accuracy >= 0.9 - 1e-6 for accuracy in accuracies) >= 3


def test_the_summary_of_the_take_home_network(run_on):
    summary = "\n".join(run_on("edu", "take_home"))
    for units, count in [(64, "704"), (32, "2,080"), (1, "33")]:
        assert re.search(rf"\(None, {units}\)\W+{count}\b", summary)
    assert "Total params: 2,817" in summary


def test_the_hand_built_layers_compute_what_dense_computes(run_on):
    first, second, *differences = run_on("edu", "perceptron_layers")
    assert (first, second) == ("5", "2")
    # numpy works in float64, Dense in float32: outputs in (0, 1) carry half a unit in the 24th
    # bit, 6e-8, of rounding, and the sum before the sigmoid as much for each of its terms.
    assert max(map(float, differences)) < 5e-7


def test_the_mnist_network(run_on):
    lines = run_on("edu", "mnist")
    text = "\n".join(lines)
    assert re.search(r"dense \(Dense\)\W+\(None, 512\)\W+401,920\b", text)
    assert re.search(r"dense_1 \(Dense\)\W+\(None, 10\)\W+5,130\b", text)
    assert "Trainable params: 407,050" in text
    images = int(re.search(r"training images:\((\d+), 28, 28\)", text).group(1))
    assert f"{5 * -(-images // 128)} updates" in lines
    assert ("scikit-learn's 1797 digits" in text) == (images != 60000)


def test_tensors_of_rank_0_to_5(run_on):
    lines = run_on("edu", "tensors")
    assert lines[0] == "() int32 4"
    assert lines[1].startswith("(3,) float32 [2. 3. 4.]")
    assert lines[2].startswith("(2, 3) int32 [[1 2 4]")
    ranks = [line.split()[0] for line in lines if re.fullmatch(r"\d \(.*\)", line)]
    assert ranks == ["3", "4", "5"]
