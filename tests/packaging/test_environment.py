"""The project's own files agree with one another."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT


def pins(name):
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [Requirement(line) for line in lines]


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("name", ["lock.txt", "backends.txt"])
def test_every_lock_line_is_one_exact_public_version(name):
    for pin in pins(name):
        assert re.fullmatch(r"==[0-9][0-9.]*", str(pin.specifier)), pin


def test_the_lock_lies_within_the_ranges_that_the_project_states():
    locked = {canonicalize_name(pin.name): pin for pin in pins("lock.txt") + pins("backends.txt")}
    extras = project()["optional-dependencies"]
    stated = project()["dependencies"] + sum(
        (extras[extra] for extra in ("test", "report", "tensorflow", "torch")), []
    )
    for requirement in map(Requirement, stated):
        (version,) = locked[canonicalize_name(requirement.name)].specifier
        assert requirement.specifier.contains(version.version), requirement


def test_adding_the_other_backends_changes_no_version_of_the_everyday_environment():
    everyday = {canonicalize_name(pin.name) for pin in pins("lock.txt")}
    assert not everyday & {canonicalize_name(pin.name) for pin in pins("backends.txt")}


def test_the_everyday_environment_holds_no_other_backend():
    everyday = {canonicalize_name(pin.name) for pin in pins("lock.txt")}
    assert not everyday & {"tensorflow", "tensorflow-cpu", "torch"}
    assert not [name for name in everyday if name.startswith("nvidia")]


def test_every_make_target_in_the_readme_exists():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z-]+)", readme))
    assert {"compare", "test"} <= named
    assert named <= set(re.findall(r"^([a-z-]+):", makefile, re.M))


def test_the_readme_shows_the_start_up_line_as_it_is_installed():
    line = (ROOT / "startup" / "keras_edu_backend.pth").read_text(encoding="utf-8")
    assert line in (ROOT / "README.md").read_text(encoding="utf-8")
