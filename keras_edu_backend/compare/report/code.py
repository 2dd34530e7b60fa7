"""The source text behind a comparison: what each side runs, found by name and read as text.

Nothing is imported to be shown: a backend's module would bring its framework with it.
"""

import ast
import functools
import importlib.util
import textwrap
from collections.abc import Iterable
from pathlib import Path

EDU = "edu"
KERAS_BACKENDS = ("jax", "tensorflow", "torch", "numpy")


def operation_source(side: str, name: str) -> tuple[str, str]:
    """Find the source text of one backend operation.

    Args:
        side: "edu", or one of Keras's own backends.
        name: module and function as Keras's backends group them: "nn.relu".
    Returns:
        The text, with the private functions of the same file that it calls; and its place, such as
        "keras_edu_backend/ops/nn/activations.py, line 12". Where there is no such function, a
        comment that says so, and "".
    """
    module, _, function = name.rpartition(".")
    package = "keras_edu_backend" if side == EDU else "keras"
    root = _folder(package)
    if root is None:
        return f"# {name}: {package} is not installed here, so its source cannot be shown.", ""
    for file in _edu_files(root, module) if side == EDU else _keras_files(root, side, module):
        if found := _definition(file, function):
            text, line = found
            return _with_helpers(
                file, text
            ), f"{file.relative_to(root.parent).as_posix()}, line {line}"
    return f"# {name}: not found in the source of the {side} backend.", ""


def installed_source(package: str, *names: str) -> str:
    """Read definitions from an installed package, each under a comment with its place.

    Args:
        package: such as "keras".
        names: file and definition, such as "src/optimizers/adam.py:Adam.update_step".
    Returns:
        The texts, one after the other; a comment stands for what is not there.
    """
    root = _folder(package)
    if root is None:
        return f"# {package} is not installed here, so its source cannot be shown."
    found = []
    for name in names:
        path, _, definition = name.partition(":")
        file = root / path
        if file.is_file() and (source := _definition(file, definition)):
            text, line = source
            found.append(f"# {package}/{path}, line {line}\n{text}")
        else:
            found.append(f"# {package}/{path} has no {definition}.")
    return "\n\n".join(found)


def _folder(package: str) -> Path | None:
    """Where a package lies; looking it up does not import it."""
    specification = importlib.util.find_spec(package)
    if specification is None or not specification.submodule_search_locations:
        return None
    return Path(list(specification.submodule_search_locations)[0])


def _edu_files(root: Path, module: str) -> list[Path]:
    """The files of the package where `module`'s functions may stand, the likeliest first."""
    likely = [
        root / "ops" / f"{module}.py",
        *sorted((root / "ops" / module).glob("*.py")),
        root / f"{module}.py",
    ]
    others = sorted((root / "ops").rglob("*.py"))
    return [file for file in dict.fromkeys(likely + others) if file.is_file()]


def _keras_files(root: Path, side: str, module: str) -> list[Path]:
    file = root / "src" / "backend" / side / f"{module}.py"
    return [file] if file.is_file() else []


def _definition(file: Path, name: str) -> tuple[str, int] | None:
    """The text of function, class, alias or `Class.method` of a file, and its line."""
    text = file.read_text(encoding="utf-8")
    owner, _, name = name.rpartition(".")
    nodes = _top_level(_parsed(text).body)
    if owner:
        classes = [n for n in nodes if isinstance(n, ast.ClassDef) and n.name == owner]
        nodes = _top_level(node for each in classes for node in each.body)
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
        elif isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            first = node.lineno
        else:
            continue
        lines = text.splitlines()[first - 1 : node.end_lineno]
        return textwrap.dedent("\n".join(lines)), first
    return None


def _with_helpers(file: Path, text: str) -> str:
    """Half of a formula may stand in a private function that several operations share."""
    calls = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    names = [call.id for call in calls if isinstance(call, ast.Name) and call.id.startswith("_")]
    found = [_definition(file, name) for name in dict.fromkeys(names)]
    return "\n\n\n".join([text, *(helper for helper, _ in filter(None, found))])


@functools.cache
def _parsed(text: str) -> ast.Module:
    """A module, parsed once for all the operations that are looked for in it."""
    return ast.parse(text)


def _top_level(nodes: Iterable[ast.stmt]) -> Iterable[ast.stmt]:
    """A module's own statements, those under a module-level `if` or `try` included."""
    for node in nodes:
        if isinstance(node, ast.If | ast.Try):
            branches = [node.body, node.orelse, getattr(node, "finalbody", [])]
            branches += [handler.body for handler in getattr(node, "handlers", [])]
            for branch in branches:
                yield from _top_level(branch)
        else:
            yield node
