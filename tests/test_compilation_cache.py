"""Compiled programs are kept between processes, where the user wants that."""

import os
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
    import keras, jax
    x = keras.ops.softmax(keras.ops.arange(7.0) * 2)
    print(jax.config.jax_compilation_cache_dir)
"""


@pytest.fixture
def run_program(run_python, tmp_path):
    home = tmp_path / "home"
    home.mkdir()

    def run(**environment):
        # The user's cache folder, as each system has it.
        places = {"HOME": str(home), "XDG_CACHE_HOME": str(home), "LOCALAPPDATA": str(home)}
        standard = {"KERAS_BACKEND": "edu", "KERAS_EDU_COMPILATION_CACHE": "", **places}
        # The tests' own wishes, which are for the other tests.
        wishes = ("JAX_COMPILATION_CACHE", "JAX_PERSISTENT_CACHE")
        untold = dict.fromkeys(name for name in os.environ if name.startswith(wishes))
        ended = run_python(PROGRAM, **{**untold, **standard, **environment})
        return ended.lines()[-1], {path for path in home.rglob("*-cache")}

    return run


def test_programs_are_kept_in_the_users_cache_folder_and_used_again(run_program):
    folder, first = run_program()
    assert "keras-edu-backend" in folder and first
    # The names are digests of the programs: no new name, no new compilation.
    _, second = run_program()
    assert second == first


def test_programs_used_longest_ago_make_room(run_program):
    folder, _ = run_program()
    old, older = Path(folder, "old-cache"), Path(folder, "older-cache")
    for path, days, size in ((old, 2, 300), (older, 3, 500)):
        with path.open("wb") as file:
            file.truncate(size * 2**20)  # takes no room on the disk
        os.utime(path, (time.time() - days * 86400,) * 2)

    _, kept = run_program()  # adds nothing, so it need not look
    assert {old, older} <= kept

    Path(next(path for path in kept - {old, older})).unlink()
    _, kept = run_program()
    assert old in kept and older not in kept and len(kept) > 1


def test_a_process_killed_while_it_kept_a_program_is_no_hindrance(run_program):
    folder, programs = run_program()
    for path in programs:
        path.unlink()
    Path(folder, "half-cache").write_bytes(b"")  # what JAX keeps beside it came no more
    assert programs < run_program()[1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_can_put_programs_there(run_program):
    folder, _ = run_program()
    assert (
        Path(folder).stat().st_mode & 0o777 == Path(folder).parent.stat().st_mode & 0o777 == 0o700
    )


@pytest.mark.parametrize("word", ["0", "off", "False"])
def test_the_variable_turns_it_off(run_program, word):
    assert run_program(KERAS_EDU_COMPILATION_CACHE=word) == ("None", set())


def test_the_variable_names_another_folder(run_program, tmp_path):
    folder, in_home = run_program(KERAS_EDU_COMPILATION_CACHE=str(tmp_path / "here"))
    assert folder.startswith(str(tmp_path / "here")) and not in_home
    assert list((tmp_path / "here").rglob("*-cache"))


def test_what_the_user_told_jax_stands(run_program, tmp_path):
    folder, in_home = run_program(JAX_COMPILATION_CACHE_DIR=str(tmp_path / "jax"))
    assert (folder, in_home) == (str(tmp_path / "jax"), set())


@pytest.mark.skipif(
    sys.platform == "win32", reason="a file in a folder's place gives another error on Windows"
)
def test_a_folder_that_cannot_be_made_is_no_reason_to_fail(run_program, tmp_path):
    (tmp_path / "a_file").write_text("")
    place = os.path.join(tmp_path / "a_file", "below")
    assert run_program(KERAS_EDU_COMPILATION_CACHE=place) == ("None", set())
