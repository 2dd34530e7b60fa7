"""Compiled programs are kept between processes, where the user wants that."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from keras_edu_backend.startup import compilation_cache
from tests.conftest import ROOT

pytestmark = pytest.mark.long

PROGRAM = """
    import keras, jax
    x = keras.ops.log_softmax(keras.ops.square(keras.ops.arange(7.0)))
    def of_the_program(x):
        return keras.ops.exp(x) + 1
    print(jax.jit(of_the_program)(x).shape)
    print(jax.config.jax_compilation_cache_dir)
"""

# Keeps a program again and again, until it is killed.
KEEPS = """
    import pathlib, sys
    from keras_edu_backend.startup import compilation_cache
    compilation_cache._asked_by_this_backend = lambda: True
    programs = compilation_cache.Programs(pathlib.Path(sys.argv[1]))
    print("begun", flush=True)
    while True:
        programs.put("key", sys.argv[2].encode() * 2**20)
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
        # JAX warns of a file that it cannot use.
        ended = run_python(
            "-W", "error::UserWarning", PROGRAM, **{**untold, **standard, **environment}
        )
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


def test_a_torn_or_foreign_file_is_skipped_and_replaced(run_program):
    _, programs = run_program()
    torn, foreign, empty, *_ = sorted(programs)
    spoilt = {torn: torn.read_bytes()[:-50], foreign: torn.read_bytes(), empty: b""}
    for path, content in spoilt.items():
        path.write_bytes(content)
    assert run_program()[1] == programs
    assert all(path.read_bytes() != content for path, content in spoilt.items())


def test_what_two_processes_keep_is_whole_even_if_one_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(compilation_cache, "_asked_by_this_backend", lambda: True)
    programs = compilation_cache.Programs(tmp_path)
    command = [sys.executable, "-c", textwrap.dedent(KEEPS), str(tmp_path)]
    both = [subprocess.Popen([*command, x], stdout=subprocess.PIPE, cwd=ROOT) for x in "ab"]
    try:
        assert [process.stdout.readline() for process in both] == [b"begun\n"] * 2
        while programs.get("key") is None:
            assert [process.poll() for process in both] == [None, None]
        whole = b"a" * 2**20, b"b" * 2**20
        assert all(programs.get("key") in whole for _ in range(100))
        both[0].kill()
        assert all(programs.get("key") in whole for _ in range(100))
    finally:
        for process in both:
            process.kill()
            process.communicate()
    assert programs.get("key") in whole


def test_only_programs_of_this_backend_are_kept_unless_jax_is_told(run_program, tmp_path):
    def names(paths):
        return {path.name.rpartition("-")[0].rpartition("-")[0] for path in paths}

    _, kept = run_program()
    assert "jit_log_softmax" in names(kept) and "jit_of_the_program" not in names(kept)
    run_program(
        JAX_COMPILATION_CACHE_DIR=str(tmp_path / "jax"),
        JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS="0",
    )
    assert {"jit_log_softmax", "jit_of_the_program"} <= names((tmp_path / "jax").glob("*-cache"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_can_put_programs_there(run_program):
    folder, programs = run_program()
    folder = Path(folder)
    assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777 == 0o700

    # A folder that others may read is closed; what is in one that they may write to is not used.
    folder.chmod(0o755)
    assert run_program()[1] == programs
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "planted-cache").write_bytes(b"")
    folder.chmod(0o777)
    assert run_program()[1] == programs
    assert folder.stat().st_mode & 0o777 == 0o700


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
