"""A backend that nobody here wrote is compared by its name, on every command."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance import __main__ as program
from conformance.subjects import SUBJECTS, subject

OTHERS = Path(__file__).parents[1] / "others"


@pytest.fixture(autouse=True)
def standin_is_installed(monkeypatch):
    monkeypatch.syspath_prepend(str(OTHERS))


def test_a_known_name_is_itself():
    assert subject("torch") is SUBJECTS["torch"]


def test_a_name_alone_means_the_package_that_keras_plans_to_look_for():
    found = subject("standin")
    assert (found.name, found.backend, found.imports) == ("standin", "standin", ("keras_standin",))
    assert found.adapter == SUBJECTS["jax"].adapter
    assert "gradients" in found.quantities


def test_everything_can_be_described():
    found = subject("standin=keras_standin+os.path@jax")
    assert found.imports == ("keras_standin", "os.path", "jax")
    assert found.library == SUBJECTS["jax"].library


def test_the_library_is_the_package_of_the_backends_name_if_there_is_one():
    found = subject("json=keras_standin")
    assert (found.library, found.imports) == ("keras on json", ("keras_standin", "json"))
    assert subject("standin=json").library == ""


def test_another_backend_in_the_place_of_a_known_one_is_told_from_it():
    found = subject("jax=keras_standin")
    assert (found.name, found.backend) == ("jax=keras_standin", "jax")


BAD = [
    ("nobody", "'nobody' is unknown; there are: edu, jax"),
    ("nobody", "nobody=MODULE"),
    ("standin=no_such_module", "no module 'no_such_module'"),
    ("standin=keras_standin@no_such_library", "no module 'no_such_library'"),
    ("standin=", "describes no backend"),
    ("standin=keras_standin+", "describes no backend"),
    ("a b", "describes no backend"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
@pytest.mark.parametrize("command", [["--list"], ["fuzz"]], ids=["comparison", "fuzz"])
def test_status_2_and_one_line_for_what_is_no_backend(command, text, said):
    options = ["--backends", f"edu,{text}"]
    ended = CliRunner().invoke(program.main, [*command, *options])
    assert ended.exit_code == 2
    lines = ended.output.splitlines()
    assert said in lines[-1] and lines[-1].startswith("Error: Invalid value for '--backends'")


def test_one_backend_is_no_comparison():
    ended = CliRunner().invoke(program.main, ["fuzz", "--backends", "edu"])
    assert ended.exit_code == 2 and "two backends or more, got only edu" in ended.output
