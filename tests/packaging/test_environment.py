"""The project's own files agree with one another."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import ROOT


def pins(name):
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [Requirement(line) for line in lines]


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


LOCKS = ["lock-3.11.txt", "lock-3.13.txt"]


@pytest.mark.parametrize("name", [*LOCKS, "backends.txt"])
def test_every_lock_line_is_one_exact_public_version(name):
    for pin in pins(name):
        (each,) = pin.specifier
        assert each.operator == "==" and "*" not in each.version, pin
        version = Version(each.version)
        assert version.local is None and not version.is_prerelease, pin


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_lies_within_the_ranges_that_the_project_states(lock):
    locked = {canonicalize_name(pin.name): pin for pin in pins(lock) + pins("backends.txt")}
    extras = project()["optional-dependencies"]
    of_tools = ("test", "reference", "compare", "report", "tensorflow", "torch")
    stated = project()["dependencies"] + sum((extras[extra] for extra in of_tools), [])
    for requirement in map(Requirement, stated):
        if requirement.name == project()["name"]:
            continue  # an extra that includes others
        (version,) = locked[canonicalize_name(requirement.name)].specifier
        assert requirement.specifier.contains(version.version), requirement


def test_the_locks_are_the_two_ends_of_the_range_of_jax():
    (jax,) = [
        requirement
        for requirement in map(Requirement, project()["dependencies"])
        if requirement.name == "jax"
    ]
    minors = []
    for lock in LOCKS:
        (pin,) = [pin for pin in pins(lock) if pin.name == "jax"]
        (version,) = pin.specifier
        minors.append(tuple(map(int, version.version.split(".")[:2])))
    below, first = sorted(jax.specifier, key=lambda s: s.operator)
    oldest, newest = minors
    assert first.version == "{}.{}".format(*oldest)
    assert below.version == f"{newest[0]}.{newest[1] + 1}"


@pytest.mark.parametrize("lock", LOCKS)
def test_adding_the_other_backends_changes_no_version_of_the_everyday_environment(lock):
    everyday = {canonicalize_name(pin.name) for pin in pins(lock)}
    assert not everyday & {canonicalize_name(pin.name) for pin in pins("backends.txt")}


@pytest.mark.parametrize("lock", LOCKS)
def test_the_everyday_environment_holds_no_other_backend(lock):
    everyday = {canonicalize_name(pin.name) for pin in pins(lock)}
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
