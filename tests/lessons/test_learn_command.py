"""``keras-edu learn`` as a user calls it."""

import sys


def test_a_lesson_is_written_to_a_folder(run_python, tmp_path):
    arguments = ["learn", "layers", "--export", "new/course"]
    ended = run_python("-m", "keras_edu_backend.cli", *arguments, cwd=tmp_path)
    assert ended.lines() == ["new/course/index.html"]
    written = {file.name for file in (tmp_path / "new" / "course").iterdir()}
    assert written == {"index.html", "layers.html"}
    assert "layers: computed on jax in" in ended.errors


def test_without_a_folder_it_opens_the_browser(run_python, tmp_path):
    opens = f"{sys.executable} -c 'import sys; print(sys.argv[1])' %s"
    ended = run_python("-m", "keras_edu_backend.cli", "learn", "layers", BROWSER=opens)
    index, opened = sorted(ended.lines())
    assert opened == f"file://{index}" or index == f"file://{opened}"


def test_what_cannot_be_written_is_one_line_and_status_2(run_python, tmp_path):
    ended = run_python("-m", "keras_edu_backend.cli", "learn", "unti")
    assert ended.status == 2
    assert ended.errors.startswith("There is no lesson 'unti'; the lessons are unit, layers")
    (tmp_path / "taken").write_text("")
    ended = run_python(
        "-m", "keras_edu_backend.cli", "learn", "--export", "taken/course", cwd=tmp_path
    )
    assert ended.status == 2 and "Traceback" not in ended.errors
