"""`python -m keras_edu_backend program …` shows the program what plain `python program …` shows."""

import re

import pytest

SHOWS = """
import sys

print(__name__, sys.argv[1:], sys.argv[0], __file__, __spec__)
print(sys.path[0])
print(sys.modules["__main__"].__dict__ is globals())
"""

RAISES = """
def inner():
    raise ValueError("from the program")


inner()
"""


def without_addresses(lines):
    return [re.sub(r"0x[0-9a-f]+", "0x", line) for line in lines]


@pytest.fixture
def both(run_python, installed):
    """What a program does under plain Python, and what it does under ours."""

    def run(*arguments, **options):
        plain = run_python(*arguments, python=installed, **options)
        ours = run_python("-m", "keras_edu_backend", *arguments, python=installed, **options)
        return plain, ours

    return run


@pytest.mark.parametrize("name", ["shows.py", "folder/shows.py", "folder/../shows.py"])
def test_a_script_sees_its_own_arguments_name_and_path(both, tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / name).write_text(SHOWS)
    plain, ours = both(name, "a", "-b", "--help")
    assert "__main__ ['a', '-b', '--help']" in plain.lines()[0]
    assert ours.lines() == plain.lines()


def test_a_module_sees_its_own_arguments_name_and_path(both, tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "shows.py").write_text(SHOWS)
    plain, ours = both("-m", "package.shows", "a", "b")
    assert "__main__ ['a', 'b']" in plain.lines()[0]
    assert "name='package.shows'" in plain.lines()[0]
    assert without_addresses(ours.lines()) == without_addresses(plain.lines())


@pytest.mark.parametrize("argument", ["0", "3", "'a message'"])
def test_the_exit_status_is_the_programs(both, argument):
    plain, ours = both(f"import sys\nsys.exit({argument})\n")
    assert (ours.status, ours.errors) == (plain.status, plain.errors)


def test_a_traceback_is_the_one_plain_python_prints(both):
    plain, ours = both(RAISES)
    assert plain.errors.startswith("Traceback")
    assert (ours.status, ours.errors) == (plain.status, plain.errors)


def test_a_modules_traceback_names_the_modules_own_lines(both, tmp_path):
    (tmp_path / "raises.py").write_text(RAISES)
    plain, ours = both("-m", "raises")
    assert ours.status == plain.status == 1
    # Plain Python shows runpy's frames for `-m` too; what follows them is the program's.
    own_lines = plain.errors[plain.errors.index(f'  File "{tmp_path}') :]
    assert ours.errors.endswith(own_lines)


def test_a_syntax_error_is_the_one_plain_python_prints(both):
    plain, ours = both("x = 1\ny = = 2\n")
    assert "SyntaxError" in plain.errors
    assert (ours.status, ours.errors) == (plain.status, plain.errors)


def test_a_folder_with_a_main_file_runs_as_plain_python_runs_it(both, tmp_path):
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "__main__.py").write_text("import sys\nprint(__name__, sys.argv[1:])\n")
    plain, ours = both("program", "x")
    assert plain.lines() == ["__main__ ['x']"]
    assert ours.lines() == plain.lines()


def test_a_missing_script_is_named(run_python, installed):
    ended = run_python("-m", "keras_edu_backend", "no_such_file.py", python=installed)
    assert ended.status == 2
    assert "no_such_file.py" in ended.errors
    assert "Traceback" not in ended.errors


@pytest.mark.parametrize("arguments", [[], ["-m"], ["--no-such-option"]])
def test_bad_usage_shows_the_usage(run_python, installed, arguments):
    ended = run_python("-m", "keras_edu_backend", *arguments, python=installed)
    assert ended.status == 2
    assert "usage: python -m keras_edu_backend" in ended.errors
