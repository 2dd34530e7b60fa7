"""The command `keras-edu`: its help, its completion, and `keras-edu run`."""

import pytest

from keras_edu_backend import cli

SHOWS = """
import sys

import keras

import keras_edu_backend

print(sys.argv, __name__, keras_edu_backend.is_active())
"""


@pytest.fixture
def keras_edu(run_python):
    """`keras_edu(*words)` runs the command as its console script does."""

    def run(*words, before="", **options):
        script = f"import sys\nfrom keras_edu_backend import cli\n{before}\nsys.exit(cli.main())\n"
        return run_python(script, *words, **options)

    return run


def call(monkeypatch, capsys, *words):
    """The command in this process: exit status and output."""
    monkeypatch.setattr("sys.argv", ["keras-edu", *words])
    status = 0
    try:
        cli.main()
    except SystemExit as ended:
        status = ended.code
    shown = capsys.readouterr()
    return status, shown.out + shown.err


def test_help_names_every_command_and_shows_examples(monkeypatch, capsys):
    status, text = call(monkeypatch, capsys, "--help")
    assert status == 0
    for name, (_, line) in cli.COMMANDS.items():
        assert f"  {name} " in text and line in text
    assert "keras-edu run train.py --epochs 5" in text


def test_help_works_without_any_command(monkeypatch, capsys):
    monkeypatch.setattr(cli, "COMMANDS", {})
    status, text = call(monkeypatch, capsys, "--help")
    assert status == 0 and "Commands:" not in text


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself(monkeypatch, capsys, name):
    status, text = call(monkeypatch, capsys, name, "--help")
    assert status == 0 and f"keras-edu {name} " in text


def test_a_command_that_lacks_a_package_names_it(monkeypatch, capsys):
    monkeypatch.setitem(cli.COMMANDS, "lacking", ("no_such_package.command", "…"))
    status, text = call(monkeypatch, capsys, "lacking")
    assert status == 2
    assert "it needs no_such_package, which is not installed" in text


def test_an_unknown_command_is_bad_usage(monkeypatch, capsys):
    status, text = call(monkeypatch, capsys, "docter")
    assert status == 2 and "docter" in text


def test_names_are_completed_without_importing_the_commands(keras_edu):
    asked = {"_KERAS_EDU_COMPLETE": "bash_complete", "COMP_WORDS": "keras-edu ", "COMP_CWORD": "1"}
    broken = "cli.COMMANDS['lacking'] = ('no_such_package.command', '')"
    names = [*cli.COMMANDS, "lacking"]
    assert keras_edu(before=broken, **asked).lines() == [f"plain,{name}" for name in names]
    asked["COMP_WORDS"] = "keras-edu do"
    assert keras_edu(**asked).lines() == ["plain,doctor"]


def test_run_runs_a_script_on_edu_with_its_own_arguments(keras_edu, tmp_path):
    (tmp_path / "shows.py").write_text(SHOWS)
    ended = keras_edu("run", "shows.py", "--help", "-m", "x")
    assert ended.lines() == ["['shows.py', '--help', '-m', 'x'] __main__ True"]


def test_run_finds_a_module_in_this_folder(keras_edu, tmp_path):
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "shows.py").write_text(SHOWS)
    (line,) = keras_edu("run", "-m", "shows", "a", cwd=other).lines()
    assert line == f"['{other / 'shows.py'}', 'a'] __main__ True"


def test_run_shows_the_programs_own_traceback(keras_edu, run_python, tmp_path):
    (tmp_path / "raises.py").write_text("def inner():\n    raise KeyError('own')\n\n\ninner()\n")
    ended = keras_edu("run", "raises.py")
    plain = run_python("raises.py")
    assert plain.errors.startswith("Traceback")
    assert (ended.status, ended.errors) == (plain.status, plain.errors)


@pytest.mark.parametrize("words", [[], ["-m"], ["--no-such-option"], ["no_such_file.py"]])
def test_run_refuses_bad_usage(keras_edu, words):
    ended = keras_edu("run", *words)
    assert ended.status == 2
    assert "keras-edu run" in ended.errors and "Traceback" not in ended.errors
