"""``keras-edu explain`` as a user calls it."""


def test_a_name_is_explained_and_written(run_python, tmp_path):
    arguments = ["explain", "ops.maximum", "--html", "page.html"]
    lines = run_python("-m", "keras_edu_backend.cli", *arguments, cwd=tmp_path).lines()
    assert "keras.ops.maximum, op" in lines[0]
    assert any("keras/src/backend/jax/numpy.py" in line for line in lines)
    assert "outputs: the same bits" in lines
    # Where both are equal, each has half of the slope.
    assert "1.5" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_an_unknown_name_is_one_line_and_status_2(run_python):
    ended = run_python("-m", "keras_edu_backend.cli", "explain", "Dens")
    assert ended.status == 2
    (line,) = ended.errors.strip().splitlines()
    assert "Did you mean Dense" in line
