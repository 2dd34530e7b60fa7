"""Nothing that Keras asks a backend for is missing, by Keras's own list.

The list is read from the installed Keras, never kept here: its source is parsed for each name that
is taken from the backend, and for the arguments that are passed; the stock JAX backend's files are
parsed (as text, nothing of them is imported) for the names and parameters that they offer.
"""

import ast
import collections
import importlib
import importlib.util
import inspect
from pathlib import Path

import pytest

from keras_edu_backend import plugin

KERAS = Path(importlib.util.find_spec("keras").submodule_search_locations[0])
SOURCE = KERAS / "src"
STOCK = SOURCE / "backend" / "jax"
OURS = "keras_edu_backend"
BACKENDS = ("jax", "tensorflow", "torch", "numpy", "openvino")

# What Keras's code takes from the backend and finds on no JAX backend, stock's included.
ONLY_FOR_OTHERS = {
    ("get_uid",): "a head without a name in applications/convnext.py, which every call names",
    ("concatenate",): "merging inputs of unknown rank, which JAX does not have",
    ("math", "histogram"): "the symbolic `Histogram` called eagerly; `ops.histogram` is in `numpy`",
}
# Calls that stock on JAX does not take either.
CALLED_FOR_OTHERS = {
    ("cudnn_ok", "layers/rnn/gru.py"): "on TensorFlow only: `backend() == 'tensorflow' and …`",
}
# What stock spells as public and only its own modules use.
STOCKS_OWN_BUSINESS = {
    ("core", "JaxVariable"): "the class that is `Variable` to Keras",
    ("core", "should_shard_at_init"): "a helper of its variables",
    ("nn", "wrap_flash_attention"): "a TPU kernel",
    ("random", "jax_draw_seed"): "how its random functions read a seed",
    ("rnn", "unstack"): "a helper of its unrolled loop",
    ("sparse", "axis_shape_dims_for_broadcast_in_dim"): "a helper of its sparse rules",
    ("sparse", "bcoo_add_indices"): "a helper of its sparse rules",
    ("sparse", "densifying_unary"): "a sparse rule, as a decorator; here `sparse.densified`",
    ("sparse", "elementwise_unary"): "likewise; here `sparse.zero_preserving` and others",
    ("sparse", "elementwise_binary_union"): "likewise; here `sparse.union`",
    ("sparse", "elementwise_division"): "likewise; here `sparse.division`",
}


# --- What Keras's code takes from the backend ----------------------------------------------------


def asked():
    """``{(module or name, name, …): [(where, arguments of the call or None)]}``."""
    found = collections.defaultdict(list)
    for path in sorted(SOURCE.rglob("*.py")):
        inside = path.relative_to(SOURCE)
        if path.name.endswith("_test.py") or inside.parts[:2] in _BACKEND_FOLDERS:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        for names, line, call in _taken(tree):
            if names[0] not in NOT_THE_BACKENDS:
                found[names].append((f"{inside}:{line}", call))
    return found


_BACKEND_FOLDERS = {("backend", name) for name in (*BACKENDS, "tests")}


def _chain(node):
    """``a.b.c`` as ("a", "b", "c"); empty for anything else."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute) and (before := _chain(node.value)):
        return (*before, node.attr)
    return ()


def _provided_by_keras():
    """What the package ``keras.src.backend`` has whatever the backend is."""
    names = {path.stem for path in (SOURCE / "backend").iterdir()} - {"numpy"}
    for node in ast.parse((SOURCE / "backend" / "__init__.py").read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
    return names


def _of_the_switch():
    """What ``DynamicBackend``, which layers keep as ``self.backend``, has of its own."""
    (switch,) = (
        node
        for node in ast.parse((SOURCE / "utils" / "backend_utils.py").read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == "DynamicBackend"
    )
    for node in ast.walk(switch):
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and _chain(node)[:1] == ("self",):
            yield node.attr


NOT_THE_BACKENDS = _provided_by_keras().union(_of_the_switch())


def _taken(tree):
    """Each name taken from the backend: its path, its line, and how it is called, if it is."""
    modules = {("self", "backend"): ()}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        for alias in node.names:
            if node.module == "keras.src" and alias.name == "backend":
                modules[(alias.asname or alias.name,)] = ()
            elif node.module == "keras.src.backend":
                modules[(alias.asname or alias.name,)] = (alias.name,)
                yield (alias.name,), node.lineno, None
            elif node.module == plugin.PLACE and alias.name == "*":
                continue
            elif node.module.startswith(plugin.PLACE):
                part = tuple(node.module.removeprefix(plugin.PLACE).split(".")[1:])
                yield (*part, alias.name), node.lineno, None

    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Attribute, ast.Name)):
            continue
        chain = _chain(node)
        for base, path in modules.items():
            names = path + chain[len(base) :]
            if names and chain[: len(base)] == base:
                yield names, node.lineno, _arguments(calls.get(id(node)))


def _arguments(call):
    """How many arguments by position and which by name, unless stars hide them."""
    if call is None or any(isinstance(arg, ast.Starred) for arg in call.args):
        return None
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else (len(call.args), tuple(names))


# --- What the stock backend offers ---------------------------------------------------------------


def offered():
    """``{(module, name): parameters}`` of functions, and of methods; None for classes."""
    found = {
        (alias.name,): None
        for node in ast.parse((STOCK / "__init__.py").read_text("utf-8")).body
        for alias in node.names
        if node.module.startswith(plugin.PLACE)
    }
    for path in sorted(STOCK.glob("*.py")):
        if path.name == "__init__.py" or path.name.endswith("_test.py"):
            continue
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                found[path.stem, node.name] = _parameters(node)
            elif isinstance(node, ast.ClassDef):
                found[path.stem, node.name] = None
                for method in node.body:
                    if isinstance(method, ast.FunctionDef):
                        found[path.stem, node.name, method.name] = _parameters(method)
    return {
        names: parameters
        for names, parameters in found.items()
        if not any(name.startswith("_") for name in names)
    }


def _parameters(function):
    """The parameters of a function, as ``_ours`` gives those of a real one."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(positional) - len(given.defaults)) + given.defaults
    pairs = [
        ("positional", one.arg, value) for one, value in zip(positional, defaults, strict=True)
    ]
    if given.vararg:
        pairs.append(("rest", given.vararg.arg, None))
    pairs += [
        ("keyword", one.arg, value)
        for one, value in zip(given.kwonlyargs, given.kw_defaults, strict=True)
    ]
    if given.kwarg:
        pairs.append(("keywords", given.kwarg.arg, None))
    return [
        (kind, name, "" if value is None else ast.unparse(value)) for kind, name, value in pairs
    ]


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
    assert {names[0] for names in offered} >= {path.stem for path in STOCK.glob("[a-z]*.py")} - {
        path.stem for path in STOCK.glob("*_test.py")
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
