"""`keras_seam` lists all that is used of Keras's inner parts, and says what a new Keras moved."""

import ast

import keras
import pytest

from keras_edu_backend import keras_seam
from tests.conftest import ROOT

# The tools below the backend proper: they use Keras as programs do.
TOOLS = {"compare", "workers", "rounding", "trace", "explain", "lessons"}
OTHERS = {"plugin.py", "keras_seam.py", "cli.py", "target.py", "__main__.py"}


def backend_files():
    root = ROOT / "keras_edu_backend"
    for file in sorted(root.rglob("*.py")):
        if file.relative_to(root).parts[0] not in TOOLS and file.name not in OTHERS:
            yield ast.parse(file.read_text(encoding="utf-8"))


def test_every_import_from_keras_inner_parts_is_listed():
    imported = {}
    for tree in backend_files():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("keras."):
                names = imported.setdefault(node.module, set())
                names.update(alias.name for alias in node.names)
    assert imported == {module: set(names) for module, names in keras_seam.IMPORTED.items()}


def test_every_private_attribute_that_is_not_our_own_is_listed():
    read, ours = set(), set()
    for tree in backend_files():
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                ours.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                ours.add(node.id)
            elif isinstance(node, ast.Attribute) and node.attr.startswith("_"):
                if node.attr.startswith("__") or ast.unparse(node.value) == "sys":
                    continue
                (ours if isinstance(node.ctx, ast.Store) else read).add(node.attr)
    listed = {name for names in keras_seam.ATTRIBUTES.values() for name in names}
    assert read - ours <= listed
    assert listed <= read | ours, "listed, and not used any more"


def test_the_installed_keras_has_them_all():
    assert keras_seam.moved() == []


@pytest.mark.parametrize(
    ("kind", "name", "lost"),
    [
        (keras.src.utils.python_utils, "is_default", "keras.src.utils.python_utils.is_default"),
        (
            keras.src.trainers.trainer.Trainer,
            "_symbolic_build",
            "keras.src.trainers.trainer.Trainer._symbolic_build",
        ),
    ],
)
def test_what_moved_is_named(monkeypatch, kind, name, lost):
    monkeypatch.delattr(kind, name)
    if isinstance(kind, type):  # no other method of the class sets it
        monkeypatch.setattr(keras_seam.inspect, "getsource", lambda _: "")
        assert lost in keras_seam.moved()
    else:
        assert keras_seam.moved() == [lost]


def test_the_command_names_them_on_stock_keras(installed, run_python):
    ended = run_python("-m", "keras_edu_backend.keras_seam", python=installed)
    assert ended.lines() == ["Everything is where it was."]
