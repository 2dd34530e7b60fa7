"""Nothing that Keras asks a backend for is missing, by Keras's own list.

The list is read from the installed Keras, never kept here: its source is parsed for each name that
is taken from the backend, and for the arguments that are passed; the stock JAX backend's files are
parsed (as text, nothing of them is imported) for the names and parameters that they offer.
"""

import importlib
import inspect
import json

import keras
import pytest
from click.testing import CliRunner

from conformance.__main__ import main
from conformance.contract import (
    CALLED_FOR_OTHERS,
    ONLY_FOR_OTHERS,
    STOCKS_OWN_BUSINESS,
    asked,
    offered,
    source,
)
from keras_edu_backend import plugin

OURS = "keras_edu_backend"

_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional",
    inspect.Parameter.VAR_POSITIONAL: "rest",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
    inspect.Parameter.VAR_KEYWORD: "keywords",
}


def _ours(function):
    return [
        (_KINDS[p.kind], name, "" if p.default is p.empty else repr(p.default))
        for name, p in inspect.signature(function).parameters.items()
    ]


# --- Side by side --------------------------------------------------------------------------------


def find(names):
    """What this backend answers, reached as Keras reaches it."""
    module = importlib.import_module(plugin.PLACE)
    if ".".join((plugin.PLACE, names[0])) in plugin.MODULES and len(names) > 1:
        module = importlib.import_module(f"{plugin.PLACE}.{names[0]}")
        names = names[1:]
    value = module
    for name in names:
        value = getattr(value, name)
    return value


def shortcomings(asked, offered):
    """What is missing, or takes other arguments: a line each."""
    lines = []
    for names, places in asked.items():
        if names in ONLY_FOR_OTHERS:
            continue
        value, missing = _look(names)
        if missing:
            lines.append(f"{missing}, asked for in {places[0][0]}")
            continue
        for place, arguments in places:
            if (*names, place.split(":")[0]) in CALLED_FOR_OTHERS:
                continue
            if arguments is not None and not _takes(value, *arguments):
                lines.append(f"{'.'.join(names)} does not take the arguments of {place}")
    for names, parameters in offered.items():
        if names in STOCKS_OWN_BUSINESS:
            continue
        value, missing = _look(names)
        if missing:
            lines.append(f"{missing}, which stock has")
        elif len(names) == 3 and not inspect.getmodule(value).__name__.startswith(OURS):
            lines.append(f"{'.'.join(names)} is Keras's own and only says that it is not there")
        elif parameters is not None and _ours(value) != parameters:
            lines.append(f"{'.'.join(names)}{_ours(value)}, stock {parameters}")
    return lines


def _look(names):
    try:
        value = find(names)
    except AttributeError:
        return None, f"{'.'.join(names)} is missing"
    return value, None


def _takes(function, count, keywords):
    try:
        inspect.signature(function).bind(*[None] * count, **dict.fromkeys(keywords))
    except TypeError:
        return False
    return True


# --- The tests -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keras_list():
    return asked(), offered()


def test_everything_that_keras_asks_for_is_there(keras_list):
    lines = shortcomings(*keras_list)
    assert not lines, "\n".join(lines)


def test_importing_a_part_leaves_the_function_of_its_name(run_python):
    """A fresh process: here another test may have imported it before."""
    shown = run_python(
        """
        import importlib, sys
        import keras
        place = "keras.src.backend.jax"
        part = importlib.import_module(f"{place}.rnn")
        print(callable(sys.modules[place].rnn), callable(part.lstm), part.__name__)
        """,
        KERAS_BACKEND="edu",
    )
    assert shown.lines() == ["True True keras_edu_backend.rnn"]


def test_it_is_this_backend_that_answers(keras_list):
    for names in keras_list[1]:
        if names not in STOCKS_OWN_BUSINESS and callable(value := find(names)):
            assert inspect.getmodule(value).__name__.startswith((OURS, "keras.src.random"))


def test_the_list_is_read_from_all_over_keras(keras_list):
    """Each room of a backend, and each way in which Keras's code takes a name from it."""
    asked, offered = keras_list
    for names in (
        ("numpy", "logaddexp"),  # backend.numpy.logaddexp(…), in ops
        ("convert_to_tensor",),  # backend.convert_to_tensor(…)
        ("core", "convert_to_numpy"),  # from keras.src.backend.jax.core import …
        ("trainer", "JAXTrainer"),
        ("numpy", "take_along_axis"),
        ("distribution_lib", "list_devices"),  # from keras.src.backend import distribution_lib
        ("random_seed_dtype",),  # from keras.src.backend import random_seed_dtype
        ("image", "resize"),  # self.backend.image.resize(…), in preprocessing
        ("tensorboard", "start_trace"),
    ):
        assert names in asked
    assert any(place.startswith("layers/preprocessing") for place, _ in asked["image", "resize"])
    stock = source() / "backend" / "jax"
    assert {names[0] for names in offered} >= {path.stem for path in stock.glob("[a-z]*.py")} - {
        path.stem for path in stock.glob("*_test.py")
    }


def test_what_is_left_out_is_not_asked_for_and_still_lacking(keras_list):
    asked, offered = keras_list
    assert not set(asked).intersection(STOCKS_OWN_BUSINESS)
    assert set(STOCKS_OWN_BUSINESS) <= set(offered)
    assert set(ONLY_FOR_OTHERS) <= set(asked)
    assert not set(ONLY_FOR_OTHERS).intersection(offered), "stock has it after all"
    for names in (*STOCKS_OWN_BUSINESS, *ONLY_FOR_OTHERS):
        assert _look(names)[1], f"{names} is here: strike it from the list"
    places = {(*names, place.split(":")[0]) for names in asked for place, _ in asked[names]}
    assert set(CALLED_FOR_OTHERS) <= places


@pytest.mark.parametrize(
    ("module", "name", "instead", "said"),
    [
        ("numpy", "logaddexp", None, "numpy.logaddexp is missing"),
        ("random", "beta", None, "random.beta is missing"),
        ("linalg", "jvp", None, "linalg.jvp is missing"),
        ("rnn", "lstm", None, "rnn.lstm is missing"),
        ("nn", "leaky_relu", lambda x, negative_slope=0.3: x, "nn.leaky_relu[("),
        ("math", "erf", lambda: None, "math.erf does not take the arguments of ops/math.py"),
    ],
)
def test_a_name_taken_away_is_found(keras_list, monkeypatch, module, name, instead, said):
    module = importlib.import_module(f"{plugin.PLACE}.{module}")
    if instead is None:
        monkeypatch.delattr(module, name)
    else:
        monkeypatch.setattr(module, name, instead)
    assert any(line.startswith(said) for line in shortcomings(*keras_list))


def test_the_command_writes_it_as_json(keras_list, tmp_path):
    """Every name, with its parameters as this backend has them and those who call it."""
    asked, offered = keras_list
    file = tmp_path / "contract.json"
    assert CliRunner().invoke(main, ["contract", "--json", str(file)]).exit_code == 0
    written = json.loads(file.read_text())
    assert written["keras"] == keras.__version__
    names = {entry["name"]: entry for entry in written["names"]}
    every = {*asked, *offered}.difference(STOCKS_OWN_BUSINESS)
    assert set(names) == {".".join(each) for each in every}
    softmax = names["nn.softmax"]
    assert [each["name"] for each in softmax["parameters"]] == ["x", "axis"]
    assert {"where": "ops/nn.py", "positional": 1, "keywords": ["axis"]} in [
        caller | {"where": caller["where"].split(":")[0]} for caller in softmax["callers"]
    ]
    assert softmax["offered_by"] == ["jax", "tensorflow", "torch", "numpy", "openvino"]
    assert "math.histogram" in names and "note" in names["math.histogram"]


def test_a_contract_that_cannot_be_written_is_status_2():
    ended = CliRunner().invoke(main, ["contract", "--json", "/no/such/folder/contract.json"])
    assert ended.exit_code == 2 and "--json" in ended.output


def test_a_method_taken_away_is_found(keras_list, monkeypatch):
    trainer = find(("trainer", "JAXTrainer"))
    monkeypatch.delattr(trainer, "train_on_batch")
    assert any("train_on_batch" in line for line in shortcomings(*keras_list))


def test_a_misspelt_name_fails_where_it_is_written():
    nn = importlib.import_module(f"{OURS}.ops.nn")
    assert not hasattr(nn, "rleu")
    with pytest.raises(ImportError, match="rleu"):
        exec(f"from {OURS}.ops.nn import rleu")
    with pytest.raises(AttributeError, match="'rleu'") as raised:
        nn.rleu  # noqa: B018
    assert not isinstance(raised.value, NotImplementedError)


def test_an_op_of_keras_that_is_not_written_says_so(monkeypatch):
    nn = importlib.import_module(f"{OURS}.ops.nn")
    monkeypatch.delattr(nn, "relu")
    assert not hasattr(nn, "relu")
    with pytest.raises(NotImplementedError, match=r"does not implement `nn\.relu` yet") as raised:
        nn.relu  # noqa: B018
    assert isinstance(raised.value, AttributeError)


@pytest.mark.parametrize(
    ("place", "name", "asked"), [("linalg", "slogdet", "numpy"), ("image", "psnr", "nn")]
)
def test_an_op_is_where_the_field_looks_for_it_and_where_keras_does(place, name, asked):
    room = importlib.import_module(f"{OURS}.ops.{place}")
    op = getattr(room, name)
    assert op is getattr(importlib.import_module(f"{OURS}.ops.{asked}"), name)
    assert op.__module__.startswith(room.__name__)
