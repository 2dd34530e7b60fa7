"""Document 3, "plot model": a drawing of the network, made by pydot and Graphviz.

Neither belongs to the everyday environment: `make test-all-backends` runs these tests where the
program `dot` of Graphviz is installed.
"""

import re
import shutil
import struct

import pytest

pytest.importorskip("pydot", reason="Keras draws models with pydot, which is not installed")
if shutil.which("dot") is None:
    pytest.skip("Graphviz, whose dot lays the drawings out, is missing", allow_module_level=True)

PROGRAM = """
    import keras

    fashion = keras.models.Sequential([
        keras.layers.Flatten(input_shape=[28, 28]),
        keras.layers.Dense(300, activation="relu"),
        keras.layers.Dense(100, activation="relu"),
        keras.layers.Dense(10, activation="softmax")
    ])
    input_A = keras.layers.Input(shape=[5], name="wide_input")
    input_B = keras.layers.Input(shape=[6], name="deep_input")
    hidden1 = keras.layers.Dense(30, activation="relu")(input_B)
    hidden2 = keras.layers.Dense(30, activation="relu")(hidden1)
    concat = keras.layers.concatenate([input_A, hidden2])
    output = keras.layers.Dense(1, name="main_output")(concat)
    aux_output = keras.layers.Dense(1, name="aux_output")(hidden2)
    wide_and_deep = keras.models.Model(inputs=[input_A, input_B], outputs=[output, aux_output])

    for name, model in (("fashion", fashion), ("wide_and_deep", wide_and_deep)):
        for ending in ("png", "dot"):
            keras.utils.plot_model(model, to_file=f"{name}.{ending}", show_shapes=True)
"""


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture
def drawings(kept, installed, run_python, tmp_path_factory):
    """The folder with both networks' drawings."""
    if not kept:
        folder = tmp_path_factory.mktemp("drawings")
        run_python(PROGRAM, python=installed, cwd=folder, KERAS_BACKEND="edu").lines()
        kept["folder"] = folder
    return kept["folder"]


@pytest.mark.parametrize("name", ["fashion", "wide_and_deep"])
def test_the_drawing_is_an_image_of_some_size(drawings, name):
    content = (drawings / f"{name}.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    assert width > 200 and height > 200


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("fashion", ["(None, 784)", "(None, 300)", "(None, 100)", "(None, 10)"]),
        ("wide_and_deep", ["(None, 5)", "(None, 6)", "(None, 30)", "(None, 35)", "(None, 1)"]),
    ],
)
def test_the_drawing_shows_the_layers_shapes(drawings, name, shapes):
    text = (drawings / f"{name}.dot").read_text(encoding="utf-8")
    for shape in shapes:
        assert shape in text


def test_both_paths_meet_in_the_drawing(drawings):
    text = (drawings / "wide_and_deep.dot").read_text(encoding="utf-8")
    arrows = re.findall(r"^\s*\S+ -> \S+", text, re.MULTILINE)
    # deep -> hidden1 -> hidden2 -> concatenate -> main; wide -> concatenate; hidden2 -> aux.
    assert len(arrows) == 6
