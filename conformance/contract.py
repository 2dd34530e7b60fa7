"""``python -m conformance contract``: what Keras asks of a backend, as JSON.

Keras has no list of it. It is read from the source of the installed Keras, whose files are parsed
as text and not imported: what Keras's own code takes from the backend, and with which arguments it
calls it; and what the backends that come with Keras offer. ``tests/test_contract.py`` holds this
project's backend to the same two lists.
"""

import ast
import collections
import functools
import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from keras_edu_backend.compare.report.files import check_target, write_whole
from keras_edu_backend.plugin import PLACE

BACKENDS = ("jax", "tensorflow", "torch", "numpy", "openvino")
PACKAGE = "keras.src.backend"
# Whose signatures stand in the contract: it has all rooms, and edu takes its place.
MODEL = "jax"
FORMAT = 1

Names = tuple[str, ...]
# How a name is called: how many arguments by position, and which by name.
Arguments = tuple[int, tuple[str, ...]]
# A parameter: its kind ("positional", "rest", "keyword", "keywords"), its name, its default.
Parameters = list[tuple[str, str, str]]

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


def source() -> Path:
    """The folder ``keras/src`` of the installed Keras."""
    spec = importlib.util.find_spec("keras")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "src"


# --- What Keras's code takes from the backend ----------------------------------------------------


@functools.cache
def asked() -> dict[Names, list[tuple[str, Arguments | None]]]:
    """What Keras's code takes from the backend.

    Returns:
        ``{(module or name, name, …): [(where, arguments of the call or None)]}``; where is
        ``"ops/nn.py:53"``.
    """
    found = collections.defaultdict(list)
    not_the_backends = _provided_by_keras().union(_of_the_switch())
    others = {("backend", name) for name in (*BACKENDS, "tests")}
    for path in sorted(source().rglob("*.py")):
        inside = path.relative_to(source())
        if path.name.endswith("_test.py") or inside.parts[:2] in others:
            continue
        for names, line, call in _taken(_parsed(path)):
            if names[0] not in not_the_backends:
                found[names].append((f"{inside.as_posix()}:{line}", call))
    return found


def _parsed(path):
    return ast.parse(path.read_text("utf-8"))


def _chain(node):
    """``a.b.c`` as ("a", "b", "c"); empty for anything else."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute) and (before := _chain(node.value)):
        return (*before, node.attr)
    return ()


def _provided_by_keras():
    """What the package ``keras.src.backend`` has whatever the backend is."""
    names = {path.stem for path in (source() / "backend").iterdir()} - {"numpy"}
    for node in _parsed(source() / "backend" / "__init__.py").body:
        if isinstance(node, ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def _of_the_switch():
    """What ``DynamicBackend``, which layers keep as ``self.backend``, has of its own."""
    (switch,) = (
        node
        for node in _parsed(source() / "utils" / "backend_utils.py").body
        if isinstance(node, ast.ClassDef) and node.name == "DynamicBackend"
    )
    for node in ast.walk(switch):
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and _chain(node)[:1] == ("self",):
            yield node.attr


def _taken(tree) -> Iterator[tuple[Names, int, Arguments | None]]:
    """Each name taken from the backend: its path, its line, and how it is called, if it is."""
    modules: dict[Names, Names] = {("self", "backend"): ()}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        for alias in node.names:
            if node.module == "keras.src" and alias.name == "backend":
                modules[(alias.asname or alias.name,)] = ()
            elif node.module == PACKAGE:
                modules[(alias.asname or alias.name,)] = (alias.name,)
                yield (alias.name,), node.lineno, None
            elif node.module == PLACE and alias.name == "*":
                continue
            elif node.module.startswith(PLACE):
                part = tuple(node.module.removeprefix(PLACE).split(".")[1:])
                yield (*part, alias.name), node.lineno, None

    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute | ast.Name):
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


# --- What a backend of Keras offers --------------------------------------------------------------


@functools.cache
def offered(backend: str = MODEL) -> dict[Names, Parameters | None]:
    """What a backend that comes with Keras offers.

    Args:
        backend: one of `BACKENDS`.

    Returns:
        ``{(module, name): parameters}`` of functions, and of methods; None for classes, and for
        ``(name,)``, which the package of the backend takes from its modules.
    """
    folder = source() / "backend" / backend
    found: dict[Names, Parameters | None] = dict.fromkeys((name,) for name in _heads(backend))
    for path in sorted(folder.glob("*.py")):
        if path.name == "__init__.py" or path.name.endswith("_test.py"):
            continue
        for node in _parsed(path).body:
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


def _heads(backend) -> dict[str, str]:
    """The names in a backend's package, each with the module it comes from."""
    package = f"{PACKAGE}.{backend}"
    return {
        alias.name: node.module.removeprefix(package).lstrip(".")
        for node in _parsed(source() / "backend" / backend / "__init__.py").body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(package)
        for alias in node.names
    }


def _parameters(function) -> Parameters:
    """The parameters of a function, in order; the default is source text, empty for none."""
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


# --- The contract --------------------------------------------------------------------------------


def document() -> dict[str, Any]:
    """Everything, as JSON can hold it.

    Returns:
        ``format``, ``keras`` (its version), ``names``: for each name its ``parameters`` on JAX
        (None for what is no function, or is not there), ``callers``, which of Keras's backends
        have it (``offered_by``), and a ``note`` where it is peculiar. A name without callers is
        part of what Keras's users reach through ``keras.ops`` and the like, or of a class.
    """
    callers = asked()
    by_backend = {backend: offered(backend) for backend in BACKENDS}
    heads = _heads(MODEL)
    every = {*callers, *by_backend[MODEL]}.difference(STOCKS_OWN_BUSINESS)
    return {
        "format": FORMAT,
        "keras": importlib.metadata.version("keras"),
        "signatures": f"of the {MODEL} backend",
        "names": [_entry(names, callers, by_backend, heads) for names in sorted(every)],
    }


def _entry(names, callers, by_backend, heads) -> Mapping[str, Any]:
    home = (heads[names[0]], *names) if len(names) == 1 and names[0] in heads else names
    parameters = by_backend[MODEL].get(home)
    entry = {
        "name": ".".join(names),
        "parameters": parameters
        and [
            {"kind": kind, "name": name} | ({"default": default} if default else {})
            for kind, name, default in parameters
        ],
        "callers": [
            {"where": where}
            | ({"positional": call[0], "keywords": list(call[1])} if call is not None else {})
            for where, call in callers.get(names, ())
        ],
        "offered_by": [backend for backend, there in by_backend.items() if names in there],
    }
    note = ONLY_FOR_OTHERS.get(names)
    return entry | ({"note": f"not on {MODEL}: {note}"} if note else {})


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write it to FILE, not to standard output.",
)
def contract(json_file):
    """Write what the installed Keras asks of a backend, as JSON: names, signatures, callers."""
    if json_file is None:
        json.dump(document(), sys.stdout, indent=1, ensure_ascii=False)
        print()
        return
    try:
        check_target(json_file)
    except (OSError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="--json") from None
    write_whole(json_file, json.dumps(document(), indent=1, ensure_ascii=False) + "\n")
