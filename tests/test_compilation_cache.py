"""Compiled programs are kept between processes, where the user wants that."""

import os
import sys

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
